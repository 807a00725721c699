"""What a draft or a version would show, one medium after the other, with addresses that a browser can open.

Rule 1: what would not play on a screen is left out: what is switched off, and what has a problem.
Rule 2: what items stand for is asked of the hub once, a few things at a time, and kept until `forget`: an
        edited draft says nothing new about the playlists and tags in it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from dashboard.clock import to_ms
from dashboard.hub_client import HubClient
from dashboard.hub_contents import Wanted
from dashboard.hub_http import HubError
from dashboard.playlist_sentences import WITHOUT_LENGTH_S, item_seconds
from protocol.contents import Media
from protocol.playlists import PlaylistItem, VersionItem
from protocol.vocabulary import Transition

_MOST: Final = 200
_AT_ONCE: Final = 6


class Shown(NamedTuple):
    """One medium for its time. `item_id`: the item of the draft it stands for; `repeated`: one of several."""

    item_id: str
    media: Media
    seconds: float
    transition: Transition
    from_ms: int | None = None
    until_ms: int | None = None
    repeated: bool = False


class Showing:
    """Both methods raise HubError."""

    def __init__(self, hub: HubClient) -> None:
        self._hub = hub
        self._turn = asyncio.Semaphore(_AT_ONCE)
        self._nested: dict[str, list[VersionItem]] = {}
        self._tagged: dict[str, list[Media]] = {}
        self._media: dict[str, Media | None] = {}

    def forget(self) -> None:
        """Ask for everything anew from now on."""
        self._nested, self._tagged, self._media = {}, {}, {}

    async def of_draft(self, items: Sequence[PlaylistItem]) -> list[Shown]:
        """What plays of it now."""
        plays = [item for item in items if item.enabled and not item.problem]
        pieces = await asyncio.gather(*(self._of_item(item) for item in plays[:_MOST]))
        return [shown for piece in pieces for shown in piece][:_MOST]

    async def of_version(self, items: Sequence[VersionItem], within: str | None = None) -> list[Shown]:
        """What a published version plays. `within`: the item that it stands for."""
        some = items[:_MOST]
        media = await asyncio.gather(*(self._one(item.media_id) for item in some))
        return [
            Shown(
                within or item.id,
                one,
                item.duration_s,
                item.transition,
                _ms(item.valid_from),
                _ms(item.valid_until),
                repeated=within is not None,
            )
            for item, one in zip(some, media, strict=True)
            if one is not None
        ]

    async def _of_item(self, item: PlaylistItem) -> list[Shown]:
        window = (_ms(item.valid_from), _ms(item.valid_until))
        if item.media is not None:
            return [Shown(item.id, item.media, item_seconds(item), item.transition, *window)]
        if item.playlist_id is not None:
            return await self.of_version(await self._played(item.playlist_id), item.id)
        return [
            Shown(item.id, one, seconds, item.transition, *window, repeated=True)
            for one in await self._with_tag(item.content_tag or "")
            for seconds in [item.duration_s or one.duration_s or WITHOUT_LENGTH_S]
        ]

    async def _played(self, playlist_id: str) -> list[VersionItem]:
        if playlist_id not in self._nested:
            async with self._turn:
                playlists = self._hub.playlists
                nested = await playlists.one(playlist_id)
                version = (
                    await playlists.version(playlist_id, nested.active_number)
                    if nested.active_number is not None
                    else None
                )
                self._nested[playlist_id] = (version.items or []) if version is not None else []
        return self._nested[playlist_id]

    async def _with_tag(self, tag: str) -> list[Media]:
        if tag not in self._tagged:
            async with self._turn:
                found = await self._hub.contents.find(Wanted(tag=tag), "name", limit=100)
                approved = [content.approved for content in found.items]
                self._tagged[tag] = [media for media in approved if media is not None]
        return self._tagged[tag]

    async def _one(self, media_id: str) -> Media | None:
        if media_id not in self._media:
            async with self._turn:
                try:
                    media = await self._hub.contents.version(media_id)
                except HubError as error:
                    if error.status != 404:
                        raise
                    self._media[media_id] = None  # deleted meanwhile: a screen does not show it either
                else:
                    self._media[media_id] = media if media.url else None
        return self._media[media_id]


def _ms(at: datetime | None) -> int | None:
    return None if at is None else to_ms(at)
