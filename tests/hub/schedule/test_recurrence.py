"""Which days a rule names, held against dateutil; what is refused; and that no rule costs much."""

from __future__ import annotations

import sys
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from dateutil.rrule import rrulestr
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hub.schedule import named_days
from hub.schedule.errors import CannotBeMeant
from hub.schedule.named_days import DAYS_AT_MOST, first_named, last_of_count, names
from hub.schedule.recurrence import WEEKDAYS, parse

DAY = timedelta(days=1)
# The calendar repeats every 400 years. dateutil walks to the year 9999 where a rule names no day, so it is
# asked shortly before that.
AEONS = 8_000


def later(day: date) -> date:
    return day.replace(year=day.year + AEONS)


def by_dateutil(text: str, first_day: date, years: int) -> set[date]:
    until = first_day.replace(year=first_day.year + years, day=1)
    parts = [
        f"UNTIL={int(part[6:10]) + AEONS}{part[10:]}" if part.startswith("UNTIL=") else part
        for part in text.split(";")
    ]
    rule = rrulestr(";".join(parts), dtstart=datetime.combine(later(first_day), time()))
    found = set()
    for at in rule:
        day = at.date().replace(year=at.year - AEONS)
        if day >= until:
            break
        found.add(day)
    return found


def by_us(text: str, first_day: date, years: int) -> set[date]:
    rule, until = parse(text), first_day.replace(year=first_day.year + years, day=1)
    days = (first_day + n * DAY for n in range(-40, (until - first_day).days))
    return {day for day in days if names(rule, first_day, day)}


def numbers(lowest: int, highest: int) -> st.SearchStrategy[str]:
    drawn = st.integers(lowest, highest).filter(bool)
    return st.sets(drawn, min_size=1, max_size=4).map(lambda them: ",".join(map(str, sorted(them))))


WEEKDAY = st.sampled_from(WEEKDAYS)
PLAIN = st.sets(WEEKDAY, min_size=1, max_size=5).map(lambda days: ",".join(sorted(days)))
COUNTED = st.sets(st.tuples(st.sampled_from([1, 2, 4, 5, -1, -2]), WEEKDAY), min_size=1, max_size=3).map(
    lambda days: ",".join(f"{which}{day}" for which, day in sorted(days))
)


@st.composite
def rules(draw: Any) -> tuple[str, date]:
    """A rule that RFC 5545 allows and its first day."""
    frequency = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    parts = {"FREQ": frequency, "INTERVAL": str(draw(st.sampled_from([1, 1, 2, 3, 5, 12])))}
    by_week = frequency == "YEARLY" and draw(st.integers(0, 4)) == 0
    if by_week:
        parts["BYWEEKNO"] = draw(numbers(1, 53) | st.just("-1"))
    if draw(st.integers(0, 2)) == 0:
        parts["BYMONTH"] = draw(numbers(1, 12))
    if frequency != "WEEKLY" and draw(st.integers(0, 2)) == 0:
        parts["BYMONTHDAY"] = draw(numbers(-31, 31))
    if frequency == "YEARLY" and draw(st.integers(0, 4)) == 0:
        parts["BYYEARDAY"] = draw(numbers(-366, 366))
    if draw(st.booleans()):
        counted = frequency in ("MONTHLY", "YEARLY") and not by_week
        parts["BYDAY"] = draw(PLAIN | COUNTED if counted else PLAIN)
    first_day = draw(st.dates(date(1985, 1, 1), date(1988, 12, 31)))
    week_start = draw(st.integers(0, 6)) if draw(st.booleans()) else 0
    parts["WKST"] = WEEKDAYS[week_start]
    if len(parts) > 3 and draw(st.integers(0, 2)) == 0:
        parts["BYSETPOS"] = draw(numbers(-4, 4))
        if frequency == "WEEKLY":
            # dateutil has a first week begin in the middle; RFC 5545 chooses from the whole interval.
            first_day -= (first_day.weekday() - week_start) % 7 * DAY
    end = draw(st.sampled_from(["", "COUNT", "UNTIL"]))
    if end == "COUNT":
        parts["COUNT"] = str(draw(st.integers(1, 40)))
    elif end == "UNTIL":
        parts["UNTIL"] = f"{first_day + draw(st.integers(0, 900)) * DAY:%Y%m%d}"
    return ";".join(f"{name}={value}" for name, value in parts.items()), first_day


@settings(max_examples=300, deadline=None)
@given(rules())
@example(("FREQ=YEARLY", date(1988, 2, 29)))
@example(("FREQ=MONTHLY", date(1985, 1, 31)))
@example(("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=SU", date(1985, 8, 6)))
@example(("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", date(1985, 1, 1)))
def test_a_rule_names_the_days_that_dateutil_says(drawn: tuple[str, date]) -> None:
    text, first_day = drawn
    assert by_us(text, first_day, 6) == by_dateutil(text, first_day, 6)


@settings(max_examples=100, deadline=None)
@given(rules())
def test_the_first_day_and_the_last_of_a_count_are_days_of_the_rule(drawn: tuple[str, date]) -> None:
    text, first_day = drawn
    rule, days = parse(text), sorted(by_us(text, first_day, 6))
    if days:
        assert first_named(rule, first_day) == days[0]
    if rule.count is not None and len(days) == rule.count:
        assert last_of_count(rule, first_day) == days[-1]


def test_a_first_day_that_the_rule_does_not_name_is_none_of_its_days() -> None:
    rule, tuesday = parse("FREQ=WEEKLY;BYDAY=MO"), date(2026, 6, 2)
    assert not names(rule, tuesday, tuesday) and first_named(rule, tuesday) == date(2026, 6, 8)


@pytest.mark.parametrize(
    "text",
    [
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=YEARLY;BYWEEKNO=53;BYMONTH=6",
        "FREQ=YEARLY;BYDAY=MO;BYSETPOS=366",
        "FREQ=MONTHLY;INTERVAL=12;BYMONTH=5",
        "FREQ=DAILY;INTERVAL=7;BYDAY=TU",
        "FREQ=DAILY;INTERVAL=1000;BYMONTH=2;BYMONTHDAY=30;COUNT=5000",
    ],
)
def test_a_rule_that_names_no_day_is_found_out_without_walking_to_the_end_of_time(text: str) -> None:
    looked_at = 0

    def count(frame: Any, event: str, _: Any) -> None:
        nonlocal looked_at
        looked_at += event == "call" and frame.f_code is named_days._fits.__code__

    rule, first_day = parse(text), date(2026, 6, 1)
    named_days._chosen.cache_clear()
    sys.setprofile(count)
    try:
        assert first_named(rule, first_day) is None
        assert not any(names(rule, first_day, first_day + n * DAY) for n in range(40))
    finally:
        sys.setprofile(None)
    assert looked_at <= DAYS_AT_MOST + 1_000


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "NAME=VALUE"),
        ("FREQ=WEEKLY;", "NAME=VALUE"),
        ("BYDAY=MO", "no FREQ"),
        ("FREQ=HOURLY", "dayparts"),
        ("FREQ=FORTNIGHTLY", "one of DAILY"),
        ("FREQ=DAILY;BYHOUR=9", "dayparts"),
        ("FREQ=DAILY;FREQ=WEEKLY", "FREQ twice"),
        ("FREQ=DAILY;BYEASTER=0", "no part of a rule"),
        ("FREQ=DAILY;INTERVAL=0", "from 1 to"),
        ("FREQ=DAILY;INTERVAL=99999999", "from 1 to"),
        ("FREQ=DAILY;COUNT=1000000", "from 1 to"),
        ("FREQ=DAILY;COUNT=2;UNTIL=20261224", "both COUNT and UNTIL"),
        ("FREQ=DAILY;UNTIL=20261332", "the last day"),
        ("FREQ=DAILY;UNTIL=20261224T120000Z", "the last day"),
        ("FREQ=WEEKLY;BYDAY=1MO", "numbers the days"),
        ("FREQ=WEEKLY;BYDAY=MONDAY", "MO, TU"),
        ("FREQ=MONTHLY;BYDAY=0MO", "MO, TU"),
        ("FREQ=WEEKLY;BYMONTHDAY=3", "BYMONTHDAY"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "from 1 to 31"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "from 1 to 31"),
        ("FREQ=MONTHLY;BYYEARDAY=3", "BYYEARDAY"),
        ("FREQ=MONTHLY;BYWEEKNO=3", "BYWEEKNO"),
        ("FREQ=YEARLY;BYWEEKNO=3;BYDAY=1MO", "BYWEEKNO"),
        ("FREQ=YEARLY;BYMONTH=-1", "from 1 to 12"),
        ("FREQ=MONTHLY;BYSETPOS=1", "BYSETPOS"),
        ("FREQ=WEEKLY;WKST=1", "one of MO"),
        ("DTSTART:20260101\nRRULE:FREQ=DAILY", "no part of a rule"),
    ],
)
def test_what_is_no_rule_of_days_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(CannotBeMeant, match=why):
        parse(text)


@given(st.text(alphabet="FREQ=DAILY;BYMONTHSUWKI0123456789+-,:\n ½٣", max_size=60))
def test_whatever_is_written_is_a_rule_or_is_refused(text: str) -> None:
    try:
        parse(text)
    except CannotBeMeant as refused:
        assert str(refused)
