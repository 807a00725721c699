"""Time-based one-time codes, RFC 6238, as every authenticator app makes them (pure: the time is passed in).

Rule 1: six digits, a new code every 30 seconds, SHA-1: what every app can do.
Rule 2: one step to either side is good too: a telephone's clock is seldom right.
Rule 3: a code is good once: no step counts that is not later than the last one used.
"""

from __future__ import annotations

import hmac
from datetime import datetime
from typing import Final

import pyotp

STEP_S: Final = 30
_STEPS_EITHER_SIDE: Final = 1
_ISSUER: Final = "Clarion"


def new_secret() -> str:
    """160 random bits in base 32, as people can type them."""
    return pyotp.random_base32(32)


def enrolment_uri(secret: str, email: str, tenant_name: str) -> str:
    """What the QR code says: `otpauth://totp/…`."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=f"{_ISSUER} {tenant_name}")


def step_at(moment: datetime) -> int:
    """The number of this moment's code since the Unix epoch."""
    return int(moment.timestamp()) // STEP_S


def step_of(code: str, secret: str, moment: datetime, last_step: int) -> int | None:
    """The step whose code this is, if it is good at this moment and later than `last_step`."""
    if not (len(code) == 6 and code.isascii() and code.isdigit()):
        return None
    now = step_at(moment)
    totp = pyotp.TOTP(secret)
    found = None
    for step in range(now - _STEPS_EITHER_SIDE, now + _STEPS_EITHER_SIDE + 1):
        # Each is compared, whichever fits: the time it takes says nothing.
        if hmac.compare_digest(totp.generate_otp(step), code) and step > last_step and found is None:
            found = step
    return found
