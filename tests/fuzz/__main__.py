"""`make fuzz`: many more cases than the suite has, with a new seed each time.

FUZZ_CASES (5,000,000) or FUZZ_SECONDS bounds it; FUZZ_SEED repeats a run, FUZZ_TARGET runs one target only,
FUZZ_TARGET with FUZZ_ENTROPY runs one case. Ends with status 1 and the way back to the case when one fails.
"""

from __future__ import annotations

import os
import secrets
import sys
import time

from tests.fuzz.campaign import CaseFailed, Report, campaign
from tests.fuzz.entropy import Entropy
from tests.fuzz.targets import SHARES, TARGETS

CASES = 5_000_000
ROUND = 50_000
"""Cases between two reports."""


def main() -> int:
    """Run what the environment asks for; the exit status."""
    names = [os.environ["FUZZ_TARGET"]] if os.environ.get("FUZZ_TARGET") else list(TARGETS)
    if os.environ.get("FUZZ_ENTROPY"):
        return _one_case(names[0], bytes.fromhex(os.environ["FUZZ_ENTROPY"]))
    seed = int(os.environ.get("FUZZ_SEED") or secrets.randbits(31))
    seconds = float(os.environ.get("FUZZ_SECONDS") or "inf")
    cases = int(os.environ.get("FUZZ_CASES") or (CASES if seconds == float("inf") else sys.maxsize))
    print(f"seed {seed}; again with FUZZ_SEED={seed}", flush=True)
    try:
        _run(names, seed, cases, time.monotonic() + seconds)
    except CaseFailed as failed:
        print(failed, file=sys.stderr)
        return 1
    return 0


def _run(names: list[str], seed: int, cases: int, until_s: float) -> None:
    reports = {name: Report() for name in names}
    weight = sum(SHARES[name] for name in names)
    while time.monotonic() < until_s:
        done = sum(report.cases for report in reports.values())
        if done >= cases:
            break
        this_round = min(ROUND, cases - done)
        for name, report in reports.items():
            share = max(1, round(this_round * SHARES[name] / weight))
            ran = campaign(TARGETS[name], seed, share, lambda: time.monotonic() < until_s, report.cases)
            report.cases += ran.cases
            report.seconds += ran.seconds
            report.outcomes += ran.outcomes
        print(" ".join(f"{name} {report.cases:,}" for name, report in reports.items()), flush=True)
    for name, report in reports.items():
        print(f"{name}: {report.cases:,} cases in {report.seconds:.0f} s of processor time")
        print("  " + ", ".join(f"{outcome} {number:,}" for outcome, number in report.outcomes.most_common()))


def _one_case(name: str, source: bytes) -> int:
    print(TARGETS[name].show(Entropy(source)))
    print(TARGETS[name].run(Entropy(source)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
