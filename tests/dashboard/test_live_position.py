"""How far a live socket has been followed: what is applied, what is passed over, when to begin anew."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.live import Position, SequenceGap, live_address, reconnect_delay
from protocol.live import Recovered, Resume
from tests.dashboard.rows import delta, snapshot


def test_a_new_client_asks_for_a_snapshot() -> None:
    assert Position().opening() == Resume(stream=None, seq=0)


def test_a_client_that_comes_back_says_where_it_was() -> None:
    position = Position()
    position.follow(snapshot(stream="s", seq=7))
    position.follow(delta(8))
    assert position.opening() == Resume(stream="s", seq=8)
    assert repr(position) == "<Position s 8>"


def test_what_was_missed_follows_a_recovery() -> None:
    position = Position()
    position.follow(snapshot(stream="s", seq=7))
    assert position.follow(Recovered("s", 7))
    assert position.follow(delta(8)) and position.follow(delta(9))


def test_a_delta_already_seen_is_passed_over() -> None:
    position = Position()
    position.follow(snapshot(stream="s", seq=7))
    assert position.follow(delta(8))
    assert not position.follow(delta(8))
    assert not position.follow(delta(3))


def test_a_lost_delta_is_noticed() -> None:
    position = Position()
    position.follow(snapshot(stream="s", seq=7))
    with pytest.raises(SequenceGap):
        position.follow(delta(9))


def test_a_recovery_of_another_stream_is_noticed() -> None:
    position = Position()
    position.follow(snapshot(stream="s", seq=7))
    with pytest.raises(SequenceGap):
        position.follow(Recovered("t", 7))


@given(st.integers(0, 1000), st.floats(0, 1, exclude_max=True))
def test_the_wait_before_coming_back_is_jittered_and_bounded(attempt: int, chance: float) -> None:
    assert 0 <= reconnect_delay(attempt, chance) < 3.0


def test_the_wait_grows_at_first() -> None:
    assert [reconnect_delay(n, 1.0) for n in range(5)] == [0.25, 0.5, 1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    ("hub", "address"),
    [
        ("http://127.0.0.1:8000", "ws://127.0.0.1:8000/api/v1/ws/admin"),
        ("https://hub.example/clarion/", "wss://hub.example/clarion/api/v1/ws/admin"),
    ],
)
def test_the_live_address_is_beside_the_api(hub: str, address: str) -> None:
    assert live_address(hub) == address
