"""Moments as they are typed, by the clock of whoever types."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from dashboard.moment_typed import NotAMoment, moment_text, moment_typed

BERLIN = ZoneInfo("Europe/Berlin")


def test_a_moment_is_typed_in_the_time_of_whoever_types_it() -> None:
    assert moment_typed("2030-07-01T18:00", BERLIN) == datetime(2030, 7, 1, 16, 0, tzinfo=UTC)
    assert moment_typed("2030-01-01T13:00", BERLIN) == datetime(2030, 1, 1, 12, 0, tzinfo=UTC)
    assert moment_text(datetime(2030, 7, 1, 16, 0, tzinfo=UTC), BERLIN) == "2030-07-01T18:00"
    assert moment_typed("  ", BERLIN) is None and moment_text(None, BERLIN) == ""


@pytest.mark.parametrize("text", ["tomorrow", "0001-01-01T00:00"])
def test_what_is_no_moment_is_said(text: str) -> None:
    with pytest.raises(NotAMoment, match=f"{text} is no date and time"):
        moment_typed(text, BERLIN)
