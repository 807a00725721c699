"""Access tokens that were verified already: known while they are good, and never longer."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import jwt
import pytest

from hub.operator import Operator
from hub.tokens import VERIFIED_AT_MOST, AccessTokens, InvalidToken

ANNA = Operator("0b0c0e2c-0000-4000-8000-000000000001", "t", "Hospital", "anna@hospital.example", ("VIEWER",))


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tokens whose signature was checked."""
    decode, tokens = jwt.decode, []

    def counted(token: str, *args: object, **options: object) -> object:
        tokens.append(token)
        return decode(token, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(jwt, "decode", counted)
    return tokens


def test_a_token_is_checked_once_while_it_is_good(looked: list[str]) -> None:
    tokens = AccessTokens("t" * 32, 3600)
    token = tokens.issue(ANNA, datetime.now(UTC))
    assert [tokens.verify(token), tokens.verify(token)] == [ANNA, ANNA]
    assert looked == [token]


def test_a_token_that_was_good_is_refused_from_the_moment_it_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = AccessTokens("t" * 32, 3600)
    token = tokens.issue(ANNA, datetime.now(UTC) - timedelta(seconds=3602))
    assert tokens.verify(token) == ANNA, "within the five seconds by which two clocks may differ"
    until_s = time.time() + 10
    monkeypatch.setattr(time, "time", lambda: until_s)

    def expired(*args: object, **options: object) -> None:
        raise jwt.ExpiredSignatureError

    monkeypatch.setattr(jwt, "decode", expired)
    with pytest.raises(InvalidToken):
        tokens.verify(token)


def test_a_forged_token_is_checked_each_time_and_never_known(looked: list[str]) -> None:
    tokens = AccessTokens("t" * 32, 3600)
    forged = AccessTokens("f" * 32, 3600).issue(ANNA, datetime.now(UTC))
    for _ in range(2):
        with pytest.raises(InvalidToken):
            tokens.verify(forged)
    assert looked == [forged, forged]


def test_only_a_bounded_number_is_known_the_newest_ones(looked: list[str]) -> None:
    tokens = AccessTokens("t" * 32, 3600)
    now = datetime.now(UTC)
    issued = [tokens.issue(ANNA._replace(email=f"{number}"), now) for number in range(VERIFIED_AT_MOST + 1)]
    for token in issued:
        tokens.verify(token)
    looked.clear()
    tokens.verify(issued[-1])
    assert looked == []
    tokens.verify(issued[0])
    assert looked == [issued[0]]
