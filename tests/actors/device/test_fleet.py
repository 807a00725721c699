"""The fleet: who has an actor and until when; what no race of wire, database and clock may do."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import trio
from trio.testing import MockClock

from actors.device.fleet import CUT_REMEMBERED_S, SWEEP_EVERY_S, TICK_S, Fleet
from actors.runtime import Instant, Supervisor
from protocol.close_codes import CloseCode
from protocol.frames import Heartbeat, Hello, Uplink
from protocol.vocabulary import PresenceReason
from tests.actors.device.world import INTERVAL_S, RecordingLink, World, pending


class Hub:
    """A fleet in its world, driven by hand: `work` runs every turn that waits."""

    def __init__(self, supervisor: Supervisor | None = None) -> None:
        self.world = World()
        self.fleet = Fleet(self.world, self.world, self.world.now, INTERVAL_S, supervisor)

    def hello(
        self,
        device_id: str = "d",
        *,
        open_commands: bool = False,
        looked_up_s: float | None = None,
        work: bool = True,
    ) -> RecordingLink:
        link = RecordingLink()
        self.fleet.connected(
            device_id,
            "Lobby",
            link,
            Hello(),
            has_open_commands=open_commands,
            looked_up_s=self.world.mono_s if looked_up_s is None else looked_up_s,
        )
        if work:
            self.work()
        return link

    def heard(self, link: RecordingLink, frame: Uplink, device_id: str = "d") -> bool:
        return self.fleet.heard(device_id, link, frame)

    def work(self) -> None:
        while self.fleet.dispatcher.waiting:
            self.fleet.dispatcher.run_slice()

    def sweep(self, after_s: float = 0.0) -> None:
        self.world.mono_s += after_s
        self.fleet.sweep(self.world.now())

    def sweep_until(self, fact: Callable[[], bool], at_most_s: float) -> float:
        """Sweep as the running hub does until `fact`; seconds that passed."""
        start_s = self.world.mono_s
        while not fact():
            assert self.world.mono_s - start_s <= at_most_s, "it did not happen in time"
            self.sweep(SWEEP_EVERY_S)
            self.work()
        return self.world.mono_s - start_s


@pytest.fixture
def hub() -> Hub:
    return Hub()


# ---- life and retirement ----


def test_an_actor_lives_while_its_screen_is_connected_and_is_gone_with_the_next_sweep(hub: Hub) -> None:
    link = hub.hello()
    assert len(hub.fleet) == 1 and hub.fleet.link_of("d") is link
    hub.fleet.disconnected("d", link, PresenceReason.NETWORK_CLOSED)
    hub.work()
    assert hub.fleet.link_of("d") is None and hub.fleet.connected_devices() == []
    hub.sweep(2 * TICK_S)
    assert len(hub.fleet) == 0
    assert not hub.heard(link, Heartbeat(1))


def test_a_screen_that_returns_before_the_sweep_keeps_its_actor(hub: Hub) -> None:
    old = hub.hello()
    hub.fleet.disconnected("d", old, PresenceReason.NETWORK_CLOSED)
    hub.work()
    new = hub.hello(work=False)
    hub.sweep()
    hub.work()
    hub.sweep()
    assert hub.fleet.link_of("d") is new and len(new.welcomes) == 1 and new.closed == []


def test_offline_is_declared_within_a_tick_and_a_sweep_of_the_deadline_and_not_before(hub: Hub) -> None:
    link = hub.hello()
    passed_s = hub.sweep_until(lambda: bool(link.closed), at_most_s=60)
    assert link.closed == [(CloseCode.HEARTBEAT_LOST, None)]
    assert 1.5 * INTERVAL_S <= passed_s <= 1.5 * INTERVAL_S + TICK_S + SWEEP_EVERY_S


def test_a_heartbeat_that_came_in_time_counts_even_if_its_turn_comes_after_the_deadline(hub: Hub) -> None:
    link = hub.hello()
    hub.world.mono_s += 1.5 * INTERVAL_S - 0.1
    assert hub.heard(link, Heartbeat(1, 1))
    hub.sweep(1.0)
    hub.work()
    assert link.closed == [] and [ack.seq for ack in link.acks] == [1]


def test_a_deadline_that_finds_the_lane_full_comes_again(hub: Hub) -> None:
    stale, link = hub.hello(), hub.hello()
    hub.world.mono_s += 1.5 * INTERVAL_S + TICK_S
    while hub.heard(stale, Heartbeat(1)):
        pass
    hub.sweep()
    assert hub.sweep_until(lambda: bool(link.closed), at_most_s=2 * TICK_S) > 0


async def test_a_running_fleet_on_a_virtual_clock_loses_the_silent_and_keeps_the_beating(
    autojump_clock: MockClock,
) -> None:
    world = World()

    def now() -> Instant:
        world.mono_s = 1_000.0 + trio.current_time()
        return Instant(world.mono_s, world.now().wall_ms)

    fleet = Fleet(world, world, now, INTERVAL_S)
    silent, beating = RecordingLink(), RecordingLink()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(fleet.run)
        nursery.start_soon(fleet.dispatcher.run)
        for device_id, link in (("silent", silent), ("beating", beating)):
            fleet.connected(device_id, "", link, Hello(), has_open_commands=False, looked_up_s=0.0)
        for seq in range(10):
            await trio.sleep(INTERVAL_S)
            assert fleet.heard("beating", beating, Heartbeat(seq, 1))
        assert silent.closed == [(CloseCode.HEARTBEAT_LOST, None)]
        assert fleet.connected_devices() == ["beating"] and len(fleet) == 1
        nursery.cancel_scope.cancel()


# ---- faults ----


def test_a_fault_costs_its_own_screen_one_reconnect_and_nobody_else_anything(hub: Hub) -> None:
    links = {f"s{number}": hub.hello(f"s{number}") for number in range(20)}
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
    assert len(hub.hello("s7").welcomes) == 1


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
    assert new.closed == [(CloseCode.HUB_FAULT, 1.0)]


# ---- between the look-up of a token and the hello ----


def test_a_cut_between_the_look_up_and_the_hello_still_cuts(hub: Hub) -> None:
    looked_up_s = hub.world.mono_s
    hub.world.mono_s += 1.0
    hub.fleet.cut("d", CloseCode.TOKEN_REVOKED, PresenceReason.TOKEN_REVOKED)
    hub.world.mono_s += 5.0
    assert hub.hello(looked_up_s=looked_up_s).closed == [(CloseCode.TOKEN_REVOKED, None)]
    assert hub.hello().closed == [], "a token that is looked up after the cut is a new one"


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
    assert hub.world.loads == ["d"]
    hub.fleet.loaded("d", [pending("c1")])
    hub.work()
    assert link.command_ids == ["c1"]
    hub.hello()
    assert hub.world.loads == ["d"]


def test_a_command_posted_to_a_screen_that_just_left_is_loaded_at_its_return(hub: Hub) -> None:
    looked_up_s = hub.world.mono_s
    link = hub.hello()
    hub.fleet.disconnected("d", link, PresenceReason.NETWORK_CLOSED)
    hub.work()
    hub.fleet.queue("d", [pending("c1")])
    hub.work()
    hub.sweep(1.0)
    assert len(hub.fleet) == 0
    hub.hello(looked_up_s=looked_up_s)
    assert hub.world.loads == ["d"]


def test_commands_posted_while_older_ones_are_loaded_go_out_after_them_and_once(hub: Hub) -> None:
    link = hub.hello(open_commands=True)
    hub.fleet.queue("d", [pending("c2")])
    hub.fleet.queue("d", [pending("c3")])
    hub.work()
    assert link.command_ids == []
    hub.fleet.loaded("d", [pending("c1"), pending("c2")])
    hub.fleet.queue("d", [pending("c4")])
    hub.work()
    assert link.command_ids == ["c1", "c2", "c3", "c4"]


def test_an_alert_overtakes_the_normal_lane(hub: Hub) -> None:
    link = hub.hello()
    hub.heard(link, Heartbeat(1, 1))
    hub.fleet.alert_sent("d", 2)
    hub.world.version = 2
    hub.work()
    assert link.acks[0].emergencies == [], "the heartbeat was judged by the version that had been sent"


def test_a_screen_that_sends_faster_than_its_actor_may_be_kept_waiting_is_refused(hub: Hub) -> None:
    link, other = hub.hello(), hub.hello("other")
    accepted = 0
    while hub.heard(link, Heartbeat(accepted)):
        accepted += 1
    assert accepted == 256
    assert hub.heard(other, Heartbeat(1), "other")
    hub.fleet.disconnected("d", link, PresenceReason.PROTOCOL_ERROR)
    hub.work()
    assert hub.fleet.link_of("d") is None, "what the hub says arrives even then"
