"""Which items of a draft show an older version of their content than the newest that is approved.

A playlist names exact versions, so nobody's new poster appears by itself; that there is one is said.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from dashboard.hub_contents import HubContents
from dashboard.hub_http import HubError
from protocol.playlists import PlaylistItem

_MOST: Final = 200
_AT_ONCE: Final = 6


class NewerVersions:
    """Each content is asked for once, until `forget`."""

    def __init__(self, contents: HubContents) -> None:
        self._contents = contents
        self._turn = asyncio.Semaphore(_AT_ONCE)
        self._newest: dict[str, int] = {}

    def forget(self) -> None:
        """Ask for every content anew."""
        self._newest = {}

    def of(self, item: PlaylistItem) -> int | None:
        """The number of the newer approved version, if one is known."""
        if item.media is None:
            return None
        newest = self._newest.get(item.media.content_id, 0)
        return newest if newest > item.media.number else None

    async def look(self, items: Sequence[PlaylistItem]) -> None:
        """Ask for the contents that are not known yet. Raises HubError."""
        there = {item.media.content_id for item in items if item.media is not None}
        await asyncio.gather(*map(self._ask, sorted(there - self._newest.keys())[:_MOST]))

    async def _ask(self, content_id: str) -> None:
        async with self._turn:
            try:
                approved = (await self._contents.content(content_id)).approved
            except HubError as error:
                if error.status != 404:
                    raise
                approved = None  # deleted meanwhile
        self._newest[content_id] = approved.number if approved is not None else 0
