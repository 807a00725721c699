"""One command to many screens: what was asked, of whom, and how far it has come."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, LiteralString, NamedTuple

import msgspec
from psycopg.types.json import Jsonb

from persistence.group_reach import DEVICES_OF_GROUPS
from persistence.repositories.base import Repository
from protocol.api import BulkCommand, Scope
from protocol.vocabulary import OPEN_COMMAND_STATUSES, CommandStatus

_WITHIN: Final[dict[str, LiteralString]] = {
    "all": "",
    "sites": " AND d.site_id = ANY (%(ids)s::uuid[])",
    "groups": " AND d.id IN (" + DEVICES_OF_GROUPS + ")",
    "devices": " AND d.id = ANY (%(ids)s::uuid[])",
}

_LOCK: Final[dict[str, LiteralString]] = {
    kind: "SELECT FROM devices d WHERE d.tenant_id = %(tenant)s AND d.status = 'approved'"
    + within
    + " ORDER BY d.id FOR NO KEY UPDATE"
    for kind, within in _WITHIN.items()
}

_SCREENS: Final = """
WITH screens AS MATERIALIZED (
    SELECT d.id, (SELECT count(*) FROM (SELECT FROM commands c
                                         WHERE c.tenant_id = d.tenant_id AND c.device_id = d.id
                                           AND c.status IN ('queued', 'sent', 'received')
                                         LIMIT %(at_most)s) o) >= %(at_most)s AS is_full
      FROM devices d WHERE d.tenant_id = %(tenant)s AND d.status = 'approved'
"""
_QUEUE: Final = """
), counted AS (
    UPDATE bulk_commands b SET targeted = n.targeted, refused = n.refused
      FROM (SELECT count(*) AS targeted, count(*) FILTER (WHERE is_full) AS refused FROM screens) n
     WHERE b.tenant_id = %(tenant)s AND b.id = %(id)s
)
INSERT INTO commands (id, tenant_id, device_id, command, args, created_by, created_at, expires_at, bulk_id)
SELECT gen_random_uuid(), b.tenant_id, s.id, b.command, b.args, b.created_by, b.created_at, b.expires_at, b.id
  FROM screens s CROSS JOIN bulk_commands b
 WHERE b.tenant_id = %(tenant)s AND b.id = %(id)s AND NOT s.is_full
 ORDER BY s.id
RETURNING id, device_id
"""
_FILL: Final[dict[str, LiteralString]] = {
    kind: _SCREENS + within + _QUEUE for kind, within in _WITHIN.items()
}

_SELECT: Final = """
SELECT b.id, b.command, b.args, b.scope, b.scope_text, b.targeted, b.refused, u.email AS created_by,
       b.created_at, b.expires_at
  FROM bulk_commands b LEFT JOIN users u ON u.tenant_id = b.tenant_id AND u.id = b.created_by
 WHERE b.tenant_id = %(tenant)s
"""


class Filled(NamedTuple):
    """`commands`: pairs of command id and device id, in sequence."""

    targeted: int
    refused: int
    commands: list[tuple[str, str]]


class BulkCommands(Repository):
    """Fits `hub.use_cases.ports.BulkCommands`."""

    def add(
        self,
        *,
        id: str,
        command: str,
        args: dict[str, Any],
        scope: Scope,
        scope_text: str,
        idempotency_key: str | None,
        created_by: str,
        created_at: datetime,
        expires_at: datetime,
    ) -> bool:
        """What is asked, of nobody yet. False if there is one of this idempotency key already."""
        added = self._run(
            "INSERT INTO bulk_commands (id, tenant_id, command, args, scope, scope_text, targeted,"
            " idempotency_key, created_by, created_at, expires_at)"
            " VALUES (%(id)s, %(tenant)s, %(command)s, %(args)s, %(scope)s, %(scope_text)s, 0,"
            " %(key)s, %(by)s, %(at)s, %(expires)s) ON CONFLICT DO NOTHING",
            id=id,
            command=command,
            args=Jsonb(args),
            scope=Jsonb(msgspec.to_builtins(scope)),
            scope_text=scope_text,
            key=idempotency_key,
            by=created_by,
            at=created_at,
            expires=expires_at,
        )
        return added == 1

    def lock(self, scope: Scope) -> None:
        """Until the end of the transaction nobody else changes the approved devices in scope."""
        self._run(_LOCK[scope.kind], ids=scope.ids)

    def fill(self, bulk_id: str, scope: Scope, at_most: int) -> Filled:
        """Queue it for every approved device in scope, but for those with `at_most` open commands."""
        rows = self._rows(_FILL[scope.kind], id=bulk_id, ids=scope.ids, at_most=at_most)
        bulk = self._row(
            "SELECT targeted, refused FROM bulk_commands WHERE tenant_id = %(tenant)s AND id = %(id)s",
            id=bulk_id,
        )
        assert bulk is not None  # `add` made it
        return Filled(bulk["targeted"], bulk["refused"], [(row["id"], row["device_id"]) for row in rows])

    def get(self, bulk_id: str) -> BulkCommand | None:
        """One bulk command of this tenant."""
        found = self._counted(self._rows(_SELECT + " AND b.id = %(id)s", id=bulk_id))
        return found[0] if found else None

    def by_key(self, idempotency_key: str) -> BulkCommand | None:
        """The bulk command of this idempotency key."""
        found = self._counted(self._rows(_SELECT + " AND b.idempotency_key = %(key)s", key=idempotency_key))
        return found[0] if found else None

    def newest(self, *, after: tuple[datetime, str] | None, limit: int) -> list[BulkCommand]:
        """The newest first, those made before the pair `after` of (instant, id)."""
        at, last_id = after or (None, None)
        return self._counted(
            self._rows(
                _SELECT
                + " AND (%(at)s::timestamptz IS NULL OR (b.created_at, b.id) < (%(at)s, %(last)s::uuid))"
                " ORDER BY b.created_at DESC, b.id DESC LIMIT %(limit)s",
                at=at,
                last=last_id,
                limit=limit,
            )
        )

    def _counted(self, bulks: list[dict[str, Any]]) -> list[BulkCommand]:
        """The bulks with how many of their commands are in which status: one query for all."""
        counts: dict[str, dict[CommandStatus, int]] = {row["id"]: {} for row in bulks}
        if counts:
            for row in self._rows(
                "SELECT bulk_id, status, count(*) AS n FROM commands"
                " WHERE tenant_id = %(tenant)s AND bulk_id = ANY (%(ids)s::uuid[]) GROUP BY bulk_id, status",
                ids=list(counts),
            ):
                counts[row["bulk_id"]][CommandStatus(row["status"])] = row["n"]
        return [msgspec.convert({**row, **_progress(counts[row["id"]])}, BulkCommand) for row in bulks]


def _progress(counts: dict[CommandStatus, int]) -> dict[str, Any]:
    finished = sum(n for status, n in counts.items() if status not in OPEN_COMMAND_STATUSES)
    return {"counts": counts, "finished": finished}
