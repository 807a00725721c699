"""One screen's actor, turn by turn: links come and go, commands are sent until answered, alerts converge."""

from __future__ import annotations

import pytest

from actors.device.messages import Cut, Disconnected, Queued, Silent
from protocol.close_codes import CloseCode
from protocol.frames import DeviceEvent, DeviceGoodbye, Error, Heartbeat, Hello, Playback, Receipt
from protocol.vocabulary import (
    CommandStatus,
    EventName,
    PlaybackState,
    PresenceReason,
    ReceiptStatus,
)
from tests.actors.device.stage import Stage
from tests.actors.device.world import INTERVAL_S, NOON_MS, alert, pending


@pytest.fixture
def stage() -> Stage:
    return Stage()


# ---- links ----


def test_welcome_is_the_first_frame_and_carries_every_live_alert(stage: Stage) -> None:
    stage.world.version, stage.world.alerts = 7, [alert("fire"), alert("flood")]
    stage.tell(Queued([pending("c1")]))
    link = stage.connect()
    welcome = link.welcomes[0]
    assert link.sent[0] is welcome
    assert (welcome.emergency_version, [a.emergency_id for a in welcome.emergencies]) == (
        7,
        ["fire", "flood"],
    )
    assert (welcome.device_id, welcome.name, welcome.heartbeat_interval_s) == ("d", "Lobby", INTERVAL_S)
    assert link.command_ids == ["c1"]
    assert stage.world.of("delivered") == [("d", ["fire", "flood"])]


def test_a_newer_link_supersedes_and_what_the_older_one_still_says_has_no_effect(stage: Stage) -> None:
    old = stage.connect()
    new = stage.connect()
    assert old.closed == [(CloseCode.SUPERSEDED, None)]
    told, written = list(stage.world.told), list(new.sent)

    stage.hears(Heartbeat(1, 99, Playback(PlaybackState.ERROR)), old)
    stage.hears(Receipt("c1", ReceiptStatus.SUCCEEDED), old)
    stage.hears(DeviceGoodbye(), old)
    stage.tell(Disconnected(old, PresenceReason.NETWORK_CLOSED))

    assert stage.world.told == told and new.sent == written
    assert stage.actor.link is new
    assert stage.world.of("offline") == [], "a screen that changed its link was never offline"


def test_a_hello_of_a_lower_epoch_never_takes_over_and_is_told_to_come_back(stage: Stage) -> None:
    stage.connect()
    now = stage.connect()
    told, written = list(stage.world.told), list(now.sent)
    late = stage.connect(Hello(session_id=now.session_id), epoch=1)
    assert late.closed == [(CloseCode.TRY_AGAIN_LATER, None)] and late.sent == []
    stage.hears(Heartbeat(1, 99, Playback(PlaybackState.ERROR)), late)
    stage.tell(Disconnected(late, PresenceReason.NETWORK_CLOSED))
    assert (stage.world.told, now.sent, now.closed) == (told, written, [])
    assert stage.actor.link is now


def test_a_hello_of_a_lower_epoch_is_late_even_if_the_newer_link_is_gone(stage: Stage) -> None:
    stage.connect()
    stage.connect()
    stage.loses()
    kept_until_s = stage.world.kept_until_s["d"]
    stage.world.mono_s += 5.0
    assert stage.connect(epoch=1).closed == [(CloseCode.TRY_AGAIN_LATER, None)]
    assert stage.world.kept_until_s["d"] == kept_until_s, "the session waits as long as before"
    assert len(stage.connect(Hello(session_id="session-2")).resumes) == 1


def test_of_two_links_with_one_look_up_the_later_hello_wins(stage: Stage) -> None:
    first = stage.connect()
    second = stage.connect(epoch=first.epoch)
    assert first.closed == [(CloseCode.SUPERSEDED, None)] and stage.actor.link is second


def test_each_way_to_leave_is_named_and_happens_once(stage: Stage) -> None:
    stage.connect()
    stage.hears(DeviceGoodbye())
    stage.tell(Disconnected(stage.link, PresenceReason.NETWORK_CLOSED))
    stage.connect()
    stage.tell(Disconnected(stage.link, PresenceReason.TOO_SLOW))
    stage.connect()
    stage.tell(Cut(CloseCode.TOKEN_REVOKED, PresenceReason.TOKEN_REVOKED))
    assert stage.link.closed == [(CloseCode.TOKEN_REVOKED, None)]
    stage.tell(Cut(CloseCode.TOKEN_REVOKED, PresenceReason.TOKEN_REVOKED))
    reasons = [what[1] for what in stage.world.of("offline")]
    assert reasons == [PresenceReason.SAID_GOODBYE, PresenceReason.TOO_SLOW, PresenceReason.TOKEN_REVOKED]


# ---- life (G6) ----


def test_any_frame_moves_the_deadline_to_one_and_a_half_intervals(stage: Stage) -> None:
    stage.connect()
    assert stage.world.due_s["d"] == 1_000.0 + 1.5 * INTERVAL_S
    stage.world.mono_s += 14.0
    stage.hears(DeviceEvent(EventName.IDLE))
    assert stage.actor.due_s == 1_014.0 + 1.5 * INTERVAL_S


def test_silence_is_offline_at_the_deadline_and_not_a_moment_before(stage: Stage) -> None:
    stage.connect()
    stage.world.mono_s += 15.0 - 0.001
    stage.tell(Silent())
    assert stage.link.closed == []
    stage.world.mono_s += 0.001
    stage.tell(Silent())
    assert stage.link.closed == [(CloseCode.HEARTBEAT_LOST, None)]
    assert stage.world.of("offline") == [("d", PresenceReason.HEARTBEAT_LOST, NOON_MS)]


def test_one_heartbeat_a_minute_is_kept(stage: Stage) -> None:
    stage.connect()
    for seq in range(13):
        stage.heartbeat(seq)
        stage.world.mono_s += INTERVAL_S
    assert [what[1] - NOON_MS for what in stage.world.of("sampled")] == [0, 60_000, 120_000]


# ---- alerts (G7) ----


def test_a_heartbeat_with_the_wanted_version_is_acknowledged_and_agrees(stage: Stage) -> None:
    stage.connect()
    stage.heartbeat(5)
    ack = stage.link.acks[-1]
    assert (ack.seq, ack.emergency_version, ack.emergencies) == (5, 1, None)
    assert stage.world.of("agreed") == [("d",)]


def test_a_lost_push_is_mended_by_the_next_heartbeat_with_the_whole_truth(stage: Stage) -> None:
    stage.connect()
    stage.link.emergency_version = 2
    stage.world.version, stage.world.alerts = 3, [alert("fire")]
    stage.heartbeat(version=1)
    ack = stage.link.acks[-1]
    assert (ack.emergency_version, [a.emergency_id for a in ack.emergencies or []]) == (3, ["fire"])
    assert stage.world.of("agreed") == []
    stage.heartbeat(2, version=3)
    assert stage.link.acks[-1].emergencies is None and stage.world.of("agreed") == [("d",)]


def test_the_truth_that_there_is_no_alert_is_said_too(stage: Stage) -> None:
    stage.connect()
    stage.heartbeat(version=0)
    assert stage.link.acks[-1].emergencies == []
    assert stage.world.of("delivered")[-1] == ("d", [])


def test_a_receipt_for_no_command_may_be_about_an_alert(stage: Stage) -> None:
    stage.connect()
    stage.hears(Receipt("fire", ReceiptStatus.RENDERED))
    assert stage.world.of("alert_receipt") == [("d", "fire")]
    assert stage.world.of("command") == []


# ---- commands (G2, G3) ----


def test_a_command_goes_out_once_and_its_receipts_are_recorded_once(stage: Stage) -> None:
    stage.connect()
    stage.tell(Queued([pending("c1"), pending("c2")]))
    stage.tell(Queued([pending("c1")]))
    assert stage.link.command_ids == ["c1", "c2"]
    for status in (
        ReceiptStatus.RECEIVED,
        ReceiptStatus.RECEIVED,
        ReceiptStatus.SUCCEEDED,
        ReceiptStatus.FAILED,
    ):
        stage.hears(Receipt("c1", status))
    assert [what[1] for what in stage.world.of("command") if what[0] == "c1"] == [
        CommandStatus.SENT,
        CommandStatus.RECEIVED,
        CommandStatus.SUCCEEDED,
    ]
    assert stage.world.of("pending")[-1] == ("d", 1)


def test_what_was_not_answered_is_sent_again_on_the_next_link_in_its_order(stage: Stage) -> None:
    stage.connect()
    stage.tell(Queued([pending("c1"), pending("c2"), pending("c3")]))
    stage.hears(Receipt("c2", ReceiptStatus.SUCCEEDED))
    stage.hears(Receipt("c3", ReceiptStatus.RECEIVED))
    stage.tell(Disconnected(stage.link, PresenceReason.NETWORK_CLOSED))
    assert stage.connect().command_ids == ["c1", "c3"]
    assert [what for what in stage.world.of("command") if what[1] is CommandStatus.SENT] == [
        ("c1", CommandStatus.SENT),
        ("c2", CommandStatus.SENT),
        ("c3", CommandStatus.SENT),
    ], "sent again is nothing new to record"


def test_a_command_whose_time_is_over_is_never_sent_and_ends_as_expired(stage: Stage) -> None:
    stage.tell(Queued([pending("late", expires_in_s=5), pending("good")]))
    stage.world.mono_s += 5.0
    assert stage.connect().command_ids == ["good"]
    stage.tell(Queued([pending("dead", expires_in_s=1)]))
    stage.hears(Receipt("late", ReceiptStatus.SUCCEEDED))
    assert stage.link.command_ids == ["good"]
    ends = [what for what in stage.world.of("command") if what[0] != "good"]
    assert ends == [("late", CommandStatus.EXPIRED), ("dead", CommandStatus.EXPIRED)]


def test_a_sent_command_expires_with_the_first_heartbeat_after_its_time(stage: Stage) -> None:
    stage.connect()
    stage.tell(Queued([pending("c1", expires_in_s=20)]))
    stage.world.mono_s += 20.0
    stage.heartbeat()
    assert stage.world.of("command")[-1] == ("c1", CommandStatus.EXPIRED)
    assert stage.world.of("pending")[-1] == ("d", 0)
    assert not stage.actor.has_pending


# ---- the rest ----


def test_an_item_that_begins_again_is_the_same_media_as_before(stage: Stage) -> None:
    stage.connect()
    stage.hears(Heartbeat(1, 1, Playback(PlaybackState.PLAYING, "a.mp4", 1.0, "media of a")))
    stage.hears(DeviceEvent(EventName.PLAYBACK_STARTED, "a.mp4"))
    assert len(stage.world.of("playback")) == 1
    stage.hears(DeviceEvent(EventName.PLAYBACK_STARTED, "b.mp4"))
    assert len(stage.world.of("playback")) == 2


def test_playback_is_told_when_it_changes_and_not_with_every_position(stage: Stage) -> None:
    stage.connect(Hello(playback=Playback(PlaybackState.IDLE)))
    for second in range(3):
        stage.hears(Heartbeat(second, 1, Playback(PlaybackState.PLAYING, "a.mp4", float(second))))
    stage.hears(DeviceEvent(EventName.ERROR, "b.mp4"))
    stage.hears(DeviceEvent(EventName.PLAYBACK_ENDED, "b.mp4"))
    assert [what[1:] for what in stage.world.of("playback")] == [
        (PlaybackState.IDLE, None),
        (PlaybackState.PLAYING, "a.mp4"),
        (PlaybackState.ERROR, "b.mp4"),
    ]
    assert len(stage.world.of("event")) == 2


def test_a_second_hello_is_answered_with_an_error_and_the_session_goes_on(stage: Stage) -> None:
    stage.connect()
    stage.hears(Hello())
    assert isinstance(stage.link.sent[-1], Error)
    stage.heartbeat()
    assert len(stage.link.acks) == 1 and stage.link.closed == []
