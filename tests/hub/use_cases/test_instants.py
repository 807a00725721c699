"""Instants and windows as people give them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from hub.use_cases.errors import Invalid
from hub.use_cases.instants import in_utc, require_window

NOON = datetime(2030, 7, 1, 12, tzinfo=UTC)


def test_an_instant_is_kept_in_utc_wherever_it_was_said() -> None:
    there = datetime.fromisoformat("2030-07-01T14:00:00+02:00")
    kept = in_utc("valid_from", there)
    assert (kept, str(kept)) == (there, "2030-07-01 12:00:00+00:00")
    assert in_utc("valid_from", None) is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("2030-07-01T14:00:00", "must say its time zone"),
        ("0001-01-01T00:00:00+14:00", "before the year 1"),
        ("9999-12-31T23:59:59-14:00", "after the year 9999"),
    ],
)
def test_what_is_no_instant_for_everybody_is_refused_by_name(text: str, why: str) -> None:
    with pytest.raises(Invalid) as refused:
        in_utc("valid_from", datetime.fromisoformat(text))
    assert why in refused.value.fields["valid_from"]


def test_a_window_ends_after_it_begins() -> None:
    require_window(None, NOON)
    require_window(NOON, None)
    require_window(NOON, NOON.replace(hour=13))
    with pytest.raises(Invalid) as refused:
        require_window(NOON, NOON)
    assert list(refused.value.fields) == ["valid_until"]
