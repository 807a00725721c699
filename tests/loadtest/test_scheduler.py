"""The one task that moves every screen, on a virtual clock."""

from __future__ import annotations

import trio
from trio.testing import MockClock

from loadtest.scheduler import STEP_S, Scheduler


class Metronome:
    """Due every `every_s`; keeps when it was moved."""

    def __init__(self, every_s: float | None, *, stuck: bool = False) -> None:
        self.every_s = every_s
        self.stuck = stuck
        self.next_due: float | None = None if every_s is None else trio.current_time() + every_s
        self.moved_at: list[float] = []

    async def tick(self, now: float) -> None:
        self.moved_at.append(now)
        if not self.stuck:
            self.next_due = None if self.every_s is None else (self.next_due or 0.0) + self.every_s


async def run_for(scheduler: Scheduler, seconds: float) -> None:
    with trio.move_on_after(seconds):
        await scheduler.run()


async def test_each_member_is_moved_on_its_own_time_and_late_by_one_step_at_most(
    autojump_clock: MockClock,
) -> None:
    scheduler, members = Scheduler(), [Metronome(0.3), Metronome(1.0), Metronome(7.0)]
    for member in members:
        scheduler.reschedule(member)
    began = trio.current_time()
    await run_for(scheduler, 20.5)
    assert [len(member.moved_at) for member in members] == [68, 20, 2]
    for member in members:
        assert member.every_s is not None
        for turn, at in enumerate(member.moved_at, start=1):
            assert -1e-9 <= at - began - turn * member.every_s <= STEP_S + 1e-9


async def test_a_member_with_nothing_due_is_left_alone_until_it_says_so(autojump_clock: MockClock) -> None:
    scheduler, member = Scheduler(), Metronome(None)
    scheduler.reschedule(member)
    await run_for(scheduler, 5)
    assert member.moved_at == []
    member.next_due = trio.current_time() + 1.0
    scheduler.reschedule(member)
    await run_for(scheduler, 1.5)
    assert len(member.moved_at) == 1


async def test_what_becomes_due_sooner_is_moved_sooner_and_once(autojump_clock: MockClock) -> None:
    scheduler, member = Scheduler(), Metronome(100.0)
    scheduler.reschedule(member)
    member.next_due = trio.current_time() + 1.0
    scheduler.reschedule(member)
    await run_for(scheduler, 99.0)
    assert len(member.moved_at) == 1


async def test_a_member_that_stays_due_does_not_keep_the_others_waiting(autojump_clock: MockClock) -> None:
    scheduler, stuck, well = Scheduler(), Metronome(0.1, stuck=True), Metronome(0.5)
    scheduler.reschedule(stuck)
    scheduler.reschedule(well)
    await run_for(scheduler, 2.2)
    assert len(well.moved_at) == 4
    assert len(stuck.moved_at) <= 2.2 / STEP_S + 1
