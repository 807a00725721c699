"""The supervisor against a model that remembers every fault."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from actors.runtime import Supervisor, Verdict

keys = st.sampled_from("abc")
spans = st.sampled_from([0.0, 0.5, 1.0, 3.0, 10.0, 30.0, 61.0, 300.0]) | st.floats(0.0, 400.0)


class SupervisorLife(RuleBasedStateMachine):
    """`since`: the faults of a key that count: those after its last quarantine began."""

    @initialize(
        intensity=st.integers(0, 4),
        period_s=st.sampled_from([1.0, 60.0]),
        quarantine_s=st.sampled_from([5.0, 300.0]),
        backoff_s=st.sampled_from([0.1, 1.0]),
    )
    def begin(self, intensity: int, period_s: float, quarantine_s: float, backoff_s: float) -> None:
        self.supervisor = Supervisor(intensity, period_s, quarantine_s, backoff_s)
        self.now_s = 0.0
        self.since: dict[str, list[float]] = {}
        self.total: dict[str, int] = {}
        self.free_at_s: dict[str, float] = {}
        self.in_quarantine: set[str] = set()

    @rule(span=spans)
    def pass_time(self, span: float) -> None:
        self.now_s += span

    @rule(key=keys)
    def fail(self, key: str) -> None:
        supervisor = self.supervisor
        lately = [*self.since.get(key, []), self.now_s]
        lately = [at_s for at_s in lately if self.now_s - at_s <= supervisor.period_s]
        decision = supervisor.fault(key, RuntimeError(key), self.now_s)
        self.total[key] = self.total.get(key, 0) + 1
        if len(lately) > supervisor.intensity:
            assert decision == (Verdict.QUARANTINE, supervisor.quarantine_s)
            self.since[key] = []
            self.in_quarantine.add(key)
        else:
            assert decision == (Verdict.RESTART, supervisor.backoff_s * 2 ** (len(lately) - 1))
            self.since[key] = lately
            self.in_quarantine.discard(key)
        self.free_at_s[key] = self.now_s + decision.wait_s

    @rule(key=keys)
    def fail_as_soon_as_it_may(self, key: str) -> None:
        self.now_s = max(self.now_s, self.free_at_s.get(key, 0.0))
        assert self.supervisor.barred_for(key, self.now_s) == 0.0
        self.fail(key)

    @invariant()
    def it_says_who_may_not_start_and_for_how_long(self) -> None:
        if not hasattr(self, "supervisor"):
            return
        for key in "abc":
            expected = max(0.0, self.free_at_s.get(key, 0.0) - self.now_s)
            assert self.supervisor.barred_for(key, self.now_s) == expected
        kept_out = {key for key in self.in_quarantine if self.free_at_s[key] > self.now_s}
        assert set(self.supervisor.quarantined(self.now_s)) == kept_out
        assert {state.key: state.faults for state in self.supervisor.children(self.now_s)} == self.total
        assert self.supervisor.restarts + self.supervisor.quarantines == sum(self.total.values())


SupervisorLife.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestSupervisorLife = SupervisorLife.TestCase
