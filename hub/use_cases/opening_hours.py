"""Where and when a site is: time zone, coordinates and opening hours, checked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from hub.use_cases.errors import Invalid

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

# Each part begins with a capital; what else lies in the folder of the system's database does not.
_ZONE: Final = re.compile(r"[A-Z][A-Za-z0-9_+-]*(/[A-Z][A-Za-z0-9_+-]*){0,2}")


def checked_time_zone(name: str) -> str:
    """Raises Invalid when IANA has no such time zone."""
    if name != "UTC" and not _is_zone(name):
        raise Invalid({"time_zone": "is not a time zone of the IANA database, such as Europe/Berlin or UTC"})
    return name


def checked_coordinates(facts: Mapping[str, Any]) -> None:
    """Raises Invalid when only one of latitude and longitude is there."""
    for one, other in (("latitude", "longitude"), ("longitude", "latitude")):
        if facts[one] is None and facts[other] is not None:
            raise Invalid({one: f"goes together with {other}: give both, or neither"})


def checked_hours(
    hours: Mapping[str, Sequence[Sequence[str]]], field: str = "opening_hours"
) -> dict[str, list[list[str]]]:
    """By day in the order of the week, the times in the order of the day; a day without any is left out.
    Raises Invalid, of this field, when a time ends before it begins, or two overlap."""
    checked: dict[str, list[list[str]]] = {}
    for day in DAYS:
        times = sorted((begin, end) for begin, end in hours.get(day, ()))
        # Two digits each: as texts they are in the order of the clock.
        before = "00:00"
        for begin, end in times:
            if begin >= end:
                why = "ends before it begins; what goes past midnight is two: until 24:00, and from 00:00"
                raise Invalid({f"{field}.{day}": f"{begin} to {end} {why}"})
            if begin < before:
                raise Invalid({f"{field}.{day}": f"{begin} to {end} overlaps with what is before it"})
            before = end
        if times:
            checked[day] = [list(pair) for pair in times]
    return checked


def _is_zone(name: str) -> bool:
    # One file is looked at. To list all of them is a walk of 60 ms, in which nobody is served.
    if not _ZONE.fullmatch(name):
        return False
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError):
        return False
    return True
