"""Writes the hub's journal: one transaction a batch, one statement a kind of record and tenant.

Rule 1: a state never goes backwards: a command that ended stays ended, a cleared emergency stays cleared.
Rule 2: a row that PostgreSQL refuses (a device deleted meanwhile, a value it cannot store) is named in the
        log and left out; the rest of the batch is written.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final, Protocol

import psycopg

from persistence.database import Database
from persistence.repositories.base import Connection

logger = logging.getLogger(__name__)


class Batch(Protocol):
    """What is to be written. Records are tuples whose first field is the tenant; the rest as in the
    statements."""

    @property
    def presence(self) -> Mapping[str, tuple[Any, ...]]: ...
    @property
    def playback(self) -> Mapping[str, tuple[Any, ...]]: ...
    @property
    def commands(self) -> Mapping[str, tuple[Any, ...]]: ...
    @property
    def emergencies(self) -> Mapping[str, tuple[Any, ...]]: ...
    @property
    def ledger(self) -> Mapping[tuple[str, str], tuple[Any, ...]]: ...
    @property
    def heartbeats(self) -> Collection[tuple[Any, ...]]: ...
    @property
    def timeline(self) -> Collection[tuple[Any, ...]]: ...


_PRESENCE: Final = (
    ("uuid", "text", "text", "bigint", "bigint"),
    """UPDATE devices d
        SET presence = r.b, presence_reason = r.c, presence_since = to_timestamp(r.d / 1000.0),
            last_seen_at = greatest(last_seen_at, to_timestamp(r.e / 1000.0))
        FROM rows r WHERE d.id = r.a AND d.tenant_id = clarion_tenant()""",
)
_PLAYBACK: Final = (
    ("uuid", "text", "text", "bigint", "text", "inet"),
    """UPDATE devices d
        SET playback = r.b, now_playing = r.c,
            last_seen_at = greatest(last_seen_at, to_timestamp(r.d / 1000.0)),
            player_version = coalesce(r.e, player_version), ip_address = coalesce(r.f, ip_address)
        FROM rows r WHERE d.id = r.a AND d.tenant_id = clarion_tenant()""",
)
_COMMANDS: Final = (
    ("uuid", "text", "text", "bigint", "bigint", "bigint"),
    """UPDATE commands c
        SET status = CASE WHEN c.status IN ('queued', 'sent')
                            OR (c.status = 'received' AND r.b NOT IN ('queued', 'sent'))
                          THEN r.b ELSE c.status END,
            detail = coalesce(c.detail, r.c),
            sent_at = coalesce(c.sent_at, to_timestamp(r.d / 1000.0)),
            received_at = coalesce(c.received_at, to_timestamp(r.e / 1000.0)),
            finished_at = coalesce(c.finished_at, to_timestamp(r.f / 1000.0))
        FROM rows r WHERE c.id = r.a AND c.tenant_id = clarion_tenant()""",
)
_EMERGENCIES: Final = (
    ("uuid", "text", "bigint"),
    """UPDATE emergencies e
        SET status = r.b, cleared_at = coalesce(e.cleared_at, to_timestamp(r.c / 1000.0))
        FROM rows r WHERE e.id = r.a AND e.tenant_id = clarion_tenant() AND e.status <> 'cleared'""",
)
_LEDGER: Final = (
    ("uuid", "uuid", "text", "text", "text", "bigint", "bigint", "bigint", "bigint", "bigint", "text"),
    """INSERT INTO emergency_ledger AS l
            (tenant_id, emergency_id, device_id, state, missing, detail, targeted_at, sent_at, received_at,
             rendered_at, hidden_at, content_hash)
        SELECT clarion_tenant(), r.a, r.b, r.c, r.d, r.e, to_timestamp(r.f / 1000.0),
               to_timestamp(r.g / 1000.0), to_timestamp(r.h / 1000.0), to_timestamp(r.i / 1000.0),
               to_timestamp(r.j / 1000.0), r.k
        FROM rows r JOIN devices d ON d.id = r.b JOIN emergencies e ON e.id = r.a
        ON CONFLICT (emergency_id, device_id) DO UPDATE
        SET state = excluded.state, missing = excluded.missing, detail = excluded.detail,
            sent_at = excluded.sent_at, received_at = excluded.received_at,
            rendered_at = excluded.rendered_at, hidden_at = excluded.hidden_at,
            content_hash = excluded.content_hash""",
)
_HEARTBEATS: Final = (
    ("uuid", "bigint", "bigint", "text", "text"),
    """INSERT INTO device_heartbeats (tenant_id, device_id, at, emergency_version, playback, now_playing)
        SELECT clarion_tenant(), r.a, to_timestamp(r.b / 1000.0), r.c, r.d, r.e
        FROM rows r JOIN devices d ON d.id = r.a
        ON CONFLICT DO NOTHING""",
)
_TIMELINE: Final = (
    ("uuid", "bigint", "text", "text"),
    """INSERT INTO device_events (tenant_id, device_id, at, kind, text)
        SELECT clarion_tenant(), r.a, to_timestamp(r.b / 1000.0), r.c, r.d
        FROM rows r JOIN devices d ON d.id = r.a ORDER BY r.number""",
)

Statement = tuple[tuple[str, ...], str]


class JournalWriter:
    """Fulfils `hub.journal.JournalStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def write(self, batch: Batch) -> int:
        """Write the batch. Returns how many rows were refused. Raises DatabaseUnavailable."""
        return await self._database.run(lambda connection: _write(connection, batch))


def _write(connection: Connection, batch: Batch) -> int:
    kinds: list[tuple[Statement, Iterable[tuple[Any, ...]]]] = [
        (_PRESENCE, batch.presence.values()),
        (_PLAYBACK, batch.playback.values()),
        (_COMMANDS, batch.commands.values()),
        (_EMERGENCIES, batch.emergencies.values()),
        (_LEDGER, batch.ledger.values()),
        (_HEARTBEATS, batch.heartbeats),
        (_TIMELINE, batch.timeline),
    ]
    by_tenant: defaultdict[str, list[tuple[Statement, list[tuple[Any, ...]]]]] = defaultdict(list)
    for statement, records in kinds:
        of_kind: defaultdict[str, list[tuple[Any, ...]]] = defaultdict(list)
        for tenant_id, *fields in records:
            of_kind[tenant_id].append(tuple(fields))
        for tenant_id, rows in of_kind.items():
            by_tenant[tenant_id].append((statement, rows))
    refused = 0
    for tenant_id, statements in by_tenant.items():
        connection.execute("SELECT set_config('clarion.tenant_id', %s, true)", (tenant_id,))
        for statement, rows in statements:
            refused += _write_rows(connection, statement, rows)
    return refused


def _write_rows(connection: Connection, statement: Statement, rows: list[tuple[Any, ...]]) -> int:
    """One statement for all rows; if PostgreSQL refuses that, each half by itself (Rule 2): a bad row among
    thousands costs a dozen statements, not thousands."""
    try:
        with connection.transaction():
            _execute(connection, statement, rows)
    except (psycopg.DataError, psycopg.IntegrityError) as error:
        if len(rows) == 1:
            logger.error("the journal leaves out a row that PostgreSQL refuses: %s: %r", error, rows[0])
            return 1
        middle = len(rows) // 2
        return sum(_write_rows(connection, statement, half) for half in (rows[:middle], rows[middle:]))
    return 0


def _execute(connection: Connection, statement: Statement, rows: list[tuple[Any, ...]]) -> None:
    types, sql = statement
    names = ", ".join("abcdefghijk"[: len(types)])
    arrays = ", ".join(f"%s::{kind}[]" for kind in types)
    columns = [[row[index] for row in rows] for index in range(len(types))]
    connection.execute(
        # Only this page's constants are put together; every value is a parameter.
        f"WITH rows AS (SELECT * FROM unnest({arrays}) WITH ORDINALITY AS r({names}, number)) {sql}",  # noqa: S608
        columns,
    )
