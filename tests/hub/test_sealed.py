"""Secrets as PostgreSQL keeps them."""

from __future__ import annotations

import pytest

from hub.sealed import CannotOpen, Seal

KEY = "k" * 48


def test_what_is_sealed_opens_and_does_not_show() -> None:
    seal = Seal(KEY, "second factors")
    sealed = seal.seal("JBSWY3DPEHPK3PXP", "user-1")
    assert b"JBSWY3DP" not in sealed
    assert sealed != seal.seal("JBSWY3DPEHPK3PXP", "user-1"), "a new nonce each time"
    assert Seal(KEY, "second factors").open(sealed, "user-1") == "JBSWY3DPEHPK3PXP"


def test_it_opens_for_nobody_else_with_no_other_key_for_nothing_else_and_not_when_changed() -> None:
    seal = Seal(KEY, "second factors")
    sealed = seal.seal("JBSWY3DPEHPK3PXP", "user-1")
    for other, what, whose in [
        (seal, sealed, "user-2"),
        (Seal("l" * 48, "second factors"), sealed, "user-1"),
        (Seal(KEY, "something else"), sealed, "user-1"),
        (seal, sealed[:-1] + bytes([sealed[-1] ^ 1]), "user-1"),
        (seal, sealed[:11], "user-1"),
        (seal, b"", "user-1"),
    ]:
        with pytest.raises(CannotOpen):
            other.open(what, whose)


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Seal("short", "second factors")
