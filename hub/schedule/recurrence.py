"""The language in which days are named: the RRULE of RFC 5545, section 3.3.10, as far as it speaks of days.

Rule 1: what names times of a day is refused with the reason: the times are the dayparts'.
Rule 2: what the RFC does not allow together is refused, rather than guessed at.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal, TypeAlias

from hub.schedule.errors import CannotBeMeant

Frequency: TypeAlias = Literal["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]

WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
INTERVAL_AT_MOST: Final = 1_000
COUNT_AT_MOST: Final = 5_000

_BELOW_A_DAY: Final = frozenset({"BYHOUR", "BYMINUTE", "BYSECOND"})
_DAY: Final = re.compile(r"([+-]?[0-9]{1,2})?(MO|TU|WE|TH|FR|SA|SU)")


@dataclass(frozen=True, slots=True)
class Rule:
    """One RRULE. `by_day`: pairs of which one (0: each) and the weekday (0 is Monday)."""

    frequency: Frequency
    interval: int = 1
    by_day: frozenset[tuple[int, int]] = frozenset()
    by_month_day: frozenset[int] = frozenset()
    by_month: frozenset[int] = frozenset()
    by_position: frozenset[int] = frozenset()
    by_year_day: frozenset[int] = frozenset()
    by_week: frozenset[int] = frozenset()
    week_start: int = 0
    count: int | None = None
    until: date | None = None


def parse(text: str) -> Rule:
    """Raises CannotBeMeant, which says what is not understood and what to write instead."""
    parts: dict[str, str] = {}
    for part in text.upper().removeprefix("RRULE:").split(";"):
        name, sign, value = part.strip().partition("=")
        if not sign or not value:
            raise CannotBeMeant(f"has {_quoted(part)} where NAME=VALUE must be, such as FREQ=WEEKLY")
        if name in parts:
            raise CannotBeMeant(f"names {name} twice")
        if name in _BELOW_A_DAY:
            raise CannotBeMeant(f"names days, not times: leave {name} out and say the times as dayparts")
        if name != "FREQ" and name not in _PARTS:
            raise CannotBeMeant(f"has {_quoted(name)}, which is no part of a rule")
        parts[name] = value
    facts = {_PARTS[name][0]: _PARTS[name][1](name, value) for name, value in parts.items() if name != "FREQ"}
    rule = Rule(frequency=_frequency(parts.get("FREQ")), **facts)
    _fits_together(rule)
    return rule


def _frequency(value: str | None) -> Frequency:
    match value:
        case "DAILY" | "WEEKLY" | "MONTHLY" | "YEARLY":
            return value
        case "HOURLY" | "MINUTELY" | "SECONDLY":
            raise CannotBeMeant(f"names days, not times: instead of FREQ={value} say the times as dayparts")
        case None:
            raise CannotBeMeant("has no FREQ: begin with FREQ=DAILY, WEEKLY, MONTHLY or YEARLY")
    raise CannotBeMeant(f"has FREQ={_quoted(value)}: it is one of DAILY, WEEKLY, MONTHLY and YEARLY")


def _whole(name: str, value: str) -> int:
    at_most = {"INTERVAL": INTERVAL_AT_MOST, "COUNT": COUNT_AT_MOST}[name]
    if not re.fullmatch(r"[0-9]{1,6}", value) or not 1 <= int(value) <= at_most:
        raise CannotBeMeant(f"has {name}={_quoted(value)}: it is a number from 1 to {at_most}")
    return int(value)


_FURTHEST: Final = {"BYMONTH": 12, "BYMONTHDAY": 31, "BYYEARDAY": 366, "BYWEEKNO": 53, "BYSETPOS": 366}


def _numbers(name: str, value: str) -> frozenset[int]:
    furthest = _FURTHEST[name]
    lowest = 1 if name == "BYMONTH" else -furthest
    found = set()
    for text in value.split(","):
        if (
            not re.fullmatch(r"[+-]?[0-9]{1,3}", text)
            or int(text) == 0
            or not lowest <= int(text) <= furthest
        ):
            also = "" if lowest == 1 else f", or from -1 to -{furthest}, counted from the end"
            raise CannotBeMeant(f"has {_quoted(text)} in {name}: it is a number from 1 to {furthest}{also}")
        found.add(int(text))
    return frozenset(found)


def _days(name: str, value: str) -> frozenset[tuple[int, int]]:
    found = set()
    for text in value.split(","):
        day = _DAY.fullmatch(text)
        if day is None or (day[1] is not None and not 1 <= abs(int(day[1])) <= 53):
            raise CannotBeMeant(
                f"has {_quoted(text)} in {name}: it is MO, TU, … SU, or 1MO, -1FR and the like"
            )
        found.add((int(day[1] or 0), WEEKDAYS.index(day[2])))
    return frozenset(found)


def _week_start(name: str, value: str) -> int:
    if value not in WEEKDAYS:
        raise CannotBeMeant(f"has {name}={_quoted(value)}: it is one of MO, TU, WE, TH, FR, SA, SU")
    return WEEKDAYS.index(value)


def _until(name: str, value: str) -> date:
    try:
        if re.fullmatch(r"[0-9]{8}", value):
            return date(int(value[:4]), int(value[4:6]), int(value[6:]))
    except ValueError:
        pass
    raise CannotBeMeant(f"has {name}={_quoted(value)}: it is the last day, such as 20261224")


_PARTS: Final[dict[str, tuple[str, Callable[[str, str], Any]]]] = {
    "INTERVAL": ("interval", _whole),
    "COUNT": ("count", _whole),
    "UNTIL": ("until", _until),
    "BYDAY": ("by_day", _days),
    "BYMONTHDAY": ("by_month_day", _numbers),
    "BYMONTH": ("by_month", _numbers),
    "BYSETPOS": ("by_position", _numbers),
    "BYYEARDAY": ("by_year_day", _numbers),
    "BYWEEKNO": ("by_week", _numbers),
    "WKST": ("week_start", _week_start),
}


def _fits_together(rule: Rule) -> None:
    frequency = rule.frequency
    numbered = any(which for which, _ in rule.by_day)
    named = rule.by_day or rule.by_month_day or rule.by_month or rule.by_year_day or rule.by_week
    refused = {
        "has both COUNT and UNTIL: a rule ends in one way": rule.count is not None and rule.until is not None,
        f"has BYMONTHDAY, which goes not with FREQ={frequency}": rule.by_month_day and frequency == "WEEKLY",
        f"has BYYEARDAY, which goes with FREQ=YEARLY, not with {frequency}": rule.by_year_day
        and frequency != "YEARLY",
        f"has BYWEEKNO, which goes with FREQ=YEARLY, not with {frequency}": rule.by_week
        and frequency != "YEARLY",
        f"numbers the days of BYDAY (as in 1MO), which goes not with FREQ={frequency}": numbered
        and frequency in ("DAILY", "WEEKLY"),
        "numbers the days of BYDAY (as in 1MO), which goes not with BYWEEKNO": numbered and rule.by_week,
        "has BYSETPOS without another BY… from which it could choose": rule.by_position and not named,
    }
    for why, is_so in refused.items():
        if is_so:
            raise CannotBeMeant(why)


def _quoted(text: str) -> str:
    return f"“{text[:40]}”"
