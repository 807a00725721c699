"""A person signs in.

Rule 1: wrong tenant, user or password, or one of them switched off: the same answer.
Rule 2: and at the same moment. An old bcrypt hash costs more to check than an argon2id one, and the refusal
        of a user who exists is audited, so the answer comes a fixed time after the request, or a multiple of
        that, whatever came before it.
Rule 3: refusals in a row make the next attempt wait (`hub.sign_in_limits`), be there such a user or not.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime

import structlog
import trio

from hub.operator import Operator, Origin
from hub.passwords import Passwords, TooBusy
from hub.permissions import permissions_of_roles
from hub.sign_in_limits import Attempt, SignInLimits
from hub.tokens import AccessTokens
from hub.use_cases.audit import Done, record
from hub.use_cases.errors import NotSignedIn, TooMany
from hub.use_cases.ports import Database, Transaction, User
from protocol.access import TokenPair, UserLogin
from protocol.vocabulary import ActorKind, AuditOutcome

_log = structlog.get_logger("hub.sign_in")


class SignIn:
    """`refusal_s`: a refusal is answered so long after its arrival, or twice, or three times so long."""

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
        self._limits = SignInLimits()

    async def __call__(self, login: UserLogin, ip: str | None) -> TokenPair:
        """An access token. Raises NotSignedIn, TooMany."""
        arrived_s = trio.current_time()
        attempt = Attempt(login.tenant_id or "", login.email, ip)
        wait_s = self._limits.wait_s(attempt, arrived_s)
        if wait_s:
            raise TooMany(
                f"Too many sign-ins in a row were refused. Wait {wait_s} s before you try again.", wait_s
            )
        tenant_id = (login.tenant_id or "").lower()
        user = await self._database.transact(tenant_id, lambda tx: tx.people.by_email(login.email.strip()))
        try:
            verdict = await self._passwords.verify(login.password, user.password_hash if user else None)
        except TooBusy:
            raise TooMany("Too many people are signing in at this moment. Try again.", 5) from None
        if user is None or not (verdict.matches and user.is_active and user.tenant_is_active):
            await self._refused(attempt, user)
            took_s = trio.current_time() - arrived_s
            await trio.sleep_until(arrived_s + self._refusal_s * math.ceil(took_s / self._refusal_s))
            raise NotSignedIn(
                "Tenant, e-mail address and password do not belong together, or have no access."
            )
        self._limits.succeeded(attempt, trio.current_time())
        operator = Operator(
            user.id,
            tenant_id,
            user.tenant_name,
            user.email,
            user.roles,
            permissions_of_roles(user.roles),
            origin=Origin(ip),
        )
        at = self._now()

        def remember(tx: Transaction) -> None:
            if verdict.upgraded is not None:
                tx.people.set_password_hash(operator.user_id, verdict.upgraded, at)
            tx.people.signed_in(operator.user_id, ip, at)
            record(tx, operator, at, "user.signed_in", "user", operator.user_id)

        await self._database.transact(tenant_id, remember)
        return TokenPair(
            access_token=self._tokens.issue(operator, at),
            refresh_token="",
            refresh_expires_in=0,
            session_id="",
            token_type="Bearer",  # noqa: S106 -- the scheme, not a secret
            expires_in=self._tokens.ttl_s,
            user_id=operator.user_id,
            tenant_id=tenant_id,
            tenant_name=operator.tenant_name,
            email=operator.email,
            roles=list(operator.roles),
        )

    async def _refused(self, attempt: Attempt, user: User | None) -> None:
        """Remembered for the limits and in the log; if there is such a user, in the audit log too."""
        self._limits.refused(attempt, trio.current_time())
        tenant_id, email = attempt.person
        _log.warning("sign-in refused", tenant_id=tenant_id, email=email, address=attempt.ip)
        if user is None:
            return

        def remember(tx: Transaction) -> None:
            # Nobody knows who it was: the user is what it was about.
            tx.audit.add(
                [
                    Done(
                        self._now(),
                        ActorKind.SYSTEM,
                        None,
                        user.email,
                        "user.sign_in_refused",
                        "user",
                        user.id,
                        {},
                        ip_address=attempt.ip,
                        outcome=AuditOutcome.DENIED,
                    )
                ]
            )

        await self._database.transact(tenant_id, remember)
