"""Playlists: found, named, copied, deleted. What is in them: `playlist_items`; what is played: `publishing`.

Rule 1: whoever edits contents edits playlists; what changes the screens of a tenant at once (the default
        playlist) or takes history away (a published one) is for those who publish.
Rule 2: a playlist that something stands on (the schedule, another playlist, the default) is not deleted.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from itertools import count
from typing import Any

import msgspec
from msgspec import UNSET

from hub.operator import Operator
from hub.permissions import require, require_everywhere
from hub.use_cases.audit import changes, record
from hub.use_cases.errors import InConflict, Stale
from hub.use_cases.paging import ByName, cut_page, decode_cursor, encode_cursor
from hub.use_cases.patches import fields_of
from hub.use_cases.playlist_bodies import playlist_bodies, playlist_body, there_is
from hub.use_cases.ports import Database, Transaction
from hub.use_cases.texts import one_line
from protocol.api import Page
from protocol.playlists import Playlist, PlaylistPatch, PlaylistRequest
from protocol.vocabulary import Permission

NAME_AT_MOST = 200


class Playlists:
    """Reading and changing."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    async def find(
        self, operator: Operator, text: str | None, cursor: str | None, limit: int
    ) -> Page[Playlist]:
        """By name. Raises NotAllowed, Invalid (the cursor)."""
        require(operator, Permission.CONTENT_VIEW)
        after: tuple[str, str] | None = decode_cursor(cursor, ByName)
        now = self._now()

        def read(tx: Transaction) -> Page[Playlist]:
            rows, more = cut_page(tx.playlists.find(text=text, after=after, limit=limit + 1), limit)
            last = encode_cursor((rows[-1].name, rows[-1].id)) if more else None
            return Page(playlist_bodies(tx, rows, operator, now), last)

        return await self._database.transact(operator.tenant_id, read)

    async def get(self, operator: Operator, playlist_id: str) -> Playlist:
        """One of them. Raises NotAllowed, NotFound."""
        require(operator, Permission.CONTENT_VIEW)
        now = self._now()
        return await self._database.transact(
            operator.tenant_id,
            lambda tx: playlist_body(tx, there_is(tx.playlists.get(playlist_id)), operator, now),
        )

    async def add(self, operator: Operator, request: PlaylistRequest) -> Playlist:
        """A new one, empty. Raises NotAllowed, Invalid, InConflict (the name is taken)."""
        require(operator, Permission.CONTENT_EDIT)
        if request.is_default:
            require_everywhere(operator, Permission.CONTENT_PUBLISH)
        name, now = one_line("name", request.name), self._now()

        def create(tx: Transaction) -> Playlist:
            if request.is_default:
                tx.playlists.lock()
            facts = {"name": name, "description": request.description, "shuffle": request.shuffle}
            playlist_id = _added(tx, operator, now, facts)
            if request.is_default:
                tx.playlists.no_default()
                tx.playlists.change(playlist_id, {"is_default": True}, now)
            facts["is_default"] = request.is_default
            record(tx, operator, now, "playlist.created", "playlist", playlist_id, **facts)
            return playlist_body(tx, there_is(tx.playlists.get(playlist_id)), operator, now)

        return await self._database.transact(operator.tenant_id, create)

    async def change(
        self, operator: Operator, playlist_id: str, patch: PlaylistPatch, revision: int | None
    ) -> Playlist:
        """What the patch names. Raises NotAllowed, NotFound, Invalid, Stale, InConflict (the name is
        taken)."""
        require(operator, Permission.CONTENT_EDIT)
        if patch.is_default is not UNSET:
            require_everywhere(operator, Permission.CONTENT_PUBLISH)
        wanted = _wanted(patch)
        now = self._now()

        def write(tx: Transaction) -> Playlist:
            if "is_default" in wanted:
                tx.playlists.lock()
            before = there_is(tx.playlists.get_locked(playlist_id))
            require_seen(before, revision)
            done = changes(_facts(before), wanted)
            if done["after"]:
                if done["after"].get("is_default"):
                    tx.playlists.no_default()
                if not tx.playlists.change(playlist_id, done["after"], now):
                    raise _taken(wanted["name"])
                name = wanted.get("name", before.name)
                record(tx, operator, now, "playlist.changed", "playlist", playlist_id, name=name, **done)
            return playlist_body(tx, there_is(tx.playlists.get(playlist_id)), operator, now)

        return await self._database.transact(operator.tenant_id, write)

    async def duplicate(self, operator: Operator, playlist_id: str, name: str | None) -> Playlist:
        """A copy of its draft, never published. Raises NotAllowed, NotFound, Invalid, InConflict (the name is
        taken)."""
        require(operator, Permission.CONTENT_EDIT)
        wanted = None if name is None else one_line("name", name)
        now = self._now()

        def create(tx: Transaction) -> Playlist:
            original = there_is(tx.playlists.get(playlist_id))
            draft = tx.playlist_items.of([playlist_id])[playlist_id]
            facts = {
                "name": wanted or _free_name(tx, original.name),
                "description": original.description,
                "shuffle": original.shuffle,
            }
            if any(item.playlist_id is not None for item in draft):
                tx.playlists.lock()
            copy_id = _added(tx, operator, now, facts)
            copied = [msgspec.structs.replace(item, id=str(uuid.uuid4())) for item in draft]
            tx.playlist_items.put(copy_id, copied)
            what = {"name": facts["name"], "copy_of": playlist_id, "copy_of_name": original.name}
            record(tx, operator, now, "playlist.duplicated", "playlist", copy_id, **what)
            return playlist_body(tx, there_is(tx.playlists.get(copy_id)), operator, now)

        return await self._database.transact(operator.tenant_id, create)

    async def delete(self, operator: Operator, playlist_id: str) -> None:
        """With its draft and its versions. Raises NotAllowed, NotFound, InConflict (something stands on
        it)."""
        require(operator, Permission.CONTENT_EDIT)
        now = self._now()

        def write(tx: Transaction) -> None:
            tx.playlists.lock()
            playlist = there_is(tx.playlists.get_locked(playlist_id))
            if playlist.active_number is not None or playlist.canary_number is not None:
                require_everywhere(operator, Permission.CONTENT_PUBLISH)
            _require_unused(tx, playlist)
            tx.playlists.remove(playlist_id)
            what = {"name": playlist.name, "active_number": playlist.active_number}
            record(tx, operator, now, "playlist.deleted", "playlist", playlist_id, **what)

        await self._database.transact(operator.tenant_id, write)


def require_seen(playlist: Playlist, revision: int | None) -> None:
    """Raises Stale where the revision (None: whichever) is not the one of now."""
    if revision is not None and revision != playlist.revision:
        raise Stale(
            "Somebody changed the playlist since you read it. Read it again, and see whether it is still "
            "what you want."
        )


def _added(tx: Transaction, operator: Operator, now: datetime, facts: dict[str, Any]) -> str:
    """The id of a new one. Raises InConflict."""
    playlist_id = tx.playlists.add(facts, operator.user_id, operator.email, now)
    if playlist_id is None:
        raise _taken(facts["name"])
    return playlist_id


def _free_name(tx: Transaction, name: str) -> str:
    """`Lobby (copy)`, `Lobby (copy 2)`, … the first that nobody has."""
    stem = name[: NAME_AT_MOST - len(" (copy 1000)")]
    taken = tx.playlists.names_like(stem)
    names = (f"{stem} (copy)" if number == 1 else f"{stem} (copy {number})" for number in count(1))
    return next(name for name in names if name.lower() not in taken)


def _require_unused(tx: Transaction, playlist: Playlist) -> None:
    if playlist.is_default:
        raise InConflict(
            f"{playlist.name} is the default playlist: it plays where the schedule says nothing. "
            "Make another one the default first."
        )
    entries = tx.playlists.schedule_entries(playlist.id)
    if entries:
        raise InConflict(
            f"{playlist.name} is in the schedule ({entries} of its entries). "
            "Delete those, or give them another playlist, first."
        )
    above = tx.playlists.names(
        [each for each, inner in tx.playlists.nesting().items() if playlist.id in inner]
    )
    if above:
        raise InConflict(
            f"{playlist.name} is in other playlists, or in what was published of them: "
            f"{', '.join(sorted(above.values()))}. Take it out there, and publish them, first."
        )


def _wanted(patch: PlaylistPatch) -> dict[str, Any]:
    wanted = fields_of(patch)
    if "name" in wanted:
        wanted["name"] = one_line("name", wanted["name"])
    return wanted


def _facts(playlist: Playlist) -> dict[str, Any]:
    return {name: getattr(playlist, name) for name in ("name", "description", "shuffle", "is_default")}


def _taken(name: str) -> InConflict:
    return InConflict(f"There is a playlist called {name!r} already. Choose another name.")
