"""What a benchmark is to measure: how many screens, how often, which servers, which lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from loadtest.bench.effort import BRIEF, THOROUGH, Effort
from loadtest.bench.errors import BenchError
from loadtest.bench.results import LINES
from loadtest.bench.words import SERVERS

GROWTH: Final = (500, 1_000, 2_000, 5_000, 10_000)
"""With how many screens the hub is measured alone."""


@dataclass(frozen=True, slots=True)
class Plan:
    """`large`: how many screens `storm` and `idle` have. `servers`, `lines`: by name and key; whatever is not
    in there is not measured. `growth`: the numbers of screens of the growth curve, none for no curve.
    `effort`: how much is done for one value."""

    screens: int = 5_000
    large: int = 10_000
    runs: int = 3
    servers: frozenset[str] = frozenset(SERVERS)
    lines: frozenset[str] = frozenset(line.key for line in LINES)
    growth: tuple[int, ...] = GROWTH
    effort: Effort = THOROUGH


WHOLE: Final = Plan()
QUICK: Final = Plan(screens=1_000, large=2_000, runs=1, growth=(), effort=BRIEF)


def only(names: Sequence[str]) -> tuple[frozenset[str], frozenset[str]]:
    """Servers and lines: those that are named, all where none is. Raises BenchError for any other name."""
    unknown = [name for name in names if name not in WHOLE.servers | WHOLE.lines]
    if unknown:
        known = ", ".join([*SERVERS, *(line.key for line in LINES)])
        raise BenchError(f"--only knows no {', '.join(unknown)}; there are: {known}.")
    return WHOLE.servers & set(names) or WHOLE.servers, WHOLE.lines & set(names) or WHOLE.lines
