"""The second factor: a code from an app, or one of ten recovery codes.

Rule 1: it is in force from the first right code, so nobody locks themselves out with a secret not scanned.
Rule 2: every code opens once, also when it comes twice at the same moment: PostgreSQL says which was first.
Rule 3: PostgreSQL has the secret sealed and the recovery codes hashed. Neither is ever audited or logged.

Everything here is within a transaction of the person's own tenant; who calls it has checked the password.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Final, NamedTuple, Protocol

import structlog

from hub.sealed import CannotOpen, Seal
from hub.totp import enrolment_uri, new_secret, step_of
from hub.use_cases.audit import Done
from hub.use_cases.device_secrets import hash_token
from hub.use_cases.ports import Transaction

RECOVERY_CODES: Final = 10
# No letter or digit that is taken for another one. Fifteen of them are 74 bits: SHA-256 is enough.
_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"
_log = structlog.get_logger("hub.second_factor")


class Person(Protocol):
    """Whose factor it is."""

    @property
    def id(self) -> str: ...


class Offer(NamedTuple):
    """A new secret, and what the QR code says."""

    secret: str
    uri: str


class SecondFactor:
    """`key`: what PostgreSQL does not have; see `hub.sealed`."""

    def __init__(self, key: str) -> None:
        self._seal = Seal(key, "second factors")

    def is_on(self, tx: Transaction, user: Person) -> bool:
        """Whether this person is asked for a code."""
        factor = tx.second_factors.of(user.id)
        return factor is not None and factor.since is not None

    def check(self, tx: Transaction, user: Person, code: str, now: datetime) -> bool:
        """Whether the code opens, which it does once. True also for whoever has no factor in force."""
        factor = tx.second_factors.of(user.id)
        if factor is None or factor.since is None:
            return True
        typed = _as_typed(code)
        secret = self._secret(user.id, factor.sealed_secret)
        step = step_of(typed, secret, now, factor.last_step) if secret is not None else None
        if step is not None:
            return tx.second_factors.use_step(user.id, step)
        if not tx.second_factors.use_code(user.id, hash_token(typed)):
            return False
        left = {"left": tx.second_factors.codes_left(user.id)}
        tx.audit.add([Done.by_clarion(now, "user.recovery_code_used", "user", user.id, left)])
        return True

    def offer(self, tx: Transaction, user: Person, email: str, tenant_name: str) -> Offer | None:
        """A new secret, not in force yet; None if a factor is in force already."""
        secret = new_secret()
        if not tx.second_factors.offer(user.id, self._seal.seal(secret, user.id)):
            return None
        return Offer(secret, enrolment_uri(secret, email, tenant_name))

    def confirm(self, tx: Transaction, user: Person, code: str, now: datetime) -> list[str] | None:
        """Puts what was offered in force; the recovery codes. None: the code is wrong, or nothing was
        offered."""
        factor = tx.second_factors.of(user.id)
        if factor is None or factor.since is not None:
            return None
        secret = self._secret(user.id, factor.sealed_secret)
        step = step_of(_as_typed(code), secret, now, factor.last_step) if secret is not None else None
        if step is None or not tx.second_factors.confirm(user.id, factor.sealed_secret, step, now):
            return None
        return self.new_codes(tx, user)

    def new_codes(self, tx: Transaction, user: Person) -> list[str]:
        """Ten recovery codes; older ones open nothing any more."""
        codes = [new_recovery_code() for _ in range(RECOVERY_CODES)]
        tx.second_factors.replace_codes(user.id, [hash_token(_as_typed(code)) for code in codes])
        return codes

    def _secret(self, user_id: str, sealed: bytes) -> str | None:
        try:
            return self._seal.open(sealed, user_id)
        except CannotOpen:
            # Recovery codes go on opening, and an administrator can take the factor away.
            _log.error("a second factor cannot be read: secrets/second-factors.key is another one")
            return None


def new_recovery_code() -> str:
    """Three groups of five, easy to read and to type."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(15))
    return "-".join(letters[start : start + 5] for start in range(0, 15, 5))


def _as_typed(code: str) -> str:
    """A code as people may type it: with spaces or hyphens, in capitals."""
    return "".join(character for character in code.lower() if character.isalnum())
