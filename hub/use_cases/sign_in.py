"""A person signs in.

Rule 1: wrong tenant, user or password, or one of them switched off: the same answer.
Rule 2: and at the same moment. An old bcrypt hash costs more to check than an argon2id one, so a refusal
        comes a fixed time after the request, whatever the check took.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import trio

from hub.passwords import Passwords, TooBusy
from hub.tokens import AccessTokens, Operator
from hub.use_cases.audit import record
from hub.use_cases.errors import NotSignedIn, TooMany
from hub.use_cases.ports import Database, Transaction
from protocol.api import Login, Token


class SignIn:
    """`refusal_s`: how long after its arrival a refusal is answered."""

    def __init__(
        self,
        database: Database,
        passwords: Passwords,
        tokens: AccessTokens,
        now: Callable[[], datetime],
        refusal_s: float = 0.6,
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._tokens = tokens
        self._now = now
        self._refusal_s = refusal_s

    async def __call__(self, login: Login, ip: str | None) -> Token:
        """An access token. Raises NotSignedIn, TooMany."""
        refuse_at = trio.current_time() + self._refusal_s
        tenant_id = login.tenant_id.lower()
        user = await self._database.transact(tenant_id, lambda tx: tx.people.by_email(login.email.strip()))
        try:
            verdict = await self._passwords.verify(login.password, user.password_hash if user else None)
        except TooBusy:
            raise TooMany("Too many people are signing in at this moment. Try again.", 5) from None
        if user is None or not (verdict.matches and user.is_active and user.tenant_is_active):
            await trio.sleep_until(refuse_at)
            raise NotSignedIn(
                "Tenant, e-mail address and password do not belong together, or have no access."
            )
        operator = Operator(user.id, tenant_id, user.tenant_name, user.email, user.roles, ip)
        at = self._now()

        def remember(tx: Transaction) -> None:
            if verdict.upgraded is not None:
                tx.people.set_password_hash(operator.user_id, verdict.upgraded, at)
            tx.people.signed_in(operator.user_id, ip, at)
            record(tx, operator, at, "user.signed_in", "user", operator.user_id)

        await self._database.transact(tenant_id, remember)
        return Token(
            access_token=self._tokens.issue(operator, at),
            token_type="Bearer",  # noqa: S106 -- the scheme, not a secret
            expires_in=self._tokens.ttl_s,
            user_id=operator.user_id,
            tenant_id=tenant_id,
            tenant_name=operator.tenant_name,
            email=operator.email,
            roles=list(operator.roles),
        )
