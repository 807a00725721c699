"""What a stored password costs whoever tries to guess it."""

from __future__ import annotations

from hub.passwords import Cost, Passwords


def test_a_hash_is_argon2id_over_64_mib_three_times() -> None:
    assert Passwords().hash("correct horse").startswith("$argon2id$v=19$m=65536,t=3,p=1$")


def test_a_hash_at_another_cost_still_counts_and_is_made_anew_once() -> None:
    cheap = Passwords(Cost(64, 1)).hash("correct horse")
    matches, upgraded = Passwords().verify_now("correct horse", cheap)
    assert matches and upgraded is not None
    assert Passwords().verify_now("correct horse", upgraded) == (True, None)
    assert Passwords().verify_now("another horse", cheap) == (False, None)


def test_nobody_has_no_password_not_even_an_empty_one() -> None:
    assert Passwords().verify_now("", None) == (False, None)
