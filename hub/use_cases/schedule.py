"""The schedule: operators put playlists on screens, for always or at times.

Rule 1: assigning a playlist is an entry without times.
Rule 2: who is limited to sites changes only what is for one of those, or for a screen there; they see also
        what is for groups, tags and everybody, which may concern their screens.
Rule 3: an entry of a playlist that was never published may be made: it plays from when it is.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, NamedTuple

import msgspec

from hub.operator import Operator
from hub.permissions import require
from hub.use_cases.audit import changes, record
from hub.use_cases.entry_facts import checked, kept, patched
from hub.use_cases.errors import NO_SUCH_DEVICE, Invalid, NotAllowed, NotFound, Stale
from hub.use_cases.paging import ByInstant, cut_page, decode_cursor, encode_cursor
from hub.use_cases.ports import Database, Transaction
from hub.use_cases.schedule_ports import EntryRow, TargetKind
from hub.use_cases.schedule_rows import entry_body
from protocol.api import Page
from protocol.schedule import Entry, EntryPatch, EntryRequest, Target
from protocol.vocabulary import Permission

NO_SUCH_ENTRY: Final = "There is no such entry in the schedule. It may have been deleted."
_NO_PLAYLIST: Final = "is not a playlist of your tenant"


class Filter(NamedTuple):
    """Which entries: those that are for a screen; those that name a group; of a playlist; of a kind of
    target."""

    device_id: str | None = None
    group_id: str | None = None
    playlist_id: str | None = None
    target: TargetKind | None = None


class Schedule:
    """Reading and changing entries. What comes of them: `what_plays`."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    async def find(self, operator: Operator, wanted: Filter, cursor: str | None, limit: int) -> Page[Entry]:
        """The newest first; all of a screen's on one page. Raises NotAllowed, Invalid (cursor), NotFound (the
        screen)."""
        require(operator, Permission.CONTENT_VIEW)
        after: tuple[datetime, str] | None = decode_cursor(cursor, ByInstant)

        def read(tx: Transaction) -> Page[Entry]:
            if wanted.device_id is not None:
                return Page([entry_body(row) for row in _of_screen(tx, operator, wanted)])
            filters = {name: value for name, value in wanted._asdict().items() if name != "device_id"}
            found = tx.schedule.find(sites=operator.sites, **filters, after=after, limit=limit + 1)
            rows, more = cut_page(found, limit)
            last = encode_cursor((rows[-1].entry.created_at, rows[-1].entry.id)) if more else None
            return Page([entry_body(row) for row in rows], last)

        return await self._database.transact(operator.tenant_id, read)

    async def get(self, operator: Operator, entry_id: str) -> Entry:
        """One entry. Raises NotAllowed, NotFound."""
        require(operator, Permission.CONTENT_VIEW)
        return await self._database.transact(
            operator.tenant_id,
            lambda tx: entry_body(_there_is(tx.schedule.get(entry_id, operator.sites))),
        )

    async def add(self, operator: Operator, request: EntryRequest) -> Entry:
        """A new one. Raises NotAllowed, Invalid."""
        require(operator, Permission.CONTENT_PUBLISH)
        facts, now = checked(request), self._now()
        return await self._database.transact(operator.tenant_id, lambda tx: _added(tx, operator, facts, now))

    async def change(
        self, operator: Operator, entry_id: str, patch: EntryPatch, revision: int | None
    ) -> Entry:
        """What the patch names. Raises NotAllowed, NotFound, Invalid, Stale."""
        require(operator, Permission.CONTENT_PUBLISH)
        now = self._now()

        def write(tx: Transaction) -> Entry:
            row = _there_is(tx.schedule.get_locked(entry_id, operator.sites))
            _require_theirs(operator, row)
            if revision is not None and revision != row.entry.revision:
                raise Stale("Somebody changed this entry since you read it. Read it again, then change it.")
            return _changed(tx, operator, row, checked(patched(row.entry, patch)), now)

        return await self._database.transact(operator.tenant_id, write)

    async def delete(self, operator: Operator, entry_id: str) -> None:
        """It plays no more. Raises NotAllowed, NotFound."""
        require(operator, Permission.CONTENT_PUBLISH)
        now = self._now()

        def write(tx: Transaction) -> None:
            row = _there_is(tx.schedule.get_locked(entry_id, operator.sites))
            _require_theirs(operator, row)
            tx.schedule.remove(entry_id)
            record(tx, operator, now, "schedule.deleted", "schedule_entry", entry_id, **_told(row))

        await self._database.transact(operator.tenant_id, write)

    async def assign(self, operator: Operator, device_id: str, playlist_id: str) -> Entry:
        """The playlist becomes that of the screen's one entry without times, which is made where there is
        none. Raises NotAllowed, NotFound, Invalid (no such playlist)."""
        require(operator, Permission.CONTENT_PUBLISH)
        request = EntryRequest(playlist_id=playlist_id, target=Target(device_id=device_id))
        facts, now = checked(request), self._now()

        def write(tx: Transaction) -> Entry:
            # Two who assign at once would make two entries: the screen's row is locked.
            if tx.devices.get_locked(device_id, operator.sites) is None:
                raise NotFound(NO_SUCH_DEVICE)
            entry_id = tx.schedule.always_of_device(device_id)
            if entry_id is None:
                return _added(tx, operator, facts, now)
            row = _there_is(tx.schedule.get_locked(entry_id, operator.sites))
            anew = msgspec.structs.replace(
                patched(row.entry, EntryPatch()), playlist_id=playlist_id, enabled=True
            )
            return _changed(tx, operator, row, checked(anew), now)

        return await self._database.transact(operator.tenant_id, write)


def _of_screen(tx: Transaction, operator: Operator, wanted: Filter) -> list[EntryRow]:
    assert wanted.device_id is not None
    if tx.schedule.screen(wanted.device_id, operator.sites) is None:
        raise NotFound(NO_SUCH_DEVICE)
    return [
        row
        for row in tx.schedule.for_device(wanted.device_id)
        if wanted.group_id in (None, row.entry.target.group_id)
        and wanted.playlist_id in (None, row.entry.playlist_id)
        and wanted.target in (None, _kind(row.entry.target))
    ]


def _kind(target: Target) -> TargetKind:
    if target.device_id is not None:
        return "device"
    if target.group_id is not None:
        return "group"
    if target.site_id is not None:
        return "site"
    return "all" if target.tag_query is None else "tag"


def _added(tx: Transaction, operator: Operator, facts: dict[str, Any], now: datetime) -> Entry:
    _require_there(tx, operator, facts)
    by = {"created_by": operator.user_id, "created_by_name": operator.email, "at": now}
    entry_id = tx.schedule.add({**facts, **by})
    row = _there_is(tx.schedule.get(entry_id))
    record(tx, operator, now, "schedule.created", "schedule_entry", entry_id, **_told(row))
    return entry_body(row)


def _changed(
    tx: Transaction, operator: Operator, row: EntryRow, facts: dict[str, Any], now: datetime
) -> Entry:
    done = changes(kept(row.entry, row.tag_terms), facts)
    if not done["after"]:
        return entry_body(row)
    _require_there(tx, operator, facts)
    tx.schedule.change(row.entry.id, done["after"], now)
    after = _there_is(tx.schedule.get(row.entry.id))
    record(tx, operator, now, "schedule.changed", "schedule_entry", row.entry.id, **_told(after), **done)
    return entry_body(after)


def _there_is(row: EntryRow | None) -> EntryRow:
    if row is None:
        raise NotFound(NO_SUCH_ENTRY)
    return row


def _require_theirs(operator: Operator, row: EntryRow) -> None:
    """Raises NotAllowed for what reaches beyond the operator's sites."""
    if operator.sites is not None and row.at_site_id not in operator.sites:
        raise NotAllowed(
            "You are limited to some sites, and this entry may concern screens elsewhere. "
            "Ask an administrator who is not."
        )


def _require_there(tx: Transaction, operator: Operator, facts: dict[str, Any]) -> None:
    """What the entry names must be there, and the operator's. Raises Invalid, NotAllowed."""
    device_id, group_id, site_id = facts["device_id"], facts["group_id"], facts["site_id"]
    if operator.sites is not None and device_id is None and site_id is None:
        raise NotAllowed("You are limited to some sites: name one of them, or a screen there, as the target.")
    if not tx.schedule.has_playlist(facts["playlist_id"]):
        raise Invalid({"playlist_id": _NO_PLAYLIST})
    if device_id is not None and tx.schedule.screen(device_id, operator.sites) is None:
        raise Invalid({"target.device_id": "is not a screen of your tenant"})
    if group_id is not None and not tx.names.of("device_groups", [group_id]):
        raise Invalid({"target.group_id": "is not a group of your tenant"})
    if site_id is not None and (
        (operator.sites is not None and site_id not in operator.sites) or not tx.names.of("sites", [site_id])
    ):
        raise Invalid({"target.site_id": "is not a site of your tenant"})


def _told(row: EntryRow) -> dict[str, Any]:
    """For the audit: which entry it is, in words."""
    body = entry_body(row)
    return {
        "name": body.name,
        "playlist_id": body.playlist_id,
        "playlist": body.playlist_name,
        "target": body.target_text,
        "when": body.when_text,
        "is_takeover": body.is_takeover,
        "priority": body.priority,
        "enabled": body.enabled,
    }
