"""A deadline fires never early and never later than a tick plus a sweep, however often it was moved."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from actors.runtime import Deadlines

keys = st.sampled_from("abcd")
# Not multiples of the tick only: floats that do not divide well are where wheels slip.
spans = st.floats(0.0, 40.0, allow_nan=False) | st.sampled_from([0.0, 0.1, 0.25, 0.5, 1.0, 7.5])


class DeadlinesLife(RuleBasedStateMachine):
    """The model: a due time a key, and the time from which it counts as late (set, or due)."""

    @initialize(tick_s=st.sampled_from([0.1, 0.5, 0.3]), start_s=st.floats(0, 1e6))
    def begin(self, tick_s: float, start_s: float) -> None:
        self.deadlines: Deadlines[str] = Deadlines(tick_s)
        self.now_s = start_s
        self.swept_s = start_s
        self.due_s: dict[str, float] = {}
        self.late_from_s: dict[str, float] = {}

    @rule(key=keys, span=spans)
    def set(self, key: str, span: float) -> None:
        self.due_s[key] = self.now_s + span
        self.late_from_s[key] = self.now_s + span
        self.deadlines.set(key, self.now_s + span)

    @rule(key=keys, span=spans)
    def set_in_the_past(self, key: str, span: float) -> None:
        self.due_s[key] = self.now_s - span
        self.late_from_s[key] = self.now_s
        self.deadlines.set(key, self.now_s - span)

    @rule(key=keys)
    def cancel(self, key: str) -> None:
        self.due_s.pop(key, None)
        self.deadlines.cancel(key)

    @rule(span=spans)
    def sweep(self, span: float) -> None:
        self.now_s += span
        fired = self.deadlines.sweep(self.now_s)
        assert len(fired) == len(set(fired))
        for key in fired:
            assert self.due_s.pop(key) <= self.now_s, "it fired early, or twice, or after it was cancelled"
        for key in self.due_s:
            overdue_s = self.now_s - self.late_from_s[key]
            assert overdue_s <= self.deadlines.tick_s + 1e-6, "it should have fired in this sweep"

    @rule()
    def sweep_at_the_same_instant(self) -> None:
        self.sweep(0.0)
        assert self.deadlines.sweep(self.now_s) == []

    @invariant()
    def it_knows_how_many_wait(self) -> None:
        if hasattr(self, "deadlines"):
            assert len(self.deadlines) == len(self.due_s)


DeadlinesLife.TestCase.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
TestDeadlinesLife = DeadlinesLife.TestCase


@given(st.lists(st.floats(0, 100), max_size=40), st.floats(0.05, 2.0))
@settings(max_examples=60, deadline=None)
def test_after_a_long_pause_one_sweep_fires_all_that_is_due(spans: list[float], tick_s: float) -> None:
    deadlines: Deadlines[int] = Deadlines(tick_s)
    for number, span in enumerate(spans):
        deadlines.set(number, span)
    assert deadlines.sweep(0.0) == [] or 0.0 in spans
    fired = deadlines.sweep(1e7)
    assert len(deadlines) == 0
    assert len(fired) <= len(spans)


def test_moving_a_deadline_ten_thousand_times_keeps_one_place_in_the_wheel() -> None:
    deadlines: Deadlines[str] = Deadlines(0.5)
    for beat in range(10_000):
        deadlines.set("screen", beat * 10.0 + 15.0)
        assert deadlines.sweep(beat * 10.0) == []
    assert sum(map(len, deadlines._slots.values())) == 1
    assert deadlines.sweep(10_000 * 10.0 + 15.0) == ["screen"]
    assert not deadlines._slots and not deadlines._filed


def test_a_first_sweep_that_comes_before_every_deadline_does_not_make_later_ones_late() -> None:
    deadlines: Deadlines[str] = Deadlines(tick_s=0.5)
    deadlines.set("far", 10.0)
    assert deadlines.sweep(0.25) == []
    deadlines.set("near", 2.0)
    assert deadlines.sweep(2.5) == ["near"]
