"""Days and times of a schedule as people choose and type them, to and from the rules of the hub. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Final, Literal, NamedTuple, get_args

from dashboard.opening_hours import NotHours, span_typed
from protocol.schedule import Entry

Kind = Literal["every_day", "weekdays", "month_day", "month_weekday", "one_day", "rule"]

KINDS: Final[dict[Kind, str]] = {
    "every_day": "Every day",
    "weekdays": "On days of the week",
    "month_day": "On a day of the month",
    "month_weekday": "On a weekday of the month",
    "one_day": "On one day only",
    "rule": "By a rule of your own (RRULE)",
}
WEEKDAYS: Final[dict[str, str]] = {
    "MO": "Monday",
    "TU": "Tuesday",
    "WE": "Wednesday",
    "TH": "Thursday",
    "FR": "Friday",
    "SA": "Saturday",
    "SU": "Sunday",
}
NTH: Final[dict[int, str]] = {1: "First", 2: "Second", 3: "Third", 4: "Fourth", -1: "Last"}

_WEEKLY: Final = re.compile(r"FREQ=WEEKLY(?:;INTERVAL=(?P<every>\d{1,2}))?;BYDAY=(?P<days>[A-Z,]+)")
_MONTH_DAY: Final = re.compile(r"FREQ=MONTHLY;BYMONTHDAY=(?P<day>-1|\d{1,2})")
_MONTH_WEEKDAY: Final = re.compile(r"FREQ=MONTHLY;BYDAY=(?P<nth>-1|[1-4])(?P<day>[A-Z]{2})")


class NotATime(ValueError):
    """What is chosen or typed names no days or times; the message says why."""


class Days(NamedTuple):
    """Which days. Only what belongs to `kind` counts; `first` is the first of them, or the only one."""

    kind: Kind = "every_day"
    weekdays: tuple[str, ...] = ()
    every_weeks: int = 1
    month_day: int = 1
    nth: int = 1
    weekday: str = "MO"
    rule: str = ""
    first: date | None = None


def rule_of(days: Days, today: date) -> tuple[date | None, str | None]:
    """The first day and the RRULE that say the same. Raises NotATime."""
    first = days.first or today
    match days.kind:
        case "every_day":
            return None, None
        case "one_day":
            if days.first is None:
                raise NotATime("Say on which day.")
            return days.first, None
        case "weekdays":
            if not days.weekdays:
                raise NotATime("Choose at least one day of the week.")
            every = f";INTERVAL={days.every_weeks}" if days.every_weeks > 1 else ""
            return first, f"FREQ=WEEKLY{every};BYDAY={','.join(d for d in WEEKDAYS if d in days.weekdays)}"
        case "month_day":
            return first, f"FREQ=MONTHLY;BYMONTHDAY={days.month_day}"
        case "month_weekday":
            return first, f"FREQ=MONTHLY;BYDAY={days.nth}{days.weekday}"
        case "rule":
            rule = days.rule.strip().removeprefix("RRULE:")
            if not rule:
                raise NotATime("Write the rule, like FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24.")
            return first, rule


def days_of(entry: Entry) -> Days:
    """What one would have chosen to get this entry."""
    first, rule = entry.first_day, entry.recurrence
    if rule is None:
        return Days("every_day") if first is None else Days("one_day", first=first)
    if found := _WEEKLY.fullmatch(rule):
        weekdays = tuple(found["days"].split(","))
        if set(weekdays) <= set(WEEKDAYS):
            return Days("weekdays", weekdays, int(found["every"] or 1), first=first)
    if found := _MONTH_DAY.fullmatch(rule):
        return Days("month_day", month_day=int(found["day"]), first=first)
    if (found := _MONTH_WEEKDAY.fullmatch(rule)) and found["day"] in WEEKDAYS:
        return Days("month_weekday", nth=int(found["nth"]), weekday=found["day"], first=first)
    return Days("rule", rule=rule, first=first)


def dayparts_of(text: str) -> list[list[str]]:
    """`8-12, 13-18` as pairs; nothing for the whole day. What ends before it begins goes on after midnight.
    Raises NotATime."""
    try:
        return [
            list(span_typed(piece.strip(), "Times of day"))
            for piece in re.split(r"[,;\n]|\band\b", text.lower())
            if piece.strip()
        ]
    except NotHours as error:
        raise NotATime(str(error)) from None


def dayparts_text(dayparts: Sequence[Sequence[str]]) -> str:
    """The inverse: `08:00–12:00, 22:00–02:00`."""
    return ", ".join(f"{begins}–{ends}" for begins, ends in dayparts)


def except_days_of(text: str) -> list[date]:
    """Days as they are typed: `2026-12-24, 2026-12-25`. Raises NotATime."""
    days = []
    for piece in re.split(r"[\s,;]+", text.strip()):
        if not piece:
            continue
        try:
            days.append(date.fromisoformat(piece))
        except ValueError:
            raise NotATime(f"Not on: write days like 2026-12-24, not {piece}.") from None
    return sorted(set(days))


def except_days_text(days: Sequence[date]) -> str:
    return ", ".join(day.isoformat() for day in days)


def kind_of(text: str) -> Kind:
    """The kind of that name."""
    return next(kind for kind in get_args(Kind) if kind == text)
