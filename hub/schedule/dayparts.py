"""The times of a day at which an entry plays, as minutes since the midnight on which the day began."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Final, TypeAlias

from hub.schedule.errors import CannotBeMeant

DAY_MINUTES: Final = 24 * 60

Daypart: TypeAlias = tuple[int, int]
"""From the first minute until before the second; beyond the day where it goes on into the next."""

WHOLE_DAY: Final[tuple[Daypart, ...]] = ((0, DAY_MINUTES),)


def parse(pairs: Sequence[Sequence[str]]) -> tuple[Daypart, ...]:
    """In the order of the day; none are the whole day. Raises CannotBeMeant."""
    parts = sorted(_parsed(begin, end) for begin, end in pairs)
    for (begin, end), (following, _) in pairwise(parts):
        if following < end:
            raise CannotBeMeant(f"{in_text((begin, end))} overlaps with what begins at {_clock(following)}")
    if parts and parts[-1][1] > parts[0][0] + DAY_MINUTES:
        raise CannotBeMeant(
            f"{in_text(parts[-1])} goes on into what begins at {_clock(parts[0][0])} the day after"
        )
    return tuple(parts) or WHOLE_DAY


def in_text(part: Daypart) -> str:
    """Such as "22:00–02:00"."""
    begin, end = part
    return f"{_clock(begin)}–{'24:00' if end == DAY_MINUTES else _clock(end % DAY_MINUTES)}"


def walls_of(day: date, parts: Sequence[Daypart]) -> list[tuple[datetime, datetime]]:
    """The spans of the wall that begin on a day."""
    midnight = datetime.combine(day, time())
    return [(midnight + timedelta(minutes=begin), midnight + timedelta(minutes=end)) for begin, end in parts]


def _parsed(begin: str, end: str) -> Daypart:
    first, last = _minutes(begin), _minutes(end)
    if first == DAY_MINUTES:
        raise CannotBeMeant("begins at 24:00; that is 00:00 of the next day")
    if first == last:
        raise CannotBeMeant(f"ends when it begins ({begin}); for the whole day leave dayparts out")
    return first, last if last > first else last + DAY_MINUTES


def _minutes(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
