"""Passwords: argon2id for what is stored now, bcrypt for what older systems stored.

Rule 1: hashing runs in worker threads, two at a time: a flood of sign-ins slows sign-ins, nothing else.
Rule 2: a user who does not exist costs a verification too, against a hash that nothing matches.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable
from typing import Final, NamedTuple, TypeVar, TypeVarTuple

import trio
from passlib.context import CryptContext
from passlib.exc import PasswordValueError

Result = TypeVar("Result")
Arguments = TypeVarTuple("Arguments")

_WAITING_AT_MOST: Final = 50
_BCRYPT_ROUNDS_AT_MOST: Final = 15
_DEARER_AT_MOST: Final = 16
# The alphabet has no letter or digit that is taken for another one.
_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"


class Cost(NamedTuple):
    """What one argon2id hash takes: memory in KiB, and how often it is gone over."""

    memory_kib: int
    passes: int


COST: Final = Cost(65_536, 3)
"""About 0.1 s of one core. Only tests can afford less."""


class Verdict(NamedTuple):
    """`upgraded` is a new hash to store, when the password matched one that is out of date."""

    matches: bool
    upgraded: str | None = None


class TooBusy(Exception):
    """Too many sign-ins are waiting already."""


class Passwords:
    """Hashes and verifies. One per process."""

    def __init__(self, cost: Cost = COST) -> None:
        self._context = CryptContext(
            schemes=["argon2", "bcrypt"],
            deprecated="auto",
            argon2__type="ID",
            argon2__memory_cost=cost.memory_kib,
            argon2__time_cost=cost.passes,
            argon2__parallelism=1,
        )
        # Random bytes in the place of a digest: as dear to check as a real one, and nothing matches it.
        salt, digest = (base64.b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (16, 32))
        self._nobody = f"$argon2id$v=19$m={cost.memory_kib},t={cost.passes},p=1${salt}${digest}"
        self._dearest = _DEARER_AT_MOST * cost.memory_kib * cost.passes
        self._limiter = trio.CapacityLimiter(2)

    def hash(self, password: str) -> str:
        """An argon2id hash. About 0.1 s of one core."""
        return str(self._context.hash(password))

    async def hashed(self, password: str) -> str:
        """`hash` in a thread. Raises TooBusy."""
        return await self._in_a_thread(self.hash, password)

    def can_check(self, stored: str) -> bool:
        """Whether this is a whole hash that passwords can be checked against, each for a few seconds at most:
        a hash from elsewhere may ask for hours."""
        try:
            hashed = self._context.handler(self._context.identify(stored)).from_string(stored)
        except (ValueError, TypeError):
            return False
        if not hashed.checksum:
            return False
        if hashed.name == "bcrypt":
            return bool(hashed.rounds <= _BCRYPT_ROUNDS_AT_MOST)
        return bool(hashed.memory_cost * hashed.rounds <= self._dearest)

    def verify_now(self, password: str, stored: str | None) -> Verdict:
        """Whether the password matches; about 0.1 s of one core, also when there is no hash (`None`)."""
        try:
            matches, upgraded = self._context.verify_and_update(password, stored or self._nobody)
        except (PasswordValueError, ValueError):
            # A NUL, or more than 72 bytes against bcrypt: no hash was made of that. It costs the same work.
            self._context.verify("", self._nobody)
            return Verdict(matches=False)
        if stored is None or not matches:
            return Verdict(matches=False)
        return Verdict(matches=True, upgraded=upgraded)

    async def verify(self, password: str, stored: str | None) -> Verdict:
        """`verify_now` in a thread. Raises TooBusy."""
        return await self._in_a_thread(self.verify_now, password, stored)

    async def _in_a_thread(self, work: Callable[[*Arguments], Result], *arguments: *Arguments) -> Result:
        if self._limiter.statistics().tasks_waiting >= _WAITING_AT_MOST:
            raise TooBusy
        return await trio.to_thread.run_sync(work, *arguments, limiter=self._limiter)


def generate_password() -> str:
    """Twenty characters in groups of five, easy to read aloud; 99 bits."""
    letters = [secrets.choice(_ALPHABET) for _ in range(20)]
    return "-".join("".join(letters[start : start + 5]) for start in range(0, 20, 5))
