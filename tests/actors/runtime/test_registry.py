"""Actors by key: one a key, made when somebody comes, let go when idle, forgotten when they fail."""

from __future__ import annotations

from typing import Any

import pytest

from actors.runtime import Actors, Decision, Instant, Supervisor, Verdict
from tests.actors.runtime.stage import HowMany, Recorder


class House:
    """Keeps recorders; the time is moved by hand."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.failures: list[tuple[str, Recorder, Decision, str]] = []
        self.lost: list[tuple[str, object]] = []
        self.actors: Actors[str | HowMany, Recorder] = Actors(
            lambda: Instant(self.now_s, 0), Supervisor(intensity=1), self, tick_s=0.5
        )

    def failed(self, key: str, actor: Recorder, decision: Decision, error: Exception, now: Instant) -> None:
        self.failures.append((key, actor, decision, str(error)))

    def dropped(self, key: str, message: Any) -> None:
        self.lost.append((key, message))

    def tell(self, key: str, *messages: str) -> Recorder:
        ref = self.actors.activate(key, lambda: Recorder(name=key))
        for message in messages:
            ref.tell(message)
        actor = self.actors.actor(key)
        assert actor is not None
        return actor

    def work(self) -> None:
        while self.actors.dispatcher.run_slice():
            pass

    def sweep(self, after_s: float) -> list[str]:
        self.now_s += after_s
        return [key for key, _ in self.actors.sweep(self.now_s)]


@pytest.fixture
def house() -> House:
    return House()


def test_a_key_has_one_actor_made_by_whoever_comes_first(house: House) -> None:
    assert house.actors.ref("a") is None and house.actors.actor("a") is None
    first = house.tell("a", "1")
    assert house.tell("a", "2") is first and len(house.actors) == 1
    house.work()
    assert first.got == ["1", "2"]
    assert [ref.key for ref in house.actors] == ["a"] and list(house.actors.actors()) == [("a", first)]


def test_an_actor_that_is_let_go_is_stopped_when_its_time_comes_and_not_before(house: House) -> None:
    house.tell("a")
    ref = house.actors.ref("a")
    assert ref is not None
    house.actors.let_go("a", house.now_s + 60.0)
    assert house.sweep(59.9) == [] and ref.running
    assert house.sweep(0.7) == ["a"] and not ref.running
    assert len(house.actors) == 0
    house.actors.let_go("a", house.now_s)
    assert house.sweep(60.0) == []


def test_one_that_is_activated_again_before_its_time_stays(house: House) -> None:
    actor = house.tell("a")
    house.actors.let_go("a", house.now_s + 60.0)
    house.sweep(30.0)
    assert house.tell("a") is actor
    assert house.sweep(120.0) == [] and len(house.actors) == 1


def test_one_that_is_kept_after_all_stays(house: House) -> None:
    house.tell("a")
    house.actors.let_go("a", house.now_s + 60.0)
    house.actors.keep("a")
    house.actors.keep("nobody")
    assert house.sweep(120.0) == [] and len(house.actors) == 1


def test_one_that_something_waits_for_is_heard_before_it_goes(house: House) -> None:
    actor = house.tell("a", "last words")
    house.actors.let_go("a", house.now_s)
    assert house.sweep(1.0) == []
    house.work()
    assert house.sweep(1.0) == ["a"] and actor.got == ["last words"] and house.lost == []


def test_a_failed_actor_is_forgotten_and_its_key_waits_as_the_supervisor_says(house: House) -> None:
    failed = house.tell("a", "fail", "lost")
    house.work()
    assert house.failures == [("a", failed, Decision(Verdict.RESTART, 1.0), "a")]
    assert house.lost == [("a", "lost")] and len(house.actors) == 0
    assert house.actors.supervisor.barred_for("a", house.now_s) == 1.0
    assert house.tell("a", "again") is not failed
    house.tell("a", "fail")
    house.work()
    assert house.failures[-1][2].verdict is Verdict.QUARANTINE


def test_repr_is_a_status_line(house: House) -> None:
    house.tell("a", "x")
    assert repr(house.actors) == (
        "<Actors 1 running, <Dispatcher open, 1 waiting, 0 turns, 0 faults>, "
        "<Supervisor 0 restarts, 0 quarantines>>"
    )
