"""From a database of the release before, with everything in it, to this one: nothing is lost."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from persistence import migrate as module
from persistence.database import Database
from persistence.embedded import HUB_ROLE, EmbeddedPostgres
from persistence.migrate import migrate
from persistence.transaction import Connection
from tests.persistence.premises import Premises

FIRST, THIS = "0001-foundation", "0002-the-hub-keeps-its-word"
LATER = sorted(path.stem for path in module.FOLDER.glob("*.sql") if path.stem > THIS)
STATUSES = ("queued", "sent", "received", "succeeded", "failed", "rejected", "expired")
NOW = datetime.now(UTC)
TIMES = [NOW - timedelta(days=400), NOW - timedelta(days=1), NOW, NOW + timedelta(days=1)]
FAR = [NOW + timedelta(days=days) for days in (7, 8, 30, 3_000)]
"""Dated by a clock that was wrong: within the days made ahead, and beyond them."""


@pytest.fixture
def old(postgres: EmbeddedPostgres, tmp_path: Path) -> Iterator[Premises]:
    """A database at the first migration, lived in."""
    folder = tmp_path / "first"
    folder.mkdir()
    shutil.copy(module.FOLDER / f"{FIRST}.sql", folder)
    postgres.create_database("lived_in")
    url = postgres.url("lived_in")
    assert migrate(url, folder) == [FIRST]
    home = Premises(url, "ours", devices=3)
    for device_id in home.devices:
        for at in TIMES + FAR:
            home.run(
                "INSERT INTO device_heartbeats VALUES (%s, %s, %s, 4, 'playing', 'a.mp4')",
                *(home.id, device_id, at),
            )
        for status in STATUSES:
            home.run(
                "INSERT INTO commands (id, tenant_id, device_id, command, status, detail, expires_at,"
                " finished_at) VALUES (gen_random_uuid(), %s, %s, 'ping', %s, 'why', %s, %s)",
                *(home.id, device_id, status, NOW + timedelta(hours=1), NOW),
            )
        home.run(
            "INSERT INTO device_events (tenant_id, device_id, at, kind, text)"
            " VALUES (%s, %s, %s, 'online', 'x')",
            *(home.id, device_id, NOW),
        )
    home.run(
        "UPDATE devices SET presence = 'online', presence_reason = 'connected', presence_since = %s", NOW
    )
    yield home
    postgres.drop_database("lived_in")


TABLES = {
    "device_heartbeats": "device_id, at",
    "commands": "seq",
    "devices": "id",
    "device_events": "id",
    "emergencies": "id",
}


def contents(home: Premises) -> dict[str, list[dict[str, object]]]:
    """Every row of these tables, by name of the column."""
    with psycopg.connect(home.database_url) as connection:
        found = {}
        for table, order in TABLES.items():
            rows = connection.execute(f"SELECT to_jsonb(t) FROM {table} t ORDER BY {order}".encode())
            found[table] = [row[0] for row in rows]
        return found


def test_nothing_is_lost(old: Premises) -> None:
    before = contents(old)
    assert migrate(old.database_url) == [THIS, *LATER]
    after = contents(old)
    for table, rows in before.items():
        kept = [{name: row[name] for name in rows[0]} for row in after[table]]
        assert kept == rows, table
    assert len(after["device_heartbeats"]) == 3 * (len(TIMES) + len(FAR))
    assert {row["session_epoch"] for row in after["devices"]} == {0}
    assert {row["bulk_id"] for row in after["commands"]} == {None}


def test_what_a_wrong_clock_dated_far_ahead_lies_in_days_of_its_own_and_the_days_ahead_are_made(
    old: Premises,
) -> None:
    migrate(old.database_url)
    names = {name for (name,) in old.rows("SELECT name FROM heartbeat_partitions()")}
    ahead = {NOW + timedelta(days=days) for days in range(1, 8)} | set(FAR)
    tomorrow = NOW + timedelta(days=1)
    expected = {f"device_heartbeats_{day:%Y%m%d}" for day in ahead}
    assert names == expected | {f"device_heartbeats_before_{tomorrow:%Y%m%d}"}
    assert old.rows("SELECT to_regclass('heartbeats_to_come')") == [(None,)]


def test_a_time_zone_of_the_owner_changes_nothing(old: Premises) -> None:
    old.run("ALTER DATABASE lived_in SET timezone = 'Pacific/Kiritimati'")
    migrate(old.database_url)
    begins = old.rows("SELECT ends_at AT TIME ZONE 'UTC' FROM heartbeat_partitions()")
    assert {(at.hour, at.minute) for (at,) in begins} == {(0, 0)}
    assert old.rows("SELECT count(*) FROM device_heartbeats") == [(3 * (len(TIMES) + len(FAR)),)]


async def test_the_hub_reads_and_writes_what_there_was(old: Premises, postgres: EmbeddedPostgres) -> None:
    migrate(old.database_url)

    def work(connection: Connection) -> tuple[int, int]:
        seen = connection.execute("SELECT count(*) FROM device_heartbeats").fetchone()
        gone = connection.execute("DELETE FROM device_heartbeats WHERE at < %s", (NOW,)).rowcount
        connection.execute(
            "UPDATE commands SET status = 'cancelled' WHERE status IN ('queued', 'sent', 'received')"
        )
        return (seen[0] if seen else 0), gone

    async with Database(postgres.url("lived_in", role=HUB_ROLE), pool_size=1) as database:
        assert await database.run(work, tenant_id=old.id) == (3 * (len(TIMES) + len(FAR)), 3 * 2)
    left = dict(old.rows("SELECT status, count(*) FROM commands GROUP BY status"))
    assert left == {"cancelled": 10, "succeeded": 3, "failed": 3, "rejected": 3, "expired": 3}
