"""The times of an entry in plain words: "Mondays and Fridays 08:00–18:00, local time of the screen". Pure.

Rule: what cannot be said shortly is quoted as it was written; nothing is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from hub.schedule import dayparts
from hub.schedule.dayparts import WHOLE_DAY
from hub.schedule.entries import Times
from hub.schedule.recurrence import Rule

_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September", "October"),
    *("November", "December"),
)
_NAMED_AT_MOST: Final = 3


def when_words(
    times: Times, recurrence: str | None, valid_from: datetime | None, valid_until: datetime | None
) -> str:
    """The whole of it. `recurrence`: the rule as it was written."""
    if times.is_always:
        said = ["always"]
    else:
        hours = "" if times.dayparts == WHOLE_DAY else " " + listed(map(dayparts.in_text, times.dayparts))
        said = [days_words(times, recurrence) + hours, zone_words(times.time_zone)]
        said += _bounds(times)
    zone = times.time_zone or "UTC"
    if valid_from is not None:
        said.append(f"valid from {moment(valid_from, zone)}{_named(zone)}")
    if valid_until is not None:
        said.append(f"valid until {moment(valid_until, zone)}{_named(zone)}")
    return ", ".join(said)


def days_words(times: Times, recurrence: str | None) -> str:
    """On which days: "every day", "24 Dec 2026", "Mondays to Fridays", "the first Monday of every month"."""
    if times.first_day is None:
        return "every day"
    if times.rule is None:
        return day_words(times.first_day)
    return _rule_words(times.rule, times.first_day) or f"days by the rule {recurrence}"


def zone_words(time_zone: str | None) -> str:
    """Whose clock it is."""
    if time_zone is None:
        return "local time of the screen"
    return "UTC" if time_zone == "UTC" else f"time of {time_zone}"


def moment(at: datetime, zone: str) -> str:
    """An instant by the clock of a zone: "24 Dec 2026 18:00"."""
    local = at.astimezone(UTC if zone == "UTC" else ZoneInfo(zone))
    return f"{day_words(local.date())} {local:%H:%M}"


def day_words(day: date) -> str:
    """`24 Dec 2026`."""
    return f"{day.day} {_MONTHS[day.month - 1][:3]} {day.year}"


def listed(words: Iterable[str]) -> str:
    """`one, two and three`."""
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last


def _bounds(times: Times) -> list[str]:
    said = []
    if times.rule is not None and times.first_day is not None:
        said.append(f"from {day_words(times.first_day)}")
        if times.rule.count is not None:
            said.append("once" if times.rule.count == 1 else f"{times.rule.count} times")
        if times.rule.until is not None:
            said.append(f"until {day_words(times.rule.until)}")
    without = sorted(times.except_days)
    if len(without) > _NAMED_AT_MOST:
        said.append(f"except {len(without)} days")
    elif without:
        said.append(f"except {listed(map(day_words, without))}")
    return said


def _named(zone: str) -> str:
    return f" {zone}" if zone == "UTC" else ""


def _rule_words(rule: Rule, first_day: date) -> str | None:
    """None for what no short sentence says."""
    if rule.by_position or rule.by_year_day or rule.by_week or rule.week_start:
        return None
    plain = sorted(weekday for which, weekday in rule.by_day if not which)
    counted = sorted((day for day in rule.by_day if day[0]), key=lambda day: (day[0] < 0, day))
    if plain and (counted or rule.by_month_day):
        return None
    months = _month_words(rule)
    match rule.frequency:
        case "DAILY" if rule.interval == 1 and not rule.by_month_day:
            return (_weekday_words(plain) if plain else "every day") + (f" in {months}" if months else "")
        case "DAILY" if not (rule.by_day or rule.by_month_day or months):
            return f"every {rule.interval} days"
        case "WEEKLY" if not months:
            days = _weekday_words(plain or [first_day.weekday()])
            return days if rule.interval == 1 else f"{days} of every {_ordinal(rule.interval)} week"
        case "MONTHLY" if not months and not plain:
            every = "every month" if rule.interval == 1 else f"every {_ordinal(rule.interval)} month"
            if counted:
                return None if rule.by_month_day else f"{_counted_words(counted)} of {every}"
            return f"{_month_day_words(rule.by_month_day or {first_day.day})} of {every}"
        case "YEARLY" if not plain and not counted:
            if rule.by_month and not rule.by_month_day:
                return None
            in_months = sorted(rule.by_month or ({first_day.month} if not rule.by_month_day else ()))
            if not in_months:
                return None
            days = _month_day_words(rule.by_month_day or {first_day.day})
            every = "every year" if rule.interval == 1 else f"every {_ordinal(rule.interval)} year"
            return f"{days} of {listed(_MONTHS[month - 1] for month in in_months)} {every}"
    return None


def _month_words(rule: Rule) -> str:
    return listed(_MONTHS[month - 1] for month in sorted(rule.by_month)) if rule.by_month else ""


def _weekday_words(weekdays: Sequence[int]) -> str:
    if len(weekdays) == len(_DAYS):
        return "every day"
    if len(weekdays) > 2 and weekdays[-1] - weekdays[0] == len(weekdays) - 1:
        return f"{_DAYS[weekdays[0]]}s to {_DAYS[weekdays[-1]]}s"
    return listed(f"{_DAYS[weekday]}s" for weekday in weekdays)


def _counted_words(days: Iterable[tuple[int, int]]) -> str:
    return "the " + listed(f"{_which(which)} {_DAYS[weekday]}" for which, weekday in days)


def _month_day_words(days: Iterable[int]) -> str:
    from_start = [_ordinal(day) for day in sorted(days) if day > 0]
    from_end = [f"{_which(day)} day" for day in sorted(days, reverse=True) if day < 0]
    return "the " + listed(from_start + from_end)


def _which(number: int) -> str:
    if number > 0:
        return _ordinal(number)
    return "last" if number == -1 else f"{_ordinal(-number)} last"


def _ordinal(number: int) -> str:
    ending = "th" if 10 < number % 100 < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
