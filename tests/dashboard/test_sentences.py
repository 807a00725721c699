"""What the pages say, sentence by sentence."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from dashboard.clock import Clock
from dashboard.sentences import (
    PLAYBACK_WORDS,
    UNSTABLE_WITHIN_MIN,
    count,
    count_of,
    hub_away,
    many_unstable,
    playing,
    presence,
    quarantined,
    standing,
    took,
    trouble,
    unstable,
)
from hub.live import stability
from protocol.vocabulary import DeviceStatus, PlaybackState, PresenceReason
from tests.dashboard.rows import offline, pending, screen

UTC_CLOCK = Clock(UTC)
NOON = int(datetime(2025, 11, 21, 12, 0, tzinfo=UTC).timestamp() * 1000)
TWO = NOON + 2 * 3_600_000 + 2 * 60_000


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (screen(since_ms=TWO), "online since 14:02"),
        (offline(since_ms=TWO), "offline since 14:02, heartbeat lost"),
        (offline(since_ms=TWO - 86_400_000), "offline since yesterday 14:02, heartbeat lost"),
        (offline(reason=PresenceReason.NEVER_CONNECTED), "offline, never connected"),
        (pending(), "waiting for approval"),
        (screen(status=DeviceStatus.REVOKED), "revoked"),
    ],
)
def test_presence_has_a_since_and_a_reason(row: Any, sentence: str) -> None:
    assert presence(row, UTC_CLOCK, TWO) == sentence


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (screen(), "Welcome"),
        (screen(playback=PlaybackState.PAUSED), "paused: Welcome"),
        (screen(playback=PlaybackState.IDLE, now_playing=None), "idle"),
        (screen(playback=None, now_playing=None), "nothing reported yet"),
    ],
)
def test_playing_is_the_item_or_the_state(row: Any, sentence: str) -> None:
    assert playing(row) == sentence


def test_a_hub_that_is_away_is_said_with_its_time() -> None:
    assert hub_away(TWO, UTC_CLOCK, known=True) == (
        "The hub does not answer since 14:02. What you see is what was last known. Retrying…"
    )
    assert hub_away(TWO, UTC_CLOCK, known=False) == "The hub does not answer since 14:02. Retrying…"


@pytest.mark.parametrize(
    ("ms", "text"), [(80, "0.08 s"), (1_240, "1.2 s"), (74_000, "74 s"), (720_000, "12 min")]
)
def test_durations_are_as_precise_as_it_matters(ms: int, text: str) -> None:
    assert took(ms) == text


def test_numbers_have_their_noun() -> None:
    assert [count(n, "screen") for n in (0, 1, 5_000)] == ["0 screens", "1 screen", "5,000 screens"]
    assert [count_of(n, 5_000, "screen") for n in (1, 5_000)] == ["1 of 5,000 screens", "5,000 screens"]
    assert [count_of(n, 1, "person", "people") for n in (0, 1)] == ["0 of 1 people", "1 person"]


def test_every_state_of_playback_has_words() -> None:
    assert set(PLAYBACK_WORDS) == set(PlaybackState)


def test_an_unstable_screen_is_said_to_be_so_with_since_and_reason() -> None:
    row = screen(unstable_since_ms=TWO, losses=5)
    assert unstable(row, UTC_CLOCK, TWO) == "unstable since 14:02: lost its connection 5 times in 10 minutes"
    assert standing(row) == ("Unstable", "warn")
    assert trouble(row, UTC_CLOCK, TWO).startswith("Unstable since 14:02: lost its connection 5 times")
    assert unstable(screen(), UTC_CLOCK, TWO) == trouble(screen(), UTC_CLOCK, TWO) == ""


def test_the_minutes_are_those_in_which_the_hub_counts_losses() -> None:
    assert UNSTABLE_WITHIN_MIN * 60_000 == stability.WITHIN_MS


def test_an_unstable_screen_that_is_away_is_first_of_all_away() -> None:
    assert standing(offline(unstable_since_ms=TWO, losses=4)) == ("Offline", "bad")


def test_a_quarantined_screen_gets_no_alert_and_that_is_said() -> None:
    row = offline(reason=PresenceReason.QUARANTINED)
    assert "no alert either" in trouble(row, UTC_CLOCK, TWO)
    assert quarantined([row]) == "1 screen is quarantined after repeated faults in the hub:"
    assert quarantined([row, row]).startswith("2 screens are quarantined")


def test_a_screen_that_another_hub_has_is_offline_with_that_reason() -> None:
    row = offline(reason=PresenceReason.TAKEN_OVER, since_ms=TWO)
    assert presence(row, UTC_CLOCK, TWO) == "offline since 14:02, another hub took the screen over"
    assert "Another hub" in trouble(row, UTC_CLOCK, TWO)


@pytest.mark.parametrize(
    ("number", "screens", "said"), [(2, 50, False), (3, 50, True), (40, 5_000, False), (100, 5_000, True)]
)
def test_many_unstable_screens_are_everybodys_trouble(number: int, screens: int, said: bool) -> None:
    assert bool(many_unstable(number, screens)) is said
