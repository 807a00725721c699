"""The supervisor's budget: so many faults in a period are forgiven, with pauses that double; one more is
quarantine."""

from __future__ import annotations

from actors.runtime import ChildState, Decision, Supervisor, Verdict
from actors.runtime.errors import FAULT_LETTERS, fault_line

BROKEN = RuntimeError("broken")


def test_faults_within_the_budget_mean_a_restart_and_one_more_quarantine() -> None:
    supervisor = Supervisor(intensity=3, period_s=60.0, quarantine_s=300.0)
    verdicts = [supervisor.fault("a", BROKEN, at_s).verdict for at_s in (0.0, 1.0, 2.0, 60.0)]
    assert verdicts == [Verdict.RESTART] * 3 + [Verdict.QUARANTINE]
    assert repr(supervisor) == "<Supervisor 3 restarts, 1 quarantines>"


def test_faults_that_are_far_apart_never_lead_to_quarantine_nor_to_longer_pauses() -> None:
    supervisor = Supervisor(intensity=3, period_s=60.0, backoff_s=1.0)
    decisions = {supervisor.fault("a", BROKEN, 61.0 * number) for number in range(100)}
    assert decisions == {Decision(Verdict.RESTART, 1.0)}


def test_the_pause_before_a_restart_doubles_within_the_period() -> None:
    supervisor = Supervisor(intensity=4, period_s=60.0, quarantine_s=300.0, backoff_s=0.5)
    waits = [supervisor.fault("a", BROKEN, at_s).wait_s for at_s in (0.0, 1.0, 3.0, 7.0, 15.0)]
    assert waits == [0.5, 1.0, 2.0, 4.0, 300.0]
    assert supervisor.barred_for("a", 15.0) == 300.0


def test_a_child_may_not_start_before_its_pause_is_over() -> None:
    supervisor = Supervisor(backoff_s=1.0)
    supervisor.fault("a", BROKEN, 10.0)
    assert supervisor.barred_for("a", 10.25) == 0.75
    assert supervisor.barred_for("a", 11.0) == 0.0
    assert supervisor.barred_for("never failed", 0.0) == 0.0


def test_each_child_has_a_budget_of_its_own() -> None:
    supervisor = Supervisor(intensity=1)
    verdicts = [supervisor.fault(key, BROKEN, 0.0).verdict for key in "abcabc"]
    assert verdicts == [Verdict.RESTART] * 3 + [Verdict.QUARANTINE] * 3
    assert supervisor.quarantined(1.0) == ["a", "b", "c"]


def test_a_budget_of_none_means_quarantine_at_once() -> None:
    assert Supervisor(intensity=0).fault("a", BROKEN, 0.0).verdict is Verdict.QUARANTINE


def test_quarantine_ends_and_the_budget_is_whole_again() -> None:
    supervisor = Supervisor(intensity=1, quarantine_s=300.0)
    supervisor.fault("a", BROKEN, 0.0)
    supervisor.fault("a", BROKEN, 10.0)
    assert supervisor.barred_for("a", 309.0) == 1.0
    assert supervisor.barred_for("a", 310.0) == 0.0
    assert supervisor.quarantined(310.0) == []
    assert supervisor.fault("a", BROKEN, 311.0).verdict is Verdict.RESTART


def test_it_tells_of_every_child_that_failed_of_what_and_how_long_it_waits() -> None:
    supervisor = Supervisor(intensity=1, quarantine_s=300.0, backoff_s=2.0)
    supervisor.fault("a", BROKEN, 0.0)
    supervisor.fault("b", KeyError(), 0.0)
    supervisor.fault("a", ValueError("worse"), 1.0)
    assert supervisor.children(1.0) == [
        ChildState("a", 2, "ValueError: worse", quarantined=True, wait_s=300.0),
        ChildState("b", 1, "KeyError", quarantined=False, wait_s=1.0),
    ]


def test_a_fault_is_one_short_line_whatever_its_text_came_from() -> None:
    assert fault_line(ValueError("\x1b[31mred\nand more")) == "ValueError:  [31mred and more"
    assert fault_line(KeyError()) == "KeyError"
    long = fault_line(RuntimeError("x" * 1_000))
    assert len(long) == FAULT_LETTERS and long.endswith("x…")
