"""Commands on the reference screen: each is carried out once, and answered however often it comes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from player.commands import NO_PICTURE
from player.journal import REMEMBERED_COMMANDS
from player.playback import DEMO_PLAYLIST
from protocol.frames import Command, DeviceEvent, Receipt, SettingsFrame
from protocol.player import PlayerSettings
from protocol.vocabulary import CommandName, EventName, ReceiptStatus, Scaling
from tests.player.talk import CARRIED_OUT, answers, hub_ms, in_session, order, welcome

RECEIVED, SUCCEEDED, REJECTED = ReceiptStatus.RECEIVED, ReceiptStatus.SUCCEEDED, ReceiptStatus.REJECTED


@pytest.mark.parametrize("name", CARRIED_OUT)
def test_each_command_is_answered_with_received_first_and_succeeded_last(name: CommandName) -> None:
    said = in_session().receive(order("c1", name), 2.0)
    assert answers([said[0], said[-1]]) == [("c1", RECEIVED), ("c1", SUCCEEDED)]
    assert len(answers(said)) == 2
    assert all(isinstance(f, Receipt | DeviceEvent) and f.at_ms == hub_ms(2.0) for f in said)


def test_a_picture_of_what_it_shows_is_refused_with_the_reason() -> None:
    (said,) = in_session().receive(Command("c1", CommandName.SCREENSHOT), 2.0)
    assert isinstance(said, Receipt)
    assert (said.status, said.detail) == (REJECTED, NO_PICTURE)


def test_a_volume_that_was_ordered_holds_until_the_settings_name_another_one() -> None:
    screen = in_session()
    screen.receive(SettingsFrame("v1", PlayerSettings(volume=50)), 1.0)
    screen.receive(order("c1", CommandName.SET_VOLUME), 2.0)
    assert screen.settings.volume == 30
    screen.receive(SettingsFrame("v2", PlayerSettings(volume=50, scaling=Scaling.COVER)), 3.0)
    assert screen.settings.volume == 30
    screen.receive(SettingsFrame("v3", PlayerSettings(volume=60)), 4.0)
    assert screen.settings.volume == 60


@pytest.mark.parametrize("args", [{}, {"volume": 101}, {"volume": "loud"}])
def test_a_volume_that_makes_no_sense_is_refused(args: dict[str, Any]) -> None:
    assert answers(in_session().receive(Command("c1", CommandName.SET_VOLUME, args), 2.0)) == [
        ("c1", REJECTED)
    ]


def test_a_ping_is_answered_with_pong() -> None:
    said = in_session().receive(Command("c1", CommandName.PING), 0.0)
    assert isinstance(said[-1], Receipt)
    assert said[-1].detail == "pong"


def test_stop_clears_the_glass_and_play_starts_the_playlist() -> None:
    screen = in_session()
    said = screen.receive(Command("c1", CommandName.STOP), 1.0)
    assert [f.event for f in said if isinstance(f, DeviceEvent)] == [EventName.PLAYBACK_ENDED]
    assert screen.glass is None
    said = screen.receive(Command("c2", CommandName.PLAY), 2.0)
    assert [f.event for f in said if isinstance(f, DeviceEvent)] == [EventName.PLAYBACK_STARTED]
    assert screen.glass == DEMO_PLAYLIST[0]


def test_a_paused_screen_holds_its_item() -> None:
    screen = in_session()
    screen.receive(Command("c1", CommandName.PAUSE), 1.0)
    screen.tick(10_000.0)
    assert screen.glass == DEMO_PLAYLIST[0]


def test_a_reboot_starts_over_and_reports_ready() -> None:
    screen = in_session()
    screen.tick(45.0)
    said = screen.receive(Command("c1", CommandName.REBOOT), 50.0)
    events = [f.event for f in said if isinstance(f, DeviceEvent)]
    assert events == [EventName.PLAYBACK_ENDED, EventName.READY, EventName.PLAYBACK_STARTED]
    assert screen.glass == DEMO_PLAYLIST[0]


def test_the_same_command_again_is_answered_but_not_repeated() -> None:
    screen = in_session()
    screen.receive(Command("c1", CommandName.STOP), 1.0)
    screen.receive(Command("c2", CommandName.PLAY), 2.0)
    again = screen.receive(Command("c1", CommandName.STOP), 3.0)
    assert answers(again) == [("c1", SUCCEEDED)]
    assert screen.glass == DEMO_PLAYLIST[0]


def test_the_memory_of_commands_outlives_the_connection() -> None:
    screen = in_session()
    screen.receive(Command("c1", CommandName.STOP), 1.0)
    screen.connected(2.0)
    screen.receive(welcome(2.0), 2.0)
    assert answers(screen.receive(Command("c1", CommandName.STOP), 3.0)) == [("c1", SUCCEEDED)]


def test_a_command_that_expired_on_its_way_is_refused() -> None:
    screen = in_session()
    said = screen.receive(Command("c1", CommandName.STOP, expires_ms=hub_ms(5.0)), 5.0)
    assert answers(said) == [("c1", REJECTED)]
    assert screen.glass == DEMO_PLAYLIST[0]
    said = screen.receive(Command("c2", CommandName.STOP, expires_ms=hub_ms(5.0)), 4.9)
    assert answers(said) == [("c2", RECEIVED), ("c2", SUCCEEDED)]


@given(
    st.lists(
        st.tuples(st.integers(0, REMEMBERED_COMMANDS - 1), st.sampled_from(CARRIED_OUT)),
        max_size=60,
    )
)
def test_whatever_is_sent_each_id_is_received_once_and_answered_every_time(
    orders: list[tuple[int, CommandName]],
) -> None:
    screen = in_session()
    received: list[str] = []
    for number, name in orders:
        said = answers(screen.receive(order(str(number), name), 1.0))
        assert said[-1] == (str(number), SUCCEEDED)
        received += [command_id for command_id, status in said if status is RECEIVED]
    assert received == list(dict.fromkeys(str(number) for number, _ in orders))
