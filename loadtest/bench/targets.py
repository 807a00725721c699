"""What the hub must reach, what it aims at, and whether a benchmark shows it.

Rule 1: a must holds only if it holds in every run.
Rule 2: what was not measured, or not at that number of screens, is never held: it is not measured.
Rule 3: a bound on a ratio is judged run by run, by the ratio within the run.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from loadtest.bench.results import FASTAPI, FLOOR, NODE, Results
from loadtest.bench.summary import figures, grown, ratios, screens_of

Outcome = Literal["held", "missed", "not measured"]


class Bound(NamedTuple):
    """A limit in the unit of the line; with `of`, a multiple of what that server needed in the same run."""

    compare: Literal["≤", "<", "≥"]
    limit: float
    of: str | None = None

    def holds(self, value: float) -> bool:
        """`value` is a ratio if `of` is set."""
        match self.compare:
            case "≤":
                return value <= self.limit
            case "<":
                return value < self.limit
            case "≥":
                return value >= self.limit

    def missed_by(self, value: float) -> float:
        """As a share of the limit."""
        return abs(value - self.limit) / self.limit


class Target(NamedTuple):
    """A line, at a number of screens."""

    line: str
    screens: int
    must: Bound | None
    aim: Bound | None


class Verdict(NamedTuple):
    """`values`: one for each run; ratios if the bound is one. `missed_by`: in the worst run, a share of the
    limit, 0 if nothing was missed. `why`: of what was not measured; its values, if any, decide nothing."""

    outcome: Outcome
    values: list[float]
    missed_by: float = 0.0
    why: str = ""


TARGETS: Final = (
    Target("heartbeat_cpu", 5_000, Bound("≤", 0.7, FASTAPI), Bound("≤", 1.0, NODE)),
    Target("alert_cpu", 5_000, Bound("≤", 0.7, FASTAPI), Bound("≤", 1.0, NODE)),
    Target("connect_cpu", 5_000, Bound("≤", 0.7, FASTAPI), Bound("≤", 1.3, NODE)),
    Target("memory", 5_000, Bound("≤", 12.0), Bound("≤", 1.0, NODE)),
    Target("last_alert", 5_000, Bound("≤", 2.0, FLOOR), Bound("≤", 1.3, FLOOR)),
    Target("last_receipt", 5_000, Bound("<", 700.0), Bound("<", 400.0)),
    Target("last_receipt", 10_000, Bound("<", 2_000.0), Bound("<", 1_000.0)),
    Target("commands_rate", 5_000, Bound("≥", 700.0), Bound("≥", 2_000.0)),
    Target("commands_p50", 5_000, None, Bound("<", 10.0)),
    Target("storm", 10_000, Bound("<", 10.0), Bound("<", 5.0)),
    Target("idle", 10_000, Bound("≤", 15.0), Bound("≤", 8.0)),
    Target("browser_change", 5_000, Bound("<", 1_000.0), Bound("<", 300.0)),
    Target("browser_cpu", 5_000, Bound("≤", 25.0), None),
)


def judge(results: Results, target: Target, bound: Bound) -> Verdict:
    """Does a bound of a target hold?"""
    here, due = _here(results, target, bound), len(results.runs)
    if screens_of(results, target.line) == target.screens and here:
        values = here
    elif bound.of is None and (grew := grown(results, target.line, target.screens)):
        values, due = grew, 1
    else:
        return Verdict("not measured", here, why=_why_not(results, target, bound))
    over = [bound.missed_by(value) for value in values if not bound.holds(value)]
    if over:
        return Verdict("missed", values, max(over))
    if len(values) < due:
        return Verdict("not measured", values, why="not in every run")
    return Verdict("held", values)


def musts(results: Results) -> list[tuple[Target, Verdict]]:
    """Every must, with its verdict."""
    return [(target, judge(results, target, target.must)) for target in TARGETS if target.must is not None]


def _here(results: Results, target: Target, bound: Bound) -> list[float]:
    """What the runs have, with however many screens."""
    if bound.of is None:
        return figures(results, target.line)
    return ratios(results, target.line, bound.of)


def _why_not(results: Results, target: Target, bound: Bound) -> str:
    if target.line in results.left_out or bound.of in results.left_out:
        return "left out"
    screens = screens_of(results, target.line)
    if screens == target.screens or not _here(results, target, bound):
        return ""
    return f"with {screens:,} screens"
