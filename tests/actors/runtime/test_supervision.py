"""The supervisor's budget: so many faults in a period are forgiven, one more is quarantine."""

from __future__ import annotations

from actors.runtime import Supervisor, Verdict


def test_faults_within_the_budget_mean_a_restart_and_one_more_quarantine() -> None:
    supervisor = Supervisor(intensity=3, period_s=60.0, quarantine_s=300.0)
    verdicts = [supervisor.fault("a", at_s) for at_s in (0.0, 1.0, 2.0, 60.0)]
    assert verdicts == [Verdict.RESTART] * 3 + [Verdict.QUARANTINE]


def test_faults_that_are_far_apart_never_lead_to_quarantine() -> None:
    supervisor = Supervisor(intensity=3, period_s=60.0)
    assert {supervisor.fault("a", 21.0 * number) for number in range(100)} == {Verdict.RESTART}


def test_each_child_has_a_budget_of_its_own() -> None:
    supervisor = Supervisor(intensity=1)
    assert [supervisor.fault(key, 0.0) for key in "abcabc"] == [Verdict.RESTART] * 3 + [
        Verdict.QUARANTINE
    ] * 3
    assert supervisor.quarantined(1.0) == ["a", "b", "c"]


def test_quarantine_ends_and_the_budget_is_whole_again() -> None:
    supervisor = Supervisor(intensity=1, quarantine_s=300.0)
    supervisor.fault("a", 0.0)
    supervisor.fault("a", 10.0)
    assert supervisor.quarantined_for("a", 10.0) == 300.0
    assert supervisor.quarantined_for("a", 309.0) == 1.0
    assert supervisor.quarantined_for("a", 310.0) == 0.0
    assert supervisor.quarantined(310.0) == []
    assert supervisor.fault("a", 311.0) is Verdict.RESTART
    assert supervisor.quarantined_for("never failed", 0.0) == 0.0
