"""How a screen is, how it is set up and what it played: what the pages say of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dashboard.player_sentences import (
    LIT_WORDS,
    ORIENTATION_WORDS,
    SCALING_WORDS,
    drilled,
    lately,
    lit,
    of_limit,
    played_words,
    report_sum,
    says_something,
    seconds_words,
    uptime,
)
from protocol.player import DrillResult, HealthSample, ScreenSettings
from protocol.reports import Played, ProofOfPlay
from protocol.vocabulary import Orientation, Scaling

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
NOON_MS = int(NOON.timestamp() * 1000)


def played(shown_s: float, plays: int, completed: int) -> Played:
    return Played("d", "Lobby", None, None, "Menu", 1, None, None, NOON, NOON, shown_s, plays, completed)


def test_everything_that_can_be_set_has_its_words() -> None:
    assert set(ORIENTATION_WORDS) == set(Orientation) and set(SCALING_WORDS) == set(Scaling)
    assert all(lit(ScreenSettings(lit=rule)) for rule in ("always", "site", "own"))
    assert set(LIT_WORDS) == {"always", "site", "own"}


def test_hours_of_its_own_are_told_as_they_are() -> None:
    hours = {day: [["08:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
    said = lit(ScreenSettings(lit="own", own_hours=hours))  # type: ignore[arg-type]
    assert said == "Mon to Fri 08:00–18:00; Sat, Sun closed"
    assert lit(ScreenSettings(lit="own")) == "Never: no hours are set"


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (DrillResult(True, 312, None, NOON), "Proven: this screen would show an alert within 0.31 s."),
        (DrillResult(True, 3, None, NOON), "Proven: this screen would show an alert within 3 ms."),
        (DrillResult(False, None, "offline", NOON), "Not proven: offline."),
        (DrillResult(False, None, None, NOON), "Not proven: the screen did not say why."),
    ],
)
def test_a_drill_says_what_came_of_it(result: DrillResult, said: str) -> None:
    assert drilled(result) == said


def test_what_was_played_is_told_once_or_in_sum() -> None:
    assert played_words(played(10, 1, 1)) == "0:10"
    assert played_words(played(4, 1, 0)) == "0:04, not to its end"
    assert played_words(played(480, 48, 47)) == "48 times, 8:00 in all, 1 not to the end"


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "0:00"), (65, "1:05"), (3_725, "1:02:05"), (4_000_000, "1,111:06:40")]
)
def test_long_sums_stay_hours(seconds: float, said: str) -> None:
    assert seconds_words(seconds) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(42, "42 s"), (720, "12 min"), (18_720, "5 h 12 min"), (86_400, "1 day"), (273_600, "3 days 4 h")],
)
def test_how_long_a_screen_runs_is_as_precise_as_it_matters(seconds: int, said: str) -> None:
    assert uptime(seconds) == said


def test_a_figure_without_a_limit_is_told_alone_and_one_that_was_not_said_not_at_all() -> None:
    assert of_limit(250_000_000, 1_000_000_000) == "250 MB of 1.0 GB (25 %)"
    assert of_limit(250_000_000, None) == "250 MB"
    assert of_limit(None, 1) == "not said"


def test_a_sample_of_long_ago_says_nothing_of_now() -> None:
    old = HealthSample(NOON - timedelta(minutes=6), 1, *[None] * 6)
    new = HealthSample(NOON - timedelta(minutes=1), 2, *[None] * 6)
    assert lately([old], NOON_MS, 240_000) is None and lately([], NOON_MS, 240_000) is None
    assert lately([old, new], NOON_MS, 240_000) is new


def test_a_heartbeat_without_health_is_no_sample() -> None:
    assert not says_something(HealthSample(NOON, None, None, None, None, None, None, None))
    assert says_something(HealthSample(NOON, None, None, None, None, None, None, 0))


def test_a_report_is_told_in_one_sentence() -> None:
    assert report_sum(ProofOfPlay([], None, 0, 0, 0.0)) == "Nothing was played."
    whole = report_sum(ProofOfPlay([], None, 200, 199, 3_600.0))
    assert whole == "Played 200 times, 99 % of them to the end, 1:00:00 in all."
