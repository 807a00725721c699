"""Versions of playlists: published, compared, taken back to, tried on some screens first.

Rule 1: a version is written once, in one transaction with the audit and with what is played from then on. Its
        number is drawn under the playlist's lock: of two who publish at once each has one of their own.
Rule 2: what nobody may see is not published: every version of a content in it is approved, and stays so until
        the end of the transaction.
Rule 3: to go back is for when something is wrong, so it is never refused for an item: what may not be shown
        any more is left out, and said.
Rule 4: one version is tried at a time. Publishing to everybody, and going back, end the trial.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import msgspec

from hub.operator import Operator
from hub.permissions import require, require_everywhere
from hub.use_cases.audit import record
from hub.use_cases.errors import InConflict, Invalid, NotFound
from hub.use_cases.paging import ByNumber, cut_page, decode_cursor, encode_cursor
from hub.use_cases.playlist_bodies import (
    NO_SUCH_VERSION,
    playlist_body,
    there_is,
    version_bodies,
    version_there_is,
)
from hub.use_cases.playlist_nesting import misfit
from hub.use_cases.playlist_resolving import (
    ITEMS_OF_VERSION_AT_MOST,
    Part,
    follows,
    played,
    resolve,
    total_s,
)
from hub.use_cases.playlist_surroundings import surroundings
from hub.use_cases.playlists import require_seen
from hub.use_cases.ports import Database, Transaction
from protocol.api import Page
from protocol.playlists import (
    Canary,
    DraftItem,
    Playlist,
    PlaylistVersion,
    PublishRequest,
    VersionItem,
)
from protocol.vocabulary import Permission

PROBLEMS_NAMED: Final = 5


class Publishing:
    """What screens play, and what they played."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    async def publish(
        self, operator: Operator, playlist_id: str, revision: int | None, request: PublishRequest
    ) -> PlaylistVersion:
        """The draft of now as a new version, played by all or, with a canary, by some. Raises NotAllowed,
        NotFound, Invalid (the canary), Stale, InConflict (something in it may not be shown, or nothing
        is)."""
        require_everywhere(operator, Permission.CONTENT_PUBLISH)
        canary = None if request.canary is None else _checked(request.canary)
        now = self._now()

        def write(tx: Transaction) -> PlaylistVersion:
            tx.playlists.lock()
            playlist = there_is(tx.playlists.get_locked(playlist_id))
            require_seen(playlist, revision)
            if canary is not None and canary.group_id is not None:
                _require_group(tx, canary.group_id)
            draft = tx.playlist_items.of([playlist_id])[playlist_id]
            made = _made(tx, playlist, playlist.shuffle, draft, now)
            number = _written(tx, operator, playlist, made, now, request.note)
            if canary is None:
                tx.playlists.play(playlist_id, number, None, None)
            else:
                tx.playlists.play(playlist_id, playlist.active_number, number, canary)
            what = _of_audit(playlist, number, made.items, request.note)
            what["canary"] = None if canary is None else msgspec.to_builtins(canary)
            record(tx, operator, now, "playlist.published", "playlist", playlist_id, **what)
            return _answer(tx, operator, playlist_id, number, made)

        return await self._database.transact(operator.tenant_id, write)

    async def roll_back(
        self, operator: Operator, playlist_id: str, number: int, revision: int | None, note: str
    ) -> PlaylistVersion:
        """A new version with the draft of that one, which becomes the draft too; as things are now. Raises
        NotAllowed, NotFound, Stale, InConflict (nothing of it may be shown any more)."""
        require_everywhere(operator, Permission.CONTENT_PUBLISH)
        now = self._now()

        def write(tx: Transaction) -> PlaylistVersion:
            tx.playlists.lock()
            playlist = there_is(tx.playlists.get_locked(playlist_id))
            require_seen(playlist, revision)
            past = version_there_is(tx.playlist_versions.kept(playlist_id, number))
            draft = _still_there(tx, past.draft)
            _require_nestable(tx, playlist_id, draft)
            made = _made(tx, playlist, past.shuffle, draft, now, leave_out=True)
            tx.playlist_items.put(playlist_id, draft)
            tx.playlists.change(playlist_id, {"shuffle": past.shuffle}, now)
            new = _written(tx, operator, playlist, made, now, note, rolled_back_to=number)
            tx.playlists.play(playlist_id, new, None, None)
            what = {**_of_audit(playlist, new, made.items, note), "rolled_back_to": number}
            record(tx, operator, now, "playlist.rolled_back", "playlist", playlist_id, **what)
            return _answer(tx, operator, playlist_id, new, made)

        return await self._database.transact(operator.tenant_id, write)

    async def promote(self, operator: Operator, playlist_id: str) -> Playlist:
        """All screens play what some tried. Raises NotAllowed, NotFound, InConflict (nothing is tried)."""
        return await self._end_trial(operator, playlist_id, "playlist.canary_promoted")

    async def withdraw(self, operator: Operator, playlist_id: str) -> Playlist:
        """Those who tried play again what all do. Raises NotAllowed, NotFound, InConflict (nothing is
        tried)."""
        return await self._end_trial(operator, playlist_id, "playlist.canary_withdrawn")

    async def _end_trial(self, operator: Operator, playlist_id: str, action: str) -> Playlist:
        require_everywhere(operator, Permission.CONTENT_PUBLISH)
        now = self._now()

        def write(tx: Transaction) -> Playlist:
            playlist = there_is(tx.playlists.get_locked(playlist_id))
            number = playlist.canary_number
            if number is None:
                raise InConflict(f"No version of {playlist.name} is tried on some screens now.")
            promoted = action == "playlist.canary_promoted"
            tx.playlists.play(playlist_id, number if promoted else playlist.active_number, None, None)
            what = {"name": playlist.name, "number": number, "active_number": playlist.active_number}
            record(tx, operator, now, action, "playlist", playlist_id, **what)
            return playlist_body(tx, there_is(tx.playlists.get(playlist_id)), operator, now)

        return await self._database.transact(operator.tenant_id, write)

    async def versions(
        self, operator: Operator, playlist_id: str, cursor: str | None, limit: int
    ) -> Page[PlaylistVersion]:
        """The newest first. Raises NotAllowed, NotFound, Invalid (the cursor)."""
        require(operator, Permission.CONTENT_VIEW)
        before: int | None = decode_cursor(cursor, ByNumber)

        def read(tx: Transaction) -> Page[PlaylistVersion]:
            there_is(tx.playlists.get(playlist_id))
            found = tx.playlist_versions.page(playlist_id, before=before, limit=limit + 1)
            rows, more = cut_page(found, limit)
            last = encode_cursor(rows[-1].number) if more else None
            return Page(version_bodies(tx, rows, operator), last)

        return await self._database.transact(operator.tenant_id, read)

    async def version(self, operator: Operator, playlist_id: str, number: int) -> PlaylistVersion:
        """One of them, with its items. Raises NotAllowed, NotFound."""
        require(operator, Permission.CONTENT_VIEW)

        def read(tx: Transaction) -> PlaylistVersion:
            there_is(tx.playlists.get(playlist_id))
            kept = version_there_is(tx.playlist_versions.kept(playlist_id, number))
            return _body(tx, operator, playlist_id, number, kept.items)

        return await self._database.transact(operator.tenant_id, read)


class Made(NamedTuple):
    """What a draft comes to."""

    shuffle: bool
    draft: Sequence[DraftItem]
    parts: Sequence[Part]
    items: list[VersionItem]


def _made(
    tx: Transaction,
    playlist: Playlist,
    shuffle: bool,
    draft: Sequence[DraftItem],
    now: datetime,
    *,
    leave_out: bool = False,
) -> Made:
    """Raises InConflict, naming what may not be shown, unless that is to be left out."""
    parts = resolve(draft, surroundings(tx, [draft], held=True), now)
    problems = [part.problem for part in parts if part.blocks and part.problem is not None]
    if problems and not leave_out:
        more = len(problems) - PROBLEMS_NAMED
        named = " ".join(problems[:PROBLEMS_NAMED])
        raise InConflict(
            f"{playlist.name} cannot be published. {named}" + (f" (And {more} more.)" * (more > 0))
        )
    items = played(parts)
    if not items:
        raise InConflict(
            f"Nothing of {playlist.name} would play. Put something in, or switch something on, first."
        )
    if len(items) > ITEMS_OF_VERSION_AT_MOST:
        raise InConflict(
            f"{playlist.name} comes to {len(items)} items with what is nested in it, and a version has at "
            f"most {ITEMS_OF_VERSION_AT_MOST}. Take something out."
        )
    return Made(shuffle, draft, parts, items)


def _written(
    tx: Transaction,
    operator: Operator,
    playlist: Playlist,
    made: Made,
    now: datetime,
    note: str,
    rolled_back_to: int | None = None,
) -> int:
    """The number of the new version."""
    return tx.playlist_versions.add(
        playlist.id,
        shuffle=made.shuffle,
        follows=follows(made.draft),
        draft=made.draft,
        items=made.items,
        total_s=total_s(made.items),
        note=note,
        rolled_back_to=rolled_back_to,
        user_id=operator.user_id,
        by=operator.email,
        at=now,
    )


def _answer(
    tx: Transaction, operator: Operator, playlist_id: str, number: int, made: Made
) -> PlaylistVersion:
    left_out = [part.problem for part in made.parts if part.problem is not None]
    body = _body(tx, operator, playlist_id, number, made.items)
    return msgspec.structs.replace(body, left_out=left_out)


def _body(
    tx: Transaction, operator: Operator, playlist_id: str, number: int, items: list[VersionItem]
) -> PlaylistVersion:
    found = tx.playlist_versions.get(playlist_id, number)
    if found is None:
        raise NotFound(NO_SUCH_VERSION)
    (body,) = version_bodies(tx, [found], operator)
    return msgspec.structs.replace(body, items=items)


def _checked(canary: Canary) -> Canary:
    if (canary.fraction is None) == (canary.group_id is None):
        raise Invalid({"canary": "name one of fraction and group_id"})
    group_id = None if canary.group_id is None else canary.group_id.lower()
    return Canary(canary.fraction, group_id)


def _require_group(tx: Transaction, group_id: str) -> None:
    if group_id not in tx.names.of("device_groups", [group_id]):
        raise Invalid({"canary.group_id": "there is no such group"})


def _still_there(tx: Transaction, draft: Sequence[DraftItem]) -> list[DraftItem]:
    """Without what was deleted since."""
    media = tx.playables.by_ids({item.media_id for item in draft if item.media_id is not None})
    playlists = tx.playlists.names({item.playlist_id for item in draft if item.playlist_id is not None})
    there = media.keys() | playlists.keys()
    return [
        item for item in draft if item.content_tag is not None or {item.media_id, item.playlist_id} & there
    ]


def _require_nestable(tx: Transaction, playlist_id: str, draft: Sequence[DraftItem]) -> None:
    """What was in it then may have this playlist in it now. Raises InConflict."""
    nested = {item.playlist_id: item.name for item in draft if item.playlist_id is not None}
    problem = misfit(tx.playlists.nesting(), playlist_id, nested) if nested else None
    if problem is not None:
        raise InConflict(f"A playlist that was in it then ({', '.join(sorted(nested.values()))}) {problem}.")


def _of_audit(playlist: Playlist, number: int, items: Sequence[VersionItem], note: str) -> dict[str, Any]:
    return {"name": playlist.name, "number": number, "items": len(items), "note": note}
