"""Heartbeats by the day: the hub may have days made and dropped, and touches no partition itself."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from tests.persistence.premises import Premises

PRIVILEGES = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
HUB = "-c role=clarion_hub"


def as_hub(hub_database_url: str, sql: str, *values: object) -> object:
    with psycopg.connect(hub_database_url, options=HUB) as connection:
        row = connection.execute(sql.encode(), values).fetchone()
        return row[0] if row else None


def beat(home: Premises, at: datetime) -> None:
    home.run(
        "INSERT INTO device_heartbeats (tenant_id, device_id, at, emergency_version) VALUES (%s, %s, %s, 0)",
        *(home.id, home.devices[0], at),
    )


def days(home: Premises) -> list[tuple[str, datetime]]:
    """Every partition but the one of before the migration: name and end, the earliest first."""
    return [
        (name, ends_at)
        for name, ends_at in home.rows("SELECT name, ends_at FROM heartbeat_partitions() ORDER BY ends_at")
        if "before" not in name
    ]


def test_a_migrated_database_has_partitions_for_today_and_the_next_seven_days(ours: Premises) -> None:
    (first,) = ours.rows(
        "SELECT name, begins_at::text, ends_at FROM heartbeat_partitions() WHERE name ~ 'before'"
    )
    tomorrow = TODAY + timedelta(days=1)
    assert first == (f"device_heartbeats_before_{tomorrow:%Y%m%d}", "-infinity", tomorrow)
    ends = [TODAY + timedelta(days=number) for number in range(2, 9)]
    assert days(ours) == [(f"device_heartbeats_{end - timedelta(days=1):%Y%m%d}", end) for end in ends]


def test_making_partitions_again_makes_none_and_further_ahead_those_that_are_missing(
    ours: Premises, hub_database_url: str
) -> None:
    made = [
        as_hub(hub_database_url, "SELECT make_heartbeat_partitions(%s)", ahead) for ahead in (7, 7, 9, 9, 3)
    ]
    assert made == [0, 0, 2, 0, 0]
    assert len(days(ours)) == 9


def test_how_far_ahead_is_bounded(ours: Premises, hub_database_url: str) -> None:
    as_hub(hub_database_url, "SELECT make_heartbeat_partitions(1000000)")
    assert len(days(ours)) == 60


def test_a_day_that_is_missing_between_others_is_made(ours: Premises, hub_database_url: str) -> None:
    before = days(ours)
    ours.run(f"DROP TABLE {before[3][0]}")
    ours.run(f"DROP TABLE {before[0][0]}")
    assert as_hub(hub_database_url, "SELECT make_heartbeat_partitions(7)") == 2
    assert days(ours) == before


def test_after_a_long_absence_today_has_a_partition_again(ours: Premises, hub_database_url: str) -> None:
    """As when no hub ran for weeks: all there is ended long ago."""
    for name, _ in days(ours):
        ours.run(f"DROP TABLE {name}")
    (name,) = ours.rows("SELECT name FROM heartbeat_partitions()")[0]
    ours.run(f"ALTER TABLE device_heartbeats DETACH PARTITION {name}")
    ours.run(
        f"ALTER TABLE device_heartbeats ATTACH PARTITION {name} FOR VALUES FROM (MINVALUE) TO ('2020-01-01')"
    )
    assert as_hub(hub_database_url, "SELECT make_heartbeat_partitions(7)") == 8
    beat(ours, datetime.now(UTC))


def test_hubs_that_make_them_at_the_same_time_make_each_once(ours: Premises, hub_database_url: str) -> None:
    made: list[object] = []

    def make() -> None:
        made.append(as_hub(hub_database_url, "SELECT make_heartbeat_partitions(20)"))

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(map(str, made)) == ["0", "0", "0", "13"]


def test_only_days_that_are_over_by_then_are_dropped_with_all_that_is_in_them(
    ours: Premises, hub_database_url: str
) -> None:
    for day in range(4):
        beat(ours, TODAY + timedelta(days=day, hours=12))
    drop = "SELECT drop_heartbeat_partitions(%s)"
    assert as_hub(hub_database_url, drop, TODAY + timedelta(days=1, seconds=-1)) == 0
    assert as_hub(hub_database_url, drop, TODAY + timedelta(days=3, seconds=-1)) == 2
    assert as_hub(hub_database_url, drop, TODAY + timedelta(days=3, seconds=-1)) == 0
    kept = [TODAY + timedelta(days=day, hours=12) for day in (2, 3)]
    assert ours.rows("SELECT at FROM device_heartbeats ORDER BY at") == [(at,) for at in kept]


def test_partitions_hold_no_privilege_of_the_hub_not_even_those_that_it_has_made(
    ours: Premises, hub_database_url: str
) -> None:
    as_hub(hub_database_url, "SELECT make_heartbeat_partitions(12)")
    held = ours.rows(
        "SELECT c.relname, p FROM pg_class c, unnest(%s::text[]) p WHERE c.relispartition AND c.relkind = 'r'"
        " AND (has_table_privilege('clarion_hub', c.oid, p) OR has_table_privilege('public', c.oid, p))",
        list(PRIVILEGES),
    )
    assert held == []
    of_days = "SELECT FROM pg_inherits WHERE inhparent = 'device_heartbeats'::regclass"
    assert len(ours.rows(of_days)) == 13
    name = days(ours)[0][0]
    for sql in (
        f"SELECT count(*) FROM {name}",
        f"DELETE FROM {name}",
        f"DROP TABLE {name}",
        f"ALTER TABLE device_heartbeats DETACH PARTITION {name}",
        "SELECT count(*) FROM heartbeat_partitions()",
        "SELECT make_heartbeat_partition(current_date)",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            as_hub(hub_database_url, sql)


def test_who_is_not_the_hub_may_call_neither(ours: Premises) -> None:
    ours.run("CREATE ROLE nobody_special")
    try:
        for function in ("make_heartbeat_partitions(integer)", "drop_heartbeat_partitions(timestamptz)"):
            may = "SELECT has_function_privilege('nobody_special', %s, 'EXECUTE')"
            assert ours.rows(may, function) == [(False,)]
    finally:
        ours.run("DROP ROLE nobody_special")
