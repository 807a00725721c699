"""Keys in words."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from dashboard.clock import Clock, to_ms
from dashboard.key_sentences import end_of_day

BERLIN = Clock(ZoneInfo("Europe/Berlin"))
NOW_MS = to_ms(datetime(2026, 11, 21, 22, 30, tzinfo=UTC))


def test_a_key_is_good_until_the_end_of_the_day_where_it_was_typed() -> None:
    assert end_of_day("2026-12-31", BERLIN, NOW_MS) == datetime(2026, 12, 31, 23, tzinfo=UTC)
    assert end_of_day("2026-11-21", BERLIN, NOW_MS) == datetime(2026, 11, 21, 23, tzinfo=UTC)
    assert end_of_day("", BERLIN, NOW_MS) is None


@pytest.mark.parametrize("text", ["2026-11-20", "tomorrow", "9999-12-31"])
def test_a_day_that_is_over_or_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        end_of_day(text, BERLIN, NOW_MS)
