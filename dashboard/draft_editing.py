"""The draft of a playlist while somebody edits it: one change after the other, each in the revision before.

Rule 1: changes are sent one at a time, in the order in which they were made; each names the revision that the
        one before left, so that quick fingers do not contradict themselves.
Rule 2: a change that the hub refuses because somebody else was faster (412) is not tried again: what was done
        was done looking at something else. Those that wait behind it are dropped with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from dashboard.hub_http import HubError
from dashboard.hub_playlists import HubPlaylists
from protocol.playlists import ItemPatch, ItemRequest, PlaylistItem, PlaylistItems

Change = Callable[[int], Awaitable[PlaylistItems]]


class Overtaken(Exception):
    """Somebody else has changed the draft meanwhile: nothing was done."""


class DraftEditing:
    """One playlist's draft, as it was seen last. Every method raises HubError, and changes Overtaken."""

    def __init__(self, hub: HubPlaylists, playlist_id: str) -> None:
        self._hub, self._playlist_id = hub, playlist_id
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._overtaken = False
        self.seen: PlaylistItems | None = None

    @property
    def items(self) -> Sequence[PlaylistItem]:
        return self.seen.items if self.seen is not None else ()

    @property
    def revision(self) -> int:
        return self.seen.revision if self.seen is not None else 0

    @property
    def is_settled(self) -> bool:
        """Whether no change is on its way: only then is what was seen all that was done."""
        return self._waiting == 0

    def is_behind(self, revision: int) -> bool:
        """Whether this revision is newer than what was seen, and not by a change that is on its way."""
        return self.is_settled and revision > self.revision

    def item(self, item_id: str) -> PlaylistItem | None:
        return next((item for item in self.items if item.id == item_id), None)

    async def read(self) -> None:
        """See it as it is now."""
        async with self._turn:
            self._overtaken = False
            self.seen = await self._hub.items(self._playlist_id)

    async def add(self, request: ItemRequest) -> None:
        await self._do(lambda revision: self._hub.add_item(self._playlist_id, revision, request))

    async def change(self, item_id: str, patch: ItemPatch) -> None:
        await self._do(lambda revision: self._hub.change_item(self._playlist_id, revision, item_id, patch))

    async def remove(self, item_id: str) -> None:
        await self._do(lambda revision: self._hub.remove_item(self._playlist_id, revision, item_id))

    async def move(self, item_id: str, to: int) -> None:
        """To this place, from 0, in the order that there is when its turn comes."""

        async def order(revision: int) -> PlaylistItems:
            ids = [item.id for item in self.items if item.id != item_id]
            ids.insert(to, item_id)
            return await self._hub.order(self._playlist_id, revision, ids)

        await self._do(order)

    async def _do(self, change: Change) -> None:
        self._waiting += 1
        try:
            async with self._turn:
                if self._overtaken:
                    raise Overtaken
                try:
                    self.seen = await change(self.revision)
                except HubError as error:
                    if error.status != 412:
                        raise
                    self._overtaken = True
                    raise Overtaken from None
        finally:
            self._waiting -= 1
