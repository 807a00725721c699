"""When a screen is lit: the hours that it was told, by the clock of its place. Pure.

Rule 1: a day that is missing is dark; no hours at all: always lit.
Rule 2: from a time until before another; 24:00 is the end of the day. Local times, whatever the clock does:
        in the hour that comes twice it is lit twice.
Rule 3: a time zone that the screen does not know is no reason to be dark.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from protocol.places import Day, OpeningHours

_DAYS: Final[tuple[Day, ...]] = get_args(Day)


def is_lit(hours: OpeningHours | None, time_zone: str, now_ms: int) -> bool:
    """Whether the screen is to be lit at this instant."""
    if hours is None:
        return True
    try:
        local = datetime.fromtimestamp(now_ms / 1000.0, UTC).astimezone(ZoneInfo(time_zone))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return True
    now = f"{local:%H:%M}"
    return any(begins <= now < ends for begins, ends in hours.get(_DAYS[local.weekday()], []))
