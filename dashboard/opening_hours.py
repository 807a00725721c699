"""Opening hours: whether a site is open, in its own time zone, and hours as people type them. Pure.

Rule 1: hours are of the clock on the wall there: what changes with summer time is the clock, not the hours.
Rule 2: spans that touch are one, also over midnight and from Sunday to Monday.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from protocol.places import Day, OpeningHours

DAYS: Final[dict[Day, str]] = {
    "mon": "Monday",
    "tue": "Tuesday",
    "wed": "Wednesday",
    "thu": "Thursday",
    "fri": "Friday",
    "sat": "Saturday",
    "sun": "Sunday",
}
"""The days in the order of the week, with their names."""

_ORDER: Final = tuple(DAYS)
_DAY_MIN: Final = 24 * 60
_WEEK_MIN: Final = 7 * _DAY_MIN
_TIME: Final = r"(\d{1,2})(?:[:.h](\d{2}))?"
_SPAN: Final = re.compile(rf"{_TIME}\s*(?:-|–|—|to)\s*{_TIME}")
_ALL_DAY: Final = ("00:00", "24:00")


class NotHours(ValueError):
    """What is typed are no opening hours; the message says why."""


class Standing(NamedTuple):
    """`Open now, closes 18:00`, and whether it is open."""

    is_open: bool
    words: str


def standing(hours: OpeningHours, time_zone: str, now: datetime) -> Standing | None:
    """How a site stands at an instant; None when no hours are said, or this machine lacks its time zone."""
    try:
        local = now.astimezone(ZoneInfo(time_zone))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
    spans = _spans(hours)
    if not spans:
        return None
    at = local.weekday() * _DAY_MIN + local.hour * 60 + local.minute
    for begin, end in spans:
        if begin <= at < end:
            if end - begin >= _WEEK_MIN:
                return Standing(True, "Open day and night")
            return Standing(True, f"Open now, closes {_when(end, at, closing=True)}")
        if at < begin:
            return Standing(False, f"Closed, opens {_when(begin, at)}")
    raise AssertionError("two weeks of spans reach past every minute of the first one")


def week_of(typed: Mapping[Day, str]) -> OpeningHours:
    """Hours as they are typed for each day; what ends after midnight goes on in the next. Raises NotHours."""
    week: dict[Day, list[list[str]]] = {day: [] for day in _ORDER}
    for number, day in enumerate(_ORDER):
        for begin, end in _typed(typed.get(day, ""), DAYS[day]):
            if begin < end:
                week[day].append([begin, end])
                continue
            week[day].append([begin, "24:00"])
            if end != "00:00":
                week[_ORDER[(number + 1) % 7]].append(["00:00", end])
    return {day: sorted(spans) for day, spans in week.items() if spans}


def span_typed(piece: str, what: str) -> tuple[str, str]:
    """One span as it is typed: `8-12`, `22:00–02:00`. `what` begins the complaint. Raises NotHours."""
    found = _SPAN.fullmatch(piece)
    if found is None:
        raise NotHours(f"{what}: write hours like 08:00-18:00, or 08:00-12:00, 13:00-18:00.")
    begin, end = _clock(found[1], found[2], what), _clock(found[3], found[4], what)
    if begin == end or begin == "24:00":
        raise NotHours(f"{what}: {piece} has no length. The whole day is 00:00-24:00.")
    return begin, end


def typed_of(spans: Sequence[Sequence[str]]) -> str:
    """The hours of one day as one would type them: `08:00–12:00, 13:00–18:00`."""
    return ", ".join(f"{begin}–{end}" for begin, end in spans)


def week_words(hours: OpeningHours) -> list[tuple[str, str]]:
    """Days with the same hours together: `[("Mon to Fri", "08:00–18:00"), ("Sat, Sun", "closed")]`."""
    if not hours:
        return []
    runs: list[tuple[list[str], str]] = []
    for day, name in DAYS.items():
        said = typed_of(hours.get(day, [])) or "closed"
        if runs and runs[-1][1] == said:
            runs[-1][0].append(name[:3])
        else:
            runs.append(([name[:3]], said))
    return [(f"{days[0]} to {days[-1]}" if len(days) > 2 else ", ".join(days), said) for days, said in runs]


def _spans(hours: OpeningHours) -> list[tuple[int, int]]:
    """In minutes of the week, for two weeks, joined where they touch."""
    week = sorted(
        (number * _DAY_MIN + _minutes(begin), number * _DAY_MIN + _minutes(end))
        for number, day in enumerate(_ORDER)
        for begin, end in hours.get(day, [])
    )
    joined: list[tuple[int, int]] = []
    for begin, end in [*week, *((begin + _WEEK_MIN, end + _WEEK_MIN) for begin, end in week)]:
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((begin, end))
    return joined


def _when(minute: int, now: int, *, closing: bool = False) -> str:
    if closing and minute % _DAY_MIN == 0:  # the end of a day is 24:00, not the 00:00 of the next
        days, clock = minute // _DAY_MIN - 1 - now // _DAY_MIN, "24:00"
    else:
        days, clock = minute // _DAY_MIN - now // _DAY_MIN, f"{minute // 60 % 24:02}:{minute % 60:02}"
    if days == 0:
        return clock
    if days == 1:
        return f"tomorrow {clock}"
    name = DAYS[_ORDER[(now // _DAY_MIN + days) % 7]]
    return f"next {name} {clock}" if days > 6 else f"{name} {clock}"


def _minutes(time: str) -> int:
    return int(time[:2]) * 60 + int(time[3:])


def _typed(text: str, day: str) -> list[tuple[str, str]]:
    text = text.strip().lower()
    if text in ("", "closed", "-", "–"):
        return []
    if text in ("24h", "24 h", "all day"):
        return [_ALL_DAY]
    return [span_typed(piece.strip(), day) for piece in re.split(r"[,;]|\band\b", text) if piece.strip()]


def _clock(hour: str, minute: str | None, day: str) -> str:
    hours, minutes = int(hour), int(minute or 0)
    if hours > 24 or minutes > 59 or (hours == 24 and minutes):
        raise NotHours(f"{day}: {hours}:{minutes:02} is no time of the day.")
    return f"{hours:02}:{minutes:02}"
