"""When a screen comes back after a connection ended."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from player.reconnect import (
    FIRST_RANGE_S,
    LONGEST_RANGE_S,
    SENT_AWAY_AT_LEAST_S,
    SENT_AWAY_RANGE_S,
    Backoff,
    may_come_back,
)
from protocol.close_codes import MEANINGS, CloseCode
from protocol.frames import Goodbye


@pytest.mark.parametrize("code", CloseCode)
def test_each_close_code_is_honoured(code: CloseCode) -> None:
    delay_s = Backoff(Random(1)).delay_s(close_code=code)
    if MEANINGS[code].come_back:
        assert delay_s is not None and delay_s <= FIRST_RANGE_S
    elif code is CloseCode.TOKEN_REVOKED:
        assert delay_s is None
    else:
        assert delay_s is not None and delay_s >= SENT_AWAY_AT_LEAST_S


@pytest.mark.parametrize("code", [None, 1000, 1006, 1011, 4999])
def test_an_unknown_end_of_a_connection_means_come_back(code: int | None) -> None:
    assert may_come_back(code)


def test_a_goodbye_that_names_no_time_means_stay_away_for_minutes_and_not_for_ever() -> None:
    goodbye = Goodbye(CloseCode.NORMAL, "moved")
    waits_s = [
        Backoff(Random(seed)).delay_s(close_code=CloseCode.NORMAL, goodbye=goodbye) or 0.0
        for seed in range(200)
    ]
    assert all(0.0 <= wait_s - SENT_AWAY_AT_LEAST_S <= SENT_AWAY_RANGE_S for wait_s in waits_s)
    assert max(waits_s) - min(waits_s) > SENT_AWAY_RANGE_S / 2, "two twins do not take turns in step"


def test_a_revoked_token_is_not_tried_again_whatever_the_goodbye_says() -> None:
    goodbye = Goodbye(CloseCode.TOKEN_REVOKED, "revoked", reconnect_after_s=1.0)
    assert Backoff(Random(1)).delay_s(close_code=CloseCode.TOKEN_REVOKED, goodbye=goodbye) is None


def test_a_goodbye_says_the_shortest_time_to_stay_away_and_chance_adds_to_it() -> None:
    goodbye = Goodbye(CloseCode.SERVICE_RESTART, "restarting", reconnect_after_s=5.0)
    waits = {
        Backoff(Random(seed)).delay_s(close_code=CloseCode.SERVICE_RESTART, goodbye=goodbye)
        for seed in range(50)
    }
    assert len(waits) == 50
    assert all(wait is not None and 5.0 <= wait <= 5.0 + FIRST_RANGE_S for wait in waits)


@given(st.integers(0, 2**32), st.integers(1, 200))
def test_waits_stay_within_a_range_that_doubles_up_to_a_limit(seed: int, attempts: int) -> None:
    backoff = Backoff(Random(seed))
    for attempt in range(attempts):
        delay_s = backoff.delay_s()
        assert delay_s is not None
        assert 0.0 <= delay_s <= min(LONGEST_RANGE_S, FIRST_RANGE_S * 2.0**attempt)


def test_a_sound_session_starts_the_range_anew() -> None:
    backoff = Backoff(Random(1))
    for _ in range(20):
        backoff.delay_s()
    backoff.session_is_sound()
    delay_s = backoff.delay_s()
    assert delay_s is not None
    assert delay_s <= FIRST_RANGE_S


def test_a_thousand_screens_do_not_come_back_together() -> None:
    waits = [Backoff(Random(seed)).delay_s() or 0.0 for seed in range(1_000)]
    busiest_tenth = max(sum(1 for w in waits if tenth / 10 <= w < (tenth + 1) / 10) for tenth in range(10))
    assert busiest_tenth < 150
