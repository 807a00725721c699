"""Whether a site is open, and hours as people type them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.opening_hours import DAYS, NotHours, Standing, standing, typed_of, week_of, week_words
from protocol.places import OpeningHours

WEEKDAYS: OpeningHours = {day: [["08:00", "12:00"], ["13:00", "18:00"]] for day in list(DAYS)[:5]}
ALL_WEEK: OpeningHours = {day: [["00:00", "24:00"]] for day in DAYS}
NIGHT: OpeningHours = {"sun": [["20:00", "24:00"]], "mon": [["00:00", "02:00"]]}


def at(text: str) -> datetime:
    """In UTC. 2026-01-05 is a Monday."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours", "now", "is_open", "words"),
    [
        (WEEKDAYS, "2026-01-05T09:00", True, "Open now, closes 12:00"),
        (WEEKDAYS, "2026-01-05T12:00", False, "Closed, opens 13:00"),
        (WEEKDAYS, "2026-01-05T07:59", False, "Closed, opens 08:00"),
        (WEEKDAYS, "2026-01-05T18:00", False, "Closed, opens tomorrow 08:00"),
        (WEEKDAYS, "2026-01-09T18:00", False, "Closed, opens Monday 08:00"),
        ({"mon": [["08:00", "18:00"]]}, "2026-01-05T18:30", False, "Closed, opens next Monday 08:00"),
        (ALL_WEEK, "2026-01-07T03:00", True, "Open day and night"),
        ({"mon": [["20:00", "24:00"]]}, "2026-01-05T21:00", True, "Open now, closes 24:00"),
        (NIGHT, "2026-01-04T23:00", True, "Open now, closes tomorrow 02:00"),
        (NIGHT, "2026-01-05T01:00", True, "Open now, closes 02:00"),
        (NIGHT, "2026-01-05T02:00", False, "Closed, opens Sunday 20:00"),
    ],
)
def test_a_site_is_open_or_says_when_it_opens(
    hours: OpeningHours, now: str, is_open: bool, words: str
) -> None:
    assert standing(hours, "UTC", at(now)) == Standing(is_open, words)


def test_hours_are_of_the_clock_on_the_wall_there_in_summer_too() -> None:
    assert standing(WEEKDAYS, "Europe/Berlin", at("2026-01-05T07:00")) == (True, "Open now, closes 12:00")
    assert standing(WEEKDAYS, "Europe/Berlin", at("2026-07-06T06:00")) == (True, "Open now, closes 12:00")
    assert standing(WEEKDAYS, "Europe/Berlin", at("2026-07-06T05:59")) == (False, "Closed, opens 08:00")
    assert standing(WEEKDAYS, "Asia/Tokyo", at("2026-01-05T07:00")) == (True, "Open now, closes 18:00")
    # Sunday evening in New York is Monday in London.
    assert standing(WEEKDAYS, "America/New_York", at("2026-01-05T03:00")) == (
        False,
        "Closed, opens tomorrow 08:00",
    )


def test_nothing_is_said_without_hours_or_without_the_time_zone() -> None:
    assert standing({}, "UTC", at("2026-01-05T09:00")) is None
    assert standing(WEEKDAYS, "Mars/Olympus_Mons", at("2026-01-05T09:00")) is None


SPANS = st.lists(st.integers(0, 24 * 60), unique=True, max_size=6).map(
    lambda minutes: [
        [f"{begin // 60:02}:{begin % 60:02}", f"{end // 60:02}:{end % 60:02}"]
        for begin, end in zip(sorted(minutes)[::2], sorted(minutes)[1::2], strict=False)
    ]
)


@given(st.fixed_dictionaries(dict.fromkeys(DAYS, SPANS)), st.integers(0, 7 * 24 * 60 - 1))
def test_it_is_open_exactly_in_its_hours(hours: OpeningHours, minute: int) -> None:
    now = datetime.fromtimestamp(at("2026-01-05T00:00").timestamp() + minute * 60, UTC)
    clock, day = f"{minute // 60 % 24:02}:{minute % 60:02}", list(DAYS)[minute // (24 * 60)]
    inside = any(begin <= clock < end for begin, end in hours[day])
    stands = standing(hours, "UTC", now)
    assert (stands is not None and stands.is_open) == inside
    assert (stands is None) == (not any(hours.values()))


@given(st.fixed_dictionaries(dict.fromkeys(DAYS, SPANS)))
def test_hours_come_back_as_they_are_shown(hours: OpeningHours) -> None:
    typed = {day: typed_of(spans) for day, spans in hours.items()}
    assert week_of(typed) == {day: spans for day, spans in hours.items() if spans}


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("8-18", [["08:00", "18:00"]]),
        ("8.30 – 12, 13:00 to 17h15", [["08:30", "12:00"], ["13:00", "17:15"]]),
        ("13-18; 8-12", [["08:00", "12:00"], ["13:00", "18:00"]]),
        ("all day", [["00:00", "24:00"]]),
        ("18:00-00:00", [["18:00", "24:00"]]),
        ("closed", []),
        ("  ", []),
    ],
)
def test_hours_are_read_as_people_write_them(typed: str, read: list[list[str]]) -> None:
    assert week_of({"mon": typed}).get("mon", []) == read


def test_what_ends_after_midnight_goes_on_the_next_day_also_from_sunday() -> None:
    assert week_of({"sun": "20:00-02:00", "mon": "8-12"}) == {
        "mon": [["00:00", "02:00"], ["08:00", "12:00"]],
        "sun": [["20:00", "24:00"]],
    }


@pytest.mark.parametrize(
    "typed", ["8", "8-25", "08:61-09:00", "nine to five", "8-8", "24:00-02:00", "8-12-14"]
)
def test_what_are_no_hours_is_refused_and_the_day_is_named(typed: str) -> None:
    with pytest.raises(NotHours, match="Tuesday"):
        week_of({"tue": typed})


def test_days_with_the_same_hours_stand_together() -> None:
    assert week_words({**WEEKDAYS, "sat": [["09:00", "13:00"]]}) == [
        ("Mon to Fri", "08:00–12:00, 13:00–18:00"),
        ("Sat", "09:00–13:00"),
        ("Sun", "closed"),
    ]
    assert week_words({"mon": [["08:00", "12:00"]]})[1] == ("Tue to Sun", "closed")
    assert week_words({}) == []
