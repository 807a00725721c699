"""Whoever is signed in shows once more that it is they: for what nobody else at their open screen must do.

Rule 1: wrong passwords in a row make the next try wait, as at the sign-in, and are in the audit log.
Rule 2: a key of an integration has no password, so it does none of this.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

import trio

from hub.operator import Operator
from hub.passwords import Passwords, TooBusy
from hub.sign_in_limits import Attempt, SignInLimits
from hub.use_cases.audit import Done
from hub.use_cases.errors import Invalid, NotAllowed, NotSignedIn, TooMany
from hub.use_cases.ports import Database, Transaction
from protocol.vocabulary import ActorKind, AuditOutcome

TOO_BUSY: Final = "Too many passwords are looked at in this moment. Try again."
BUSY_S: Final = 5


def home_of(operator: Operator) -> str:
    """The tenant whose user it is, wherever they act. Raises NotAllowed: it is nobody, but a program."""
    if operator.kind is not ActorKind.USER:
        raise NotAllowed("This is about a person, and who asks is a program. Sign in as yourself.")
    return operator.home_tenant_id or operator.tenant_id


class PasswordProofs:
    """One for all that asks for a password again."""

    def __init__(self, database: Database, passwords: Passwords, now: Callable[[], datetime]) -> None:
        self._database = database
        self._passwords = passwords
        self._now = now
        self._limits = SignInLimits()

    async def prove(self, operator: Operator, password: str, field: str = "password") -> str:
        """The hash that it matches. Raises Invalid (naming the field), NotAllowed, NotSignedIn, TooMany."""
        tenant_id = home_of(operator)
        self.may_try(operator)
        stored = await self._database.transact(tenant_id, lambda tx: tx.password_hashes.of(operator.user_id))
        if stored is None:
            raise NotSignedIn("You are not one of the people here any more.")
        try:
            verdict = await self._passwords.verify(password, stored.value)
        except TooBusy:
            raise TooMany(TOO_BUSY, BUSY_S) from None
        if not verdict.matches:
            await self.refused(operator, "user.password_refused")
            raise Invalid({field: "is not your password"})
        self._limits.succeeded(self._attempt(operator), trio.current_time())
        return stored.value

    def may_try(self, operator: Operator) -> None:
        """Raises TooMany while this person has to wait."""
        wait_s = self._limits.wait_s(self._attempt(operator), trio.current_time())
        if wait_s:
            raise TooMany(f"Too many tries in a row were wrong. Wait {wait_s} s before the next.", wait_s)

    async def refused(self, operator: Operator, action: str) -> None:
        """What was shown is wrong: remembered for the wait, and in the audit log."""
        self._limits.refused(self._attempt(operator), trio.current_time())
        who, now = operator.user_id, self._now()

        def remember(tx: Transaction) -> None:
            tx.audit.add([Done.by(operator, now, action, "user", who, {}, AuditOutcome.DENIED)])

        await self._database.transact(home_of(operator), remember)

    def _attempt(self, operator: Operator) -> Attempt:
        return Attempt(operator.email, operator.origin.ip)
