"""The times of a day: what they mean, and what is refused."""

from __future__ import annotations

import pytest

from hub.schedule.dayparts import in_text, parse
from hub.schedule.errors import CannotBeMeant


def test_a_part_that_ends_before_it_begins_goes_on_into_the_next_day() -> None:
    assert parse([["22:00", "02:00"]]) == ((1320, 1560),)
    assert parse([["13:00", "18:00"], ["08:00", "12:00"]]) == ((480, 720), (780, 1080))
    assert parse([["18:00", "24:00"]]) == parse([["18:00", "00:00"]]) == ((1080, 1440),)
    assert parse([]) == parse([["00:00", "24:00"]]) == ((0, 1440),)
    assert [in_text(part) for part in parse([["08:00", "12:30"], ["22:00", "02:00"]])] == [
        "08:00–12:30",
        "22:00–02:00",
    ]


@pytest.mark.parametrize(
    ("pairs", "why"),
    [
        ([["08:00", "08:00"]], "ends when it begins"),
        ([["24:00", "08:00"]], "begins at 24:00"),
        ([["08:00", "12:00"], ["11:00", "13:00"]], "08:00–12:00 overlaps with what begins at 11:00"),
        ([["22:00", "02:00"], ["01:00", "03:00"]], "goes on into what begins at 01:00"),
    ],
)
def test_parts_that_cannot_be_meant_are_refused(pairs: list[list[str]], why: str) -> None:
    with pytest.raises(CannotBeMeant, match=why):
        parse(pairs)
