"""Access tokens that were verified already: known while they are good, and never longer."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
import pytest

from hub.jwt_keys import GivenKeys, KeptKeys, rotate
from hub.operator import Operator
from hub.tokens import VERIFIED_AT_MOST, AccessTokens, InvalidToken

KEYS = GivenKeys("t" * 32)
SESSION = "0b0c0e2c-0000-4000-8000-000000000002"
ANNA = Operator(
    "0b0c0e2c-0000-4000-8000-000000000001",
    "t",
    "Hospital",
    "anna@hospital.example",
    ("VIEWER",),
    session_id=SESSION,
)


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tokens whose signature was checked."""
    decode, tokens = jwt.decode, []

    def counted(token: str, *args: object, **options: object) -> object:
        tokens.append(token)
        return decode(token, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(jwt, "decode", counted)
    return tokens


def test_a_token_says_whose_session_it_is_and_nothing_about_rights() -> None:
    token = AccessTokens(KEYS, 3600).issue(ANNA, datetime.now(UTC))
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims.keys() == {"iss", "aud", "iat", "exp", "sub", "tid", "sid"}
    assert (claims["sub"], claims["tid"], claims["sid"]) == (ANNA.user_id, "t", SESSION)


def test_who_has_no_session_gets_no_token() -> None:
    with pytest.raises(ValueError, match="session"):
        AccessTokens(KEYS, 3600).issue(ANNA._replace(session_id=None), datetime.now(UTC))


def test_a_token_is_checked_once_while_it_is_good(looked: list[str]) -> None:
    tokens = AccessTokens(KEYS, 3600)
    token = tokens.issue(ANNA, datetime.now(UTC))
    assert [tokens.verify(token), tokens.verify(token)] == [SESSION, SESSION]
    assert looked == [token]


def test_a_token_that_was_good_is_refused_from_the_moment_it_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = AccessTokens(KEYS, 3600)
    token = tokens.issue(ANNA, datetime.now(UTC) - timedelta(seconds=3602))
    assert tokens.verify(token) == SESSION, "within the five seconds by which two clocks may differ"
    until_s = time.time() + 10
    monkeypatch.setattr(time, "time", lambda: until_s)

    def expired(*args: object, **options: object) -> None:
        raise jwt.ExpiredSignatureError

    monkeypatch.setattr(jwt, "decode", expired)
    with pytest.raises(InvalidToken):
        tokens.verify(token)


def test_a_forged_token_is_checked_each_time_and_never_known(looked: list[str]) -> None:
    tokens = AccessTokens(KEYS, 3600)
    kid = {"kid": KEYS.newest.kid}
    forged = jwt.encode({"sub": "x"}, "f" * 32, algorithm="HS256", headers=kid)
    for _ in range(2):
        with pytest.raises(InvalidToken):
            tokens.verify(forged)
    assert looked == [forged, forged]


def test_only_a_bounded_number_is_known_the_newest_ones(looked: list[str]) -> None:
    tokens = AccessTokens(KEYS, 3600)
    now = datetime.now(UTC)
    issued = [
        tokens.issue(ANNA._replace(session_id=f"{number}"), now) for number in range(VERIFIED_AT_MOST + 1)
    ]
    for token in issued:
        tokens.verify(token)
    looked.clear()
    tokens.verify(issued[-1])
    assert looked == []
    tokens.verify(issued[0])
    assert looked == [issued[0]]


def test_a_token_outlives_the_rotation_of_its_key_but_not_its_retirement(tmp_path: Path) -> None:
    now_s = 0.0
    keys = KeptKeys(tmp_path, lambda: now_s)
    tokens, now = AccessTokens(keys, 3600), datetime.now(UTC)
    token = tokens.issue(ANNA, now)
    assert tokens.verify(token) == SESSION
    rotate(tmp_path, now + timedelta(minutes=1))
    now_s += 1.0
    keys.look_again()
    assert tokens.verify(token) == SESSION
    rotate(tmp_path, now + timedelta(minutes=2), retire_others=True)
    now_s += 1.0
    keys.look_again()
    with pytest.raises(InvalidToken):
        tokens.verify(token)
    assert tokens.verify(tokens.issue(ANNA, now)) == SESSION
