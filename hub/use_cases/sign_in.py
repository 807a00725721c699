"""A person signs in.

Rule 1: wrong tenant, user or password, or one of them switched off: the same answer.
Rule 2: and at the same moment. An old bcrypt hash costs more to check than an argon2id one, and the refusal
        of a user who exists is audited, so the answer comes a fixed time after the request, or a multiple of
        that, whatever came before it.
Rule 3: refusals in a row make the next attempt wait (`hub.sign_in_limits`), be there such a user or not. A
        wrong code of the second factor is one of them, and counts for the person wherever it comes from.
Rule 4: only who knew the password learns that a code is asked for.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

import structlog
import trio

from hub.operator import Operator, Origin
from hub.password_rules import why_weak
from hub.passwords import Passwords, TooBusy
from hub.sign_in_limits import Attempt, SignInLimits
from hub.use_cases.audit import Done, record
from hub.use_cases.errors import NotSignedIn, TooMany
from hub.use_cases.password_ports import PasswordHash
from hub.use_cases.ports import Database, Transaction, User
from hub.use_cases.second_factor import SecondFactor
from hub.use_cases.sessions import Sessions
from protocol.access import TokenPair, UserLogin
from protocol.vocabulary import ActorKind, AuditOutcome

# RFC 9562, 5.10: no generated id is this.
_NO_TENANT: Final = "ffffffff-ffff-ffff-ffff-ffffffffffff"
_log = structlog.get_logger("hub.sign_in")


class SignIn:
    """`refusal_s`: a refusal is answered so long after its arrival, or twice, or three times so long."""

    def __init__(
        self,
        database: Database,
        passwords: Passwords,
        sessions: Sessions,
        second_factor: SecondFactor,
        now: Callable[[], datetime],
        refusal_s: float = 0.6,
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._sessions = sessions
        self._second_factor = second_factor
        self._now = now
        self._refusal_s = refusal_s
        self._limits = SignInLimits()
        self._codes = SignInLimits()

    async def __call__(self, login: UserLogin, origin: Origin) -> TokenPair:
        """A session's first tokens. Raises NotSignedIn, which names `one_time_code` where a code is missing
        or wrong; TooMany."""
        arrived_s = trio.current_time()
        attempt = Attempt(login.email, origin.ip)
        wait_s = self._limits.wait_s(attempt, arrived_s)
        if wait_s:
            raise TooMany(
                f"Too many sign-ins in a row were refused. Wait {wait_s} s before you try again.", wait_s
            )
        tenant_id = await self._tenant_of(login)
        user, stored = await self._database.transact(tenant_id, lambda tx: _known(tx, login.email.strip()))
        try:
            verdict = await self._passwords.verify(login.password, stored.value if stored else None)
        except TooBusy:
            raise TooMany("Too many people are signing in at this moment. Try again.", 5) from None
        if (
            user is None
            or stored is None
            or not (verdict.matches and user.is_active and user.tenant_is_active)
        ):
            await self._refused(attempt, tenant_id, user, origin)
            await self._same_moment(arrived_s)
            raise NotSignedIn(
                "Tenant, e-mail address and password do not belong together, or have no access. "
                "An address that several tenants know needs the tenant's id."
            )
        # From wherever they come: who has the password, and many addresses, has no more tries than one.
        codes = Attempt(user.id, None)
        if login.one_time_code is not None:
            wait_s = self._codes.wait_s(codes, trio.current_time())
            if wait_s:
                raise TooMany(f"Too many codes in a row were wrong. Wait {wait_s} s before the next.", wait_s)
        if not await self._has_code(tenant_id, user, login.one_time_code):
            if login.one_time_code is not None:
                self._codes.refused(codes, trio.current_time())
                await self._refused(attempt, tenant_id, user, origin)
            await self._same_moment(arrived_s)
            raise _code_wanted(login.one_time_code)
        self._limits.succeeded(attempt, trio.current_time())
        if login.one_time_code is not None:
            self._codes.succeeded(codes, trio.current_time())

        def remember(tx: Transaction, operator: Operator, at: datetime) -> None:
            if not tx.password_hashes.is_still(user.id, stored.chosen_at):
                raise NotSignedIn("The password was changed at this moment. Sign in with the new one.")
            if verdict.upgraded is not None:
                tx.people.set_password_hash(user.id, verdict.upgraded, at)
            tx.people.signed_in(user.id, origin.ip, at)
            record(tx, operator, at, "user.signed_in", "user", user.id, session_id=operator.session_id)

        is_weak = why_weak(login.password, user.email) is not None
        return await self._sessions.begin(tenant_id, user.id, origin, remember, weak_password=is_weak)

    async def _tenant_of(self, login: UserLogin) -> str:
        """The one that is named, or the only one that knows the address; else one that nobody is in."""
        if login.tenant_id is not None:
            return login.tenant_id.lower()
        email = login.email.strip()
        found = await self._database.ask(lambda questions: questions.tenants_of_email(email))
        return found[0] if len(found) == 1 else _NO_TENANT

    async def _has_code(self, tenant_id: str, user: User, code: str | None) -> bool:
        """Whether the second factor, if there is one, lets them in."""

        def work(tx: Transaction) -> bool:
            if code is None:
                return not self._second_factor.is_on(tx, user)
            return self._second_factor.check(tx, user, code, self._now())

        return await self._database.transact(tenant_id, work)

    async def _same_moment(self, arrived_s: float) -> None:
        took_s = trio.current_time() - arrived_s
        await trio.sleep_until(arrived_s + self._refusal_s * math.ceil(took_s / self._refusal_s))

    async def _refused(self, attempt: Attempt, tenant_id: str, user: User | None, origin: Origin) -> None:
        """Remembered for the limits and in the log; if there is such a user, in the audit log too."""
        self._limits.refused(attempt, trio.current_time())
        email = attempt.person
        _log.warning("sign-in refused", tenant_id=tenant_id, email=email, address=attempt.ip)
        if user is None:
            return

        def remember(tx: Transaction) -> None:
            # Nobody knows who it was: the user is what it was about.
            who = (self._now(), ActorKind.SYSTEM, None, user.email)
            what: tuple[str, str, str, dict[str, Any]] = ("user.sign_in_refused", "user", user.id, {})
            tx.audit.add([Done(*who, *what, None, *origin, AuditOutcome.DENIED)])

        await self._database.transact(tenant_id, remember)


def _known(tx: Transaction, email: str) -> tuple[User | None, PasswordHash | None]:
    user = tx.people.by_email(email)
    return user, tx.password_hashes.of(user.id) if user is not None else None


def _code_wanted(given: str | None) -> NotSignedIn:
    if given is None:
        why = "is asked for: from the app of your second factor, or a recovery code"
    else:
        why = "is not right, or was used already"
    return NotSignedIn("Sign in again with a code of your second factor.", {"one_time_code": why})
