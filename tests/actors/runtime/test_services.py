"""Services: started again when they fail, with pauses that double; past their budget the program ends."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
import trio
from trio.testing import MockClock

from actors.runtime import Service, ServiceFailed, Services, ServiceState
from actors.runtime.services import REST_S


def failing(times: int, began_s: list[float]) -> Callable[[], Awaitable[None]]:
    """A service that fails so many times, then runs for ever."""

    async def run() -> None:
        began_s.append(trio.current_time())
        await trio.sleep(1.0)
        if len(began_s) <= times:
            raise RuntimeError(f"fault {len(began_s)}")
        await trio.sleep_forever()

    return run


async def test_a_service_that_fails_starts_again_after_pauses_that_double(autojump_clock: MockClock) -> None:
    began_s: list[float] = []
    services = Services([Service("journal", failing(3, began_s))])
    async with trio.open_nursery() as nursery:
        nursery.start_soon(services.run)
        await trio.sleep(30.0)
        assert [began - began_s[0] for began in began_s] == pytest.approx([0.0, 1.2, 2.6, 4.4])
        assert services.states() == [ServiceState("journal", True, True, 3, "RuntimeError: fault 3")]
        nursery.cancel_scope.cancel()


async def test_the_others_do_not_notice(autojump_clock: MockClock) -> None:
    broken: list[float] = []
    sound: list[float] = []
    services = Services([Service("broken", failing(2, broken)), Service("sound", failing(0, sound))])
    async with trio.open_nursery() as nursery:
        nursery.start_soon(services.run)
        await trio.sleep(30.0)
        assert (len(broken), len(sound)) == (3, 1)
        assert repr(services) == "<Services 2 of 2 running>"
        nursery.cancel_scope.cancel()


async def test_one_that_returns_has_failed_too(autojump_clock: MockClock) -> None:
    async def ends() -> None:
        await trio.sleep(1.0)

    with pytest.raises(ServiceFailed, match="sweeps failed for good: RuntimeError: it ended by itself"):
        await Services([Service("sweeps", ends, restarts=2)]).run()


async def test_past_its_budget_it_takes_the_program_down_with_one_line(autojump_clock: MockClock) -> None:
    began_s: list[float] = []
    ended: list[str] = []

    async def sound() -> None:
        try:
            await trio.sleep_forever()
        finally:
            ended.append("cancelled in order")

    services = Services([Service("journal", failing(99, began_s), restarts=3), Service("sound", sound)])
    with pytest.raises(ServiceFailed) as failure:
        await services.run()
    assert str(failure.value) == "journal failed for good: RuntimeError: fault 4"
    assert len(began_s) == 4 and ended == ["cancelled in order"]


async def test_one_without_a_budget_takes_it_down_at_its_first_fault(autojump_clock: MockClock) -> None:
    began_s: list[float] = []
    with pytest.raises(ServiceFailed, match="front door failed for good: RuntimeError: fault 1"):
        await Services([Service("front door", failing(9, began_s), restarts=0)]).run()
    assert len(began_s) == 1


async def test_one_that_is_not_vital_rests_and_starts_anew(autojump_clock: MockClock) -> None:
    began_s: list[float] = []
    services = Services([Service("retention", failing(2, began_s), vital=False, restarts=1)])
    async with trio.open_nursery() as nursery:
        nursery.start_soon(services.run)
        await trio.sleep(60.0)
        assert len(began_s) == 2
        assert services.states() == [ServiceState("retention", False, False, 1, "RuntimeError: fault 2")]
        await trio.sleep(REST_S)
        assert len(began_s) == 3 and services.states()[0].running
        nursery.cancel_scope.cancel()


async def test_faults_that_are_far_apart_are_forgiven_for_ever(autojump_clock: MockClock) -> None:
    faults = 0

    async def now_and_then() -> None:
        nonlocal faults
        await trio.sleep(40.0)
        faults += 1
        raise RuntimeError("again")

    with trio.move_on_after(4_000.0):
        await Services([Service("retention", now_and_then, restarts=2)]).run()
    assert faults > 90


async def test_what_is_cancelled_has_not_failed(autojump_clock: MockClock) -> None:
    services = Services([Service("sleeper", trio.sleep_forever)])
    with trio.move_on_after(1.0):
        await services.run()
    assert services.states() == [ServiceState("sleeper", True, False, 0, "")]


async def test_several_faults_within_one_service_are_one(autojump_clock: MockClock) -> None:
    began_s: list[float] = []

    async def two_at_once() -> None:
        began_s.append(trio.current_time())
        async with trio.open_nursery() as nursery:
            for _ in range(2):
                nursery.start_soon(failing(9, []))

    with trio.move_on_after(4.0):
        await Services([Service("pair", two_at_once)]).run()
    assert len(began_s) >= 2
