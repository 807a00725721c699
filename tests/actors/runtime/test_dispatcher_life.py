"""Mailboxes and dispatcher against a model: two lists an actor, bounded, and who may still be heard."""

from __future__ import annotations

from collections import Counter

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from actors.runtime import Dispatcher, Instant, Ref
from actors.runtime.dispatcher import MESSAGES_A_GO, TURNS_PER_SLICE
from actors.runtime.ref import AnyRef
from tests.actors.runtime.stage import NOW

actors = st.integers(0, 3)
NORMAL_LIMIT, URGENT_LIMIT = 12, 9


class Model:
    """One actor: what waits for it, by lane, and whether it lives. A negative number makes its turn raise."""

    def __init__(self) -> None:
        self.urgent: list[int] = []
        self.normal: list[int] = []
        self.running = True
        self.overrun = False


class DispatcherLife(RuleBasedStateMachine):
    """Messages are numbers, never used twice."""

    @initialize()
    def begin(self) -> None:
        self.number = 0
        self.refused = 0
        self.faults: list[str] = []
        self.dropped: Counter[str] = Counter()
        self.dispatcher = Dispatcher(
            lambda: NOW,
            lambda ref, error, now: self.faults.append(ref.key),
            self._dropped,
            normal_limit=NORMAL_LIMIT,
            urgent_limit=URGENT_LIMIT,
        )
        self.models = [Model() for _ in range(4)]
        self.refs: list[Ref[int]] = [
            self.dispatcher.spawn(str(which), _Actor(self, which)) for which in range(4)
        ]

    def turn(self, which: int, message: int) -> None:
        """An actor got a message: the first of its urgent ones, or the first normal if there are none."""
        model = self.models[which]
        assert model.running and not model.overrun, "a stopped actor receives nothing more"
        lane = model.urgent or model.normal
        assert lane and lane.pop(0) == message, "order is kept, urgent goes first"
        if message < 0:
            model.running = False
            raise RuntimeError("a fault")

    def _dropped(self, ref: AnyRef, message: int) -> None:
        model = self.models[int(ref.key)]
        assert not ref.running
        self.dropped[ref.key] += 1
        (model.urgent if message in model.urgent else model.normal).remove(message)

    @rule(which=actors, urgently=st.booleans(), faulty=st.sampled_from([False, False, False, True]))
    def tell(self, which: int, urgently: bool, faulty: bool) -> None:
        model, ref = self.models[which], self.refs[which]
        self.number += 1
        message = -self.number if faulty else self.number
        lane, limit = (model.urgent, URGENT_LIMIT) if urgently else (model.normal, NORMAL_LIMIT)
        taken = (ref.tell_urgently if urgently else ref.tell)(message)
        assert taken == (model.running and len(lane) < limit)
        if taken:
            lane.append(message)
        else:
            self.refused += 1
            model.overrun = model.overrun or (urgently and model.running)

    @rule(which=actors, number=st.integers(2, 30))
    def tell_much(self, which: int, number: int) -> None:
        for _ in range(number):
            self.tell(which, urgently=False, faulty=False)

    @rule(which=actors)
    def stop(self, which: int) -> None:
        self.refs[which].stop()
        self.models[which].running = self.models[which].overrun = False

    @rule()
    def slice(self) -> None:
        waiting = self.dispatcher.waiting
        for model in self.models:
            if model.overrun:  # its end comes before any turn
                model.running = model.overrun = False
        done = self.dispatcher.run_slice()
        assert min(waiting, TURNS_PER_SLICE) <= done <= TURNS_PER_SLICE + MESSAGES_A_GO
        assert self.dispatcher.waiting == waiting - done

    @precondition(lambda self: any(not ref.running and not ref.waiting for ref in self.refs))
    @rule()
    def replace_the_dead(self) -> None:
        for which, ref in enumerate(self.refs):
            if not ref.running and not ref.waiting:
                self.models[which] = Model()
                self.refs[which] = self.dispatcher.spawn(str(which), _Actor(self, which))

    @invariant()
    def what_waits_is_what_was_told_and_had_no_turn(self) -> None:
        if not hasattr(self, "refs"):
            return
        for ref, model in zip(self.refs, self.models, strict=True):
            assert (ref.urgent.waiting, ref.normal.waiting) == (len(model.urgent), len(model.normal))
            assert ref.running == (model.running or model.overrun)
        assert self.dispatcher.waiting == sum(ref.waiting for ref in self.refs)
        assert self.dispatcher.refused == self.refused
        assert self.dispatcher.dropped == self.dropped.total()
        assert self.dispatcher.faults == len(self.faults)

    def teardown(self) -> None:
        if hasattr(self, "refs"):
            for _ in range(100):
                self.slice()
            assert self.dispatcher.waiting == 0, "nothing waits for ever"


class _Actor:
    def __init__(self, life: DispatcherLife, which: int) -> None:
        self.life = life
        self.which = which

    def receive(self, message: int, now: Instant) -> None:
        self.life.turn(self.which, message)


DispatcherLife.TestCase.settings = settings(max_examples=120, stateful_step_count=40, deadline=None)
TestDispatcherLife = DispatcherLife.TestCase
