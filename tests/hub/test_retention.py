"""The hub deletes what is old by itself, tells of it, and outlives a database that does not answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import trio
from structlog.testing import capture_logs
from trio.testing import MockClock

from hub.retention import AGAIN_AFTER_S, DAYS_AHEAD, EVERY_S, FIRST_AFTER_S, AuditKeeping, Kept, Retention
from persistence.errors import DatabaseUnavailable
from persistence.retention import BATCH, DEVICE_BATCH, History
from persistence.transaction import Tenant

KINDS: tuple[History, ...] = ("events", "commands", "bulk_commands", "play_sums")
NOW = datetime(2030, 1, 31, tzinfo=UTC)


class Rows:
    """Fulfils `OldRows`: so many old rows a kind for each of two tenants.

    `away`: how often it does not answer at first; `last_tenant`: after whom it answers no more.
    """

    def __init__(self, number: int = 0, devices: int = 0, away: int = 0, last_tenant: str = "t2") -> None:
        self.left: dict[tuple[str, str], int] = {}
        for tenant in ("t1", "t2"):
            self.left |= {(tenant, kind): number for kind in KINDS}
            self.left[tenant, "devices"] = devices
        self.away, self.last_tenant = away, last_tenant
        self.rooms: list[int] = []
        self.play_rooms: list[int] = []
        self.old_play_days = 4
        self.old_days, self.locked = 3, False
        self.began_s: list[float] = []

    async def tenants(self) -> list[Tenant]:
        self.began_s.append(trio.current_time())
        if self.away:
            self.away -= 1
            raise DatabaseUnavailable("is away")
        return [Tenant("t1", "One", True), Tenant("t2", "Two", False)]

    async def make_heartbeat_days(self, ahead: int) -> int:
        if self.locked:
            raise DatabaseUnavailable("lock timeout")
        self.rooms.append(ahead)
        return ahead if len(self.rooms) == 1 else 0

    async def drop_heartbeat_days(self, before: datetime) -> int:
        assert before == NOW - timedelta(days=30)
        dropped, self.old_days = self.old_days, 0
        return dropped

    async def make_play_days(self, ahead: int) -> int:
        if self.locked:
            raise DatabaseUnavailable("lock timeout")
        self.play_rooms.append(ahead)
        return ahead if len(self.play_rooms) == 1 else 0

    async def drop_play_days(self, before: datetime) -> int:
        assert before == NOW - timedelta(days=20)
        dropped, self.old_play_days = self.old_play_days, 0
        return dropped

    async def delete_history(
        self, kind: History, tenant_id: str, before: datetime, batch: int = BATCH
    ) -> int:
        assert before == NOW - timedelta(days=400 if kind == "play_sums" else 30)
        return self._take(tenant_id, kind, batch)

    async def delete_never_let_in(
        self, tenant_id: str, before: datetime, batch: int = DEVICE_BATCH
    ) -> list[str]:
        assert before == NOW - timedelta(days=1)
        return [f"{tenant_id}-{number}" for number in range(self._take(tenant_id, "devices", batch))]

    def _take(self, tenant_id: str, kind: str, batch: int) -> int:
        if tenant_id > self.last_tenant:
            raise DatabaseUnavailable("went away")
        taken = min(batch, self.left[tenant_id, kind])
        self.left[tenant_id, kind] -= taken
        return taken


class House:
    def __init__(self, rows: Rows, archive: AuditKeeping | None = None) -> None:
        self.gone: list[tuple[str, int]] = []
        self.retention = Retention(rows, self._gone, lambda: NOW, Kept(30, 20, 400), archive)

    async def _gone(self, tenant_id: str, device_ids: Sequence[str]) -> None:
        self.gone.append((tenant_id, len(device_ids)))


async def test_a_sweep_goes_on_until_nothing_old_is_left_and_says_so_in_one_line(
    autojump_clock: MockClock,
) -> None:
    rows = Rows(number=2 * BATCH + 1, devices=DEVICE_BATCH + 1)
    house = House(rows)
    with capture_logs() as lines:
        assert await house.retention.sweep()
        assert await house.retention.sweep()
    assert set(rows.left.values()) == {0}
    assert house.gone == [("t1", DEVICE_BATCH), ("t1", 1), ("t2", DEVICE_BATCH), ("t2", 1)]
    each = 2 * (2 * BATCH + 1)
    counts = {"heartbeat_days": 3, "play_days": 4} | {str(kind): each for kind in KINDS}
    counts["devices"] = 2 * (DEVICE_BATCH + 1)
    assert house.retention.deleted == counts
    assert lines == [
        {"event": "heartbeats have room", "log_level": "info", "days": DAYS_AHEAD},
        {"event": "plays have room", "log_level": "info", "days": DAYS_AHEAD},
        {"event": "old history is deleted", "log_level": "info", **counts},
    ]


async def test_it_begins_a_minute_after_the_start_and_then_comes_every_hour(
    autojump_clock: MockClock, nursery: trio.Nursery
) -> None:
    rows = Rows()
    began_s = trio.current_time()
    nursery.start_soon(House(rows).retention.run)
    await trio.sleep(FIRST_AFTER_S + 2 * EVERY_S + 60)
    nursery.cancel_scope.cancel()
    first, second, third = (round(at - began_s) for at in rows.began_s)
    assert (first, second // EVERY_S, third // EVERY_S) == (FIRST_AFTER_S, 1, 2)


async def test_a_database_that_does_not_answer_is_asked_again_after_a_minute(
    autojump_clock: MockClock, nursery: trio.Nursery
) -> None:
    rows = Rows(number=1, away=2)
    house = House(rows)
    with capture_logs() as lines:
        nursery.start_soon(house.retention.run)
        await trio.sleep(FIRST_AFTER_S + 2 * AGAIN_AFTER_S + 30)
        nursery.cancel_scope.cancel()
    levels = [line["log_level"] for line in lines if "room" not in line["event"]]
    assert levels == ["warning", "info", "warning", "info"], "days of heartbeats go first"
    assert house.retention.deleted["events"] == 2


async def test_what_was_deleted_before_the_database_went_away_is_counted(autojump_clock: MockClock) -> None:
    house = House(Rows(number=1, last_tenant="t1"))
    with capture_logs() as lines:
        assert not await house.retention.sweep()
    assert [line["log_level"] for line in lines] == ["info", "info", "warning", "info"]
    assert (lines[3]["events"], house.retention.deleted["events"]) == (1, 1)


async def test_heartbeats_and_plays_get_room_for_a_week_at_the_start_and_with_every_sweep(
    autojump_clock: MockClock,
) -> None:
    rows = Rows()
    house = House(rows)
    await house.retention.make_room()
    await house.retention.sweep()
    assert rows.rooms == rows.play_rooms == [DAYS_AHEAD, DAYS_AHEAD] and DAYS_AHEAD == 7


async def test_no_room_today_stops_neither_the_hub_nor_the_sweep(autojump_clock: MockClock) -> None:
    rows = Rows(number=1)
    rows.locked = True
    house = House(rows)
    with capture_logs() as lines:
        await house.retention.make_room()
        assert await house.retention.sweep()
    assert [line["log_level"] for line in lines] == ["warning"] * 4 + ["info"]
    assert house.retention.deleted["events"] == 2


async def test_the_audit_log_of_each_tenant_is_archived_and_what_fails_there_stops_nobody_else(
    autojump_clock: MockClock,
) -> None:
    asked: list[str] = []

    async def archive(tenant_id: str) -> None:
        asked.append(tenant_id)
        if tenant_id == "t1":
            raise OSError("No space left on device")

    house = House(Rows(number=1), archive)
    with capture_logs() as lines:
        assert await house.retention.sweep()
    assert asked == ["t1", "t2"]
    assert house.retention.deleted["events"] == 2
    (said,) = (line for line in lines if line["log_level"] == "error")
    assert (said["tenant_id"], said["reason"]) == ("t1", "No space left on device")
