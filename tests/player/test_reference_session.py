"""The reference screen's sessions: hello, welcome, heartbeats, playback and farewell."""

from __future__ import annotations

from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from player.playback import DEMO_PLAYLIST, PlaylistItem
from player.reference import ReferenceScreen
from player.session import LOST_AFTER_UNANSWERED
from protocol.frames import Command, DeviceEvent, DeviceGoodbye, Error, Goodbye, Heartbeat, Hello, Playback
from protocol.vocabulary import CommandName, EventName, PlaybackState
from tests.player.talk import ack, alert, hub_ms, in_session, show, welcome


def heartbeats(screen: ReferenceScreen, until: float) -> list[tuple[float, Heartbeat]]:
    """Every heartbeat up to `until`, each answered at once."""
    found: list[tuple[float, Heartbeat]] = []
    while (due := screen.next_due) is not None and due <= until:
        for frame in screen.tick(due):
            if isinstance(frame, Heartbeat):
                found.append((due, frame))
                screen.receive(ack(frame.seq, due), due)
    return found


def test_a_screen_plays_before_it_ever_met_a_hub() -> None:
    screen = ReferenceScreen(0.0, rng=Random(1))
    assert screen.glass == DEMO_PLAYLIST[0]
    assert screen.tick(45.0) == []
    assert screen.glass == DEMO_PLAYLIST[1]


def test_hello_is_the_first_word_and_says_what_is_shown() -> None:
    screen = ReferenceScreen(0.0, rng=Random(1), model="M1", platform="simulated", player_version="9")
    playing = Playback(PlaybackState.PLAYING, "Welcome", 3.0)
    assert screen.connected(3.0) == [Hello("9", "M1", "simulated", 0, playing, settings_version="")]


def test_nothing_is_said_between_hello_and_welcome() -> None:
    screen = ReferenceScreen(0.0, rng=Random(1))
    screen.connected(0.0)
    assert screen.tick(1_000.0) == []
    assert screen.receive(show(alert(), 1), 1_000.0) == []
    assert screen.receive(ack(1, 1_000.0, version=3, emergencies=[alert()]), 1_000.0) == []
    assert not screen.shows_alert
    assert screen.leave("off") == []


@given(st.integers(0, 2**32), st.floats(0.2, 60.0))
def test_the_first_heartbeat_falls_within_one_interval_and_the_others_follow_it(
    seed: int, interval_s: float
) -> None:
    screen = in_session(seed=seed, interval_s=interval_s)
    at = [due for due, _ in heartbeats(screen, until=10 * interval_s)]
    assert 0.0 <= at[0] <= interval_s
    assert len(at) in (10, 11)
    for before, after in pairwise(at):
        assert abs(after - before - interval_s) < 1e-6


def test_first_heartbeats_of_a_fleet_are_spread_over_the_interval() -> None:
    first = [heartbeats(in_session(seed=seed), until=15.0)[0][0] for seed in range(300)]
    for third in range(3):
        assert 60 < sum(1 for at in first if third * 5 <= at < (third + 1) * 5) < 140


def test_heartbeats_are_numbered_and_name_the_playback_only_when_it_changed() -> None:
    beats = [beat for _, beat in heartbeats(in_session(), until=140.0)]
    assert [beat.seq for beat in beats] == list(range(1, len(beats) + 1))
    named = [beat.playback.item for beat in beats if beat.playback is not None]
    assert named == ["Today's events", "Opening hours"]


def test_a_machine_that_slept_does_not_make_up_for_missed_heartbeats() -> None:
    screen = in_session()
    said = [frame for frame in screen.tick(3_600.0) if isinstance(frame, Heartbeat)]
    assert len(said) == 1
    assert not any(isinstance(frame, Heartbeat) for frame in screen.tick(3_601.0))


def test_a_hub_that_answers_no_heartbeat_is_given_up() -> None:
    screen = in_session()
    for beat in range(LOST_AFTER_UNANSWERED):
        assert not screen.link_is_dead
        screen.tick(15.0 * (beat + 1))
    assert screen.link_is_dead
    screen.disconnected()
    assert not screen.link_is_dead


def test_one_answer_clears_the_heartbeats_before_it_and_an_old_one_only_its_own() -> None:
    screen = in_session()
    screen.tick(15.0)
    screen.tick(30.0)
    screen.receive(ack(1, 30.0), 30.0)
    assert screen.unanswered_heartbeats == 1
    screen.receive(ack(2, 30.0), 30.0)
    assert screen.unanswered_heartbeats == 0
    screen.receive(ack(99, 30.0), 30.0)
    assert screen.unanswered_heartbeats == 0


def test_items_that_end_and_start_are_reported_with_the_hubs_time() -> None:
    screen = ReferenceScreen(0.0, rng=Random(1), playlist=[PlaylistItem("a", 5.0), PlaylistItem("b", 5.0)])
    screen.connected(0.0)
    screen.receive(welcome(0.0, interval_s=1_000.0), 0.0)
    assert screen.tick(5.0) == [
        DeviceEvent(EventName.PLAYBACK_ENDED, "a", at_ms=hub_ms(5.0)),
        DeviceEvent(EventName.PLAYBACK_STARTED, "b", at_ms=hub_ms(5.0)),
    ]


def test_playback_goes_on_without_a_hub_and_hello_tells_where_it_is() -> None:
    screen = in_session()
    screen.disconnected()
    assert screen.tick(50.0) == []
    hello = screen.connected(50.0)[0]
    assert isinstance(hello, Hello)
    assert hello.playback == Playback(PlaybackState.PLAYING, "Today's events", 5.0)


def test_the_hubs_goodbye_is_kept_for_the_shell_until_the_next_connection() -> None:
    screen = in_session()
    goodbye = Goodbye(1012, "restarting", reconnect_after_s=2.0)
    assert screen.receive(goodbye, 1.0) == []
    screen.disconnected()
    assert screen.goodbye == goodbye
    screen.connected(3.0)
    assert screen.goodbye is None


def test_an_error_frame_is_survived_in_silence() -> None:
    assert in_session().receive(Error("unknown_type", "no such frame"), 1.0) == []


def test_a_screen_that_is_switched_off_says_so() -> None:
    assert in_session().leave("switched off") == [DeviceGoodbye("switched off")]


def test_a_stopped_screen_without_a_session_has_nothing_due() -> None:
    screen = in_session()
    screen.receive(Command("c1", CommandName.STOP), 1.0)
    assert screen.glass is None
    screen.disconnected()
    assert screen.next_due is None
