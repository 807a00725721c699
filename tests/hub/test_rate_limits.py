"""How many requests a minute: counted exactly, refused honestly, and never remembered without bound."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub import rate_limits
from hub.rate_limits import WINDOW_S, RateLimits, Subject, policy

TEN = Subject("actor", "anna", 10)
MINUTE_S = 1_700_000_040.0  # the beginning of a minute


def take(limits: RateLimits, now_s: float, *subjects: Subject, always: bool = False) -> int:
    verdict = limits.take(subjects or (TEN,), now_s, always=always)
    assert verdict is not None
    return verdict.retry_after_s


def test_as_many_as_the_limit_go_through_at_once_and_the_next_one_waits_for_the_next_minute() -> None:
    limits = RateLimits()
    assert [take(limits, MINUTE_S) for _ in range(10)] == [0] * 10
    # In the next minute these ten begin to fade.
    assert take(limits, MINUTE_S) == 61


def test_whoever_waits_as_told_gets_through() -> None:
    limits = RateLimits()
    for _ in range(10):
        take(limits, MINUTE_S + 30)
    wait_s = take(limits, MINUTE_S + 30)
    assert wait_s > 0 and take(limits, MINUTE_S + 30 + wait_s) == 0


def test_around_the_turn_of_a_minute_nobody_gets_twice_the_limit() -> None:
    limits = RateLimits()
    for _ in range(10):
        assert take(limits, MINUTE_S + 59) == 0
    assert sum(take(limits, MINUTE_S + 61) == 0 for _ in range(10)) == 1


def test_a_request_that_is_refused_counts_for_nobody() -> None:
    limits = RateLimits()
    tenant = Subject("tenant", "t", 100)
    for _ in range(10):
        take(limits, MINUTE_S, TEN, tenant)
    for _ in range(200):
        assert take(limits, MINUTE_S, TEN, tenant) > 0
    assert limits.touched(int(MINUTE_S // WINDOW_S)) == {"actor:anna": 10, "tenant:t": 10}
    assert limits.touched(int(MINUTE_S // WINDOW_S)) == {}, "nobody has asked since"


def test_the_verdict_speaks_of_the_subject_that_has_least_left() -> None:
    limits = RateLimits()
    tenant, address = Subject("tenant", "t", 100), Subject("address", "192.0.2.1", 0)
    verdict = limits.take((tenant, TEN, address), MINUTE_S + 15)
    assert verdict == ("actor", 10, 9, 45, 0)
    assert policy((tenant, TEN, address)) == '"tenant";q=100;w=60, "actor";q=10;w=60'


def test_without_a_limit_nothing_is_counted() -> None:
    limits = RateLimits()
    assert limits.take((Subject("tenant", "t", 0),), MINUTE_S) is None
    assert len(limits) == 0


def test_an_emergency_is_counted_and_never_refused() -> None:
    limits = RateLimits()
    assert [take(limits, MINUTE_S, always=True) for _ in range(30)] == [0] * 30
    assert take(limits, MINUTE_S) > 0


def test_what_other_hubs_counted_counts_here_too() -> None:
    limits = RateLimits()
    minute = int(MINUTE_S // WINDOW_S)
    take(limits, MINUTE_S)
    limits.hear(minute, {"actor:anna": 9, "actor:stranger": 4})
    assert take(limits, MINUTE_S + 1) > 0
    limits.hear(minute - 1, {"actor:anna": 0})
    assert take(limits, MINUTE_S + 1) > 0, "an old word changes nothing"


def test_a_clock_that_is_set_back_locks_nobody_out() -> None:
    limits = RateLimits()
    for _ in range(10):
        take(limits, MINUTE_S)
    assert take(limits, MINUTE_S - 86_400) == 0


def test_who_has_not_asked_for_two_minutes_is_forgotten_and_a_flood_is_bounded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    limits = RateLimits()
    take(limits, MINUTE_S)
    take(limits, MINUTE_S + 2 * WINDOW_S, Subject("actor", "ben", 10))
    assert len(limits) == 1
    monkeypatch.setattr(rate_limits, "MOST_REMEMBERED", 100)
    for number in range(1000):
        take(limits, MINUTE_S + 2 * WINDOW_S, Subject("address", f"192.0.2.{number}", 10))
    assert len(limits) == 100
    ben = limits.take((Subject("actor", "ben", 10),), MINUTE_S + 2 * WINDOW_S)
    assert ben is not None and ben.remaining == 8, "a flood of addresses frees nobody else"


@given(st.lists(st.floats(0, 20, allow_nan=False), min_size=1, max_size=200), st.integers(1, 8))
def test_no_sixty_seconds_ever_see_more_than_the_limit_twice_over_and_a_wait_is_always_enough(
    pauses_s: list[float], limit: int
) -> None:
    limits, subject = RateLimits(), Subject("actor", "anna", limit)
    now_s, passed = MINUTE_S, list[float]()
    for pause_s in pauses_s:
        now_s += pause_s
        wait_s = take(limits, now_s, subject)
        if wait_s:
            assert wait_s <= 2 * WINDOW_S
            assert take(limits, now_s + wait_s, subject) == 0
            now_s += wait_s
        passed.append(now_s)
        # The minute before counts as if spread evenly: an estimate, so a burst may pass a little early.
        assert sum(now_s - WINDOW_S < at <= now_s for at in passed) <= 2 * limit
