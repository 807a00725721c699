"""What plays when, held against an oracle that asks minute by minute; the missing and the doubled hour."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.schedule.entries import ScheduleEntry, Specificity, times_of
from hub.schedule.resolving import PlainSegment, never_changes, resolve
from protocol.vocabulary import PlaysBecause
from tests.hub.schedule.oracle import ZONES, disagreements, transitions

CREATED = datetime(2026, 1, 1, tzinfo=UTC)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
RULES = (
    "FREQ=DAILY",
    "FREQ=DAILY;INTERVAL=2",
    "FREQ=WEEKLY;BYDAY=MO,FR",
    "FREQ=WEEKLY;BYDAY=SA,SU",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO;WKST=SU",
    "FREQ=MONTHLY;BYDAY=-1SU",
    "FREQ=MONTHLY;BYMONTHDAY=-1,1,15",
    "FREQ=YEARLY;BYMONTH=3,10;BYDAY=SU",
    "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
)


def entry(id: str = "e", **facts: Any) -> ScheduleEntry:
    """An entry of the group; `pairs`, `rule`, `first_day`, `zone`, `without` are its times."""
    times = times_of(
        first_day=facts.pop("first_day", None),
        recurrence_text=facts.pop("rule", None),
        except_days=facts.pop("without", ()),
        pairs=facts.pop("pairs", ()),
        time_zone=facts.pop("zone", None),
    )
    facts = {"specificity": Specificity.GROUP, "created_at": CREATED, **facts}
    return ScheduleEntry(id=id, playlist_id=f"of {id}", times=times, **facts)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


def spans(found: list[PlainSegment], id: str = "e") -> list[tuple[datetime, datetime]]:
    return [(segment.begins_at, segment.ends_at) for segment in found if segment.entry_id == id]


# ---- against the oracle ----

MINUTES = st.integers(0, 24 * 60 - 1)


@st.composite
def dayparts(draw: Any) -> list[list[str]]:
    """None, or up to three that do not overlap; the last may go on into the next day."""
    marks = sorted(draw(st.sets(MINUTES, max_size=6)))
    marks = marks[: len(marks) // 2 * 2]
    clock = [f"{mark // 60:02}:{mark % 60:02}" for mark in marks]
    if marks and draw(st.booleans()):
        clock = clock[1:] + clock[:1]
    return [list(pair) for pair in zip(clock[::2], clock[1::2], strict=True)]


@st.composite
def situations(draw: Any) -> tuple[list[tuple[ScheduleEntry, str | None]], str, datetime]:
    """Entries with their rules, a zone, and an instant: often where the clock of the zone moves."""
    zone = draw(st.sampled_from(ZONES))
    begins = draw(
        st.sampled_from(transitions(zone) or [CREATED])
        | st.integers(0, 46 * 365 * 1440).map(lambda n: utc(1990, 1, 1) + n * MINUTE)
    )
    minutes = st.integers(-600, 4000).map(lambda n: begins + n * MINUTE)
    entries = []
    for number in range(draw(st.integers(1, 4))):
        rule = draw(st.none() | st.sampled_from(RULES))
        near = begins.date() + draw(st.integers(-10, 2)) * DAY
        first_day = near if rule is not None else draw(st.none() | st.just(near))
        since, until = sorted([draw(minutes), draw(minutes)])
        made = entry(
            str(number),
            rule=rule,
            first_day=first_day,
            without=draw(st.lists(st.integers(0, 3).map(lambda n: begins.date() + n * DAY), max_size=2)),
            pairs=draw(dayparts()),
            zone=draw(st.none() | st.sampled_from(ZONES)),
            specificity=draw(st.sampled_from(Specificity)),
            is_takeover=draw(st.booleans()),
            priority=draw(st.sampled_from([0, 0, 5])),
            created_at=CREATED + draw(st.integers(0, 2)) * DAY,
            valid_from=draw(st.none() | st.just(since)),
            valid_until=draw(st.none() | st.just(until)),
        )
        entries.append((made, rule))
    return entries, zone, begins


@settings(max_examples=80, deadline=None)
@given(situations())
def test_every_minute_plays_what_the_oracle_says(
    situation: tuple[list[tuple[ScheduleEntry, str | None]], str, datetime],
) -> None:
    entries, zone, begins = situation
    found = resolve([made for made, _ in entries], zone, begins, begins + 2 * DAY, "default")
    assert disagreements(found, entries, zone, MINUTE) == []
    assert (found[0].begins_at, found[-1].ends_at) == (begins, begins + 2 * DAY)
    for one, after in pairwise(found):
        assert one.ends_at == after.begins_at and one[2:] != after[2:]
    for segment in found:
        by_default = segment.because is PlaysBecause.DEFAULT
        assert by_default == (segment.entry_id is None) == (segment.playlist_id == "default")


@pytest.mark.parametrize(
    ("zone", "year"),
    [
        ("Europe/Berlin", 2026),
        ("America/New_York", 2027),
        ("Australia/Lord_Howe", 2026),
        ("America/Sao_Paulo", 2018),
        ("Africa/Casablanca", 2026),
        ("Pacific/Apia", 2011),
        ("Asia/Kathmandu", 2026),
    ],
)
def test_a_whole_year_is_as_the_oracle_says(zone: str, year: int) -> None:
    entries = [
        (
            entry("night", pairs=[["22:00", "02:30"]], rule=RULES[2], first_day=date(year - 1, 12, 1)),
            RULES[2],
        ),
        (entry("noon", pairs=[["11:30", "14:15"]], priority=1), None),
        (entry("sunday", rule=RULES[5], first_day=date(year, 1, 1), priority=2), RULES[5]),
        (entry("small hours", pairs=[["00:00", "00:45"], ["02:15", "03:00"]], priority=3), None),
    ]
    begins = utc(year, 1, 1)
    found = resolve([made for made, _ in entries], zone, begins, utc(year + 1, 1, 1), None)
    assert disagreements(found, entries, zone, timedelta(minutes=15)) == []


def test_to_ask_for_a_day_or_for_a_month_is_the_same() -> None:
    entries = [
        entry("night", pairs=[["22:00", "02:30"]], rule=RULES[2], first_day=date(2026, 3, 1)),
        entry("noon", pairs=[["11:30", "14:15"]], priority=1),
    ]
    begins = utc(2026, 3, 15)
    month = resolve(entries, "Europe/Berlin", begins, begins + 30 * DAY, None)
    for number in range(30):
        since, until = begins + number * DAY, begins + (number + 1) * DAY
        cut = [
            segment._replace(begins_at=max(since, segment.begins_at), ends_at=min(until, segment.ends_at))
            for segment in month
            if segment.begins_at < until and segment.ends_at > since
        ]
        assert resolve(entries, "Europe/Berlin", since, until, None) == cut


# ---- the clock changes, by hand ----


def test_what_is_skipped_in_spring_does_not_play_that_day() -> None:
    found = resolve(
        [entry(pairs=[["02:00", "03:00"]])], "Europe/Berlin", utc(2026, 3, 28), utc(2026, 3, 31), None
    )
    assert spans(found) == [
        (utc(2026, 3, 28, 1), utc(2026, 3, 28, 2)),
        (utc(2026, 3, 30, 0), utc(2026, 3, 30, 1)),
    ]


def test_what_begins_in_the_skipped_hour_begins_when_the_clock_goes_on() -> None:
    found = resolve(
        [entry(pairs=[["02:30", "04:00"]])], "Europe/Berlin", utc(2026, 3, 29), utc(2026, 3, 30), None
    )
    assert spans(found) == [(utc(2026, 3, 29, 1), utc(2026, 3, 29, 2))]


def test_what_comes_twice_in_autumn_plays_twice() -> None:
    begins, ends = utc(2026, 10, 25), utc(2026, 10, 26)
    found = resolve([entry(pairs=[["02:00", "02:30"]])], "Europe/Berlin", begins, ends, None)
    assert spans(found) == [
        (utc(2026, 10, 25, 0), utc(2026, 10, 25, 0, 30)),
        (utc(2026, 10, 25, 1), utc(2026, 10, 25, 1, 30)),
    ]
    found = resolve([entry(pairs=[["01:00", "04:00"]])], "Europe/Berlin", begins - DAY, ends, None)
    assert spans(found)[-1] == (utc(2026, 10, 24, 23), utc(2026, 10, 25, 3)), "four hours, without a break"


def test_a_clock_that_moves_by_half_an_hour_moves_the_schedule_by_half_an_hour() -> None:
    begins = utc(2026, 10, 3, 12)
    found = resolve([entry(pairs=[["01:00", "03:00"]])], "Australia/Lord_Howe", begins, begins + DAY, None)
    assert spans(found) == [(utc(2026, 10, 3, 14, 30), utc(2026, 10, 3, 16))]


def test_a_day_that_there_was_not_is_left_out() -> None:
    skipped = entry(first_day=date(2011, 12, 30))
    assert spans(resolve([skipped], "Pacific/Apia", utc(2011, 12, 28), utc(2012, 1, 2), None)) == []


def test_a_fixed_time_zone_is_that_of_the_entry_wherever_the_screen_is() -> None:
    morning = entry(pairs=[["08:00", "09:00"]], zone="America/New_York")
    found = resolve([morning], "Asia/Kathmandu", utc(2026, 7, 1), utc(2026, 7, 2), None)
    assert spans(found) == [(utc(2026, 7, 1, 12), utc(2026, 7, 1, 13))]


# ---- which one plays ----


def because(*entries: ScheduleEntry, default: str | None = None) -> tuple[str | None, PlaysBecause]:
    (segment,) = resolve(entries, "UTC", utc(2026, 1, 1), utc(2026, 1, 2), default)
    return segment.entry_id or segment.playlist_id, segment.because


def test_each_rule_decides_where_those_before_it_do_not() -> None:
    newest = entry("newest", created_at=CREATED + DAY)
    site = entry("site", specificity=Specificity.SITE, created_at=CREATED + 2 * DAY)
    prior = entry("prior", specificity=Specificity.EVERYBODY, priority=1)
    taking = entry("taking", specificity=Specificity.EVERYBODY, is_takeover=True)
    assert because() == (None, PlaysBecause.NOTHING)
    assert because(default="d") == ("d", PlaysBecause.DEFAULT)
    assert because(entry("b"), default="d") == ("b", PlaysBecause.ONLY_ONE)
    assert because(entry("b"), entry("a")) == ("b", PlaysBecause.NEWEST)
    assert because(entry("b"), newest) == ("newest", PlaysBecause.NEWEST)
    assert because(entry("b"), newest, site) == ("newest", PlaysBecause.NEWEST)
    assert because(site, entry("b")) == ("b", PlaysBecause.SPECIFICITY)
    assert because(site, newest, prior) == ("prior", PlaysBecause.PRIORITY)
    assert because(site, newest, prior, taking) == ("taking", PlaysBecause.TAKEOVER)


def test_the_kinds_of_target_are_told_apart_from_everybody_to_one_screen() -> None:
    kinds = [entry(kind.name, specificity=kind) for kind in Specificity]
    order = ["EVERYBODY", "SITE", "TAG", "GROUP", "DEVICE"]
    for place, name in enumerate(order):
        assert because(*kinds[: place + 1])[0] == name


# ---- what never changes ----


def test_a_schedule_without_times_never_changes_and_one_with_times_does() -> None:
    timed = entry("timed", pairs=[["08:00", "09:00"]])
    assert never_changes([], CREATED)
    assert never_changes([entry("a"), entry("b", specificity=Specificity.DEVICE)], CREATED)
    assert not never_changes([entry("a"), timed], CREATED + DAY)
    assert not never_changes([entry("a", valid_until=CREATED + DAY)], CREATED)


def test_what_is_outranked_for_ever_or_over_changes_nothing() -> None:
    timed = entry("timed", pairs=[["08:00", "09:00"]])
    assert never_changes([timed, entry("above", priority=1)], CREATED)
    assert never_changes([entry("over", valid_until=CREATED)], CREATED)
    last_year = entry("rule", rule="FREQ=DAILY;UNTIL=20251224", first_day=date(2025, 1, 1))
    assert never_changes([last_year], CREATED) and not never_changes([last_year], CREATED - 30 * DAY)
    counted = entry("counted", rule="FREQ=DAILY;COUNT=3", first_day=date(2025, 12, 1))
    assert never_changes([counted], CREATED) and not never_changes([counted], utc(2025, 12, 2))
