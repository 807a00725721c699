"""A week of a schedule as a calendar draws it: by the clock on the wall, also where that clock jumps."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.week import DAY_MIN, TONES, Block, Week, blocks, clock_change, instant, tones, week_of_day
from protocol.schedule import Segment
from protocol.vocabulary import PlaysBecause

BERLIN = ZoneInfo("Europe/Berlin")
SPRING = week_of_day(date(2026, 3, 29), BERLIN)
AUTUMN = week_of_day(date(2026, 10, 25), BERLIN)
ZONES = ["Europe/Berlin", "Australia/Lord_Howe", "America/Sao_Paulo", "Asia/Kathmandu", "Pacific/Apia", "UTC"]


def segment(begins: datetime, ends: datetime, playlist: str | None = "p") -> Segment:
    return Segment(begins, ends, playlist, playlist, None, PlaysBecause.ONLY_ONE)


def drawn(*segments: Segment, week: Week) -> list[tuple[int, int, int]]:
    return [block[:3] for block in blocks(segments, week)]


def test_a_segment_over_midnight_is_two_blocks() -> None:
    week = week_of_day(date(2026, 11, 18), BERLIN)
    late = segment(instant(week.days[2], 22 * 60, BERLIN), instant(week.days[3], 2 * 60, BERLIN))
    assert drawn(late, week=week) == [(2, 22 * 60, DAY_MIN), (3, 0, 2 * 60)]


def test_what_goes_beyond_the_week_is_cut_and_what_is_nothing_is_not_drawn() -> None:
    week = week_of_day(date(2026, 11, 18), BERLIN)
    always = segment(week.begins - timedelta(days=3), week.ends + timedelta(days=3))
    assert drawn(always, week=week) == [(day, 0, DAY_MIN) for day in range(7)]
    assert not drawn(segment(week.begins, week.ends, None), week=week)


def test_an_entry_that_goes_on_by_another_rule_is_one_block_with_the_strongest() -> None:
    week = week_of_day(date(2026, 11, 18), BERLIN)
    ten, eleven, noon = (instant(week.days[0], hour * 60, BERLIN) for hour in (10, 11, 12))
    first = Segment(ten, eleven, "p", "p", "e", PlaysBecause.ONLY_ONE)
    goes_on = Segment(eleven, noon, "p", "p", "e", PlaysBecause.TAKEOVER)
    [block] = blocks([first, goes_on], week)
    assert block[:3] == (0, 600, 720) and block.segment.because is PlaysBecause.TAKEOVER
    other = Segment(eleven, noon, "p", "p", "another", PlaysBecause.TAKEOVER)
    assert len(blocks([first, other], week)) == 2


def test_the_hour_that_is_skipped_stays_empty() -> None:
    night = segment(instant(SPRING.days[6], 60, BERLIN), instant(SPRING.days[6], 4 * 60, BERLIN))
    assert drawn(night, week=SPRING) == [(6, 60, 120), (6, 180, 240)]


def test_the_hour_that_comes_twice_is_drawn_twice() -> None:
    night = segment(instant(AUTUMN.days[6], 60, BERLIN), instant(AUTUMN.days[6], 4 * 60, BERLIN))
    assert drawn(night, week=AUTUMN) == [(6, 60, 180), (6, 120, 240)]


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (SPRING.days[6], "Clocks go forward: 02:00 becomes 03:00."),
        (AUTUMN.days[6], "Clocks go back: 03:00 becomes 02:00."),
        (AUTUMN.days[5], ""),
    ],
)
def test_the_day_on_which_the_clocks_change_says_so(day: date, words: str) -> None:
    assert clock_change(day, BERLIN) == words


@given(
    zone=st.sampled_from(ZONES),
    day=st.dates(date(2005, 1, 1), date(2030, 12, 31)),
    cuts=st.lists(st.integers(0, 7 * DAY_MIN), max_size=6),
)
def test_blocks_show_every_minute_of_a_week_where_the_clock_shows_it(
    zone: str, day: date, cuts: list[int]
) -> None:
    week = week_of_day(day, ZoneInfo(zone))
    edges = sorted(
        {week.begins, week.ends, *(min(week.begins + timedelta(minutes=c), week.ends) for c in cuts)}
    )
    spans = enumerate(itertools.pairwise(edges))
    found = blocks([segment(*span, playlist=str(number)) for number, span in spans], week)
    assert all(0 <= b.day < 7 and 0 <= b.begins_min < b.ends_min <= DAY_MIN for b in found)
    assert sum(b.ends_min - b.begins_min for b in found) == (week.ends - week.begins) / timedelta(minutes=1)
    for block in found:
        assert _shows(block, week)


def _shows(block: Block, week: Week) -> bool:
    """Whether the clock shows the middle of the block at some instant at which its segment plays."""
    middle = (block.begins_min + block.ends_min) // 2
    naive = datetime.combine(week.days[block.day], datetime.min.time()) + timedelta(minutes=middle)
    instants = [naive.replace(tzinfo=week.zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
    return any(block.segment.begins_at <= at < block.segment.ends_at for at in instants)


def test_playlists_have_colours_of_their_own_while_there_are_enough() -> None:
    few = [f"playlist-{number}" for number in range(TONES)]
    assert sorted(tones(few).values()) == list(range(TONES))
    assert tones(few[:1])[few[0]] == tones([few[0]])[few[0]]
    assert set(tones([f"{number}" for number in range(50)]).values()) <= set(range(TONES))
