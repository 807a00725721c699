"""What the runs of a benchmark have in common: medians, spreads, and ratios.

Rule: a ratio is taken within a run, then the ratios of all runs are summed up. The machine is noisy: what
made one run slow did so for every server in it, and a ratio of two medians would mix the runs.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Final, NamedTuple

from loadtest.bench.results import HUB, LINES, Line, Results

AT_LARGE: Final = frozenset({"storm", "idle"})
"""Lines that are measured with `Results.large` screens."""


class Spread(NamedTuple):
    """Some runs of one thing, in its unit."""

    low: float
    median: float
    high: float


def spread(values: Sequence[float]) -> Spread:
    """Of one value or more."""
    return Spread(min(values), statistics.median(values), max(values))


def line_of(key: str) -> Line:
    """Raises KeyError for a line that there is not."""
    return _LINES[key]


def screens_of(results: Results, key: str) -> int:
    """With how many screens a line was measured."""
    return results.large if key in AT_LARGE else results.screens


def figures(results: Results, key: str, server: str = HUB) -> list[float]:
    """A value for each run that has one."""
    return [run.values[key][server] for run in results.runs if server in run.values.get(key, {})]


def ratios(results: Results, key: str, peer: str) -> list[float]:
    """The hub's value divided by the peer's, for each run that has both. A peer that used too little for the
    operating system to notice gives no ratio."""
    both = (run.values.get(key, {}) for run in results.runs)
    return [values[HUB] / values[peer] for values in both if HUB in values and values.get(peer)]


def databases(results: Results, key: str) -> list[float]:
    """What the hub's PostgreSQL used beside the hub, for each run that says so."""
    return [run.database[key] for run in results.runs if key in run.database]


def grown(results: Results, key: str, screens: int) -> list[float]:
    """The hub alone, with so many screens: what the growth curve has there."""
    return [value for size in results.growth if size.screens == screens for value in size.values.get(key, [])]


_LINES: Final = {line.key: line for line in LINES}
