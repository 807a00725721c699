"""A session outlives its link for a minute, if nobody meant to end it, and goes on where it was."""

from __future__ import annotations

import pytest

from actors.device.actor import RESUME_WITHIN_S
from actors.device.fleet import SWEEP_EVERY_S, TICK_S
from actors.device.messages import Cut, Silent, Withdrawn
from protocol.close_codes import CloseCode
from protocol.frames import DeviceGoodbye, Hello, Resumed, Welcome
from protocol.vocabulary import UNINTENDED, PresenceReason
from tests.actors.device.stage import Hub, Stage
from tests.actors.device.world import INTERVAL_S, RecordingLink, alert, pending


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.fixture
def hub() -> Hub:
    return Hub()


def back(
    stage: Stage, session_id: str = "session-1", command_seq: int = 0, version: int = 1
) -> RecordingLink:
    """The screen connects again and names a session."""
    return stage.connect(Hello(session_id=session_id, command_seq=command_seq, emergency_version=version))


# ---- what goes on ----


def test_a_session_goes_on_with_what_came_after_the_last_command_that_the_screen_got(stage: Stage) -> None:
    stage.world.playlist = 6
    stage.connect()
    stage.post("c1", "c2", "c3", "c4")
    stage.answers("c3")
    stage.loses()
    stage.post("c5")
    link = back(stage, command_seq=1)
    (resumed,) = link.resumes
    assert link.sent[0] is resumed and link.welcomes == []
    assert (resumed.session_id, resumed.emergencies, resumed.playlist_version) == ("session-1", None, 6)
    assert (link.command_ids, link.numbers) == (["c2", "c4", "c5"], [2, 3, 4]), "numbered on from its word"
    stage.heartbeat(command_seq=4)
    assert link.acks[-1].command_seq == 4
    assert [what[0] for what in stage.world.of("online")] == ["d", "d"]


def test_a_screen_that_got_everything_is_sent_nothing(stage: Stage) -> None:
    stage.connect()
    stage.post("c1", "c2")
    stage.loses()
    assert back(stage, command_seq=2).command_ids == []


def test_what_ended_while_it_was_away_leaves_no_gap_to_wait_for(stage: Stage) -> None:
    stage.connect()
    stage.post("c1", "c2")
    stage.loses()
    stage.tell(Withdrawn(["c2"]))
    link = back(stage, command_seq=1)
    stage.heartbeat(command_seq=1)
    assert link.acks[-1].command_seq == 1, "nothing is on its way that the screen could lack"


def test_the_session_keeps_its_name_over_many_links(stage: Stage) -> None:
    stage.connect()
    for _ in range(3):
        stage.loses()
        assert back(stage).resumes[0].session_id == "session-1"


def test_a_screen_that_noticed_the_loss_before_the_hub_did_goes_on_too(stage: Stage) -> None:
    old = stage.connect()
    new = back(stage)
    assert len(new.resumes) == 1 and old.closed == [(CloseCode.SUPERSEDED, None)]
    assert stage.world.of("offline") == []


# ---- alerts ----


def test_whoever_missed_an_alert_is_told_the_whole_truth(stage: Stage) -> None:
    stage.connect()
    stage.loses()
    stage.world.version, stage.world.alerts = 2, [alert("fire")]
    (resumed,) = back(stage, version=1).resumes
    assert (resumed.emergency_version, [a.emergency_id for a in resumed.emergencies or []]) == (2, ["fire"])
    assert stage.world.of("delivered")[-1] == ("d", ["fire"])


def test_whoever_missed_an_all_clear_is_told_that_there_is_nothing(stage: Stage) -> None:
    stage.connect()
    stage.loses()
    stage.world.version = 2
    assert back(stage, version=1).resumes[0].emergencies == []


def test_an_alert_in_force_is_proved_anew_because_its_proof_may_have_been_lost(stage: Stage) -> None:
    stage.world.alerts = [alert("fire")]
    stage.connect()
    stage.loses()
    assert [a.emergency_id for a in back(stage).resumes[0].emergencies or []] == ["fire"]


def test_without_alerts_the_version_that_the_screen_names_is_agreed_at_once(stage: Stage) -> None:
    stage.connect()
    stage.link.emergency_version = 1
    stage.loses()
    assert back(stage).resumes[0].emergencies is None
    assert stage.world.of("agreed") == [("d",)]


# ---- what cannot be resumed ----


def test_every_end_that_nobody_meant_can_be_resumed(stage: Stage) -> None:
    stage.connect()
    for reason in sorted(UNINTENDED):
        stage.loses(reason)
        assert len(back(stage).resumes) == 1, reason
    stage.world.mono_s += 2 * INTERVAL_S
    stage.tell(Silent())
    assert len(back(stage).resumes) == 1


@pytest.mark.parametrize(
    "reason",
    sorted(set(PresenceReason) - UNINTENDED - {PresenceReason.CONNECTED, PresenceReason.NEVER_CONNECTED}),
)
def test_an_end_that_was_meant_cannot(stage: Stage, reason: PresenceReason) -> None:
    stage.connect()
    stage.loses(reason)
    assert [type(frame) for frame in back(stage).sent] == [Welcome]


def test_neither_goodbye_nor_a_cut_leaves_a_session_behind(stage: Stage) -> None:
    stage.connect()
    stage.hears(DeviceGoodbye())
    assert len(back(stage).welcomes) == 1
    stage.loses()
    stage.tell(Cut(CloseCode.TOKEN_REVOKED, PresenceReason.TOKEN_REVOKED))
    assert stage.world.kept_until_s["d"] == stage.world.mono_s, "nor one whose link was gone already"
    assert len(back(stage, "session-2").welcomes) == 1


def test_a_superseded_session_cannot_be_resumed(stage: Stage) -> None:
    stage.connect()
    stage.connect()
    assert [type(frame) for frame in back(stage, "session-1").sent] == [Welcome]


@pytest.mark.parametrize(("session_id", "command_seq"), [("session-9", 0), ("", 0), ("session-1", 3)])
def test_a_hello_that_names_what_never_was_begins_anew(
    stage: Stage, session_id: str, command_seq: int
) -> None:
    stage.connect()
    stage.post("c1", "c2")
    stage.loses()
    link = back(stage, session_id, command_seq)
    assert [type(frame).__name__ for frame in link.sent] == ["Welcome", "Command", "Command"]
    assert link.welcomes[0].session_id == "session-2" and link.numbers == [1, 2]


# ---- how long ----


@pytest.mark.parametrize(("away_s", "answer"), [(RESUME_WITHIN_S, Resumed), (61.0, Welcome)])
def test_a_session_waits_a_minute_for_its_screen(hub: Hub, away_s: float, answer: type) -> None:
    link = hub.hello()
    hub.fleet.disconnected("d", link, PresenceReason.NETWORK_CLOSED)
    hub.work()
    left_s = hub.world.mono_s
    while hub.world.mono_s < left_s + away_s:
        hub.sweep(SWEEP_EVERY_S)
    assert away_s <= RESUME_WITHIN_S or len(hub.fleet) == 0
    new = hub.hello(Hello(session_id=link.session_id))
    assert [type(frame) for frame in new.sent] == [answer]


def test_nothing_is_read_from_postgresql_to_resume(hub: Hub) -> None:
    link = hub.hello(open_commands=True)
    hub.fleet.loaded(hub.world.loads[-1], [pending("c1"), pending("c2")])
    hub.fleet.disconnected("d", link, PresenceReason.NETWORK_CLOSED)
    hub.work()
    new = hub.hello(Hello(session_id=link.session_id, command_seq=1), open_commands=True)
    assert hub.world.loaded_for == ["d"] and new.command_ids == ["c2"]
    hub.hello(open_commands=True)
    assert hub.world.loaded_for == ["d", "d"], "a new session reads"


def test_a_resumed_session_is_not_let_go_for_the_loss_before(hub: Hub) -> None:
    link = hub.hello()
    hub.fleet.disconnected("d", link, PresenceReason.NETWORK_CLOSED)
    new = hub.hello(Hello(session_id=link.session_id))
    hub.keep_beating(new, 2 * RESUME_WITHIN_S + TICK_S)
    assert hub.fleet.link_of("d") is new and new.closed == []


def test_a_screen_that_failed_its_actor_begins_anew(hub: Hub) -> None:
    link = hub.hello()
    hub.world.raise_in.add("pending")
    hub.fleet.queue("d", [pending("c1")])
    hub.work()
    hub.world.raise_in.clear()
    hub.world.mono_s += 1.0
    new = hub.hello(Hello(session_id=link.session_id))
    assert len(new.welcomes) == 1 and hub.world.loaded_for == ["d"]
