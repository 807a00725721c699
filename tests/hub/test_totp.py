"""One-time codes, against the values of RFC 6238 and a clock of our own."""

from __future__ import annotations

from base64 import b32encode
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import pyotp
import pytest

from hub.totp import STEP_S, enrolment_uri, new_secret, step_at, step_of

RFC_SECRET = b32encode(b"12345678901234567890").decode()
NOON = datetime(2026, 3, 1, 12, 0, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("unix_s", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (20000000000, "353130"),
    ],
)
def test_the_codes_are_those_of_the_rfc(unix_s: int, code: str) -> None:
    moment = datetime.fromtimestamp(unix_s, UTC)
    assert step_of(code, RFC_SECRET, moment, 0) == step_at(moment) == unix_s // STEP_S


@pytest.mark.parametrize(("late_s", "good"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_a_code_is_good_one_step_early_or_late(late_s: int, good: bool) -> None:
    secret = new_secret()
    code = pyotp.TOTP(secret).at(NOON)
    assert (step_of(code, secret, NOON + timedelta(seconds=late_s), 0) is not None) == good


def test_no_step_counts_that_is_not_later_than_the_last_one_used() -> None:
    secret = new_secret()
    code = pyotp.TOTP(secret).at(NOON)
    step = step_at(NOON)
    assert step_of(code, secret, NOON, step - 1) == step
    assert step_of(code, secret, NOON, step) is None
    assert step_of(code, secret, NOON, step + 1) is None


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "१२३४५६", "²²²²²²", "12 345", "-12345"])
def test_what_is_not_six_digits_is_no_code(code: str) -> None:
    assert step_of(code, RFC_SECRET, NOON, 0) is None


def test_secrets_are_new_each_time_and_the_qr_code_says_whose_it_is() -> None:
    assert len({new_secret() for _ in range(50)}) == 50
    secret = new_secret()
    uri = urlsplit(enrolment_uri(secret, "ada@engine.example", "Hospital & Co"))
    query = parse_qs(uri.query)
    assert (uri.scheme, uri.netloc) == ("otpauth", "totp")
    assert unquote(uri.path) == "/Clarion Hospital & Co:ada@engine.example"
    assert (query["secret"], query["issuer"]) == ([secret], ["Clarion Hospital & Co"])
