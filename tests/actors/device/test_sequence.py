"""Commands of one screen: in sequence, numbered, so many at a time; what a link lost is sent again."""

from __future__ import annotations

import pytest

from actors.device.messages import PlaylistWanted, Queued, Withdrawn
from actors.device.orders import AGAIN_AT_MOST
from actors.device.shadow import IN_FLIGHT_AT_MOST
from protocol.close_codes import CloseCode
from protocol.frames import Command, Hello
from protocol.vocabulary import CommandName, CommandStatus, PresenceReason, ReceiptStatus
from tests.actors.device.stage import Stage
from tests.actors.device.world import pending

MANY = [f"c{number}" for number in range(1, IN_FLIGHT_AT_MOST + 4)]


@pytest.fixture
def stage() -> Stage:
    return Stage()


# ---- so many at a time (G3) ----


def test_no_more_are_on_their_way_than_a_screen_has_room_for(stage: Stage) -> None:
    stage.post(*MANY)
    link = stage.connect()
    assert link.command_ids == MANY[:IN_FLIGHT_AT_MOST]
    assert link.numbers == list(range(1, IN_FLIGHT_AT_MOST + 1))
    stage.answers("c2", ReceiptStatus.RECEIVED)
    assert len(link.command_ids) == IN_FLIGHT_AT_MOST, "received is not done: it still takes its room"
    stage.answers("c2")
    stage.answers("c1", ReceiptStatus.FAILED)
    assert link.command_ids == MANY[: IN_FLIGHT_AT_MOST + 2]
    assert link.numbers[-1] == IN_FLIGHT_AT_MOST + 2


def test_what_expires_on_its_way_makes_room_for_the_next(stage: Stage) -> None:
    stage.tell(Queued([pending(command_id, expires_in_s=30) for command_id in MANY[:IN_FLIGHT_AT_MOST]]))
    stage.post("later")
    link = stage.connect()
    stage.world.mono_s += 31.0
    stage.heartbeat()
    assert link.command_ids[-1] == "later" and stage.world.of("pending")[-1] == ("d", 1)


def test_a_new_session_sends_what_is_unanswered_first_and_keeps_to_the_bound(stage: Stage) -> None:
    stage.post(*MANY)
    stage.connect()
    stage.loses(PresenceReason.SAID_GOODBYE)
    link = stage.connect()
    assert link.command_ids == MANY[:IN_FLIGHT_AT_MOST]
    assert link.numbers == list(range(1, IN_FLIGHT_AT_MOST + 1)), "each session counts from 1"


# ---- withdrawn ----


def test_a_withdrawn_command_is_not_sent_and_no_answer_to_it_counts(stage: Stage) -> None:
    stage.post(*MANY)
    link = stage.connect()
    stage.tell(Withdrawn([MANY[0], MANY[-1]]))
    assert link.command_ids == MANY[: IN_FLIGHT_AT_MOST + 1], "it made room for the next"
    assert stage.world.of("pending")[-1] == ("d", len(MANY) - 2)
    told = len(stage.world.of("command"))
    stage.answers(MANY[0])
    assert len(stage.world.of("command")) == told, "it was ended in PostgreSQL, by somebody else"
    stage.post(MANY[0])
    assert link.command_ids.count(MANY[0]) == 1, "an older reading does not bring it back"


def test_to_withdraw_what_is_not_there_is_not_told(stage: Stage) -> None:
    stage.connect()
    stage.tell(Withdrawn(["unknown"]))
    assert stage.world.of("pending") == []


# ---- what a link loses ----


def test_the_ack_says_how_many_commands_were_sent(stage: Stage) -> None:
    link = stage.connect()
    stage.heartbeat()
    stage.post("c1", "c2")
    stage.heartbeat(2)
    assert [ack.command_seq for ack in link.acks] == [0, 2]


def test_a_screen_that_is_behind_what_the_ack_before_said_gets_what_it_lacks_again_before_the_next_ack(
    stage: Stage,
) -> None:
    link = stage.connect()
    stage.post("c1", "c2", "c3")
    stage.heartbeat(1, command_seq=0)
    assert link.numbers == [1, 2, 3], "they may still be on their way"
    stage.answers("c2")
    stage.heartbeat(2, command_seq=1)
    assert (link.command_ids[3:], link.numbers[3:]) == (["c3"], [3])
    assert link.sent[-1] is link.acks[-1], "whoever has read the ack has read what it speaks of"
    stage.heartbeat(3, command_seq=1)
    stage.heartbeat(4, command_seq=3)
    assert link.numbers == [1, 2, 3, 3, 3], "once a heartbeat, until it is there"
    statuses = [what for what in stage.world.of("command") if what[0] == "c3"]
    assert statuses == [("c3", CommandStatus.SENT)], "sent again is nothing new to record"


def test_a_link_that_takes_commands_and_delivers_none_is_cut_and_its_session_goes_on(stage: Stage) -> None:
    link = stage.connect()
    stage.post("c1")
    for seq in range(1 + AGAIN_AT_MOST):
        stage.heartbeat(seq, command_seq=0)
    assert link.numbers == [1] * (1 + AGAIN_AT_MOST) and not link.closed

    stage.heartbeat(9, command_seq=0)

    assert link.closed == [(CloseCode.TOO_SLOW, None)] and len(link.acks) == 1 + AGAIN_AT_MOST
    assert stage.world.of("offline")[0][1] is PresenceReason.TOO_SLOW
    again = stage.connect(Hello(session_id=link.session_id, command_seq=0))
    assert again.resumes and again.numbers == [1]


@pytest.mark.parametrize("says", [(0, 0, 0), (1, 0, 1), (0, 2**53, 0), (2**53, 0, 2**53)])
def test_whatever_a_screen_says_of_how_far_it_is_it_cannot_have_commands_sent_without_end(
    stage: Stage, says: tuple[int, ...]
) -> None:
    link = stage.connect()
    stage.post(*(f"c{number}" for number in range(3 * IN_FLIGHT_AT_MOST)))
    for seq in range(50):
        stage.heartbeat(seq, command_seq=says[seq % len(says)])
    # Each time it comes further than it ever was, three times more.
    assert len(link.commands) <= IN_FLIGHT_AT_MOST * (1 + AGAIN_AT_MOST * 2)
    assert link.closed


def test_a_screen_that_comes_on_however_slowly_keeps_its_link(stage: Stage) -> None:
    link = stage.connect()
    stage.post("c1", "c2", "c3", "c4")
    stage.heartbeat(0, command_seq=0)
    for got in range(4):
        for seq in range(AGAIN_AT_MOST):
            stage.heartbeat(seq, command_seq=got)
    stage.heartbeat(9, command_seq=4)
    assert not link.closed


def test_a_screen_that_does_not_count_is_sent_nothing_again(stage: Stage) -> None:
    link = stage.connect()
    stage.post("c1")
    for seq in range(3):
        stage.heartbeat(seq)
    assert link.numbers == [1]


@pytest.mark.parametrize("command_seq", [1, 7, 2**53])
def test_a_screen_that_claims_more_than_was_sent_changes_nothing(stage: Stage, command_seq: int) -> None:
    link = stage.connect()
    stage.post("c1")
    stage.heartbeat(1, command_seq=command_seq)
    stage.heartbeat(2, command_seq=command_seq)
    stage.post("c2")
    assert link.numbers == [1, 2] and [ack.command_seq for ack in link.acks] == [1, 1]


# ---- a newer one makes it pointless ----


def test_a_screen_that_is_to_show_its_name_is_told_what_it_is_called_now(stage: Stage) -> None:
    link = stage.connect()
    stage.tell(Queued([pending("who", command=CommandName.IDENTIFY)]))
    (order,) = (frame for frame in link.sent if isinstance(frame, Command))
    assert order.args["name"] == "Lobby 2"


def test_of_reloads_that_wait_only_the_newest_goes_out_and_what_was_sent_is_left_to_its_answer(
    stage: Stage,
) -> None:
    def reload(command_id: str) -> Queued:
        return Queued([pending(command_id, command=CommandName.RELOAD_PLAYLIST)])

    link = stage.connect()
    stage.tell(reload("sent"))
    stage.post(*MANY[: IN_FLIGHT_AT_MOST - 1])
    for command_id in ("first", "second", "newest"):
        stage.tell(reload(command_id))
    assert stage.statuses("first") == stage.statuses("second") == [CommandStatus.SUPERSEDED]
    stage.answers("sent")
    assert link.command_ids == ["sent", *MANY[: IN_FLIGHT_AT_MOST - 1], "newest"]
    assert stage.statuses("sent") == [CommandStatus.SENT, CommandStatus.SUCCEEDED]


def test_two_pauses_are_two(stage: Stage) -> None:
    stage.tell(Queued([pending(command_id, command=CommandName.PAUSE) for command_id in ("c1", "c2")]))
    assert stage.connect().command_ids == ["c1", "c2"]


# ---- the playlist is a level (G7) ----


def test_the_wanted_playlist_is_in_welcome_and_in_every_ack_even_if_its_command_is_lost(stage: Stage) -> None:
    stage.world.playlist = 3
    link = stage.connect(Hello(playlist_version=2))
    stage.heartbeat()
    stage.tell(PlaylistWanted(4))
    stage.heartbeat(2)
    assert link.welcomes[0].playlist_version == 3
    assert [ack.playlist_version for ack in link.acks] == [3, 4]


def test_a_reload_carries_the_version_and_its_own_arguments(stage: Stage) -> None:
    reload = pending("c1", command=CommandName.RELOAD_PLAYLIST)
    reload.args["why"] = "new offers"
    stage.world.playlist = 3
    link = stage.connect()
    stage.tell(PlaylistWanted(4))
    stage.tell(Queued([reload, pending("c2")]))
    assert [command.args for command in link.commands] == [{"why": "new offers", "playlist_version": 4}, {}]
    assert reload.args == {"why": "new offers"}
