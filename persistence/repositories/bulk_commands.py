"""One command to many screens: what was asked, of whom, and how far it has come."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final, LiteralString, NamedTuple

import msgspec
from psycopg.types.json import Jsonb

from persistence.group_reach import DEVICES_OF_GROUPS
from persistence.repositories.at_sites import commands_at, values_of
from persistence.repositories.base import Repository
from protocol.api import BulkCommand, Scope
from protocol.vocabulary import OPEN_COMMAND_STATUSES, CommandStatus

_KINDS: Final[dict[str, LiteralString]] = {
    "all": "",
    "sites": " AND d.site_id = ANY (%(ids)s::uuid[])",
    "groups": " AND d.id IN (" + DEVICES_OF_GROUPS + ")",
    "devices": " AND d.id = ANY (%(ids)s::uuid[])",
}

_LIMIT: Final = " AND d.site_id = ANY (%(within)s::uuid[])"
_LOCK: Final = "SELECT FROM devices d WHERE d.tenant_id = %(tenant)s AND d.status = 'approved'"
_BY_ID: Final = " ORDER BY d.id FOR NO KEY UPDATE"

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
INSERT INTO commands (id, tenant_id, device_id, command, args, created_by, created_by_name, created_at,
                      expires_at, bulk_id)
SELECT gen_random_uuid(), b.tenant_id, s.id, b.command, b.args, b.created_by, b.created_by_name, b.created_at,
       b.expires_at, b.id
  FROM screens s CROSS JOIN bulk_commands b
 WHERE b.tenant_id = %(tenant)s AND b.id = %(id)s AND NOT s.is_full
 ORDER BY s.id
RETURNING id, device_id
"""

_SELECT: Final = """
SELECT b.id, b.command, b.args, b.scope, b.scope_text, b.targeted, b.refused,
       nullif(b.created_by_name, '') AS created_by, b.created_at, b.expires_at
  FROM bulk_commands b
 WHERE b.tenant_id = %(tenant)s
"""


_THEIRS: Final = """
   AND (b.created_by = %(user)s
        OR EXISTS (SELECT FROM commands c JOIN devices d ON d.tenant_id = c.tenant_id AND d.id = c.device_id
                    WHERE c.tenant_id = b.tenant_id AND c.bulk_id = b.id
                      AND d.site_id = ANY (%(sites)s::uuid[])))
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
        created_by_name: str,
        created_at: datetime,
        expires_at: datetime,
    ) -> bool:
        """What is asked, of nobody yet. False if there is one of this idempotency key already."""
        added = self._run(
            "INSERT INTO bulk_commands (id, tenant_id, command, args, scope, scope_text, targeted,"
            " idempotency_key, created_by, created_by_name, created_at, expires_at)"
            " VALUES (%(id)s, %(tenant)s, %(command)s, %(args)s, %(scope)s, %(scope_text)s, 0,"
            " %(key)s, %(by)s, %(name)s, %(at)s, %(expires)s) ON CONFLICT DO NOTHING",
            id=id,
            command=command,
            args=Jsonb(args),
            scope=Jsonb(msgspec.to_builtins(scope)),
            scope_text=scope_text,
            key=idempotency_key,
            by=created_by,
            name=created_by_name,
            at=created_at,
            expires=expires_at,
        )
        return added == 1

    def lock(self, scope: Scope) -> None:
        """Until the end of the transaction nobody else changes the approved devices in scope."""
        self._run(_LOCK + _reached(scope) + _BY_ID, ids=scope.ids, within=scope.within)

    def fill(self, bulk_id: str, scope: Scope, at_most: int) -> Filled:
        """Queue it for every approved device in scope, but for those with `at_most` open commands."""
        rows = self._rows(
            _SCREENS + _reached(scope) + _QUEUE,
            id=bulk_id,
            ids=scope.ids,
            within=scope.within,
            at_most=at_most,
        )
        bulk = self._row(
            "SELECT targeted, refused FROM bulk_commands WHERE tenant_id = %(tenant)s AND id = %(id)s",
            id=bulk_id,
        )
        assert bulk is not None  # `add` made it
        return Filled(bulk["targeted"], bulk["refused"], [(row["id"], row["device_id"]) for row in rows])

    def get(
        self, bulk_id: str, sites: Collection[str] | None = None, user_id: str | None = None
    ) -> BulkCommand | None:
        """One bulk command of this tenant."""
        sql: LiteralString = _SELECT + " AND b.id = %(id)s" + _theirs(sites)
        found = self._counted(self._rows(sql, id=bulk_id, user=user_id, **values_of(sites)), sites)
        return found[0] if found else None

    def by_key(self, idempotency_key: str) -> BulkCommand | None:
        """The bulk command of this idempotency key."""
        found = self._counted(self._rows(_SELECT + " AND b.idempotency_key = %(key)s", key=idempotency_key))
        return found[0] if found else None

    def newest(
        self,
        *,
        sites: Collection[str] | None,
        user_id: str | None,
        after: tuple[datetime, str] | None,
        limit: int,
    ) -> list[BulkCommand]:
        """The newest first, those made before the pair `after` of (instant, id)."""
        at, last_id = after or (None, None)
        sql: LiteralString = (
            _SELECT
            + _theirs(sites)
            + " AND (%(at)s::timestamptz IS NULL OR (b.created_at, b.id) < (%(at)s, %(last)s::uuid))"
            " ORDER BY b.created_at DESC, b.id DESC LIMIT %(limit)s"
        )
        rows = self._rows(sql, at=at, last=last_id, limit=limit, user=user_id, **values_of(sites))
        return self._counted(rows, sites)

    def _counted(
        self, bulks: list[dict[str, Any]], sites: Collection[str] | None = None
    ) -> list[BulkCommand]:
        """The bulks with how many of their commands are in which status: one query for all."""
        counts: dict[str, dict[CommandStatus, int]] = {row["id"]: {} for row in bulks}
        if counts:
            sql: LiteralString = (
                "SELECT c.bulk_id, c.status, count(*) AS n FROM commands c"  # noqa: S608 -- literals
                " WHERE c.tenant_id = %(tenant)s AND c.bulk_id = ANY (%(ids)s::uuid[])"
                + commands_at(sites)
                + " GROUP BY c.bulk_id, c.status"
            )
            for row in self._rows(sql, ids=list(counts), **values_of(sites)):
                counts[row["bulk_id"]][CommandStatus(row["status"])] = row["n"]
        return [msgspec.convert({**row, **_progress(counts[row["id"]])}, BulkCommand) for row in bulks]


def _reached(scope: Scope) -> LiteralString:
    """A condition on the devices `d`."""
    return _KINDS[scope.kind] + ("" if scope.within is None else _LIMIT)


def _theirs(sites: Collection[str] | None) -> LiteralString:
    return "" if sites is None else _THEIRS


def _progress(counts: dict[CommandStatus, int]) -> dict[str, Any]:
    finished = sum(n for status, n in counts.items() if status not in OPEN_COMMAND_STATUSES)
    return {"counts": counts, "finished": finished}
