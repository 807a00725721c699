"""The log of a screen: numbered, said until it is kept, summed up and never dropped; what goes into it."""

from __future__ import annotations

from collections import Counter
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from player.playback import PlaylistItem
from player.recorder import SAID_AGAIN_AFTER_S
from player.records import MemoryLog, summed
from player.reference import ReferenceScreen
from protocol.codec import encode
from protocol.frames import (
    RECORDS_AT_MOST,
    Command,
    DeviceEvent,
    Health,
    Heartbeat,
    Play,
    Records,
    RecordsKept,
    SettingsFrame,
    Uplink,
)
from protocol.player import PlayerSettings
from protocol.vocabulary import CommandName, EventName
from tests.player.talk import ack, alert, hub_ms, resumed, show, welcome

HOUR_MS = 3_600_000
TWO = [PlaylistItem("a", 10.0, "1", "ma", "p", 7), PlaylistItem("b", 20.0, "2", "mb", "p", 7)]


def play(started_ms: int, media_id: str = "m") -> Play:
    return Play("Hours", started_ms, started_ms + 10, 10, media_id, "p", 7, completed=1)


def recording(log: MemoryLog | None = None) -> tuple[ReferenceScreen, MemoryLog]:
    log = log or MemoryLog("log-of-a-test")
    screen = ReferenceScreen(0.0, rng=Random(1), playlist=TWO, log=log)
    screen.connected(0.0)
    screen.receive(welcome(0.0, interval_s=15.0), 0.0)
    return screen, log


def records_of(said: list[Uplink]) -> list[Records]:
    return [frame for frame in said if isinstance(frame, Records)]


def said_until(screen: ReferenceScreen, until: float) -> list[Uplink]:
    """Tick whenever something is due."""
    said: list[Uplink] = []
    while screen.next_due is not None and screen.next_due <= until:
        now = screen.next_due
        for frame in screen.tick(now):
            said.append(frame)
            if isinstance(frame, Heartbeat):
                screen.receive(ack(frame.seq, now), now)
    return said


# ---- the log ----


@given(st.lists(st.integers(0, 5 * HOUR_MS), min_size=1, max_size=300), st.integers(0, 40))
def test_whatever_is_summed_up_no_play_is_lost_and_no_number_is_used_twice(
    starts: list[int], said: int
) -> None:
    log, numbers = MemoryLog("log", limit=50), set[int]()
    for place, started_ms in enumerate(starts):
        log.append(play(started_ms, f"m{started_ms % 3}"))
        if place == 30:
            first = log.oldest(said)
    everything = log.oldest(10**9)
    if len(starts) > 30:
        assert everything[: len(first)] == first, "what was said stays as it is"
    for record in everything:
        assert record.number not in numbers
        numbers.add(record.number)
    assert [record.number for record in everything] == sorted(numbers)
    plays = [record.what for record in everything if isinstance(record.what, Play)]
    assert sum(p.plays for p in plays) == sum(p.completed for p in plays) == len(starts)
    assert sum(p.shown_ms for p in plays) == 10 * len(starts)


def test_plays_of_a_media_in_an_hour_become_one_and_an_event_says_so() -> None:
    broken = DeviceEvent(EventName.ITEM_SKIPPED, "x")
    first, other, later, event, last = summed(
        [play(0), play(5), broken, play(9, "n"), play(HOUR_MS), play(HOUR_MS + 1)]
    )
    assert isinstance(first, Play) and (first.plays, first.started_ms, first.ended_ms) == (2, 0, 15)
    assert isinstance(other, Play) and other.media_id == "n"
    assert isinstance(later, Play) and later.plays == 2
    assert event == broken
    assert isinstance(last, DeviceEvent) and last.event is EventName.SUMMARISED


# ---- what goes into it ----


def test_what_was_on_the_glass_is_recorded_with_its_times_and_whether_it_came_to_its_end() -> None:
    screen, log = recording()
    said_until(screen, 10.0)
    screen.receive(Command("c1", CommandName.PAUSE), 15.0)
    screen.receive(Command("c2", CommandName.STOP), 40.0)
    assert [record.what for record in log.oldest(10)] == [
        Play("a", hub_ms(0.0), hub_ms(10.0), 10_000, "ma", "p", 7, completed=1),
        Play("b", hub_ms(10.0), hub_ms(40.0), 5_000, "mb", "p", 7),
    ]


def test_what_plays_without_a_hub_is_recorded_and_said_when_it_is_back() -> None:
    screen, log = recording()
    screen.disconnected()
    assert said_until(screen, 100.0) == []
    assert len(log) == 7
    screen.connected(100.0)
    screen.receive(resumed(100.0), 100.0)
    (frame,) = records_of(said_until(screen, 116.0))
    assert [record.number for record in frame.records][:7] == [1, 2, 3, 4, 5, 6, 7]


def test_what_was_played_before_anybody_said_what_time_it_is_is_not_recorded() -> None:
    log = MemoryLog("log")
    screen = ReferenceScreen(0.0, rng=Random(1), playlist=TWO, log=log)
    screen.tick(10.0)
    assert len(log) == 0


def test_what_nobody_could_see_in_the_dark_is_not_recorded() -> None:
    screen, log = recording()
    screen.receive(SettingsFrame("v1", PlayerSettings(hours={})), 1.0)
    said_until(screen, 35.0)
    assert len(log) == 0
    assert screen.is_dark(35.0)
    screen.receive(show(alert(), 1), 36.0)
    assert not screen.is_dark(36.0)


def test_what_goes_wrong_is_recorded_and_not_said_twice() -> None:
    screen, log = recording()
    assert screen.report([DeviceEvent(EventName.ITEM_SKIPPED, "x")], 1.0) == []
    assert [record.what for record in log.oldest(9)] == [
        DeviceEvent(EventName.ITEM_SKIPPED, "x", at_ms=hub_ms(1.0))
    ]


# ---- how it is said ----


def test_records_are_said_again_until_the_hub_has_kept_them() -> None:
    screen, log = recording()
    (first,) = records_of(said_until(screen, 29.0))
    (again,) = records_of(said_until(screen, 29.0 + SAID_AGAIN_AFTER_S))
    assert again.log == first.log == log.name
    assert again.records[: len(first.records)] == first.records
    screen.receive(RecordsKept("another log", again.records[-1].number), 60.0)
    assert log.oldest(1)[0].number == 1
    screen.receive(RecordsKept(log.name, again.records[-1].number), 60.0)
    assert [r.number for r in log.oldest(1)] in ([], [again.records[-1].number + 1])


def test_one_frame_is_under_way_at_a_time_and_a_full_log_goes_without_pause() -> None:
    log = MemoryLog("log")
    for started_ms in range(250):
        log.append(play(started_ms))
    screen, _ = recording(log)
    (first,) = records_of(said_until(screen, 15.0))
    assert len(first.records) == RECORDS_AT_MOST
    (second,) = records_of(screen.receive(RecordsKept(log.name, RECORDS_AT_MOST), 16.0))
    assert second.records[0].number == RECORDS_AT_MOST + 1
    assert records_of(screen.receive(RecordsKept(log.name, RECORDS_AT_MOST), 16.0)) == []


def test_a_frame_of_long_records_is_no_larger_than_the_hub_takes() -> None:
    log = MemoryLog("log-of-a-test")
    for number in range(RECORDS_AT_MOST):
        log.append(DeviceEvent(EventName.ERROR, "🔥" * 200, "🧯\n" * 1000, number))
    screen, _ = recording(log)
    (frame,) = records_of(said_until(screen, 15.0))
    numbers = []
    while True:
        numbers += [record.number for record in frame.records]
        assert len(encode(frame)) <= 65_536
        frames = records_of(screen.receive(RecordsKept(log.name, numbers[-1]), 16.0))
        frames = frames or records_of(said_until(screen, 60.0))
        if not frames:
            break
        (frame,) = frames
    assert numbers[:RECORDS_AT_MOST] == list(range(1, RECORDS_AT_MOST + 1))


# ---- health and settings ----


def test_health_rides_in_a_heartbeat_once_a_minute() -> None:
    screen = ReferenceScreen(0.0, rng=Random(1), health=lambda now: Health(uptime_s=int(now)))
    screen.connected(0.0)
    screen.receive(welcome(0.0, interval_s=15.0), 0.0)
    beats = [frame for frame in said_until(screen, 150.0) if isinstance(frame, Heartbeat)]
    assert Counter(beat.health is not None for beat in beats) == {True: 3, False: len(beats) - 3}


def test_the_version_of_the_settings_is_reported_as_a_level() -> None:
    screen, _ = recording()
    screen.receive(SettingsFrame("v7", PlayerSettings(volume=3)), 1.0)
    (beat,) = [frame for frame in said_until(screen, 15.0) if isinstance(frame, Heartbeat)]
    assert beat.settings_version == "v7"


def test_a_screen_that_is_switched_on_again_shows_and_plays_what_it_did() -> None:
    screen, _ = recording()
    screen.receive(show(alert(sequence=3), 1), 1.0)
    screen.receive(show(alert("short", expires_ms=hub_ms(5.0)), 2), 1.0)
    screen.receive(SettingsFrame("v7", PlayerSettings(volume=3)), 1.0)
    again = ReferenceScreen(0.0, rng=Random(1), remembered=screen.remembered, hub_ms=hub_ms(6.0))
    assert [a.emergency_id for a in again.alerts] == ["fire"]
    assert again.settings.version == "v7"
    assert again.remembered.sequences == screen.remembered.sequences
