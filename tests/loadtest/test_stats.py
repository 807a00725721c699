"""Numbers that stay small, and facts that can be waited for."""

from __future__ import annotations

import math

import pytest
import trio
import trio.testing
from hypothesis import given
from hypothesis import strategies as st

from loadtest.stats import FleetStats, LatencyHistogram


def test_nothing_measured_has_no_percentiles() -> None:
    assert LatencyHistogram().percentile_s(50) is None


@given(st.lists(st.floats(1e-5, 1e3), min_size=1, max_size=200), st.sampled_from([1.0, 50.0, 99.0, 100.0]))
def test_percentiles_are_within_two_percent_above_the_true_ones(values: list[float], percent: float) -> None:
    histogram = LatencyHistogram()
    for value in values:
        histogram.add(value)
    true = sorted(values)[math.ceil(len(values) * percent / 100.0) - 1]
    found = histogram.percentile_s(percent)
    assert found is not None
    assert true * (1 - 1e-9) <= found <= true * 1.0205
    assert found <= histogram.slowest_s == max(values)


def test_a_duration_below_zero_between_two_clocks_counts_as_almost_nothing() -> None:
    histogram = LatencyHistogram()
    histogram.add(-0.003)
    assert histogram.percentile_s(50) == pytest.approx(1e-6)


async def test_a_fact_that_is_true_already_is_not_waited_for() -> None:
    with trio.fail_after(2):
        await FleetStats(connected=3).wait_until(lambda stats: stats.connected == 3)


async def test_whoever_waits_is_woken_when_the_fact_is_true_and_not_before() -> None:
    stats = FleetStats()
    woken: list[int] = []

    async def wait_for(number: int) -> None:
        await stats.wait_until(lambda s: s.connected >= number)
        woken.append(number)

    with trio.fail_after(2):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(wait_for, 1)
            nursery.start_soon(wait_for, 2)
            for connected in (1, 2):
                await trio.testing.wait_all_tasks_blocked()
                stats.connected = connected
                stats.changed()
                await trio.testing.wait_all_tasks_blocked()
                assert woken == list(range(1, connected + 1))


async def test_whoever_gave_up_waiting_is_forgotten() -> None:
    stats = FleetStats()
    with trio.move_on_after(0):
        await stats.wait_until(lambda s: s.connected == 1)
    stats.connected = 1
    stats.changed()
    assert stats._waiting == []
