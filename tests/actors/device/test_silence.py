"""G6: offline is declared no earlier than 1.5 heartbeat intervals after the last frame, and no later than a
tick of the wheel and a sweep after that: 0.75 s. On a virtual clock."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from trio.testing import MockClock

from actors.device.fleet import LISTEN_FIRST_S, SWEEP_EVERY_S, TICK_S, Fleet
from actors.runtime import Instant
from protocol.close_codes import CloseCode
from protocol.frames import DeviceEvent, Heartbeat, Hello, Receipt, Uplink
from protocol.vocabulary import EventName, PresenceReason, ReceiptStatus
from tests.actors.device.stage import Hub
from tests.actors.device.world import INTERVAL_S, RecordingLink, World

SILENCE_S = 1.5 * INTERVAL_S
LATEST_S = SILENCE_S + TICK_S + SWEEP_EVERY_S
MILLISECOND_S = 0.001


@pytest.fixture
def hub() -> Hub:
    return Hub()


def test_the_bound_is_three_quarters_of_a_second() -> None:
    assert LATEST_S - SILENCE_S == 0.75


@given(said_after_s=st.floats(0.0, 40.0), phase_s=st.floats(0.0, SWEEP_EVERY_S))
def test_offline_is_declared_within_its_bounds_wherever_the_silence_falls_between_ticks_and_sweeps(
    said_after_s: float, phase_s: float
) -> None:
    hub = Hub()
    hub.world.mono_s += said_after_s
    link = hub.hello()
    hub.sweep(phase_s)
    passed_s = phase_s + hub.sweep_until(lambda: bool(link.closed), at_most_s=2 * SILENCE_S)
    assert link.closed == [(CloseCode.HEARTBEAT_LOST, None)]
    assert SILENCE_S - 1e-6 <= passed_s <= LATEST_S + 1e-6
    assert [what[1] for what in hub.world.of("offline")] == [PresenceReason.HEARTBEAT_LOST]


@pytest.mark.parametrize(
    "frame",
    [Heartbeat(1, 1), DeviceEvent(EventName.IDLE), Receipt("c", ReceiptStatus.FAILED), Hello()],
    ids=["heartbeat", "event", "receipt", "a second hello"],
)
def test_a_frame_a_moment_before_the_deadline_moves_it_by_a_whole_silence(hub: Hub, frame: Uplink) -> None:
    link = hub.hello()
    hub.sweep(SILENCE_S - MILLISECOND_S)
    assert hub.heard(link, frame)
    hub.work()
    hub.sweep(SILENCE_S - MILLISECOND_S)
    hub.work()
    assert link.closed == [], "not a moment before"
    assert hub.sweep_until(lambda: bool(link.closed), at_most_s=1.0) <= TICK_S + 2 * SWEEP_EVERY_S


def test_a_frame_that_comes_when_the_deadline_has_been_told_is_too_late(hub: Hub) -> None:
    link = hub.hello()
    hub.sweep_until(lambda: bool(link.closed), at_most_s=LATEST_S)
    told = len(hub.world.told)
    hub.heard(link, Heartbeat(1, 1))
    hub.work()
    assert hub.fleet.link_of("d") is None and len(hub.world.told) == told


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


@asynccontextmanager
async def running_fleet(*device_ids: str) -> AsyncIterator[tuple[Fleet, list[RecordingLink]]]:
    """A fleet that runs on trio's clock, with a screen of each id that has said hello."""
    world = World()

    def now() -> Instant:
        world.mono_s = 1_000.0 + trio.current_time()
        return Instant(world.mono_s, world.now().wall_ms)

    fleet = Fleet(world, world, now, INTERVAL_S)
    links = [RecordingLink() for _ in device_ids]
    async with trio.open_nursery() as nursery:
        nursery.start_soon(fleet.run)
        nursery.start_soon(fleet.dispatcher.run)
        for device_id, link in zip(device_ids, links, strict=True):
            fleet.connected(device_id, "", link, Hello(), has_open_commands=False, looked_up_s=0.0)
        yield fleet, links
        nursery.cancel_scope.cancel()


async def test_a_running_fleet_on_a_virtual_clock_loses_the_silent_and_keeps_the_beating(
    autojump_clock: MockClock,
) -> None:
    async with running_fleet("silent", "beating") as (fleet, (silent, beating)):
        for seq in range(10):
            await trio.sleep(INTERVAL_S)
            assert fleet.heard("beating", beating, Heartbeat(seq, 1))
        assert silent.closed == [(CloseCode.HEARTBEAT_LOST, None)]
        assert fleet.connected_devices() == ["beating"] and len(fleet) == 1, "nobody waits for the silent one"


async def test_a_hub_that_stood_still_listens_before_it_judges(autojump_clock: MockClock) -> None:
    async with running_fleet("silent", "talking") as (fleet, (silent, talking)):
        await trio.sleep(INTERVAL_S)

        autojump_clock.jump(10 * INTERVAL_S)

        await trio.sleep(LISTEN_FIRST_S / 2)
        assert fleet.heard("talking", talking, Heartbeat(1, 1)), "it was in the socket all the while"
        await trio.sleep(LISTEN_FIRST_S)
        assert (silent.closed, talking.closed) == ([(CloseCode.HEARTBEAT_LOST, None)], [])
