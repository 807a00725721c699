"""A session outlives its link: what the screen names, what it says again, and when it gives a link up."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest

from player.reference import ReferenceScreen
from player.session import UNHEARD_LIMIT
from protocol.close_codes import CloseCode
from protocol.frames import Command, DeviceEvent, Heartbeat, Hello
from protocol.vocabulary import CommandName, EventName, ReceiptStatus
from tests.player.talk import ack, alert, answers, hide, in_session, resumed, show, welcome

RECEIVED, RENDERED, SUCCEEDED = ReceiptStatus.RECEIVED, ReceiptStatus.RENDERED, ReceiptStatus.SUCCEEDED


def ping(number: int, seq: int | None = None) -> Command:
    return Command(f"c{number}", CommandName.PING, seq=number if seq is None else seq)


def hello_of(screen: ReferenceScreen, now: float) -> Hello:
    (hello,) = screen.connected(now)
    assert isinstance(hello, Hello)
    return hello


def heartbeat_of(screen: ReferenceScreen, now: float) -> Heartbeat:
    (beat,) = (frame for frame in screen.tick(now) if isinstance(frame, Heartbeat))
    return beat


# ---- what hello names ----


def test_the_first_hello_names_no_session() -> None:
    hello = hello_of(ReferenceScreen(0.0, rng=Random(1)), 0.0)
    assert (hello.session_id, hello.command_seq) == (None, 0)


@pytest.mark.parametrize("code", [None, CloseCode.TRY_AGAIN_LATER, CloseCode.TOO_SLOW, 1006])
def test_after_a_lost_link_hello_names_the_session_and_the_last_command_that_came(code: int | None) -> None:
    screen = in_session()
    screen.receive(ping(1), 1.0)
    screen.receive(ping(2), 1.0)
    screen.disconnected(code)
    hello = hello_of(screen, 2.0)
    assert (hello.session_id, hello.command_seq) == ("s1", 2)


@pytest.mark.parametrize("code", [CloseCode.NORMAL, CloseCode.SUPERSEDED, CloseCode.TOKEN_REVOKED])
def test_after_an_end_that_was_meant_the_session_is_not_named(code: CloseCode) -> None:
    screen = in_session()
    screen.receive(ping(1), 1.0)
    screen.disconnected(code)
    hello = hello_of(screen, 2.0)
    assert (hello.session_id, hello.command_seq) == (None, 0)


def test_a_screen_that_said_goodbye_begins_anew() -> None:
    screen = in_session()
    screen.leave("switched off")
    screen.disconnected()
    assert hello_of(screen, 2.0).session_id is None


def test_a_welcome_begins_a_new_session_and_counts_its_commands_from_the_start() -> None:
    screen = in_session()
    screen.receive(ping(1), 1.0)
    screen.connected(2.0)
    screen.receive(welcome(2.0, session="s2"), 2.0)
    assert screen.command_seq == 0
    screen.disconnected()
    assert hello_of(screen, 3.0).session_id == "s2"


def test_a_screen_that_cannot_repeat_all_its_answers_does_not_name_its_session() -> None:
    screen = in_session()
    for number in range(1, UNHEARD_LIMIT + 2):
        screen.receive(ping(number), 1.0)
    screen.disconnected()
    assert hello_of(screen, 2.0).session_id is None
    screen.receive(welcome(2.0, session="s2"), 2.0)
    screen.disconnected()
    assert hello_of(screen, 3.0).session_id == "s2"


# ---- resumed ----


def test_a_resumed_session_goes_on_where_it_was() -> None:
    screen = in_session()
    screen.receive(ping(1), 1.0)
    screen.disconnected()
    screen.connected(20.0)
    screen.receive(resumed(20.0), 20.0)
    assert screen.session is not None
    assert screen.session.session_id == "s1"
    assert answers(screen.receive(ping(2), 20.5)) == [("c2", RECEIVED), ("c2", SUCCEEDED)]
    beat = heartbeat_of(screen, 40.0)
    assert beat.command_seq == 2


def test_the_first_heartbeat_of_a_resumed_session_falls_anywhere_in_the_interval() -> None:
    first: list[float] = []
    for seed in range(300):
        screen = in_session(seed=seed)
        screen.receive(Command("c", CommandName.STOP), 0.0)
        screen.connected(100.0)
        screen.receive(resumed(100.0), 100.0)
        assert screen.next_due is not None
        first.append(screen.next_due - 100.0)
    for third in range(3):
        assert 60 < sum(1 for at in first if third * 5 <= at < (third + 1) * 5) < 140


def test_a_session_that_was_not_asked_for_is_not_gone_on_with() -> None:
    screen = in_session()
    screen.connected(2.0)
    assert screen.receive(resumed(2.0, session="another"), 2.0) == []
    assert screen.session is None
    fresh = ReferenceScreen(0.0, rng=Random(1))
    fresh.connected(0.0)
    assert fresh.receive(resumed(0.0), 0.0) == []
    assert fresh.session is None


def test_answers_that_may_have_died_with_their_link_are_said_again() -> None:
    screen = in_session()
    screen.receive(ping(1), 1.0)
    screen.disconnected()
    screen.connected(2.0)
    assert answers(screen.receive(resumed(2.0), 2.0)) == [("c1", SUCCEEDED)]
    screen.disconnected()
    screen.connected(3.0)
    assert answers(screen.receive(welcome(3.0, session="s2"), 3.0)) == [("c1", SUCCEEDED)]


def test_answers_before_a_heartbeat_that_was_acknowledged_are_not_said_again() -> None:
    screen = in_session()
    screen.receive(ping(1), 1.0)
    beat = heartbeat_of(screen, 15.0)
    screen.receive(ping(2), 15.1)
    screen.receive(ack(beat.seq, 15.2, commands=2), 15.2)
    screen.connected(16.0)
    assert answers(screen.receive(resumed(16.0), 16.0)) == [("c2", SUCCEEDED)]


def test_an_alert_is_proved_again_when_the_session_is_resumed() -> None:
    screen = in_session()
    screen.receive(show(alert(), 1), 1.0)
    screen.connected(2.0)
    assert answers(screen.receive(resumed(2.0, version=1), 2.0)) == [("fire", RENDERED)]
    screen.receive(hide("h1", "fire", 2), 3.0)
    screen.connected(4.0)
    assert answers(screen.receive(resumed(4.0, version=2), 4.0)) == [("h1", SUCCEEDED)]


def test_resumed_with_emergencies_is_the_whole_truth() -> None:
    screen = in_session()
    screen.receive(show(alert("fire"), 1), 1.0)
    screen.connected(2.0)
    said = screen.receive(resumed(2.0, version=5, emergencies=[alert("storm")]), 2.0)
    assert answers(said) == [("storm", RENDERED), ("fire", SUCCEEDED)]
    assert screen.emergency_version == 5


# ---- commands are counted ----


def test_every_heartbeat_says_how_many_commands_came() -> None:
    screen = in_session()
    assert heartbeat_of(screen, 15.0).command_seq == 0
    screen.receive(ping(1), 16.0)
    screen.receive(ping(2), 16.0)
    screen.receive(ping(1), 16.0)
    screen.receive(show(alert(), 1), 16.0)
    assert heartbeat_of(screen, 30.0).command_seq == 2


def test_a_link_that_loses_commands_is_given_up_after_the_second_answer_that_says_so() -> None:
    screen = in_session()
    screen.receive(ping(1), 1.0)
    screen.receive(ack(heartbeat_of(screen, 15.0).seq, 15.0, commands=3), 15.0)
    assert not screen.link_is_dead
    screen.receive(ack(heartbeat_of(screen, 30.0).seq, 30.0, commands=3), 30.0)
    assert screen.link_is_dead
    screen.disconnected()
    assert not screen.link_is_dead
    assert hello_of(screen, 31.0).command_seq == 1


def test_commands_that_were_late_or_came_again_save_the_link() -> None:
    screen = in_session()
    screen.receive(ack(heartbeat_of(screen, 15.0).seq, 15.0, commands=2), 15.0)
    screen.receive(ping(1), 16.0)
    screen.receive(ping(2), 16.0)
    screen.receive(ack(heartbeat_of(screen, 30.0).seq, 30.0, commands=3), 30.0)
    assert not screen.link_is_dead
    screen.receive(ping(3), 31.0)
    screen.receive(ack(heartbeat_of(screen, 45.0).seq, 45.0, commands=3), 45.0)
    assert not screen.link_is_dead


def test_commands_that_come_right_after_the_second_answer_save_the_link_too() -> None:
    screen = in_session()
    for at in (15.0, 30.0):
        screen.receive(ack(heartbeat_of(screen, at).seq, at, commands=1), at)
    assert screen.link_is_dead
    screen.receive(ping(1), 30.1)
    assert not screen.link_is_dead


# ---- the playlist is a level ----


def reloads(said: Sequence[object]) -> int:
    started = [f for f in said if isinstance(f, DeviceEvent) and f.event is EventName.PLAYBACK_STARTED]
    return len(started)


def reload(number: int, version: int) -> Command:
    return Command(f"c{number}", CommandName.RELOAD_PLAYLIST, {"playlist_version": version})


def test_a_playlist_that_is_not_the_hubs_is_loaded_once_whoever_says_so_first() -> None:
    screen = in_session()
    said = screen.receive(welcome(1.0, playlist=4), 1.0)
    assert reloads(said) == 1
    said = screen.receive(reload(1, 4), 2.0)
    assert (reloads(said), answers(screen.receive(reload(1, 4), 2.0))) == (0, [("c1", SUCCEEDED)])
    assert reloads(screen.receive(reload(2, 5), 3.0)) == 1
    assert reloads(screen.receive(ack(1, 3.1, playlist=5), 3.1)) == 0
    assert reloads(screen.receive(ack(1, 3.2, playlist=6), 3.2)) == 1
    assert reloads(screen.receive(reload(3, 6), 3.3)) == 0
    assert heartbeat_of(screen, 15.0).playlist_version == 6
    assert hello_of(screen, 16.0).playlist_version == 6
    assert reloads(screen.receive(resumed(16.0, playlist=6), 16.0)) == 0
    screen.connected(17.0)
    assert reloads(screen.receive(resumed(17.0, playlist=7), 17.0)) == 1


def test_a_reload_without_a_version_is_done_and_one_with_nonsense_is_refused() -> None:
    screen = in_session()
    assert reloads(screen.receive(Command("c1", CommandName.RELOAD_PLAYLIST), 1.0)) == 1
    nonsense = Command("c2", CommandName.RELOAD_PLAYLIST, {"playlist_version": "newest"})
    assert answers(screen.receive(nonsense, 2.0)) == [("c2", ReceiptStatus.REJECTED)]
