"""Writes the hub's journal: one transaction a batch, one statement a kind of record and tenant.

Rule 1: a state never goes backwards: a command takes only steps that `command_transitions` knows, so that
        one that ended stays ended; a cleared emergency stays cleared.
Rule 2: what an older session says of a device is not written (`devices.session_epoch`); presence raises the
        epoch.
Rule 3: a row that PostgreSQL refuses (a device deleted meanwhile, a value it cannot store) is named in the
        log and left out; the rest of the batch is written.
Rule 4: writing a batch again changes nothing.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple, Protocol

import psycopg

from persistence.columns import as_array
from persistence.database import Database
from persistence.repositories.base import Connection

logger = logging.getLogger(__name__)


class Written(NamedTuple):
    """How many rows were refused, and which devices a newer session writes by now (their ids)."""

    refused: int
    stale: frozenset[str]


class Batch(Protocol):
    """What is to be written. Records are tuples whose first field is the tenant, and whose last is the epoch
    of the session where they have one; the rest as in the statements."""

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


# Who is about to be written, and whose records are all of an older session than the device's of now. The rows
# stay locked to the end, in the order of their ids: who takes a device over comes before or after the batch.
_SESSIONS: Final = (
    ("uuid", "uuid", "bigint"),
    """SELECT d.id, d.session_epoch > r.epoch
        FROM (SELECT coalesce(r.a, c.device_id) AS id, max(r.c) AS epoch
                FROM rows r LEFT JOIN commands c ON c.id = r.b AND c.tenant_id = clarion_tenant()
               GROUP BY 1) r
        JOIN devices d ON d.id = r.id WHERE d.tenant_id = clarion_tenant()
        ORDER BY d.id FOR NO KEY UPDATE OF d""",
)
_PLAYBACK: Final = (
    ("uuid", "text", "text", "bigint", "text", "inet", "bigint", "bigint"),
    """UPDATE devices d
        SET playback = r.b, now_playing = r.c,
            last_seen_at = greatest(last_seen_at, to_timestamp(r.d / 1000.0)),
            player_version = coalesce(r.e, player_version), ip_address = coalesce(r.f, ip_address),
            reported_playlist_version = r.g,
            reported_playlist_since = CASE reported_playlist_version WHEN r.g THEN reported_playlist_since
                                      ELSE to_timestamp(r.d / 1000.0) END
        FROM rows r WHERE d.id = r.a AND d.tenant_id = clarion_tenant() AND d.session_epoch <= r.h""",
)
_COMMANDS: Final = (
    ("uuid", "text", "text", "bigint", "bigint", "bigint", "bigint"),
    """UPDATE commands c
        SET status = coalesce(step(c.status, r.b), c.status),
            detail = CASE WHEN step(c.status, r.b) IS NULL THEN c.detail ELSE coalesce(r.c, c.detail) END,
            sent_at = coalesce(c.sent_at, to_timestamp(r.d / 1000.0)),
            received_at = coalesce(c.received_at, to_timestamp(r.e / 1000.0)),
            finished_at = CASE WHEN step(c.status, r.b) IS NULL THEN c.finished_at
                               ELSE coalesce(c.finished_at, to_timestamp(r.f / 1000.0)) END
        FROM rows r, devices d
        WHERE c.id = r.a AND c.tenant_id = clarion_tenant() AND d.id = c.device_id
          AND d.tenant_id = clarion_tenant() AND d.session_epoch <= r.g""".replace(
        "step(c.status, r.b)",
        "(SELECT t.after FROM command_transitions t WHERE t.before = c.status AND t.after = r.b)",
    ),
)
_EMERGENCIES: Final = (
    ("uuid", "text", "bigint"),
    """UPDATE emergencies e
        SET status = r.b, cleared_at = coalesce(e.cleared_at, to_timestamp(r.c / 1000.0))
        FROM rows r WHERE e.id = r.a AND e.tenant_id = clarion_tenant() AND e.status <> 'cleared'""",
)
_LEDGER: Final = (
    ("uuid", "uuid", "text", "text", "text", *("bigint",) * 5, "text", "bigint"),
    """INSERT INTO emergency_ledger AS l
            (tenant_id, emergency_id, device_id, state, missing, detail, targeted_at, sent_at, received_at,
             rendered_at, hidden_at, content_hash)
        SELECT clarion_tenant(), r.a, r.b, r.c, r.d, r.e, to_timestamp(r.f / 1000.0),
               to_timestamp(r.g / 1000.0), to_timestamp(r.h / 1000.0), to_timestamp(r.i / 1000.0),
               to_timestamp(r.j / 1000.0), r.k
        FROM rows r JOIN devices d ON d.id = r.b AND d.session_epoch <= r.l JOIN emergencies e ON e.id = r.a
        ON CONFLICT (emergency_id, device_id) DO UPDATE
        SET state = excluded.state, missing = excluded.missing, detail = excluded.detail,
            sent_at = excluded.sent_at, received_at = excluded.received_at,
            rendered_at = excluded.rendered_at, hidden_at = excluded.hidden_at,
            content_hash = excluded.content_hash""",
)
_HEARTBEATS: Final = (
    ("uuid", "bigint", "bigint", "text", "text", *("bigint",) * 7),
    """INSERT INTO device_heartbeats (tenant_id, device_id, at, emergency_version, playback, now_playing,
            uptime_s, memory_bytes, memory_limit_bytes, storage_bytes, storage_limit_bytes, dropped_frames,
            files_missing)
        SELECT clarion_tenant(), r.a, to_timestamp(r.b / 1000.0), r.c, r.d, r.e, r.f, r.g, r.h, r.i, r.j,
            r.k, CASE WHEN r.l > 2147483647 THEN 2147483647 ELSE r.l END
        FROM rows r JOIN devices d ON d.id = r.a
        ON CONFLICT DO NOTHING""",
)
# A commit of which nobody knows whether it came about is tried again: no line is written twice.
_TIMELINE: Final = (
    ("uuid", "bigint", "text", "text"),
    """, lines AS MATERIALIZED (SELECT r.*, to_timestamp(r.b / 1000.0) AS at FROM rows r)
       INSERT INTO device_events (tenant_id, device_id, at, kind, text)
        SELECT clarion_tenant(), r.a, r.at, r.c, r.d
        FROM lines r JOIN devices d ON d.id = r.a
        WHERE NOT EXISTS (SELECT FROM device_events e WHERE e.tenant_id = clarion_tenant() AND e.at = r.at
                             AND e.device_id = r.a AND e.kind = r.c AND e.text = r.d)
        ORDER BY r.number""",
)
_PRESENCE: Final = (
    ("uuid", "text", "text", "bigint", "bigint", "bigint"),
    """UPDATE devices d
        SET presence = r.b, presence_reason = r.c, presence_since = to_timestamp(r.d / 1000.0),
            last_seen_at = greatest(last_seen_at, to_timestamp(r.e / 1000.0)), session_epoch = r.f
        FROM rows r WHERE d.id = r.a AND d.tenant_id = clarion_tenant() AND d.session_epoch <= r.f""",
)

Row = tuple[Any, ...]
Statement = tuple[tuple[str, ...], str]


class JournalWriter:
    """Fulfils `hub.journal.JournalStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def write(self, batch: Batch) -> Written:
        """Write the batch. Raises DatabaseUnavailable."""
        return await self._database.run(lambda connection: _write(connection, batch))


def _write(connection: Connection, batch: Batch) -> Written:
    kinds: list[tuple[Statement, Iterable[Row]]] = [
        (_SESSIONS, _sessions(batch)),
        (_PLAYBACK, batch.playback.values()),
        (_COMMANDS, batch.commands.values()),
        (_EMERGENCIES, batch.emergencies.values()),
        (_LEDGER, batch.ledger.values()),
        (_HEARTBEATS, batch.heartbeats),
        (_TIMELINE, batch.timeline),
        (_PRESENCE, batch.presence.values()),
    ]
    by_tenant: defaultdict[str, list[tuple[Statement, list[Row]]]] = defaultdict(list)
    for statement, records in kinds:
        of_kind: defaultdict[str, list[Row]] = defaultdict(list)
        for record in records:
            of_kind[record[0]].append(record)
        for tenant_id, rows in of_kind.items():
            by_tenant[tenant_id].append((statement, rows))
    refused: list[Row] = []
    stale: set[str] = set()
    # In one order for every hub, as the devices of each: two that write at once do not block each other.
    for tenant_id, statements in sorted(by_tenant.items()):
        connection.execute("SELECT set_config('clarion.tenant_id', %s, true)", (tenant_id,))
        for statement, rows in statements:
            if statement is _SESSIONS:
                found, _ = _in_parts(connection, statement, rows)
                stale.update(device_id for device_id, is_stale in found if is_stale)
            else:
                refused += _in_parts(connection, statement, rows)[1]
    return Written(len(refused), frozenset(stale))


def _sessions(batch: Batch) -> Iterator[Row]:
    """(tenant, device or None, command or None, epoch) of every record that has an epoch."""
    for records in (batch.presence.values(), batch.playback.values()):
        yield from ((record[0], record[1], None, record[-1]) for record in records)
    yield from ((record[0], record[2], None, record[-1]) for record in batch.ledger.values())
    yield from ((record[0], None, record[1], record[-1]) for record in batch.commands.values())


def _in_parts(connection: Connection, statement: Statement, rows: list[Row]) -> tuple[list[Row], list[Row]]:
    """One statement for all rows; if PostgreSQL refuses that, each half by itself (Rule 3): a bad row among
    thousands costs a dozen statements, not thousands. What the statement found, and the rows it refused."""
    try:
        with connection.transaction():
            return _execute(connection, statement, rows), []
    except (psycopg.DataError, psycopg.IntegrityError) as error:
        if len(rows) == 1:
            logger.error("the journal leaves out a row that PostgreSQL refuses: %s: %r", error, rows[0])
            return [], rows
        middle = len(rows) // 2
        first = _in_parts(connection, statement, rows[:middle])
        second = _in_parts(connection, statement, rows[middle:])
        return first[0] + second[0], first[1] + second[1]


def _execute(connection: Connection, statement: Statement, rows: list[Row]) -> list[Row]:
    types, sql = statement
    names = ", ".join("abcdefghijkl"[: len(types)])
    arrays = ", ".join(f"%s::{kind}[]" for kind in types)
    _, *columns = zip(*rows, strict=True)  # the tenant is the transaction's
    found = connection.execute(
        # Only this page's constants are put together; every value is a parameter.
        f"WITH rows AS (SELECT * FROM unnest({arrays}) WITH ORDINALITY AS r({names}, number)) {sql}",  # noqa: S608
        [as_array(column) for column in columns],
    )
    return found.fetchall() if found.description else []
