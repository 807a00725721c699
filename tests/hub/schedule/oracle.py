"""What plays at a minute, found out the slow way: by looking at the clock and asking every entry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from hub.schedule.entries import ScheduleEntry, Times
from hub.schedule.resolving import PlainSegment

ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",  # its clock moves by half an hour
    "Asia/Kathmandu",  # 5:45 ahead, and never moves
    "America/Sao_Paulo",  # moved at midnight until 2019: there were days without a 00:30
    "Africa/Casablanca",  # moves back for Ramadan and forth after it
    "Pacific/Apia",  # 30 December 2011 was no day there
    "Europe/Dublin",
    "America/St_Johns",
)


@lru_cache
def transitions(zone: str) -> list[datetime]:
    """Some hours before the clock of the zone moves, and the whole hours around, from 1990 to 2037."""
    place, at, found = ZoneInfo(zone), datetime(1990, 1, 1, tzinfo=UTC), []
    before = at.astimezone(place).utcoffset()
    while at.year < 2037:
        at += timedelta(hours=12)
        offset = at.astimezone(place).utcoffset()
        if offset != before:
            found.append(at - timedelta(hours=12))
        before = offset
    return found


def named(times: Times, text: str | None, day: date) -> bool:
    """Whether a day is one of the entry's, by a calendar that is not ours. `text`: the rule as written."""
    if day in times.except_days:
        return False
    if times.first_day is None:
        return True
    if text is None:
        return day == times.first_day
    return day in _days_of_rule(text, times.first_day, day.year)


@lru_cache(maxsize=10_000)
def _days_of_rule(text: str, first_day: date, year: int) -> frozenset[date]:
    rule = rrulestr(text, dtstart=datetime.combine(first_day, time()))
    first, last = (datetime.combine(day, time()) for day in (date(year, 1, 1), date(year, 12, 31)))
    return frozenset(at.date() for at in rule.between(first, last, inc=True))


def plays(entry: ScheduleEntry, text: str | None, zone: str, at: datetime) -> bool:
    """Whether the entry would play at an instant: looks at the wall, and asks today and yesterday."""
    if entry.valid_from is not None and at < entry.valid_from:
        return False
    if entry.valid_until is not None and at >= entry.valid_until:
        return False
    shown = at.astimezone(ZoneInfo(entry.times.time_zone or zone)).replace(tzinfo=None)
    for day in (shown.date(), shown.date() - timedelta(days=1)):
        minutes = (shown - datetime.combine(day, time())) // timedelta(minutes=1)
        if any(b <= minutes < e for b, e in entry.times.dayparts) and named(entry.times, text, day):
            return True
    return False


def comes_before(one: ScheduleEntry, other: ScheduleEntry) -> bool:
    """The rule of conflict, spelled out."""
    if one.is_takeover != other.is_takeover:
        return one.is_takeover
    if one.priority != other.priority:
        return one.priority > other.priority
    if one.specificity != other.specificity:
        return one.specificity > other.specificity
    if one.created_at != other.created_at:
        return one.created_at > other.created_at
    return one.id > other.id


def winner(
    entries: Sequence[tuple[ScheduleEntry, str | None]], zone: str, at: datetime
) -> ScheduleEntry | None:
    """The entry that plays at an instant."""
    would = [entry for entry, text in entries if plays(entry, text, zone, at)]
    for one in would:
        if all(comes_before(one, other) for other in would if other is not one):
            return one
    return None


def every(step: timedelta, begins: datetime, ends: datetime) -> Iterator[datetime]:
    """Each instant of a span that is whole steps from its beginning."""
    at = begins
    while at < ends:
        yield at
        at += step


def disagreements(
    segments: Sequence[PlainSegment],
    entries: Sequence[tuple[ScheduleEntry, str | None]],
    zone: str,
    step: timedelta,
) -> list[str]:
    """Where the segments say something else than the oracle."""
    wrong, place = [], 0
    for at in every(step, segments[0].begins_at, segments[-1].ends_at):
        while at >= segments[place].ends_at:
            place += 1
        expected = winner(entries, zone, at)
        if segments[place].entry_id != (expected.id if expected else None):
            wrong.append(f"{at} ({at.astimezone(ZoneInfo(zone))}): {segments[place]} instead of {expected}")
    return wrong
