"""Schedules as people choose them, type them and read them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dashboard.clock import Clock
from dashboard.schedule_sentences import (
    BECAUSE,
    block_words,
    change_words,
    entry_marks,
    lags,
    next_changes,
    numbered,
    plays,
    target_kind,
    verdict,
    week_words,
)
from dashboard.schedule_typed import (
    Days,
    NotATime,
    dayparts_of,
    dayparts_text,
    days_of,
    except_days_of,
    except_days_text,
    rule_of,
)
from dashboard.week import week_of_day
from protocol.manifest import DevicePlaylist, PlaylistPlaying
from protocol.schedule import Candidate, Entry, ResolvedSchedule, Segment, Target
from protocol.vocabulary import PlaysBecause

BERLIN = ZoneInfo("Europe/Berlin")
TODAY = date(2026, 11, 21)
FIRST = date(2026, 11, 2)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """Of November 2026, in Berlin."""
    return datetime(2026, 11, day, hour, minute, tzinfo=BERLIN).astimezone(UTC)


def entry(**fields: Any) -> Entry:
    defaults: dict[str, Any] = {
        "id": "e",
        "playlist_id": "p",
        "playlist_name": "Welcome",
        "target": Target(),
        "target_text": "every screen",
        "when_text": "always",
        "name": "",
        "is_takeover": False,
        "priority": 0,
        "enabled": True,
        "valid_from": None,
        "valid_until": None,
        "first_day": None,
        "recurrence": None,
        "except_days": [],
        "dayparts": [],
        "time_zone": None,
        "revision": 1,
        "created_by": "ana@hospital.example",
        "created_at": at(1, 9),
        "updated_at": at(1, 9),
    }
    return Entry(**defaults | fields)


@pytest.mark.parametrize(
    ("days", "first", "rule"),
    [
        (Days(), None, None),
        (Days("one_day", first=FIRST), FIRST, None),
        (Days("weekdays", ("FR", "MO")), TODAY, "FREQ=WEEKLY;BYDAY=MO,FR"),
        (Days("weekdays", ("SU",), 2, first=FIRST), FIRST, "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU"),
        (Days("month_day", month_day=-1), TODAY, "FREQ=MONTHLY;BYMONTHDAY=-1"),
        (Days("month_weekday", nth=2, weekday="TU"), TODAY, "FREQ=MONTHLY;BYDAY=2TU"),
        (Days("rule", rule=" RRULE:FREQ=YEARLY "), TODAY, "FREQ=YEARLY"),
    ],
)
def test_days_that_are_chosen_are_a_rule_and_the_rule_is_those_days_again(
    days: Days, first: date | None, rule: str | None
) -> None:
    assert rule_of(days, TODAY) == (first, rule)
    again = days_of(entry(first_day=first, recurrence=rule))
    assert again.kind == days.kind and rule_of(again, TODAY) == (first, rule)


@pytest.mark.parametrize(
    ("days", "why"),
    [
        (Days("weekdays"), "at least one day"),
        (Days("one_day"), "on which day"),
        (Days("rule", rule="RRULE:"), "Write the rule"),
    ],
)
def test_days_that_are_none_are_refused_with_the_reason(days: Days, why: str) -> None:
    with pytest.raises(NotATime, match=why):
        rule_of(days, TODAY)


def test_a_rule_that_was_not_chosen_here_stays_as_it_is_written() -> None:
    for rule in ("FREQ=WEEKLY;COUNT=3;BYDAY=MO", "FREQ=MONTHLY;BYDAY=1XX", "FREQ=WEEKLY;BYDAY=1MO,XX"):
        assert days_of(entry(first_day=FIRST, recurrence=rule)) == Days("rule", rule=rule, first=FIRST)


def test_times_of_a_day_are_typed_as_people_write_them() -> None:
    assert dayparts_of("8-12, 22:00 – 02:00") == [["08:00", "12:00"], ["22:00", "02:00"]]
    assert dayparts_of(" ") == []
    assert dayparts_of(dayparts_text([["08:00", "12:00"]])) == [["08:00", "12:00"]]
    for wrong in ("nine to five", "25-26", "8-8"):
        with pytest.raises(NotATime, match="Times of day"):
            dayparts_of(wrong)


def test_days_that_are_left_out_are_typed_as_dates() -> None:
    days = except_days_of("2026-12-25, 2026-12-24 2026-12-24")
    assert except_days_text(days) == "2026-12-24, 2026-12-25"
    with pytest.raises(NotATime, match="not Christmas"):
        except_days_of("Christmas")


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2026, 11, 18), "16 – 22 Nov 2026"),
        (date(2026, 10, 1), "28 Sep – 4 Oct 2026"),
        (date(2027, 1, 1), "28 Dec 2026 – 3 Jan 2027"),
    ],
)
def test_a_week_is_called_by_its_first_and_last_day(day: date, words: str) -> None:
    assert week_words(week_of_day(day, BERLIN).days) == words


@pytest.mark.parametrize(
    ("begins", "ends", "when"),
    [
        (at(18, 8), at(18, 18), "Wednesday 08:00–18:00"),
        (at(15, 22), at(16, 2), "Sunday 22:00–02:00"),
        (at(18, 8), at(20, 18), "Wed 08:00 – Fri 18:00"),
        (at(14, 0), at(19, 18), "until Thu 18:00"),
        (at(19, 18), at(25, 0), "from Thu 18:00"),
        (at(14, 0), at(25, 0), "all week"),
    ],
)
def test_a_block_says_what_plays_when_and_why(begins: datetime, ends: datetime, when: str) -> None:
    block = Segment(begins, ends, "p", "Welcome", "e", PlaysBecause.PRIORITY)
    said = f"Welcome, {when}, because it has the highest priority"
    assert block_words(block, week_of_day(date(2026, 11, 18), BERLIN)) == said
    assert set(BECAUSE) == set(PlaysBecause)


def test_an_entry_says_what_is_unusual_of_it() -> None:
    assert entry_marks(entry()) == []
    marked = entry(enabled=False, is_takeover=True, priority=7)
    assert entry_marks(marked) == ["off", "takes over", "priority 7"]


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("beaten: “News” takes over", "“News” takes over"),
        ("not then: it plays next on 25 Nov 2026 22:00", "It plays next on 25 Nov 2026 22:00"),
        ("not then, nor within 35 days after", "Not then, nor within 35 days after"),
    ],
)
def test_a_verdict_does_not_say_twice_what_its_pill_says(said: str, shown: str) -> None:
    assert verdict(Candidate("e", "", "p", "Welcome", "all", "always", 0, False, "beaten", said)) == shown


def test_a_target_is_of_one_kind() -> None:
    kinds = [
        Target(device_id="d"),
        Target(group_id="g"),
        Target(site_id="s"),
        Target(tag_query="t"),
        Target(),
    ]
    assert [target_kind(target) for target in kinds] == ["device", "group", "site", "tag", "all"]


def test_where_a_screen_stands_is_said_with_the_number() -> None:
    assert numbered(PlaylistPlaying("p", "Welcome", 7)) == "Welcome #7"
    assert numbered(None) == "Nothing"
    assert plays(DevicePlaylist("d", 9, 0, at(21, 14), None, None, None)) == "Not known"
    assert plays(DevicePlaylist("d", 9, 9, None, None, None, None)) == "Nothing"


def test_a_screen_that_lags_says_since_when_and_why() -> None:
    clock, now_ms = Clock(BERLIN), int(at(21, 15).timestamp() * 1000)
    standing = DevicePlaylist("d", 9, 8, at(21, 14, 2), None, None, None)
    assert "behind since 14:02" in lags(standing, clock, now_ms, online=True)
    assert "gets it when it returns" in lags(standing, clock, now_ms, online=False)
    assert not lags(DevicePlaylist("d", 9, 9, None, None, None, None), clock, now_ms, online=True)


def test_the_next_changes_are_those_where_another_playlist_begins() -> None:
    def plays(begins: datetime, ends: datetime, playlist: str | None, entry_id: str) -> Segment:
        return Segment(begins, ends, playlist, playlist, entry_id, PlaysBecause.ONLY_ONE)

    now = at(18, 9)
    schedule = ResolvedSchedule(
        "d",
        "Europe/Berlin",
        [
            plays(at(18, 8), at(18, 12), "Morning", "1"),
            plays(at(18, 12), at(18, 13), "Morning", "2"),
            plays(at(18, 13), at(19, 8), None, ""),
            plays(at(19, 8), at(20, 8), "Morning", "1"),
            plays(at(20, 8), at(21, 8), "Evening", "3"),
        ],
    )
    changes = next_changes(schedule, now)
    assert [name for _, name in changes] == ["Nothing", "Morning", "Evening"]
    assert [change_words(when, BERLIN, now) for when, _ in changes] == [
        "13:00",
        "tomorrow 08:00",
        "Fri 08:00",
    ]
