"""What screens recorded is kept once, and named, and added up; whoever says it, and however often."""

from __future__ import annotations

import threading
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import pytest
import trio

from hub.recorded import SHOWN_AT_MOST_MS, KeptEvent, KeptPlay, taken
from persistence.database import Database
from persistence.records import Kept, RecordWriter
from protocol.frames import Play, Record
from protocol.vocabulary import EventName
from tests.persistence.premises import Premises

AT = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
AT_MS = int(AT.timestamp() * 1000)
LOG, OTHER_LOG = "log-of-the-screen", "log-begun-again"


@dataclass
class Said:
    """Fits `persistence.records.Said`."""

    device_id: str
    plays: list[KeptPlay] = field(default_factory=list)
    events: list[KeptEvent] = field(default_factory=list)
    log: str = LOG
    epoch: int = 1

    @property
    def last(self) -> int:
        numbers = [play.number for play in self.plays] + [event.number for event in self.events]
        return max(numbers)


def play(number: int, name: str = "Menu", media_id: str | None = None, **more: int) -> KeptPlay:
    times = {"started_ms": AT_MS, "ended_ms": AT_MS + 10_000, "shown_ms": 10_000, "plays": 1, "completed": 1}
    return KeptPlay(number, media_id, name, None, None, **{**times, **more})


def event(number: int, text: str = "ready") -> KeptEvent:
    return KeptEvent(number, AT_MS, EventName.READY, text)


def plays_of(home: Premises) -> list[tuple[object, ...]]:
    return home.rows("SELECT device_id, number, name FROM plays ORDER BY device_id, number")


def sums_of(home: Premises) -> list[tuple[object, ...]]:
    return home.rows(
        "SELECT device_id, day, what, plays, completed, shown_ms FROM play_days ORDER BY 1, 2, 3"
    )


@pytest.fixture
async def keeper(hub_database_url: str) -> AsyncIterator[RecordWriter]:
    async with Database(hub_database_url, pool_size=2, wait_s=5.0) as database:
        yield RecordWriter(database)


async def test_what_is_said_again_is_kept_once_and_what_follows_is_added(
    ours: Premises, keeper: RecordWriter
) -> None:
    screen = ours.devices[0]
    first = Said(screen, [play(1), play(2)], [event(3)])
    assert await keeper.keep(ours.id, [first]) == {screen: Kept(0, 3)}
    assert await keeper.keep(ours.id, [first]) == {screen: Kept(3, 3)}
    again = Said(screen, [play(2), play(4)], [event(3), event(5, "later")])
    assert await keeper.keep(ours.id, [again]) == {screen: Kept(3, 5)}
    assert plays_of(ours) == [(screen, number, "Menu") for number in (1, 2, 4)]
    assert ours.rows("SELECT kind, text, at FROM device_events ORDER BY id") == [
        ("ready", "ready", AT),
        ("ready", "later", AT),
    ]
    assert sums_of(ours) == [(screen, date(2026, 3, 1), "Menu", 3, 3, 30_000)]


async def test_a_screen_that_lost_its_storage_begins_another_log_at_one(
    ours: Premises, keeper: RecordWriter
) -> None:
    screen = ours.devices[0]
    await keeper.keep(ours.id, [Said(screen, [play(7)])])
    assert await keeper.keep(ours.id, [Said(screen, [play(1)], log=OTHER_LOG)]) == {screen: Kept(0, 1)}
    assert [row[1] for row in plays_of(ours)] == [1, 7]


async def test_a_session_that_another_one_followed_keeps_nothing_and_hears_nothing(
    ours: Premises, keeper: RecordWriter
) -> None:
    old, here = ours.devices
    ours.run("UPDATE devices SET session_epoch = 5 WHERE id = %s", old)
    assert await keeper.keep(ours.id, [Said(old, [play(1)], epoch=4), Said(here, [play(1)])]) == {
        here: Kept(0, 1)
    }
    assert [row[0] for row in plays_of(ours)] == [here]


async def test_nothing_is_kept_of_another_tenants_screen(
    ours: Premises, theirs: Premises, keeper: RecordWriter
) -> None:
    assert await keeper.keep(ours.id, [Said(theirs.devices[0], [play(1)], [event(2)])]) == {}
    assert await keeper.keep(theirs.id, [Said(theirs.devices[0], [play(1)])])
    assert await keeper.keep(ours.id, [Said(theirs.devices[0], [play(1), play(2)], log=OTHER_LOG)]) == {}
    assert theirs.rows("SELECT tenant_id, log, kept FROM device_logs") == [(theirs.id, LOG, 1)]
    assert len(plays_of(theirs)) == 1


async def test_a_play_is_named_as_its_content_is_and_outlives_it(
    ours: Premises, theirs: Premises, keeper: RecordWriter
) -> None:
    screen = ours.devices[0]
    media: dict[str, str] = {}
    for home in (ours, theirs):
        content_id, media[home.id] = str(uuid.uuid4()), str(uuid.uuid4())
        home.run(
            "INSERT INTO contents (id, tenant_id, name) VALUES (%s, %s, 'Spring menu')", content_id, home.id
        )
        home.run(
            "INSERT INTO media (id, tenant_id, content_id, number, kind) VALUES (%s, %s, %s, 3, 'image')",
            media[home.id],
            home.id,
            content_id,
        )
    mine, foreign = media[ours.id], media[theirs.id]
    await keeper.keep(ours.id, [Said(screen, [play(1, "menu.png", mine), play(2, "menu.png", foreign)])])
    ours.run("DELETE FROM contents WHERE tenant_id = %s", ours.id)
    await keeper.keep(ours.id, [Said(screen, [play(3, "menu.png", mine)])])
    found = ours.rows("SELECT number, media_id, name, version, content_id IS NULL FROM plays ORDER BY number")
    assert found == [
        (1, mine, "Spring menu", 3, False),
        (2, foreign, "menu.png", None, True),
        (3, mine, "menu.png", None, True),
    ]
    sums = ours.rows("SELECT what, plays, version, content_id IS NULL FROM play_days ORDER BY plays")
    assert sums == [(foreign, 1, None, True), (mine, 2, 3, False)]


async def test_a_day_is_that_of_the_place_where_the_screen_is(ours: Premises, keeper: RecordWriter) -> None:
    east, nowhere = ours.devices
    site = str(uuid.uuid4())
    ours.run(
        "INSERT INTO sites (id, tenant_id, name, time_zone) VALUES (%s, %s, 'Tokyo', 'Asia/Tokyo')",
        site,
        ours.id,
    )
    ours.run("UPDATE devices SET site_id = %s WHERE id = %s", site, east)
    await keeper.keep(ours.id, [Said(east, [play(1)]), Said(nowhere, [play(1)])])
    assert dict(ours.rows("SELECT device_id, day FROM plays")) == {
        east: date(2026, 3, 2),
        nowhere: date(2026, 3, 1),
    }


async def test_a_summary_counts_for_all_that_it_stands_for(ours: Premises, keeper: RecordWriter) -> None:
    screen = ours.devices[0]
    many = play(40, plays=360, completed=359, shown_ms=3_590_000, ended_ms=AT_MS + 3_600_000)
    await keeper.keep(ours.id, [Said(screen, [play(1), many])])
    assert ours.rows("SELECT plays, completed, shown_ms, first_at, last_at - first_at FROM play_days") == [
        (361, 360, 3_600_000, AT, datetime.fromtimestamp(3600, UTC) - datetime.fromtimestamp(0, UTC))
    ]


async def test_two_hubs_that_are_told_the_same_at_the_same_time_keep_it_once(
    ours: Premises, hub_database_url: str
) -> None:
    said = [Said(screen, [play(number) for number in range(1, 101)]) for screen in ours.devices]
    barrier = threading.Barrier(4)

    def hub(backwards: bool) -> None:
        async def keep() -> None:
            async with Database(hub_database_url, pool_size=1, wait_s=10.0) as database:
                await trio.to_thread.run_sync(barrier.wait)
                await RecordWriter(database).keep(ours.id, said[::-1] if backwards else said)

        trio.run(keep)

    async with trio.open_nursery() as nursery:
        for number in range(4):
            nursery.start_soon(trio.to_thread.run_sync, hub, number % 2 == 0)
    assert len(plays_of(ours)) == 200
    assert [row[3] for row in sums_of(ours)] == [100, 100]


async def test_what_a_screen_calls_things_comes_out_as_it_went_in(
    ours: Premises, keeper: RecordWriter
) -> None:
    names = ["{}", 'a "quoted" name', "back\\slash", "NULL", "", "日本語 🚨", "a,b"]
    said = Said(ours.devices[0], [play(number, name) for number, name in enumerate(names, 1)])
    await keeper.keep(ours.id, [said])
    assert [row[2] for row in plays_of(ours)] == names


async def test_names_that_look_like_something_else_are_kept_as_they_are(
    ours: Premises, keeper: RecordWriter
) -> None:
    names = [
        "NULL",
        "",
        "{a,b}",
        '"',
        "\\",
        "a\\",
        "'; --",
        "\u2028",
        "\ufeff",
        "\U0001f525",
        "%s",
        "x" * 200,
    ]
    for number, name in enumerate(names, 1):
        said = Said(
            ours.devices[0], [play(number, name)], [event(100 + number, name)], log=f"log-{number:04}"
        )
        assert await keeper.keep(ours.id, [said])
    all_at_once = Said(ours.devices[1], [play(number, name) for number, name in enumerate(names, 1)])
    assert await keeper.keep(ours.id, [all_at_once])
    for device in ours.devices[:2]:
        assert [name for kept, _, name in plays_of(ours) if kept == device] == names
    assert [text for (text,) in ours.rows("SELECT text FROM device_events ORDER BY id")] == names
    assert {what for _, _, what, *_ in sums_of(ours)} == set(names)


async def test_the_longest_instants_and_numbers_that_are_taken_can_be_kept(
    ours: Premises, keeper: RecordWriter
) -> None:
    most = taken(
        [Record(2**53, Play("Menu", 0, 2**53, 2**53, None, None, 2**53, 2**31 - 1, 2**31 - 1))], AT_MS
    )
    plays, events, last = most
    assert await keeper.keep(ours.id, [Said(ours.devices[0], plays, events)]) == {
        ours.devices[0]: Kept(0, last)
    }
    ((_, _, _, count, completed, shown_ms),) = sums_of(ours)
    assert count == completed == 2**31 - 1 and shown_ms == SHOWN_AT_MOST_MS
