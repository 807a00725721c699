"""Times in the operator's own zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest

from dashboard.clock import Clock, to_ms


def at(*when: int) -> int:
    return to_ms(datetime(*when, tzinfo=UTC))  # type: ignore[misc,arg-type]


NOW = at(2025, 11, 21, 14, 2, 7)


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (NOW, "14:02"),
        (at(2025, 11, 20, 23, 59), "yesterday 23:59"),
        (at(2025, 11, 12, 6, 5), "12 Nov 06:05"),
        (at(2024, 2, 3, 6, 5), "3 Feb 2024 06:05"),
    ],
)
def test_as_much_date_is_said_as_is_needed(ms: int, text: str) -> None:
    assert Clock(UTC).moment(ms, NOW) == text


def test_seconds_where_they_matter() -> None:
    assert Clock(UTC).precise(NOW, NOW) == "14:02:07"
    assert Clock(UTC).full(NOW) == "2025-11-21 14:02:07"


def test_the_browsers_zone_decides_daylight_saving_included() -> None:
    berlin = Clock.from_cookie(quote("Europe/Berlin|60"))
    assert berlin.time(at(2025, 11, 21, 12)) == "13:00"
    assert berlin.time(at(2025, 7, 21, 12)) == "14:00"


def test_a_zone_that_this_machine_lacks_is_taken_by_its_offset() -> None:
    assert Clock.from_cookie("Mars/Olympus|-210").zone.utcoffset(None) == timedelta(minutes=-210)


@pytest.mark.parametrize("cookie", [None, "", "|", "../../etc/passwd|x", "a" * 5000, "\x00|", "|99999999999"])
def test_a_cookie_that_says_nothing_useful_gives_this_machines_zone(cookie: str | None) -> None:
    assert Clock.from_cookie(cookie).zone.utcoffset(datetime(2025, 1, 1)) is not None  # noqa: DTZ001 -- utcoffset takes a naive one
