"""Commands as operators read and end them. How they are queued is in `command_queue.py`; their way to the
screen is in `persistence/journal.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final, LiteralString, NamedTuple, Self

import msgspec

from persistence.repositories import locks
from persistence.repositories.at_sites import commands_at, values_of
from persistence.repositories.base import Repository
from protocol.api import CommandRow
from protocol.vocabulary import CommandName, CommandStatus

_SELECT: Final = """
SELECT c.seq, c.id, c.device_id, c.command, c.args, c.status, c.detail,
       nullif(c.created_by_name, '') AS created_by, c.created_at,
       c.expires_at, c.sent_at, c.received_at, c.finished_at, c.bulk_id
  FROM commands c
 WHERE c.tenant_id = %(tenant)s
"""
_OPEN: Final = " AND c.status IN ('queued', 'sent', 'received')"

_FILTERS: Final[dict[str, LiteralString]] = {
    "status": " AND c.status = %(status)s",
    "device_id": " AND c.device_id = %(device_id)s",
    "bulk_id": " AND c.bulk_id = %(bulk_id)s",
    "command": " AND c.command = %(command)s",
    "before": " AND c.seq < %(before)s",
}

# PostgreSQL decides: what it ends here is ended, whatever a screen still says.
_END: Final = """
UPDATE commands c SET status = %(status)s, finished_at = %(at)s,
       detail = CASE WHEN c.status = 'queued' THEN %(detail)s ELSE %(detail)s || %(if_sent)s END
 WHERE c.tenant_id = %(tenant)s AND c.status IN ('queued', 'sent', 'received')
"""
_RETURNING: Final = " RETURNING c.id, c.device_id, c.command, c.detail"


# What has not finished is open; it is said for the index, see the second migration.
_OVERDUE: Final = """
SELECT c.id, c.device_id FROM commands c
 WHERE c.tenant_id = %(tenant)s AND c.status IN ('queued', 'sent', 'received')
   AND c.finished_at IS NULL AND c.expires_at <= %(before)s
 ORDER BY c.expires_at LIMIT %(at_most)s
"""


_WAITING_SINCE: Final = """
SELECT c.id, c.device_id, c.command, c.args, c.expires_at,
       CASE c.command WHEN 'reload_playlist' THEN d.playlist_version END AS playlist_version
  FROM commands c JOIN devices d ON d.tenant_id = c.tenant_id AND d.id = c.device_id
 WHERE c.tenant_id = %(tenant)s AND c.status = 'queued' AND c.created_at >= %(at)s
 ORDER BY c.seq
"""
_ENDED_SINCE: Final = """
SELECT c.id, c.device_id, c.command, c.status, c.detail FROM commands c
 WHERE c.tenant_id = %(tenant)s AND c.status IN ('cancelled', 'superseded') AND c.finished_at >= %(at)s
"""


class Waiting(msgspec.Struct, frozen=True):
    """A command that was not sent. `playlist_version`: with reload_playlist, the one of its device now."""

    id: str
    device_id: str
    command: CommandName
    args: dict[str, Any]
    expires_at: datetime
    playlist_version: int | None


class Ended(NamedTuple):
    """A command that has just ended."""

    id: str
    device_id: str
    command: CommandName
    detail: str

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """From a row with these columns."""
        return cls(row["id"], row["device_id"], CommandName(row["command"]), row["detail"])


class Commands(Repository):
    """Fits `hub.use_cases.ports.Commands`."""

    def get(self, command_id: str, sites: Collection[str] | None = None) -> CommandRow | None:
        """One command of this tenant (to a device at these sites)."""
        sql: LiteralString = _SELECT + " AND c.id = %(id)s" + commands_at(sites)
        row = self._row(sql, id=command_id, **values_of(sites))
        return msgspec.convert(row, CommandRow) if row else None

    def find(
        self,
        *,
        sites: Collection[str] | None,
        status: str | None,
        only_open: bool,
        device_id: str | None,
        bulk_id: str | None,
        command: str | None,
        before: int | None,
        limit: int,
    ) -> list[tuple[int, CommandRow]]:
        """The newest first with their sequence numbers, those before the number `before`."""
        given = {
            "status": status,
            "device_id": device_id,
            "bulk_id": bulk_id,
            "command": command,
            "before": before,
        }
        values: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        sql: LiteralString = _SELECT
        for name in values:
            sql += _FILTERS[name]
        if only_open:
            sql += _OPEN
        sql += commands_at(sites)
        values |= values_of(sites)
        rows = self._rows(sql + " ORDER BY c.seq DESC LIMIT %(limit)s", limit=limit, **values)
        return [(row["seq"], msgspec.convert(row, CommandRow)) for row in rows]

    def cancel(self, command_id: str, detail: str, if_sent: str, at: datetime) -> Ended | None:
        """End the command if it is open; None if it had ended. `if_sent`: said too of one that was sent."""
        ended = self._end(
            _END + " AND c.id = %(id)s" + _RETURNING,
            status="cancelled",
            detail=detail,
            if_sent=if_sent,
            at=at,
            id=command_id,
        )
        return ended[0] if ended else None

    def cancel_bulk(
        self,
        bulk_id: str,
        detail: str,
        if_sent: str,
        at: datetime,
        sites: Collection[str] | None = None,
    ) -> list[Ended]:
        """End those of the bulk that are open (on devices at these sites)."""
        of_bulk: LiteralString = "SELECT c.device_id FROM commands c WHERE c.tenant_id = %(tenant)s"
        which: LiteralString = " AND c.bulk_id = %(bulk)s" + commands_at(sites)
        rows = self._rows(of_bulk + _OPEN + which, bulk=bulk_id, **values_of(sites))
        locks.devices(self._connection, self._tenant_id, {row["device_id"] for row in rows})
        return self._end(
            _END + which + _RETURNING,
            status="cancelled",
            detail=detail,
            if_sent=if_sent,
            at=at,
            bulk=bulk_id,
            **values_of(sites),
        )

    def cancel_of_device(self, device_id: str, detail: str, if_sent: str, at: datetime) -> list[Ended]:
        """End those of the device that are open. `CommandQueue.lock_out` comes first."""
        return self._end(
            _END + " AND c.device_id = %(device)s" + _RETURNING,
            status="cancelled",
            detail=detail,
            if_sent=if_sent,
            at=at,
            device=device_id,
        )

    def expire(self, detail: str, before: datetime, at: datetime, at_most: int) -> list[Ended]:
        """End those whose time was over `before`, the oldest first, so many `at_most`."""
        rows = self._rows(_OVERDUE, before=before, at_most=at_most)
        if not rows:
            return []
        locks.devices(self._connection, self._tenant_id, {row["device_id"] for row in rows})
        return self._end(
            _END + " AND c.id = ANY (%(ids)s::uuid[])" + _RETURNING,
            status="expired",
            detail=detail,
            if_sent="",
            at=at,
            ids=[row["id"] for row in rows],
        )

    def waiting_since(self, at: datetime) -> list[Waiting]:
        """Those that were queued at the instant `at` or later and were not sent, in sequence."""
        return msgspec.convert(self._rows(_WAITING_SINCE, at=at), list[Waiting])

    def ended_since(self, at: datetime) -> list[tuple[Ended, CommandStatus]]:
        """Those that were cancelled or superseded at the instant `at` or later, and which of the two."""
        rows = self._rows(_ENDED_SINCE, at=at)
        return [(Ended.of(row), CommandStatus(row["status"])) for row in rows]

    def _end(self, sql: LiteralString, **values: Any) -> list[Ended]:
        return [Ended.of(row) for row in self._rows(sql, **values)]
