"""What is old goes in batches, of one tenant at a time; what must stay, stays."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from persistence.database import Database
from persistence.retention import _HISTORY, History, Retention
from tests.persistence.premises import Premises

NOW = datetime.now(UTC)
LIMIT = NOW - timedelta(days=30)
OLD, YOUNG = LIMIT - timedelta(seconds=1), LIMIT + timedelta(hours=1)


@pytest.fixture
async def retention(hub_database_url: str) -> AsyncIterator[Retention]:
    async with Database(hub_database_url, pool_size=2) as database:
        yield Retention(database)


def fill(home: Premises) -> None:
    """Three old rows and one young one of each kind of history."""
    device_id = home.devices[0]
    for at in (OLD, OLD - timedelta(days=1), OLD - timedelta(days=400), YOUNG):
        home.run(
            "INSERT INTO device_heartbeats (tenant_id, device_id, at, emergency_version)"
            " VALUES (%s, %s, %s, 0)",
            *(home.id, device_id, at),
        )
        home.run(
            "INSERT INTO device_events (tenant_id, device_id, at, kind, text) VALUES (%s, %s, %s, 'x', 'x')",
            *(home.id, device_id, at),
        )
        home.run(
            "INSERT INTO commands (id, tenant_id, device_id, command, status, expires_at, finished_at)"
            " VALUES (%s, %s, %s, 'ping', 'succeeded', %s, %s)",
            *(str(uuid.uuid4()), home.id, device_id, at, at),
        )


TABLES: dict[History, str] = {
    "heartbeats": "device_heartbeats",
    "events": "device_events",
    "commands": "commands",
}


@pytest.mark.parametrize("kind", TABLES)
async def test_old_history_of_one_tenant_goes_in_batches_and_the_rest_stays(
    retention: Retention, ours: Premises, theirs: Premises, kind: History
) -> None:
    fill(ours)
    fill(theirs)
    count = f"SELECT count(*) FROM {TABLES[kind]} WHERE tenant_id = %s"
    before = ours.rows(count, ours.id)[0][0]
    assert [await retention.delete_history(kind, ours.id, LIMIT, batch=2) for _ in range(3)] == [2, 1, 0]
    assert ours.rows(count, ours.id) == [(before - 3,)]
    assert theirs.rows(count, theirs.id) == [(before,)]


async def test_an_old_command_that_has_not_ended_stays(retention: Retention, ours: Premises) -> None:
    ours.run("UPDATE commands SET created_at = %s, sent_at = %s, status = 'sent'", OLD, OLD)
    assert await retention.delete_history("commands", ours.id, NOW) == 0
    assert ours.rows("SELECT id FROM commands") == [(ours.command_id,)]


async def test_a_device_that_was_never_let_in_goes_and_every_other_one_stays(
    retention: Retention, ours: Premises, theirs: Premises
) -> None:
    def add(
        home: Premises, hardware_id: str, status: str, expired: datetime, let_in: datetime | None
    ) -> None:
        home.run(
            "INSERT INTO devices (tenant_id, hardware_id, name, status, pairing_state, pairing_expires_at,"
            " approved_at) VALUES (%s, %s, 'x', %s, 'waiting', %s, %s)",
            *(home.id, hardware_id, status, expired, let_in),
        )

    for number in range(3):
        add(ours, f"never let in {number}", "pending", OLD, None)
    add(ours, "waits", "pending", YOUNG, None)
    add(ours, "was let in once", "pending", OLD, OLD)
    add(ours, "pairs again", "approved", OLD, OLD)
    add(ours, "refused", "rejected", OLD, None)
    add(theirs, "never let in", "pending", OLD, None)
    gone = [await retention.delete_never_let_in(ours.id, LIMIT, batch=2) for _ in range(3)]
    assert [len(ids) for ids in gone] == [2, 1, 0]
    kept = ours.rows("SELECT hardware_id FROM devices WHERE name = 'x' ORDER BY tenant_id = %s, 1", theirs.id)
    assert [name for (name,) in kept] == [
        "pairs again",
        "refused",
        "waits",
        "was let in once",
        "never let in",
    ]
    assert not {id for ids in gone for id in ids} & {id for (id,) in ours.rows("SELECT id FROM devices")}


async def test_old_history_is_found_by_an_index(ours: Premises, hub_database_url: str) -> None:
    fill(ours)
    with psycopg.connect(hub_database_url) as connection:
        connection.execute("SELECT set_config('clarion.tenant_id', %s, true)", (ours.id,))
        connection.execute("SET LOCAL enable_seqscan = off")
        for statement in _HISTORY.values():
            plan = connection.execute("EXPLAIN " + statement, {"before": LIMIT, "batch": 5}).fetchall()
            text = "\n".join(line for (line,) in plan)
            assert "_by_time" in text or "commands_ended" in text, text
            assert "Seq Scan" not in text and "at < " in text.replace("finished_", ""), text
