"""Turns: atomic, in order, bounded, fair, urgent first but never for ever; a fault harms its own actor."""

from __future__ import annotations

import pytest
import trio
import trio.testing

from actors.runtime import Dispatcher, Instant, Ref
from actors.runtime.dispatcher import MESSAGES_A_GO, TURNS_PER_SLICE, URGENT_IN_A_ROW
from actors.runtime.errors import UrgentLaneFull
from tests.actors.runtime.stage import NOW, Recorder, Stage


@pytest.fixture
def stage() -> Stage:
    return Stage()


# ---- Rule 1: a turn is atomic ----


def test_what_a_turn_tells_comes_after_it(stage: Stage) -> None:
    log: list[str] = []

    class Chain:
        def receive(self, message: int, now: Instant) -> None:
            log.append(f"{message} begins")
            if message < 3:
                ref.tell_urgently(message + 1)
            log.append(f"{message} ends")

    ref: Ref[int] = stage.dispatcher.spawn("chain", Chain())
    ref.tell(1)
    stage.work()
    assert log == ["1 begins", "1 ends", "2 begins", "2 ends", "3 begins", "3 ends"]


# ---- Rule 2: order, lanes, fairness ----


def test_the_urgent_lane_goes_first_and_each_lane_keeps_its_order(stage: Stage) -> None:
    log: list[tuple[str, str]] = []
    (a, _), (b, _) = stage.spawn("a", log), stage.spawn("b", log)
    for ref, message in ((a, "1"), (b, "1"), (a, "2")):
        assert ref.tell(message)
    for ref, message in ((b, "u1"), (a, "u1"), (b, "u2")):
        assert ref.tell_urgently(message)
    stage.work()
    assert log == [("b", "u1"), ("b", "u2"), ("a", "u1"), ("a", "1"), ("a", "2"), ("b", "1")]


def test_an_actor_that_is_written_to_without_end_delays_the_others_by_one_go(stage: Stage) -> None:
    log: list[tuple[str, str]] = []
    flooded, _ = stage.spawn("flooded", log)
    other, _ = stage.spawn("other", log)
    for number in range(200):
        flooded.tell(str(number))
    other.tell("x")
    stage.work()
    assert log.index(("other", "x")) == MESSAGES_A_GO
    assert [message for name, message in log if name == "flooded"] == [str(n) for n in range(200)]


def test_urgent_actors_never_keep_the_normal_ones_waiting_for_ever(stage: Stage) -> None:
    log: list[tuple[str, str]] = []
    normal, _ = stage.spawn("normal", log)

    class Restless:
        """Always has something urgent to say to itself."""

        def receive(self, message: str, now: Instant) -> None:
            log.append(("restless", message))
            ref.tell_urgently("again")

    ref: Ref[str] = stage.dispatcher.spawn("restless", Restless())
    ref.tell_urgently("begin")
    normal.tell("heard")
    for _ in range(URGENT_IN_A_ROW):
        stage.dispatcher.run_slice()
    assert ("normal", "heard") in log
    assert log.index(("normal", "heard")) <= URGENT_IN_A_ROW * MESSAGES_A_GO


def test_within_one_actor_the_urgent_lane_is_first_even_when_a_normal_go_is_due(stage: Stage) -> None:
    log: list[tuple[str, str]] = []
    refs = [stage.spawn(str(number), log)[0] for number in range(2 * URGENT_IN_A_ROW)]
    last = refs[-1]
    last.tell("after")
    for ref in refs:
        ref.tell_urgently("first")
    stage.work()
    assert log[-1] == (last.key, "after") and len(log) == len(refs) + 1


def test_an_urgent_word_overtakes_what_waits_in_the_middle_of_a_go(stage: Stage) -> None:
    log: list[str] = []

    class Actor:
        def receive(self, message: str, now: Instant) -> None:
            log.append(message)
            if message == "1":
                ref.tell_urgently("urgent")

    ref: Ref[str] = stage.dispatcher.spawn("a", Actor())
    for message in "123":
        ref.tell(message)
    stage.work()
    assert log == ["1", "urgent", "2", "3"]


def test_a_slice_is_bounded(stage: Stage) -> None:
    refs = [stage.spawn(str(number))[0] for number in range(TURNS_PER_SLICE + 1)]
    for ref in refs:
        ref.tell("x")
    assert stage.dispatcher.run_slice() == TURNS_PER_SLICE
    assert stage.dispatcher.run_slice() == 1
    assert stage.dispatcher.run_slice() == 0


# ---- Rule 3: bounds ----


def test_a_full_normal_lane_refuses_counts_and_tells_and_the_urgent_one_stays_open() -> None:
    stage = Stage(normal_limit=3)
    (flooded, _), (other, _) = stage.spawn("flooded"), stage.spawn("other")
    assert [flooded.tell("x") for _ in range(5)] == [True, True, True, False, False]
    assert (stage.dispatcher.refused, flooded.refused, other.refused) == (2, 2, 0)
    assert other.tell("x")
    assert flooded.tell_urgently("the program is always heard")
    stage.work()
    assert flooded.waiting == 0 and flooded.tell("x")
    assert stage.faults == []


def test_a_full_urgent_lane_is_a_fault_of_its_actor_and_of_no_other() -> None:
    stage = Stage(urgent_limit=3)
    (stuck, actor), (other, untouched) = stage.spawn("stuck"), stage.spawn("other")
    assert [stuck.tell_urgently("x") for _ in range(5)] == [True, True, True, False, False]
    other.tell("x")
    stage.work()
    assert [(key, type(error)) for key, error in stage.faults] == [("stuck", UrgentLaneFull)]
    assert not stuck.running and actor.got == [] and stage.dispatcher.dropped == 3
    assert untouched.got == ["x"]


def test_an_actor_that_is_stopped_before_its_full_lane_is_noticed_does_not_fail_as_well() -> None:
    stage = Stage(urgent_limit=1)
    stuck, _ = stage.spawn("stuck")
    stuck.tell_urgently("x")
    stuck.tell_urgently("x")
    stuck.stop()
    stage.work()
    assert stage.faults == []


# ---- Rule 4: faults ----


def test_a_fault_of_one_of_ten_thousand_leaves_the_others_untouched(stage: Stage) -> None:
    spawned = [stage.spawn(str(number)) for number in range(10_000)]
    for ref, _ in spawned:
        ref.tell("before")
    spawned[4_321][0].tell("fail")
    for ref, _ in spawned:
        ref.tell("after")
    stage.work()
    assert [(key, str(error)) for key, error in stage.faults] == [("4321", "4321")]
    assert spawned[4_321][1].got == ["before"]
    assert all(actor.got == ["before", "after"] for _, actor in spawned if actor.name != "4321")
    assert (stage.dispatcher.faults, stage.dispatcher.dropped) == (1, 1)


def test_what_follows_a_fault_may_fail_as_well_and_the_others_go_on() -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("the same cause")

    dispatcher = Dispatcher(lambda: NOW, fail, fail)
    broken, sound = dispatcher.spawn("broken", Recorder()), dispatcher.spawn("sound", actor := Recorder())
    for message in ("fail", "is dropped"):
        broken.tell(message)
    sound.tell("x")
    while dispatcher.run_slice():
        pass
    assert actor.got == ["x"] and dispatcher.dropped == 1


# ---- Rule 5: the end ----


def test_a_stopped_actor_receives_nothing_and_what_waited_is_dropped_counted_and_told(stage: Stage) -> None:
    ref, actor = stage.spawn("a")
    for message in ("waits", "waits too"):
        ref.tell(message)
    ref.tell_urgently("waits urgently")
    ref.stop()
    assert not ref.tell("late")
    assert not ref.tell_urgently("late")
    stage.work()
    assert actor.got == [] and stage.dropped == ["waits urgently", "waits", "waits too"]
    assert (stage.dispatcher.dropped, stage.dispatcher.refused) == (3, 2)


async def test_draining_finishes_what_waits_and_refuses_what_is_new(stage: Stage) -> None:
    ref, actor = stage.spawn("a")
    for number in range(200):
        ref.tell(str(number))
    with trio.fail_after(5):
        await stage.dispatcher.drain()
    assert len(actor.got) == 200 and stage.dispatcher.waiting == 0
    assert not ref.tell("late") and not ref.tell_urgently("late") and stage.dispatcher.refused == 2
    assert repr(stage.dispatcher) == "<Dispatcher closed, 0 waiting, 200 turns, 0 faults>"


async def test_what_cannot_be_finished_within_the_callers_deadline_is_dropped_and_counted(
    stage: Stage, autojump_clock: trio.testing.MockClock
) -> None:
    class Endless:
        def receive(self, message: str, now: Instant) -> None:
            again.append(message)
            if len(again) == 1_000:
                scope.cancel()

    again: list[str] = []
    refs = [stage.dispatcher.spawn(str(number), Endless()) for number in range(20)]
    for ref in refs:
        for _ in range(100):
            ref.tell("x")
    with trio.CancelScope() as scope:
        await stage.dispatcher.drain()
    assert scope.cancelled_caught
    assert stage.dispatcher.dropped == len(stage.dropped) == 2_000 - len(again) > 0
    assert stage.dispatcher.waiting == 0 and not any(ref.waiting for ref in refs)


# ---- running ----


async def test_running_it_lets_other_tasks_run_between_slices(stage: Stage) -> None:
    class Endless:
        def receive(self, message: str, now: Instant) -> None:
            ref.tell(message)

    ref: Ref[str] = stage.dispatcher.spawn("endless", Endless())
    with trio.fail_after(5):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(stage.dispatcher.run)
            ref.tell("again")
            for _ in range(100):
                await trio.lowlevel.checkpoint()
            assert stage.dispatcher.turns > TURNS_PER_SLICE
            nursery.cancel_scope.cancel()


async def test_it_wakes_for_a_message_that_comes_while_it_sleeps(stage: Stage) -> None:
    ref, actor = stage.spawn("a")
    with trio.fail_after(5):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(stage.dispatcher.run)
            for tell in (ref.tell, ref.tell_urgently, ref.tell):
                await trio.testing.wait_all_tasks_blocked()
                assert tell("x")
            await trio.testing.wait_all_tasks_blocked()
            nursery.cancel_scope.cancel()
    assert actor.got == ["x", "x", "x"]


async def test_one_that_was_restarted_while_it_slept_is_woken_as_before(stage: Stage) -> None:
    ref, actor = stage.spawn("a")
    with trio.fail_after(5):
        for _ in range(2):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(stage.dispatcher.run)
                await trio.testing.wait_all_tasks_blocked()
                nursery.cancel_scope.cancel()
        assert ref.tell("between")
        stage.work()
    assert actor.got == ["between"]


def test_repr_is_a_status_line() -> None:
    stage = Stage(normal_limit=2)
    ref, _ = stage.spawn("lobby")
    for message in ("1", "2", "3"):
        ref.tell(message)
    ref.tell_urgently("u")
    assert repr(ref) == "<Ref lobby running, 1 urgent and 2 normal waiting, 1 refused: <Recorder 'lobby'>>"
    assert repr(ref.normal) == "<Lane 2 of 2 waiting, 1 refused>"
    assert repr(stage.dispatcher) == "<Dispatcher open, 3 waiting, 0 turns, 0 faults>"
    ref.stop()
    assert repr(ref).startswith("<Ref lobby stopped, ")
