"""What a screen says it recorded is brought within bounds before it is kept."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.recorded import AHEAD_MS, DAY_MS, OLDEST_MS, SHOWN_AT_MOST_MS, KeptPlay, cost_of, taken
from protocol.frames import DeviceEvent, Play, Record
from protocol.vocabulary import EventName

NOW_MS = 1_800_000_000_000
ID = "0B5E6F52-0001-4000-8000-00000000ABCD"


def play(**more: Any) -> Play:
    fields = {"name": "Menu", "started_ms": NOW_MS - 9_000, "ended_ms": NOW_MS, "shown_ms": 9_000}
    return Play(**{**fields, **more})


def kept(what: Play) -> KeptPlay:
    ((only,), _, _) = taken([Record(1, what)], NOW_MS)
    return only


def test_what_makes_sense_is_kept_as_it_was_said() -> None:
    said = play(media_id=ID, playlist_id=ID, playlist_number=3, plays=5, completed=4)
    assert kept(said) == KeptPlay(1, ID.lower(), "Menu", ID.lower(), 3, NOW_MS - 9_000, NOW_MS, 9_000, 5, 4)


@pytest.mark.parametrize(
    ("said", "name", "is_kept_as"),
    [
        (play(started_ms=0), "started_ms", NOW_MS - OLDEST_MS),
        (play(started_ms=NOW_MS + 9 * DAY_MS), "started_ms", NOW_MS + AHEAD_MS),
        (play(started_ms=NOW_MS + 9 * DAY_MS), "ended_ms", NOW_MS + AHEAD_MS),
        (play(ended_ms=0), "ended_ms", NOW_MS - 9_000),
        (play(ended_ms=2**53), "ended_ms", NOW_MS + AHEAD_MS),
        (play(shown_ms=2**53), "shown_ms", SHOWN_AT_MOST_MS),
        (play(plays=2, completed=9), "completed", 2),
        (play(name="a\x00b\n"), "name", "a b "),
        (play(media_id="../etc/passwd"), "media_id", None),
        (play(playlist_id=f"{ID}\n"), "playlist_id", None),
        (play(playlist_number=2**53), "playlist_number", None),
    ],
)
def test_what_does_not_is_brought_within_bounds(said: Play, name: str, is_kept_as: Any) -> None:
    assert getattr(kept(said), name) == is_kept_as


def test_numbers_only_grow_within_a_frame_and_the_highest_is_told() -> None:
    records = [Record(number, play(name=str(number))) for number in (4, 7, 7, 5, 9)]
    plays, _, last = taken(records, NOW_MS)
    assert [each.number for each in plays] == [4, 7, 9] and last == 9


def test_events_become_lines_and_those_that_plays_tell_of_are_left_out() -> None:
    records = [
        Record(1, DeviceEvent(EventName.PLAYBACK_STARTED, "Menu")),
        Record(2, DeviceEvent(EventName.ITEM_SKIPPED, "Film\x07", "no such codec", at_ms=NOW_MS - 5)),
        Record(3, DeviceEvent(EventName.RESTARTED, at_ms=NOW_MS + 9)),
        Record(4, DeviceEvent(EventName.PLAYBACK_ENDED, "Menu")),
    ]
    plays, events, last = taken(records, NOW_MS)
    assert plays == [] and last == 4
    assert [(event.number, event.at_ms, event.text) for event in events] == [
        (2, NOW_MS - 5, "an item was skipped: Film : no such codec"),
        (3, NOW_MS, "the player started again"),
    ]


def test_a_frame_full_of_events_costs_less_than_a_minute_may() -> None:
    event = Record(1, DeviceEvent(EventName.ERROR))
    assert cost_of([event]) == 50 and cost_of([Record(1, play())]) == 1


@given(
    st.builds(
        Play,
        name=st.text(max_size=200),
        **{name: st.integers(0, 2**53) for name in ("started_ms", "ended_ms", "shown_ms")},
        media_id=st.none() | st.text(max_size=200),
        playlist_number=st.none() | st.integers(0, 2**53),
        plays=st.integers(1, 2**31 - 1),
        completed=st.integers(0, 2**31 - 1),
    )
)
def test_whatever_a_screen_says_what_is_kept_fits(said: Play) -> None:
    it = kept(said)
    assert NOW_MS - OLDEST_MS <= it.started_ms <= it.ended_ms <= NOW_MS + AHEAD_MS
    assert 0 <= it.shown_ms <= SHOWN_AT_MOST_MS and 0 <= it.completed <= it.plays
    assert "\x00" not in it.name and len(it.name) <= 200
    assert it.media_id is None or len(it.media_id) == 36
