"""Turns: atomic, urgent first, in order, bounded; a fault harms its own actor only."""

from __future__ import annotations

import pytest
import trio
import trio.testing

from actors.runtime import Cell, Dispatcher, Instant
from actors.runtime.cell import AnyCell
from actors.runtime.dispatcher import TURNS_PER_SLICE


class Recorder:
    """An actor that writes down what it gets, and fails at a message named `fail`."""

    def __init__(self, log: list[tuple[str, str]] | None = None, name: str = "") -> None:
        self.log = [] if log is None else log
        self.name = name

    def receive(self, message: str, now: Instant) -> None:
        if message == "fail":
            raise RuntimeError(self.name)
        self.log.append((self.name, message))

    @property
    def got(self) -> list[str]:
        return [message for _, message in self.log]


class Runtime:
    def __init__(self, waiting_limit: int = 256) -> None:
        self.faults: list[tuple[AnyCell, Exception]] = []
        self.dropped: list[object] = []
        self.dispatcher = Dispatcher(
            lambda: Instant(1.0, 2),
            self._fault,
            waiting_limit,
            lambda cell, message: self.dropped.append(message),
        )

    def _fault(self, cell: AnyCell, error: Exception, now: Instant) -> None:
        cell.stop()
        self.faults.append((cell, error))

    def drain(self) -> None:
        while self.dispatcher.waiting:
            self.dispatcher.run_slice()


@pytest.fixture
def runtime() -> Runtime:
    return Runtime()


def test_the_urgent_lane_goes_first_and_each_lane_keeps_its_order(runtime: Runtime) -> None:
    log: list[tuple[str, str]] = []
    a, b = (Cell(name, Recorder(log, name)) for name in "ab")
    for cell, message in ((a, "1"), (b, "1"), (a, "2")):
        assert runtime.dispatcher.tell(cell, message)
    for cell, message in ((b, "u1"), (a, "u1"), (b, "u2")):
        assert runtime.dispatcher.tell_urgently(cell, message)
    runtime.drain()
    assert log == [("b", "u1"), ("a", "u1"), ("b", "u2"), ("a", "1"), ("b", "1"), ("a", "2")]


def test_a_turn_is_atomic_what_it_tells_comes_after_it(runtime: Runtime) -> None:
    log: list[str] = []

    class Chain:
        def receive(self, message: int, now: Instant) -> None:
            log.append(f"{message} begins")
            if message < 3:
                runtime.dispatcher.tell_urgently(cell, message + 1)
            log.append(f"{message} ends")

    cell: Cell[int] = Cell("chain", Chain())
    runtime.dispatcher.tell(cell, 1)
    runtime.drain()
    assert log == ["1 begins", "1 ends", "2 begins", "2 ends", "3 begins", "3 ends"]


def test_what_waits_for_one_actor_is_bounded_and_the_caller_is_told() -> None:
    runtime = Runtime(waiting_limit=3)
    flooded, other = Cell("flooded", Recorder()), Cell("other", Recorder())
    assert [runtime.dispatcher.tell(flooded, "x") for _ in range(5)] == [True, True, True, False, False]
    assert runtime.dispatcher.refused == 2
    assert runtime.dispatcher.tell(other, "x")
    assert runtime.dispatcher.tell_urgently(flooded, "the hub is always heard")
    runtime.drain()
    assert flooded.waiting == 0 and runtime.dispatcher.tell(flooded, "x")


def test_a_fault_of_one_of_ten_thousand_leaves_the_others_untouched(runtime: Runtime) -> None:
    actors = [Recorder(name=str(number)) for number in range(10_000)]
    cells = [Cell(actor.name, actor) for actor in actors]
    for cell in cells:
        runtime.dispatcher.tell(cell, "before")
    runtime.dispatcher.tell(cells[4_321], "fail")
    for cell in cells:
        runtime.dispatcher.tell(cell, "after")
    runtime.drain()
    assert [(cell.key, str(error)) for cell, error in runtime.faults] == [("4321", "4321")]
    assert actors[4_321].got == ["before"]
    assert all(actor.got == ["before", "after"] for actor in actors if actor.name != "4321")
    assert (runtime.dispatcher.faults, runtime.dispatcher.turns) == (1, 20_000)


def test_a_stopped_actor_receives_nothing_and_what_waited_is_dropped_counted_and_told(
    runtime: Runtime,
) -> None:
    actor = Recorder()
    cell = Cell("a", actor)
    runtime.dispatcher.tell(cell, "waits")
    runtime.dispatcher.tell_urgently(cell, "waits urgently")
    cell.stop()
    assert not runtime.dispatcher.tell(cell, "late")
    assert not runtime.dispatcher.tell_urgently(cell, "late")
    runtime.drain()
    assert actor.got == [] and runtime.dropped == ["waits urgently", "waits"]
    assert (runtime.dispatcher.dropped, runtime.dispatcher.refused) == (2, 2)
    assert repr(cell).startswith("<Cell a stopped, 0 waiting")


def test_a_slice_is_bounded(runtime: Runtime) -> None:
    cell = Cell("a", Recorder())
    for _ in range(TURNS_PER_SLICE + 1):
        runtime.dispatcher.tell(cell, "x")
    assert runtime.dispatcher.run_slice() == TURNS_PER_SLICE
    assert runtime.dispatcher.run_slice() == 1
    assert runtime.dispatcher.run_slice() == 0


async def test_running_it_lets_other_tasks_run_between_slices(runtime: Runtime) -> None:
    class Endless:
        def receive(self, message: str, now: Instant) -> None:
            runtime.dispatcher.tell(cell, message)

    cell = Cell("endless", Endless())
    with trio.fail_after(5):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(runtime.dispatcher.run)
            runtime.dispatcher.tell(cell, "again")
            for _ in range(100):
                await trio.lowlevel.checkpoint()
            assert runtime.dispatcher.turns > TURNS_PER_SLICE
            nursery.cancel_scope.cancel()


async def test_it_wakes_for_a_message_that_comes_while_it_sleeps(runtime: Runtime) -> None:
    actor = Recorder()
    cell = Cell("a", actor)
    with trio.fail_after(5):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(runtime.dispatcher.run)
            for number in range(3):
                await trio.testing.wait_all_tasks_blocked()
                runtime.dispatcher.tell(cell, str(number))
            await trio.testing.wait_all_tasks_blocked()
            nursery.cancel_scope.cancel()
    assert actor.got == ["0", "1", "2"]
