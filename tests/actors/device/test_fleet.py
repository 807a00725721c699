"""The fleet: who has an actor and until when; what no race of wire, database and clock may do."""

from __future__ import annotations

import pytest

from actors.device.actor import RESUME_WITHIN_S
from actors.device.fleet import CUT_REMEMBERED_S, SWEEP_EVERY_S, TICK_S
from actors.runtime import Supervisor
from protocol.close_codes import CloseCode
from protocol.frames import DeviceGoodbye, Heartbeat, Hello
from protocol.vocabulary import PresenceReason
from tests.actors.device.stage import Hub
from tests.actors.device.world import pending


@pytest.fixture
def hub() -> Hub:
    return Hub()


# ---- life and retirement ----


def test_an_actor_that_was_left_on_purpose_is_gone_with_the_next_tick(hub: Hub) -> None:
    link = hub.hello()
    assert len(hub.fleet) == 1 and hub.fleet.link_of("d") is link
    hub.heard(link, DeviceGoodbye())
    hub.work()
    assert hub.fleet.link_of("d") is None and hub.fleet.connected_devices() == []
    hub.sweep(2 * TICK_S)
    assert len(hub.fleet) == 0
    assert not hub.heard(link, Heartbeat(1))


def test_an_actor_that_lost_its_link_waits_as_long_as_its_session_can_be_resumed(hub: Hub) -> None:
    link = hub.hello()
    hub.fleet.disconnected("d", link, PresenceReason.NETWORK_CLOSED)
    hub.work()
    kept_s = hub.sweep_until(lambda: len(hub.fleet) == 0, at_most_s=2 * RESUME_WITHIN_S)
    assert RESUME_WITHIN_S <= kept_s <= RESUME_WITHIN_S + TICK_S + SWEEP_EVERY_S
    assert not hub.heard(link, Heartbeat(1))


@pytest.mark.parametrize("reason", [PresenceReason.SAID_GOODBYE, PresenceReason.NETWORK_CLOSED])
def test_a_screen_that_returns_before_its_actor_is_gone_keeps_it(hub: Hub, reason: PresenceReason) -> None:
    old = hub.hello()
    hub.fleet.disconnected("d", old, reason)
    new = hub.hello(work=False)
    hub.sweep(2 * TICK_S)
    hub.work()
    hub.keep_beating(new, 2 * RESUME_WITHIN_S)
    assert hub.fleet.link_of("d") is new and len(new.welcomes) == 1 and new.closed == []


def test_an_actor_that_was_made_for_a_stale_hello_only_is_gone_with_the_next_tick(hub: Hub) -> None:
    hub.world.epochs["d"] = 9
    link = hub.hello(epoch=8)
    assert link.closed == [(CloseCode.TRY_AGAIN_LATER, None)] and link.sent == []
    hub.sweep(2 * TICK_S)
    assert len(hub.fleet) == 0


# ---- faults ----


def test_a_fault_costs_its_own_screen_one_reconnect_and_nobody_else_anything(hub: Hub) -> None:
    links = {f"s{number}": hub.hello(device_id=f"s{number}") for number in range(20)}
    hub.world.raise_in.add("agreed")
    hub.heard(links["s7"], Heartbeat(1, 1), "s7")
    hub.work()
    hub.world.raise_in.clear()
    for device_id, link in links.items():
        hub.heard(link, Heartbeat(2, 1), device_id)
    hub.work()
    assert [key for key, link in links.items() if link.closed] == ["s7"]
    assert links["s7"].closed == [(CloseCode.HUB_FAULT, 1.0)]
    assert all(link.acks for key, link in links.items() if key != "s7")
    assert hub.world.of("offline")[-1][:2] == ("s7", PresenceReason.HUB_FAULT)
    hub.world.mono_s += 1.0
    assert len(hub.hello(device_id="s7").welcomes) == 1


def test_past_its_budget_a_screen_is_quarantined_and_told_how_long() -> None:
    hub = Hub(Supervisor(intensity=2, period_s=60.0, quarantine_s=300.0))
    hub.world.raise_in.add("agreed")
    for _ in range(3):
        link = hub.hello()
        hub.heard(link, Heartbeat(1, 1))
        hub.work()
        hub.world.mono_s += 2.0
    assert link.closed == [(CloseCode.HUB_FAULT, 300.0)]
    assert hub.world.of("offline")[-1][1] is PresenceReason.QUARANTINED
    hub.world.raise_in.clear()
    hub.world.mono_s += 98.0
    assert hub.hello().closed == [(CloseCode.HUB_FAULT, 200.0)] and len(hub.fleet) == 0
    hub.world.mono_s += 200.0
    assert len(hub.hello().welcomes) == 1


def test_a_hello_that_waits_behind_a_fault_is_sent_away_rather_than_forgotten(hub: Hub) -> None:
    old = hub.hello()
    hub.world.raise_in.add("offline")
    hub.fleet.disconnected("d", old, PresenceReason.NETWORK_CLOSED)
    new = hub.hello(work=False)
    hub.work()
    assert new.closed == [(CloseCode.HUB_FAULT, None)]


def test_a_screen_that_is_away_when_its_budget_is_used_up_is_listed_as_quarantined() -> None:
    hub = Hub(Supervisor(intensity=0))
    link = hub.hello()
    hub.fleet.disconnected("d", link, PresenceReason.NETWORK_CLOSED)
    hub.work()
    hub.world.raise_in.add("pending")
    hub.fleet.queue("d", [pending("c1")])
    hub.work()
    assert [what[1] for what in hub.world.of("offline")] == [
        PresenceReason.NETWORK_CLOSED,
        PresenceReason.QUARANTINED,
    ]


# ---- between the look-up of a token and the hello ----


def test_a_cut_between_the_look_up_and_the_hello_still_cuts(hub: Hub) -> None:
    looked_up_s = hub.world.mono_s
    hub.world.mono_s += 1.0
    hub.fleet.cut("d", CloseCode.TOKEN_REVOKED, PresenceReason.TOKEN_REVOKED)
    hub.world.mono_s += 5.0
    assert hub.hello(looked_up_s=looked_up_s).closed == [(CloseCode.TOKEN_REVOKED, None)]
    assert hub.hello().closed == [], "a token that is looked up after the cut is a new one"


def test_a_cut_after_which_the_screen_may_come_back_keeps_nobody_out(hub: Hub) -> None:
    link, looked_up_s = hub.hello(), hub.world.mono_s
    hub.fleet.cut("d", CloseCode.TRY_AGAIN_LATER, PresenceReason.TAKEN_OVER)
    hub.work()
    assert link.closed == [(CloseCode.TRY_AGAIN_LATER, None)]
    assert hub.world.of("offline")[-1][1] is PresenceReason.TAKEN_OVER
    assert len(hub.hello(looked_up_s=looked_up_s).welcomes) == 1


def test_cuts_are_not_remembered_for_ever(hub: Hub) -> None:
    hub.fleet.cut("d", CloseCode.TOKEN_REVOKED, PresenceReason.TOKEN_REVOKED)
    hub.sweep(CUT_REMEMBERED_S + 1)
    assert hub.hello(looked_up_s=0.0).closed == []


def test_a_cut_closes_the_session_ahead_of_everything_that_waits(hub: Hub) -> None:
    link = hub.hello()
    hub.heard(link, Heartbeat(1, 1))
    hub.fleet.cut("d", CloseCode.TOKEN_REVOKED, PresenceReason.TOKEN_REVOKED)
    hub.work()
    assert link.closed == [(CloseCode.TOKEN_REVOKED, None)] and link.acks == []


# ---- commands ----


def test_a_command_posted_between_the_look_up_and_the_hello_is_loaded(hub: Hub) -> None:
    hub.fleet.queue("d", [pending("c1")])
    link = hub.hello(open_commands=False)
    assert hub.world.loaded_for == ["d"]
    hub.fleet.loaded(hub.world.loads[-1], [pending("c1")])
    hub.work()
    assert link.command_ids == ["c1"]
    hub.hello()
    assert hub.world.loaded_for == ["d"]


def test_a_command_that_its_actor_took_with_it_is_loaded_at_the_screens_return(hub: Hub) -> None:
    looked_up_s = hub.world.mono_s
    link = hub.hello()
    hub.fleet.disconnected("d", link, PresenceReason.NETWORK_CLOSED)
    hub.fleet.queue("d", [pending("c1")])
    hub.work()
    hub.sweep_until(lambda: len(hub.fleet) == 0, at_most_s=2 * RESUME_WITHIN_S)
    hub.hello(looked_up_s=looked_up_s)
    assert hub.world.loaded_for == ["d"]


def test_what_could_not_be_loaded_is_loaded_at_the_next_hello_with_all_that_came_since(hub: Hub) -> None:
    link = hub.hello(open_commands=True)
    hub.fleet.queue("d", [pending("c2")])
    hub.fleet.disconnected("d", link, PresenceReason.NETWORK_CLOSED)
    hub.work()
    hub.fleet.not_loaded(hub.world.loads[0])
    hub.fleet.queue("d", [pending("c3")])
    hub.work()
    new = hub.hello(Hello(session_id=link.session_id))
    assert len(new.resumes) == 1 and new.command_ids == []
    assert hub.world.loaded_for == ["d", "d"], "resumed, but there is something that the actor never got"
    hub.fleet.loaded(hub.world.loads[-1], [pending("c1"), pending("c2"), pending("c3")])
    hub.work()
    assert new.command_ids == ["c1", "c2", "c3"]


def test_a_load_that_gives_up_while_the_screen_returns_takes_nothing_with_it(hub: Hub) -> None:
    link = hub.hello(open_commands=True)
    hub.fleet.disconnected("d", link, PresenceReason.NETWORK_CLOSED)
    hub.work()
    new = hub.hello(Hello(session_id=link.session_id), work=False)
    hub.fleet.not_loaded(hub.world.loads[0])
    hub.fleet.queue("d", [pending("c2")])
    hub.work()
    assert new.command_ids == []
    hub.fleet.loaded(hub.world.loads[-1], [pending("c1")])
    hub.work()
    assert new.command_ids == ["c1", "c2"]


def test_what_was_read_for_an_actor_that_is_gone_is_of_the_past(hub: Hub) -> None:
    link = hub.hello(open_commands=True)
    hub.heard(link, DeviceGoodbye())
    hub.work()
    hub.sweep(2 * TICK_S)
    new = hub.hello(open_commands=True)
    old_reading, reading = hub.world.loads
    hub.fleet.queue("d", [pending("c2")])
    hub.fleet.loaded(old_reading, [pending("ended since")])
    hub.fleet.not_loaded(old_reading)
    hub.work()
    assert new.command_ids == []
    hub.fleet.loaded(reading, [pending("c1")])
    hub.work()
    assert new.command_ids == ["c1", "c2"]


def test_a_command_that_is_withdrawn_while_it_is_loaded_is_never_sent(hub: Hub) -> None:
    link = hub.hello(open_commands=True)
    hub.fleet.queue("d", [pending("c2"), pending("c3")])
    hub.fleet.withdraw("d", ["c1", "c3"])
    hub.fleet.loaded(hub.world.loads[-1], [pending("c1"), pending("c2")])
    hub.work()
    assert link.command_ids == ["c2"]


def test_what_concerns_a_screen_without_an_actor_is_nobodys_and_harms_nobody(hub: Hub) -> None:
    hub.fleet.withdraw("d", ["c1"])
    hub.fleet.want_playlist("d", 4)
    assert len(hub.fleet) == 0 and hub.fleet.dispatcher.waiting == 0


def test_commands_posted_while_older_ones_are_loaded_go_out_after_them_and_once(hub: Hub) -> None:
    link = hub.hello(open_commands=True)
    hub.fleet.queue("d", [pending("c2")])
    hub.fleet.queue("d", [pending("c3")])
    hub.work()
    assert link.command_ids == []
    hub.fleet.loaded(hub.world.loads[-1], [pending("c1"), pending("c2")])
    hub.fleet.queue("d", [pending("c4")])
    hub.work()
    assert link.command_ids == ["c1", "c2", "c3", "c4"]


def test_a_heartbeat_that_waits_while_an_alert_is_written_is_judged_by_the_alert(hub: Hub) -> None:
    link = hub.hello()
    hub.heard(link, Heartbeat(1, 1))
    link.emergency_version = hub.world.version = 2
    hub.work()
    assert link.acks[0].emergencies == [], "the heartbeat was judged by the version that had been sent"


def test_a_screen_that_sends_faster_than_its_actor_may_be_kept_waiting_is_refused(hub: Hub) -> None:
    link, other = hub.hello(), hub.hello(device_id="other")
    accepted = 0
    while hub.heard(link, Heartbeat(accepted)):
        accepted += 1
    assert accepted == 256
    assert hub.heard(other, Heartbeat(1), "other")
    hub.fleet.disconnected("d", link, PresenceReason.PROTOCOL_ERROR)
    hub.work()
    assert hub.fleet.link_of("d") is None, "what the hub says arrives even then"
