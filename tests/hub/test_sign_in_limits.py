"""Who was refused waits, longer each time; nobody waits for what somebody at another address did."""

from __future__ import annotations

import pytest

from hub.sign_in_limits import (
    FORGET_AFTER_S,
    LONGEST_WAIT_FOR_OTHERS_S,
    LONGEST_WAIT_S,
    MOST_REMEMBERED,
    Attempt,
    SignInLimits,
    wait_after,
)

ANN = Attempt("ann@hospital.example", "192.0.2.1")
HOME = ANN._replace(ip="198.51.100.7")
BOB = ANN._replace(email="bob@hospital.example")


def refuse(limits: SignInLimits, attempt: Attempt, times: int, now_s: float = 0.0) -> None:
    for _ in range(times):
        limits.refused(attempt, now_s)


def test_the_wait_doubles_after_the_fifth_refusal_and_has_an_end() -> None:
    assert [wait_after(refusals) for refusals in range(9)] == [0, 0, 0, 0, 0, 1, 2, 4, 8]
    assert wait_after(14) == wait_after(10_000) == LONGEST_WAIT_S


def test_five_refusals_in_a_row_make_the_next_one_wait_and_waiting_ends_it() -> None:
    limits = SignInLimits()
    refuse(limits, ANN, 4)
    assert limits.wait_s(ANN, 0.0) == 0
    refuse(limits, ANN, 3)
    assert limits.wait_s(ANN, 0.0) == 4
    assert limits.wait_s(ANN, 3.5) == 1
    assert limits.wait_s(ANN, 4.0) == 0


def test_the_same_person_in_another_spelling_is_the_same_person() -> None:
    limits = SignInLimits()
    refuse(limits, ANN._replace(ip="127.0.0.1"), 5)
    assert limits.wait_s(Attempt(" Ann@Hospital.Example ", "127.0.0.1"), 0.0) == 1


def test_a_flood_from_one_address_locks_out_that_address_and_nobody_else() -> None:
    limits = SignInLimits()
    refuse(limits, ANN, 100)
    assert limits.wait_s(ANN, 0.0) == limits.wait_s(BOB, 0.0) == LONGEST_WAIT_S
    assert limits.wait_s(HOME, 0.0) == 0
    limits.succeeded(HOME, 0.0)
    assert limits.wait_s(HOME, 0.0) == 0
    assert limits.wait_s(ANN, 0.0) == LONGEST_WAIT_S


def test_who_mistypes_while_others_attack_waits_half_a_minute_at_most() -> None:
    limits = SignInLimits()
    refuse(limits, ANN, 100)
    refuse(limits, HOME, 1)
    assert limits.wait_s(HOME, 0.0) == LONGEST_WAIT_FOR_OTHERS_S
    refuse(limits, ANN, 1, 29.0)
    assert limits.wait_s(HOME, 30.0) == 0


def test_many_addresses_together_get_one_guess_each_and_then_wait() -> None:
    limits = SignInLimits()
    addresses = [ANN._replace(ip=f"203.0.113.{number}") for number in range(100)]
    guesses = 0
    for _ in range(3):
        for attempt in addresses:
            if limits.wait_s(attempt, 0.0) == 0:
                guesses += 1
                limits.refused(attempt, 0.0)
    assert guesses == 100


def test_guesses_made_at_the_same_time_wait_for_each_other_once_there_is_a_wait() -> None:
    limits = SignInLimits()
    refuse(limits, ANN, 8)
    assert [limits.wait_s(ANN, 8.0) for _ in range(3)] == [0, 8, 8]


def test_a_sign_in_that_succeeds_ends_the_row() -> None:
    limits = SignInLimits()
    refuse(limits, ANN, 4)
    limits.succeeded(ANN, 0.0)
    assert len(limits) == 0
    refuse(limits, ANN, 4)
    assert limits.wait_s(ANN, 0.0) == 0


@pytest.mark.parametrize("ip", ["127.0.0.1", "::1", None])
def test_an_address_that_speaks_for_many_is_not_limited_as_a_whole(ip: str | None) -> None:
    limits = SignInLimits()
    refuse(limits, ANN._replace(ip=ip), 100)
    assert limits.wait_s(ANN._replace(ip=ip), 0.0) == LONGEST_WAIT_S
    assert limits.wait_s(BOB._replace(ip=ip), 0.0) == 0


def test_a_network_of_ipv6_is_one_address() -> None:
    limits = SignInLimits()
    for number in range(20):
        limits.refused(ANN._replace(ip=f"2001:db8:1:2::{number:x}"), 0.0)
    assert limits.wait_s(BOB._replace(ip="2001:db8:1:2:ffff::1"), 0.0) == LONGEST_WAIT_S
    assert limits.wait_s(BOB._replace(ip="2001:db8:1:3::1"), 0.0) == 0


def test_what_is_remembered_is_bounded_and_ends_after_an_hour() -> None:
    limits = SignInLimits()
    for number in range(MOST_REMEMBERED + 100):
        limits.refused(Attempt(f"{number}@x", f"2001:db8:{number:x}::1"), 0.0)
    assert len(limits) == 3 * MOST_REMEMBERED
    refuse(limits, ANN, 50, 1.0)
    assert limits.wait_s(BOB, FORGET_AFTER_S + 2.0) == 0
    refuse(limits, ANN, 1, FORGET_AFTER_S + 2.0)
    assert limits.wait_s(ANN, FORGET_AFTER_S + 2.0) == 0
