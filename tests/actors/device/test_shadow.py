"""The shadow: what it keeps of a screen's word, and what of the hub's. Its commands: test_shadow_stateful."""

from __future__ import annotations

from actors.device.shadow import ENDED_REMEMBERED, ENDED_REMEMBERED_MS, SAMPLE_EVERY_MS, Shadow
from protocol.frames import Playback
from protocol.vocabulary import PlaybackState
from tests.actors.device.world import pending


def test_a_screens_word_never_changes_what_the_hub_wants() -> None:
    shadow = Shadow()
    shadow.want_playlist(2)
    shadow.report_versions(9, 7)
    assert (shadow.reported_version, shadow.reported_playlist, shadow.desired_playlist) == (9, 7, 2)


def test_a_wanted_playlist_only_grows_whoever_is_heard_last() -> None:
    shadow = Shadow()
    shadow.want_playlist(3)
    shadow.want_playlist(2)
    assert shadow.desired_playlist == 3


def test_what_ended_is_remembered_within_a_bound() -> None:
    shadow = Shadow()
    for number in range(ENDED_REMEMBERED + 1):
        shadow.withdraw([f"c{number}"])
    shadow.queue([pending("c0"), pending("c1"), pending("new")])
    assert list(shadow.pending) == ["c0", "new"]


def test_what_ended_long_ago_is_forgotten_though_nothing_else_ends() -> None:
    shadow = Shadow()
    for at_ms, command_id in ((0, "first"), (1, "second")):
        shadow.heard(at_ms)
        shadow.withdraw([command_id])
    shadow.heard(ENDED_REMEMBERED_MS + 1)
    assert shadow.sample_due(ENDED_REMEMBERED_MS + 1)
    shadow.queue([pending("first"), pending("second")])
    assert list(shadow.pending) == ["first"]


def test_playback_changes_with_state_or_item_not_with_the_position() -> None:
    shadow = Shadow()
    assert not shadow.report_playback(None)
    assert shadow.report_playback(Playback(PlaybackState.PLAYING, "a", 1.0))
    assert not shadow.report_playback(Playback(PlaybackState.PLAYING, "a", 2.0))
    assert shadow.report_playback(Playback(PlaybackState.PLAYING, "b", 2.0))
    assert shadow.report_playback(Playback(PlaybackState.PAUSED, "b", 2.0))


def test_the_first_heartbeat_is_a_sample_and_the_next_comes_a_minute_later() -> None:
    shadow = Shadow()
    assert shadow.sample_due(0)
    assert not shadow.sample_due(SAMPLE_EVERY_MS - 1)
    assert shadow.sample_due(SAMPLE_EVERY_MS)


def test_a_clock_that_was_set_back_does_not_keep_heartbeats_from_history() -> None:
    shadow = Shadow()
    assert shadow.sample_due(3_600_000)
    assert shadow.sample_due(0)
    assert not shadow.sample_due(1)
