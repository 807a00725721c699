"""Runs many cases of one target and counts what came of them. One failing case ends it, made small and named.

Rule 1: a case is a pure function of its entropy, the entropy of (seed, number): every run can be repeated.
Rule 2: a case is run to its end and judged before the next begins; what it left behind is its own.
Rule 3: what a target reports as the outcome of a case is counted: a fuzzer that only ever hears "not JSON" is
        testing nothing, and a test of this folder says so.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from tests.fuzz.entropy import Entropy
from tests.fuzz.shrinking import shrunk

SHOWN_CHARACTERS = 2_000
SHORTEST_BYTES = 4
"""Of shorter ones there are too few to draw them by the ten thousand."""


class Target(Protocol):
    """What is fuzzed."""

    @property
    def name(self) -> str:
        """Names the target on the command line and in reports."""

    @property
    def entropy_bytes(self) -> int:
        """How much entropy a long case can use."""

    def run(self, entropy: Entropy) -> str:
        """Run one case and say in a word what came of it. Raises whatever a broken hub raises, and
        AssertionError for what it should not have done."""

    def show(self, entropy: Entropy) -> str:
        """The input of the case, as a person would read it."""


class CaseFailed(AssertionError):
    """One input found a fault; the message says how to see it again."""


@dataclass
class Report:
    """What a campaign did, in seconds of process time and in cases."""

    cases: int = 0
    seconds: float = 0.0
    outcomes: Counter[str] = field(default_factory=Counter)


def entropy_of(seed: int, number: int, at_most: int) -> bytes:
    """The entropy of one case: most are short, some as long as the target can use."""
    source = random.Random(seed << 32 | number)
    return source.randbytes(SHORTEST_BYTES + int(at_most * source.random() ** 2))


def campaign(
    target: Target, seed: int, cases: int, goes_on: Callable[[], bool] = lambda: True, first: int = 0
) -> Report:
    """Run the cases numbered from `first`, at most so many, while `goes_on`. Raises CaseFailed."""
    report = Report()
    began_s = time.process_time()
    for number in range(first, first + cases):
        if not number % 256 and not goes_on():
            break
        source = entropy_of(seed, number, target.entropy_bytes)
        try:
            report.outcomes[target.run(Entropy(source))] += 1
        except Exception as error:  # whatever it raised is the find
            raise CaseFailed(_found(target, seed, number, source, error)) from error
        report.cases += 1
    report.seconds = time.process_time() - began_s
    return report


def _found(target: Target, seed: int, number: int, source: bytes, error: Exception) -> str:
    def fails(candidate: bytes) -> bool:
        try:
            target.run(Entropy(candidate))
        except Exception as other:  # noqa: BLE001 -- the same kind of fault, or it is another find
            return type(other) is type(error)
        return False

    small = shrunk(source, fails) if fails(source) else source
    return (
        f"{target.name} fails with {type(error).__name__}: {error}\n"
        f"  seed {seed}, case {number}; again with:\n"
        f"  make fuzz FUZZ_TARGET={target.name} FUZZ_ENTROPY={small.hex()}\n"
        f"  input: {target.show(Entropy(small))[:SHOWN_CHARACTERS]}"
    )
