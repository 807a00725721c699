"""G9: 200,000 inputs that nobody thought of, in every suite: the same ones on every machine."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.campaign import campaign
from tests.fuzz.entropy import Entropy
from tests.fuzz.targets import SEED, SHARES, TARGETS
from tests.guarantees import figures

CASES = 210_000

REACHED = {
    "screen-frames": {
        "Hello", "Heartbeat", "DeviceEvent", "Receipt", "Records", "DeviceGoodbye", "unknown", "malformed",
    },
    "operator-frames": {"Resume", "unknown", "malformed"},
    "heads": {
        "waits", "http", "upgrade", "refused 400", "refused 431", "refused 505", "no handshake 400",
        "no handshake 405", "no handshake 426", "no handshake 505",
    },
    "wires": {"plain", "plain for a time", "by the library"},
    "connections": {
        "open", "protocol_error 1002", "protocol_error 1007", "protocol_error 1009", "protocol_error 4400",
        "said_goodbye 1000", "network_closed 1005", "network_closed 4409", "network_closed open",
        "too_slow 4429",
    },
    "sessions": {
        "connected", "resumed", "network_closed", "protocol_error", "said_goodbye", "heartbeat_lost",
        "taken_over", "token_revoked", "too_slow",
    },
}  # fmt: skip


def cases_of(name: str) -> int:
    """How many of the suite's cases this target gets."""
    return round(CASES * SHARES[name])


@pytest.mark.parametrize("name", TARGETS)
def test_no_input_does_what_it_must_not_and_they_reach_what_they_are_meant_for(name: str) -> None:
    report = campaign(TARGETS[name], SEED, cases_of(name))
    figures.record(f"fuzzing: {name}", report.cases, "cases")
    figures.record(f"fuzzing: {name}, processor time", report.seconds, "s")
    assert report.cases == report.outcomes.total() == cases_of(name)
    assert REACHED[name] <= set(report.outcomes)


def test_the_suite_runs_at_least_two_hundred_thousand_cases() -> None:
    """Each campaign above ran all of its cases, or it failed."""
    assert sum(map(cases_of, TARGETS)) >= 200_000


@pytest.mark.parametrize("name", TARGETS)
@given(st.binary(max_size=250))
@settings(max_examples=150, deadline=None)
def test_hypothesis_finds_nothing_either(name: str, source: bytes) -> None:
    """It looks where a seed does not: at repetitions, at extremes, at what failed the last time."""
    TARGETS[name].run(Entropy(source))
