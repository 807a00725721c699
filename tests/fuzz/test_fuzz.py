"""G9: 200,000 inputs that nobody thought of, in every suite: the same ones on every machine."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.campaign import Report, campaign
from tests.fuzz.entropy import Entropy
from tests.fuzz.targets import SEED, SHARES, TARGETS

CASES = 210_000

REACHED = {
    "screen-frames": {
        "Hello", "Heartbeat", "DeviceEvent", "Receipt", "DeviceGoodbye", "unknown", "malformed",
    },
    "operator-frames": {"Resume", "unknown", "malformed"},
    "heads": {
        "waits", "http", "upgrade", "refused 400", "refused 431", "refused 505", "no handshake 400",
        "no handshake 405", "no handshake 426", "no handshake 505",
    },
    "connections": {
        "open", "protocol_error 1002", "protocol_error 1007", "protocol_error 1009", "protocol_error 4400",
        "said_goodbye 1000", "network_closed 1005", "network_closed 4409", "network_closed open",
        "too_slow 4429",
    },
}  # fmt: skip


@cache
def ran(name: str) -> Report:
    """The suite's campaign of one target, once."""
    return campaign(TARGETS[name], SEED, round(CASES * SHARES[name]))


@pytest.mark.parametrize("name", TARGETS)
def test_no_input_does_what_it_must_not(name: str) -> None:
    report = ran(name)
    print(f"{name}: {report.cases:,} cases in {report.seconds:.1f} s: {dict(report.outcomes)}")


@pytest.mark.parametrize("name", TARGETS)
def test_the_inputs_reach_what_they_are_meant_for(name: str) -> None:
    assert REACHED[name] <= set(ran(name).outcomes)


def test_the_suite_runs_at_least_two_hundred_thousand_cases() -> None:
    reports = [ran(name) for name in TARGETS]
    assert sum(report.cases for report in reports) >= 200_000


@pytest.mark.parametrize("name", TARGETS)
@given(st.binary(max_size=250))
@settings(max_examples=150, deadline=None)
def test_hypothesis_finds_nothing_either(name: str, source: bytes) -> None:
    """It looks where a seed does not: at repetitions, at extremes, at what failed the last time."""
    TARGETS[name].run(Entropy(source))
