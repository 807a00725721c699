"""Which days a rule names. Each day is asked by itself, so that no rule costs more than the days asked about.

Rule 1: the first day counts only if the rule names it; what the rule leaves open is taken from the first day.
Rule 2: a rule of weeks of the year (BYWEEKNO) without weekdays names all seven.
Rule 3: no walk is endless: who walks along a rule walks no further than `DAYS_AT_MOST`.

Calendars that walk along a rule until a day comes up walk to the year 9999 where none does (30 February);
that is seconds in which a hub serves nobody. See docs/decisions/0031-schedules.md.
"""

from __future__ import annotations

from calendar import isleap, monthrange
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

from hub.schedule.recurrence import Rule

DAYS_AT_MOST: Final = 60 * 366
"""How many days are looked at for the first that a rule names, or for the last of COUNT."""

EARLIEST: Final = date(1970, 1, 1)
LATEST: Final = date(2150, 12, 31)
_DAY: Final = timedelta(days=1)
_FAR: Final = date(9000, 1, 1)


@lru_cache(maxsize=5_000)
def completed(rule: Rule, first_day: date) -> Rule:
    """The rule with what it leaves open."""
    if rule.by_day or rule.by_month_day or rule.by_year_day or rule.by_week or rule.frequency == "DAILY":
        return rule
    if rule.frequency == "WEEKLY":
        return replace(rule, by_day=frozenset({(0, first_day.weekday())}))
    if rule.frequency == "YEARLY" and not rule.by_month:
        rule = replace(rule, by_month=frozenset({first_day.month}))
    return replace(rule, by_month_day=frozenset({first_day.day}))


def names(rule: Rule, first_day: date, day: date) -> bool:
    """Whether a day is one of the rule, which begins on `first_day`."""
    if day < first_day or (rule.until is not None and day > rule.until):
        return False
    if rule.count is not None:
        last = last_of_count(rule, first_day)
        if last is not None and day > last:
            return False
    period = _period(rule, day)
    if _distance(rule, _period(rule, first_day), period) % rule.interval:
        return False
    rule = completed(rule, first_day)
    return day in _chosen(rule, period) if rule.by_position else _fits(rule, day)


@lru_cache(maxsize=5_000)
def last_of_count(rule: Rule, first_day: date) -> date | None:
    """The day on which COUNT is reached; None if it is not, as far as anybody looks."""
    days = _walk(rule, first_day)
    for _ in range((rule.count or 1) - 1):
        if next(days, None) is None:
            return None
    return next(days, None)


def first_named(rule: Rule, first_day: date) -> date | None:
    """The first day of the rule; None if there is none, as far as anybody looks."""
    return next(_walk(rule, first_day), None)


def _walk(rule: Rule, first_day: date) -> Iterator[date]:
    """The days of the rule in order, whatever its COUNT."""
    rule = completed(rule, first_day)
    period, looked_at = _period(rule, first_day), 0
    while looked_at < DAYS_AT_MOST and period < _FAR:
        days = _days_of(rule, period)
        looked_at += len(days)
        found = _chosen(rule, period) if rule.by_position else [day for day in days if _fits(rule, day)]
        for day in found:
            if rule.until is not None and day > rule.until:
                return
            if day >= first_day:
                yield day
        period = _later(rule, period)


def _period(rule: Rule, day: date) -> date:
    """The first day of the year, month, week or day in which a day is."""
    match rule.frequency:
        case "YEARLY":
            return day.replace(month=1, day=1)
        case "MONTHLY":
            return day.replace(day=1)
        case "WEEKLY":
            return day - (day.weekday() - rule.week_start) % 7 * _DAY
        case "DAILY":
            return day


def _later(rule: Rule, period: date) -> date:
    match rule.frequency:
        case "YEARLY":
            return period.replace(year=period.year + rule.interval)
        case "MONTHLY":
            months = period.year * 12 + period.month - 1 + rule.interval
            return date(months // 12, months % 12 + 1, 1)
        case "WEEKLY":
            return period + 7 * rule.interval * _DAY
        case "DAILY":
            return period + rule.interval * _DAY


def _distance(rule: Rule, one: date, other: date) -> int:
    match rule.frequency:
        case "YEARLY":
            return other.year - one.year
        case "MONTHLY":
            return (other.year - one.year) * 12 + other.month - one.month
        case "WEEKLY":
            return (other - one).days // 7
        case "DAILY":
            return (other - one).days


def _days_of(rule: Rule, period: date) -> list[date]:
    length = {"YEARLY": _year_length(period.year), "MONTHLY": monthrange(period.year, period.month)[1]}
    return [
        period + n * _DAY for n in range(length.get(rule.frequency, 7 if rule.frequency == "WEEKLY" else 1))
    ]


@lru_cache(maxsize=5_000)
def _chosen(rule: Rule, period: date) -> tuple[date, ...]:
    """Those of the period that BYSETPOS chooses, in order."""
    days = [day for day in _days_of(rule, period) if _fits(rule, day)]
    places = {place - 1 if place > 0 else len(days) + place for place in rule.by_position}
    return tuple(days[place] for place in sorted(places) if 0 <= place < len(days))


def _fits(rule: Rule, day: date) -> bool:
    if rule.by_month and day.month not in rule.by_month:
        return False
    if rule.by_month_day and not _either(rule.by_month_day, day.day, monthrange(day.year, day.month)[1]):
        return False
    if rule.by_year_day and not _either(rule.by_year_day, _year_day(day), _year_length(day.year)):
        return False
    if rule.by_week and not _either(rule.by_week, *_week(day, rule.week_start)):
        return False
    return not rule.by_day or _is_of_days(rule, day)


def _is_of_days(rule: Rule, day: date) -> bool:
    weekday = day.weekday()
    if (0, weekday) in rule.by_day:
        return True
    if rule.frequency == "YEARLY" and not rule.by_month:
        place, length = _year_day(day), _year_length(day.year)
    else:
        place, length = day.day, monthrange(day.year, day.month)[1]
    from_start, from_end = (place - 1) // 7 + 1, -((length - place) // 7 + 1)
    return (from_start, weekday) in rule.by_day or (from_end, weekday) in rule.by_day


def _either(wanted: frozenset[int], place: int, length: int) -> bool:
    """Whether a place is named from the start (1) or from the end (-1)."""
    return place in wanted or place - length - 1 in wanted


def _week(day: date, week_start: int) -> tuple[int, int]:
    """The number of a day's week, and how many weeks that year has. Week 1 is the first with four days."""
    middle = day - (day.weekday() - week_start) % 7 * _DAY + 3 * _DAY
    length, place = _year_length(middle.year), _year_day(middle)
    return (place - 1) // 7 + 1, (place - 1) // 7 + 1 + (length - place) // 7


def _year_day(day: date) -> int:
    return day.timetuple().tm_yday


def _year_length(year: int) -> int:
    return 366 if isleap(year) else 365
