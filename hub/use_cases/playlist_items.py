"""The draft of a playlist: items are put in, changed, taken out, put into another order.

Rule 1: whoever changes items says which revision they saw. Of two who change the same one, the second is told
        to look again; so no change is made to a list that its author did not see, and no order is ever mixed.
Rule 2: a change reads and writes the whole list under a lock of the playlist.
Rule 3: an item names what may be shown: an approved version, or a playlist that does not have this one in it.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from hub.content_cache import ContentCache
from hub.operator import Operator
from hub.permissions import require
from hub.use_cases.audit import changes, record
from hub.use_cases.errors import InConflict, Invalid, NotFound, Unseen
from hub.use_cases.instants import in_utc, require_window
from hub.use_cases.media_bodies import FileUrls
from hub.use_cases.patches import fields_of
from hub.use_cases.playlist_bodies import items_body, there_is
from hub.use_cases.playlist_nesting import misfit
from hub.use_cases.playlists import require_seen
from hub.use_cases.ports import Database, Transaction
from hub.use_cases.texts import one_line
from protocol.playlists import DraftItem, ItemPatch, ItemRequest, Playlist, PlaylistItems
from protocol.vocabulary import MediaStatus, Permission

ITEMS_AT_MOST: Final = 1000
NO_SUCH_ITEM: Final = "The playlist has no such item. Somebody may have taken it out, or the id is mistyped."

Edit = Callable[[Transaction, Playlist, list[DraftItem]], tuple[list[DraftItem], str, dict[str, Any]]]
"""From the draft of now to the new one, what was done in the words of the audit, and its details."""


class DraftItems:
    """Reading and changing."""

    def __init__(
        self, database: Database, cache: ContentCache, urls: FileUrls, now: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._cache = cache
        self._urls = urls
        self._now = now

    async def all(self, operator: Operator, playlist_id: str) -> PlaylistItems:
        """The timeline. Raises NotAllowed, NotFound."""
        require(operator, Permission.CONTENT_VIEW)
        now = self._now()

        async def read() -> PlaylistItems:
            return await self._database.transact(
                operator.tenant_id, lambda tx: items_body(tx, operator, playlist_id, self._urls, now)
            )

        version = await self._database.transact(operator.tenant_id, lambda tx: tx.content_versions.now())
        # What is over is over by the clock, without a change: so it is made anew each minute.
        clock = f"{self._urls.good_until(now):%Y%m%d} {now:%Y%m%d%H%M}"
        key = f"playlist {playlist_id}"
        return await self._cache.read(operator.tenant_id, key, f"{version} {clock}", PlaylistItems, read)

    async def add(
        self, operator: Operator, playlist_id: str, revision: int | None, request: ItemRequest
    ) -> PlaylistItems:
        """A new item, at the end or at a position. Raises NotAllowed, NotFound, Invalid, Unseen, Stale,
        InConflict (the playlist is full)."""
        require(operator, Permission.CONTENT_EDIT)
        named = _one_of(request)

        def put_in(
            tx: Transaction, playlist: Playlist, draft: list[DraftItem]
        ) -> tuple[list[DraftItem], str, dict[str, Any]]:
            if len(draft) >= ITEMS_AT_MOST:
                raise InConflict(
                    f"A playlist has at most {ITEMS_AT_MOST} items. Nest another playlist in it."
                )
            if request.playlist_id is not None:
                name = _nested(tx, playlist.id, request.playlist_id.lower())
            elif request.media_id is not None:
                name = _approved(tx, request.media_id.lower())
            else:
                name = named["content_tag"]
            item = DraftItem(
                id=str(uuid.uuid4()),
                name=name,
                **named,
                duration_s=request.duration_s,
                transition=request.transition,
                enabled=request.enabled,
                valid_from=request.valid_from,
                valid_until=request.valid_until,
            )
            item = _windowed(item)
            at = len(draft) if request.position is None else request.position
            if at > len(draft):
                raise Invalid({"position": f"there are {len(draft)} items: at most {len(draft)}"})
            details = {"item_id": item.id, "item": name, "position": at, **named}
            return [*draft[:at], item, *draft[at:]], "playlist.item_added", details

        nests = request.playlist_id is not None
        return await self._edited(operator, playlist_id, revision, put_in, nests=nests)

    async def change(
        self, operator: Operator, playlist_id: str, item_id: str, revision: int | None, patch: ItemPatch
    ) -> PlaylistItems:
        """What the patch names. Raises NotAllowed, NotFound, Invalid, Unseen, Stale."""
        wanted = fields_of(patch)

        def exchange(
            tx: Transaction, playlist: Playlist, draft: list[DraftItem]
        ) -> tuple[list[DraftItem], str, dict[str, Any]]:
            at = _place(draft, item_id)
            before = draft[at]
            if "media_id" in wanted:
                if before.media_id is None:
                    raise Invalid({"media_id": "this item is no version of a content: take it out instead"})
                wanted["media_id"] = wanted["media_id"].lower()
                wanted["name"] = _approved(tx, wanted["media_id"])
            if wanted.get("duration_s") is not None and before.playlist_id is not None:
                raise Invalid({"duration_s": _ITS_OWN_TIME})
            item = _windowed(msgspec.structs.replace(before, **wanted))
            done = changes(_told(before), _told(item))
            details = {"item_id": item_id, "item": item.name, **done}
            return [*draft[:at], item, *draft[at + 1 :]], "playlist.item_changed", details

        return await self._edited(operator, playlist_id, revision, exchange)

    async def remove(
        self, operator: Operator, playlist_id: str, item_id: str, revision: int | None
    ) -> PlaylistItems:
        """Raises NotAllowed, NotFound, Unseen, Stale."""

        def take_out(
            tx: Transaction, playlist: Playlist, draft: list[DraftItem]
        ) -> tuple[list[DraftItem], str, dict[str, Any]]:
            at = _place(draft, item_id)
            details = {"item_id": item_id, "item": draft[at].name, "position": at}
            return draft[:at] + draft[at + 1 :], "playlist.item_removed", details

        return await self._edited(operator, playlist_id, revision, take_out)

    async def order(
        self, operator: Operator, playlist_id: str, revision: int | None, item_ids: Sequence[str]
    ) -> PlaylistItems:
        """All items in this order. Raises NotAllowed, NotFound, Invalid, Unseen, Stale."""
        wanted = [item_id.lower() for item_id in item_ids]

        def put_in_order(
            tx: Transaction, playlist: Playlist, draft: list[DraftItem]
        ) -> tuple[list[DraftItem], str, dict[str, Any]]:
            by_id = {item.id: item for item in draft}
            if len(wanted) != len(draft) or set(wanted) != by_id.keys():
                raise Invalid({"item_ids": f"must name each of the {len(draft)} items of now once"})
            details = {"order": [by_id[item_id].name for item_id in wanted]}
            return [by_id[item_id] for item_id in wanted], "playlist.items_reordered", details

        return await self._edited(operator, playlist_id, revision, put_in_order)

    async def _edited(
        self, operator: Operator, playlist_id: str, revision: int | None, edit: Edit, *, nests: bool = False
    ) -> PlaylistItems:
        """`nests`: no other playlist is nested or published meanwhile."""
        require(operator, Permission.CONTENT_EDIT)
        now = self._now()

        def write(tx: Transaction) -> PlaylistItems:
            if nests:
                tx.playlists.lock()
            playlist = there_is(tx.playlists.get_locked(playlist_id))
            if revision is None:
                raise Unseen(
                    "Say which revision of the playlist you change: send the ETag of its items in If-Match."
                )
            require_seen(playlist, revision)
            draft = tx.playlist_items.of([playlist_id])[playlist_id]
            changed, action, details = edit(tx, playlist, draft)
            if changed != draft:
                tx.playlist_items.put(playlist_id, changed)
                tx.playlists.change(playlist_id, {}, now)
                record(tx, operator, now, action, "playlist", playlist_id, name=playlist.name, **details)
            return items_body(tx, operator, playlist_id, self._urls, now)

        return await self._database.transact(operator.tenant_id, write)


_ITS_OWN_TIME: Final = "a playlist in a playlist takes as long as its items do"


def _one_of(request: ItemRequest) -> dict[str, str]:
    """Which of the three is named, as it is kept. Raises Invalid."""
    named = {
        "media_id": request.media_id and request.media_id.lower(),
        "playlist_id": request.playlist_id and request.playlist_id.lower(),
        "content_tag": request.content_tag and one_line("content_tag", request.content_tag),
    }
    given = {name: value for name, value in named.items() if value is not None}
    if len(given) != 1:
        raise Invalid({"media_id": "name one of media_id, playlist_id and content_tag"})
    if request.playlist_id is not None and request.duration_s is not None:
        raise Invalid({"duration_s": _ITS_OWN_TIME})
    return given


def _approved(tx: Transaction, media_id: str) -> str:
    """What the content is called. The version stays approved until the end of the transaction. Raises
    Invalid."""
    media = tx.playables.by_ids([media_id], held=True).get(media_id)
    if media is None:
        raise Invalid({"media_id": "there is no such version of a content"})
    if media.status is not MediaStatus.APPROVED:
        why = f"version {media.number} of {media.name} is {media.status}: screens play approved versions only"
        raise Invalid({"media_id": why})
    return media.name


def _nested(tx: Transaction, playlist_id: str, below: str) -> str:
    """What the other playlist is called. Raises Invalid."""
    name = tx.playlists.names([below]).get(below)
    if name is None:
        raise Invalid({"playlist_id": "there is no such playlist"})
    problem = misfit(tx.playlists.nesting(), playlist_id, [below])
    if problem is not None:
        raise Invalid({"playlist_id": problem})
    return name


def _windowed(item: DraftItem) -> DraftItem:
    """The item with its window as it is kept. Raises Invalid."""
    begins, ends = in_utc("valid_from", item.valid_from), in_utc("valid_until", item.valid_until)
    require_window(begins, ends)
    return msgspec.structs.replace(item, valid_from=begins, valid_until=ends)


def _place(draft: Sequence[DraftItem], item_id: str) -> int:
    for place, item in enumerate(draft):
        if item.id == item_id:
            return place
    raise NotFound(NO_SUCH_ITEM)


def _told(item: DraftItem) -> dict[str, Any]:
    """For the audit."""
    told: dict[str, Any] = msgspec.to_builtins(item)
    names = ("media_id", "duration_s", "transition", "enabled", "valid_from", "valid_until")
    return {name: told.get(name) for name in names}
