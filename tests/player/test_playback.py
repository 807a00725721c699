"""The playhead: what plays when, and which events say so."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from player.playback import DEMO_PLAYLIST, Playhead, PlaylistItem
from protocol.frames import DeviceEvent, Playback
from protocol.vocabulary import EventName, PlaybackState

TWO = (PlaylistItem("first", 10.0), PlaylistItem("second", 5.0))


def started(item: str) -> DeviceEvent:
    return DeviceEvent(EventName.PLAYBACK_STARTED, item)


def ended(item: str) -> DeviceEvent:
    return DeviceEvent(EventName.PLAYBACK_ENDED, item)


def test_it_is_made_stopped_with_nothing_on_the_glass() -> None:
    playhead = Playhead(TWO)
    assert playhead.item is None
    assert playhead.due_at is None
    assert playhead.snapshot(0.0) == Playback(PlaybackState.STOPPED)


def test_items_follow_each_other_round_and_round() -> None:
    playhead = Playhead(TWO)
    assert playhead.play(100.0) == [started("first")]
    assert playhead.advance(109.9) == []
    assert playhead.advance(110.0) == [ended("first"), started("second")]
    assert playhead.advance(115.0) == [ended("second"), started("first")]
    assert playhead.due_at == 125.0


def test_an_item_that_is_moved_on_late_still_ends_on_time() -> None:
    playhead = Playhead(TWO)
    playhead.play(0.0)
    playhead.advance(12.0)
    assert playhead.due_at == 15.0


def test_what_would_have_played_while_the_machine_slept_is_not_claimed() -> None:
    playhead = Playhead(TWO)
    playhead.play(0.0)
    assert playhead.advance(3_600.0) == [ended("first"), started("second")]
    assert playhead.due_at == 3_605.0


def test_a_pause_keeps_the_rest_of_the_item() -> None:
    playhead = Playhead(TWO)
    playhead.play(0.0)
    assert playhead.pause(4.0) == []
    assert playhead.advance(1_000.0) == []
    assert playhead.snapshot(1_000.0) == Playback(PlaybackState.PAUSED, "first", 4.0)
    assert playhead.play(1_000.0) == []
    assert playhead.due_at == 1_006.0


def test_stopping_ends_the_item_and_playing_starts_from_the_first() -> None:
    playhead = Playhead(TWO)
    playhead.play(0.0)
    playhead.advance(10.0)
    assert playhead.stop(15.0) == [ended("second")]
    assert playhead.stop(15.0) == []
    assert playhead.pause(20.0) == []
    assert playhead.state is PlaybackState.STOPPED
    assert playhead.play(20.0) == [started("first")]


def test_playing_what_plays_already_changes_nothing() -> None:
    playhead = Playhead(TWO)
    playhead.play(0.0)
    assert playhead.play(5.0) == []
    assert playhead.due_at == 10.0


@pytest.mark.parametrize("duration_s", [0.0, -1.0, float("nan")])
def test_an_item_without_a_duration_is_refused(duration_s: float) -> None:
    with pytest.raises(ValueError, match="more than 0 seconds"):
        PlaylistItem("never", duration_s)


def test_an_empty_playlist_is_idle() -> None:
    playhead = Playhead([])
    assert playhead.play(0.0) == [DeviceEvent(EventName.IDLE)]
    assert playhead.item is None
    assert playhead.due_at is None


def test_a_round_in_which_there_is_nothing_left_ends_idle() -> None:
    playhead = Playhead(TWO)
    playhead.load(lambda turn: TWO[:1] if turn == 0 else (), 0.0)
    playhead.play(0.0)
    assert playhead.advance(10.0) == [ended("first"), DeviceEvent(EventName.IDLE)]
    assert playhead.state is PlaybackState.IDLE


@given(
    st.lists(
        st.tuples(st.sampled_from(["play", "pause", "stop", "restart", "advance"]), st.floats(0.0, 400.0)),
        max_size=40,
    )
)
def test_every_item_that_starts_ends_before_another_starts(steps: list[tuple[str, float]]) -> None:
    playhead, now, on_glass = Playhead(DEMO_PLAYLIST), 0.0, None
    for name, wait_s in steps:
        now += wait_s
        match name:
            case "play":
                events = playhead.play(now)
            case "pause":
                events = playhead.pause(now)
            case "stop":
                events = playhead.stop(now)
            case "restart":
                events = playhead.restart(now)
            case _:
                events = playhead.advance(now)
                assert playhead.due_at is None or playhead.due_at > now
        for event in events:
            if event.event is EventName.PLAYBACK_STARTED:
                assert on_glass is None
                on_glass = event.item
            else:
                assert event.item == on_glass
                on_glass = None
        assert (playhead.item.name if playhead.item else None) == on_glass
        position_s = playhead.snapshot(now).position_s
        assert position_s is None or (playhead.item and 0.0 <= position_s <= playhead.item.duration_s)
