"""Asks: a typed answer, or a clear error when none will come. The caller sets the deadline."""

from __future__ import annotations

import pytest
import trio
import trio.testing

from actors.runtime import ActorFailed, ActorStopped, MailboxFull
from tests.actors.runtime.stage import HowMany, Stage


@pytest.fixture
def stage() -> Stage:
    return Stage()


async def test_an_ask_gives_the_answer_in_the_order_of_what_was_told(stage: Stage) -> None:
    ref, _ = stage.spawn("a")
    ref.tell("1")
    ref.tell("2")
    with trio.fail_after(5):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(stage.dispatcher.run)
            number: int = await ref.ask(HowMany)
            nursery.cancel_scope.cancel()
    assert number == 2


async def test_an_answer_may_come_in_a_later_turn_and_only_the_first_counts(stage: Stage) -> None:
    ref, actor = stage.spawn("a")
    ref.tell("think")
    answers: list[int] = []

    async def ask() -> None:
        answers.append(await ref.ask(HowMany))

    with trio.fail_after(5):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(ask)
            await trio.testing.wait_all_tasks_blocked()
            stage.work()
            await trio.testing.wait_all_tasks_blocked()
            assert answers == []
            for number in (7, 8):
                actor.kept[0].answer(number)
            actor.kept[0].fail(ActorStopped("too late"))
    assert answers == [7]


async def test_a_stopped_actor_fails_its_asks_waiting_thinking_and_new(stage: Stage) -> None:
    ref, _ = stage.spawn("lobby")
    failures: list[str] = []

    async def ask() -> None:
        with pytest.raises(ActorStopped) as failure:
            await ref.ask(HowMany)
        failures.append(str(failure.value))

    with trio.fail_after(5):
        async with trio.open_nursery() as nursery:
            ref.tell("think")
            nursery.start_soon(ask)
            await trio.testing.wait_all_tasks_blocked()
            stage.work()
            nursery.start_soon(ask)
            await trio.testing.wait_all_tasks_blocked()
            ref.stop()
        await ask()
    assert failures == ["lobby was stopped before it answered"] * 2 + ["lobby is stopped"]


async def test_a_turn_that_raises_fails_the_asks_of_its_actor_with_its_error(stage: Stage) -> None:
    ref, _ = stage.spawn("lobby")
    ref.tell("fail")
    with trio.fail_after(5):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(stage.dispatcher.run)
            with pytest.raises(ActorFailed, match="lobby failed before it answered: RuntimeError") as failure:
                await ref.ask(HowMany)
            nursery.cancel_scope.cancel()
    assert isinstance(failure.value.__cause__, RuntimeError)


async def test_an_actor_with_a_full_lane_refuses_an_ask() -> None:
    stage = Stage(normal_limit=2)
    ref, _ = stage.spawn("lobby")
    while ref.tell("x"):
        pass
    with trio.fail_after(5), pytest.raises(MailboxFull, match="lobby has 2 messages waiting already"):
        await ref.ask(HowMany)


async def test_draining_fails_what_is_still_asked_and_what_is_asked_then(stage: Stage) -> None:
    ref, _ = stage.spawn("lobby")
    ref.tell("think")

    async def ask() -> None:
        with pytest.raises(ActorStopped):
            await ref.ask(HowMany)

    with trio.fail_after(5):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(ask)
            await trio.testing.wait_all_tasks_blocked()
            await stage.dispatcher.drain()
        await ask()


async def test_a_caller_whose_deadline_is_over_leaves_nothing_behind(
    stage: Stage, autojump_clock: trio.testing.MockClock
) -> None:
    ref, actor = stage.spawn("a")
    ref.tell("think")
    with trio.move_on_after(1) as scope:
        await ref.ask(HowMany)
    assert scope.cancelled_caught
    assert stage.dispatcher._owed == {}
    stage.work()
    actor.kept[0].answer(1)
