"""What is old goes in batches, of one tenant at a time; what must stay, stays."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest

from persistence.database import Database
from persistence.errors import DatabaseUnavailable
from persistence.owner import connect_as_owner
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
        add_bulk(home, at)
        home.run(
            "INSERT INTO device_events (tenant_id, device_id, at, kind, text) VALUES (%s, %s, %s, 'x', 'x')",
            *(home.id, device_id, at),
        )
        add_command(home, at)


def add_command(home: Premises, at: datetime, bulk_id: str | None = None, end: str = "succeeded") -> None:
    """A command that ended at that moment."""
    command_id = str(uuid.uuid4())
    home.run(
        "INSERT INTO commands (id, tenant_id, device_id, command, expires_at, bulk_id)"
        " VALUES (%s, %s, %s, 'ping', %s, %s)",
        *(command_id, home.id, home.devices[0], at, bulk_id),
    )
    home.run("UPDATE commands SET status = %s, finished_at = %s WHERE id = %s", end, at, command_id)


def add_bulk(home: Premises, at: datetime) -> str:
    """A bulk command of that moment, without commands; its id."""
    bulk_id = str(uuid.uuid4())
    home.run(
        "INSERT INTO bulk_commands (id, tenant_id, command, scope, scope_text, targeted, refused, created_at,"
        " expires_at) VALUES (%s, %s, 'ping', '{\"kind\": \"all\"}', 'all', 1, 1, %s, %s)",
        *(bulk_id, home.id, at, at),
    )
    return bulk_id


def add_heartbeat(home: Premises, at: datetime) -> None:
    home.run(
        "INSERT INTO device_heartbeats (tenant_id, device_id, at, emergency_version) VALUES (%s, %s, %s, 0)",
        *(home.id, home.devices[0], at),
    )


TABLES: dict[History, str] = {
    "events": "device_events",
    "commands": "commands",
    "bulk_commands": "bulk_commands",
}
PLAYED = "name, plays, completed, shown_ms"


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


async def test_a_bulk_command_stays_as_long_as_one_of_its_commands(
    retention: Retention, ours: Premises, theirs: Premises
) -> None:
    add_bulk(ours, OLD)
    ended, open_still = (add_bulk(ours, OLD) for _ in range(2))
    add_bulk(theirs, OLD)
    add_command(ours, OLD, ended)
    add_command(ours, YOUNG, open_still, end="sent")
    bulks = f"SELECT id FROM bulk_commands WHERE tenant_id = '{ours.id}'"
    assert await retention.delete_history("bulk_commands", ours.id, LIMIT) == 1
    assert {id for (id,) in ours.rows(bulks)} == {ended, open_still}
    assert await retention.delete_history("commands", ours.id, LIMIT) == 1
    assert await retention.delete_history("bulk_commands", ours.id, LIMIT) == 1
    assert ours.rows(bulks) == [(open_still,)]
    assert theirs.rows("SELECT count(*) FROM bulk_commands") == [(2,)]


async def test_heartbeats_go_by_the_day_of_every_tenant_at_once_and_no_row_is_deleted(
    retention: Retention, ours: Premises, theirs: Premises
) -> None:
    assert await retention.make_heartbeat_days(10) == 3
    assert await retention.make_heartbeat_days(10) == 0
    midnight = NOW.replace(hour=0, minute=0, second=0, microsecond=0)
    for home in (ours, theirs):
        for day in range(-400, 10, 5):
            add_heartbeat(home, midnight + timedelta(days=day, hours=5))
    assert await retention.drop_heartbeat_days(NOW) == 0, "today is not over"
    assert await retention.drop_heartbeat_days(NOW + timedelta(days=5)) == 5
    left = [midnight + timedelta(days=5, hours=5)] * 2
    assert ours.rows("SELECT at FROM device_heartbeats") == [(at,) for at in left]


async def test_single_plays_go_by_the_day_on_which_they_were_kept_and_their_sums_stay(
    retention: Retention, ours: Premises, theirs: Premises
) -> None:
    assert await retention.make_play_days(10) == 3
    midnight = NOW.replace(hour=0, minute=0, second=0, microsecond=0)
    for home in (ours, theirs):
        for day in (0, 5):
            home.run(
                "INSERT INTO plays (tenant_id, device_id, kept_at, number, day, started_at, ended_at,"
                f" {PLAYED}) VALUES (%s, %s, %s, 1, '2020-01-01', now(), now(), 'Menu', 1, 1, 1)",
                *(home.id, home.devices[0], midnight + timedelta(days=day)),
            )
        add_sum(home, date(2026, 1, 1))
    assert await retention.drop_play_days(NOW) == 0, "today is not over"
    assert await retention.drop_play_days(NOW + timedelta(days=5)) == 5
    left = [midnight + timedelta(days=5)] * 2
    assert ours.rows("SELECT kept_at FROM plays") == [(at,) for at in left]
    assert len(ours.rows("SELECT FROM play_days")) == 2


async def test_old_sums_of_plays_go_in_batches_of_one_tenant(
    retention: Retention, ours: Premises, theirs: Premises
) -> None:
    for home in (ours, theirs):
        for day in (-3, -2, -1, 0):
            add_sum(home, LIMIT.date() + timedelta(days=day))
    deleted = [await retention.delete_history("play_sums", ours.id, LIMIT, batch=2) for _ in range(3)]
    assert deleted == [2, 1, 0]
    assert ours.rows("SELECT tenant_id, count(*)::int FROM play_days GROUP BY 1 ORDER BY 2") == [
        (ours.id, 1),
        (theirs.id, 4),
    ]


def add_sum(home: Premises, day: date) -> None:
    home.run(
        f"INSERT INTO play_days (tenant_id, device_id, day, what, first_at, last_at, {PLAYED})"
        " VALUES (%s, %s, %s, 'Menu', now(), now(), 'Menu', 1, 1, 1)",
        *(home.id, home.devices[0], day),
    )


async def test_a_table_that_is_in_use_is_left_for_the_next_time(retention: Retention, ours: Premises) -> None:
    """A backup reads it for hours: the hub's heartbeats do not queue up behind a change that waits for it."""
    with connect_as_owner(ours.database_url) as backup:
        backup.execute("LOCK TABLE device_heartbeats IN ACCESS SHARE MODE")
        with pytest.raises(DatabaseUnavailable, match="lock timeout"):
            await retention.make_heartbeat_days(10)
    assert await retention.make_heartbeat_days(10) == 3


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
            assert any(name in text for name in ("_by_time", "commands_ended", "play_days_pkey")), text
            asked = text.replace("finished_at", "at").replace("day <", "at <")
            assert "Seq Scan" not in text and "at < " in asked, text
