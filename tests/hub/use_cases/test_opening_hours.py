"""What is said of a site is sane."""

from __future__ import annotations

from typing import Any

import pytest

from hub.use_cases.errors import Invalid
from hub.use_cases.opening_hours import checked_coordinates, checked_hours, checked_time_zone


def test_hours_are_kept_in_the_order_of_the_week_and_of_the_day() -> None:
    hours = {"tue": [("13:00", "18:30"), ("08:00", "13:00")], "mon": [("00:00", "24:00")], "sun": []}
    assert list(checked_hours(hours).items()) == [
        ("mon", [["00:00", "24:00"]]),
        ("tue", [["08:00", "13:00"], ["13:00", "18:30"]]),
    ]


@pytest.mark.parametrize(
    "times",
    [
        [("18:00", "08:00")],
        [("08:00", "08:00")],
        [("24:00", "24:00")],
        [("08:00", "12:00"), ("11:59", "18:00")],
        [("08:00", "18:00"), ("09:00", "10:00")],
    ],
)
def test_times_that_cannot_be_are_refused_by_day(times: list[tuple[str, str]]) -> None:
    with pytest.raises(Invalid) as refused:
        checked_hours({"wed": times})
    assert list(refused.value.fields) == ["opening_hours.wed"]


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/Argentina/Ushuaia"])
def test_a_time_zone_is_one_of_iana(zone: str) -> None:
    assert checked_time_zone(zone) == zone


@pytest.mark.parametrize("zone", ["Berlin", "europe/berlin", "../etc/passwd", "+02:00", "Europe", "zone.tab"])
def test_anything_else_is_no_time_zone(zone: str) -> None:
    with pytest.raises(Invalid) as refused:
        checked_time_zone(zone)
    assert list(refused.value.fields) == ["time_zone"]


@pytest.mark.parametrize(
    ("latitude", "longitude", "missing"), [(52.5, None, "longitude"), (None, 13.4, "latitude")]
)
def test_one_coordinate_alone_is_no_place(latitude: Any, longitude: Any, missing: str) -> None:
    with pytest.raises(Invalid) as refused:
        checked_coordinates({"latitude": latitude, "longitude": longitude})
    assert list(refused.value.fields) == [missing]
