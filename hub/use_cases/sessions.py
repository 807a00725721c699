"""Sessions of people: begun by signing in, gone on with by refresh tokens, ended by whoever they belong to.

Rule 1: a refresh token is good once. One that comes a second time has been copied: by whom, nobody can tell,
        so the whole session ends, at once and without grace.
Rule 2: every refusal of a refresh token is the same answer: it says nothing of what was there.
Rule 3: a session ends when it is not used for a while, and after a longer while whatever happens.
Rule 4: what ends here is refused, and its live pages closed, before the answer goes out.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import structlog

from hub.operator import Operator, Origin
from hub.tokens import AccessTokens
from hub.use_cases.access_ports import AccessPicture
from hub.use_cases.audit import Done, record
from hub.use_cases.device_secrets import hash_token, new_token
from hub.use_cases.errors import NotAllowed, NotFound, NotSignedIn
from hub.use_cases.password_proof import home_of
from hub.use_cases.ports import Database, Transaction
from hub.use_cases.session_ports import Family, Session, SessionMemory
from protocol.access import SessionRow, TokenPair
from protocol.api import Page
from protocol.vocabulary import ActorKind, AuditOutcome, SessionEnd

AT_MOST: Final = 100
"""Sessions of one person: the one used longest ago gives way."""

_KEPT_FOR: Final = timedelta(days=30)
_OVER: Final = "This session is over, or was never begun. Sign in again."
_log = structlog.get_logger("hub.sessions")

Beside = Callable[[Transaction, Operator, datetime], None]
"""What else belongs into the transaction that begins a session: whose it is, and when."""


class _Begun(NamedTuple):
    """A new session. `is_surplus`: another one had to end for it."""

    picture: AccessPicture
    is_surplus: bool


class _GoneOn(NamedTuple):
    """What became of a refresh token. `picture` is None where it was refused."""

    picture: AccessPicture | None
    reused: bool = False


class Sessions:
    """`idle_s`: how long a session lives without use; `ttl_s`: with it."""

    def __init__(
        self,
        database: Database,
        tokens: AccessTokens,
        access: SessionMemory,
        now: Callable[[], datetime],
        *,
        idle_s: int,
        ttl_s: int,
    ) -> None:
        self._database = database
        self._tokens = tokens
        self._access = access
        self._now = now
        self._idle = timedelta(seconds=idle_s)
        self._ttl = timedelta(seconds=ttl_s)

    async def begin(
        self,
        tenant_id: str,
        user_id: str,
        origin: Origin,
        beside: Beside,
        *,
        acts_in: str | None = None,
        weak_password: bool = False,
    ) -> TokenPair:
        """A new session of this user of this tenant. `acts_in`: another tenant, in which ROOT acts by it.
        `beside` audits it. Raises NotSignedIn when the person has no access any more."""
        at, session_id, token = self._now(), str(uuid.uuid4()), new_token()
        until = at + min(self._idle, self._ttl)
        if acts_in is not None:
            # What is not known here may have been founded by another hub a moment ago.
            await self._access.refresh(acts_in)

        def work(tx: Transaction) -> _Begun:
            ip, user_agent = origin.ip, origin.user_agent or ""
            tx.sessions.begin(session_id, user_id, acts_in, hash_token(token), at, until, ip, user_agent)
            tx.sessions.forget_ended(user_id, at - _KEPT_FOR)
            is_surplus = _end_surplus(tx, user_id, session_id, at)
            picture = tx.access.session(session_id, at)
            operator = self._access.operator_in(picture) if picture is not None else None
            if picture is None or operator is None:
                raise NotSignedIn(_OVER)
            beside(tx, operator._replace(origin=origin), at)
            return _Begun(picture, is_surplus)

        begun = await self._database.transact(tenant_id, work)
        pair = self._pair(begun.picture, token, at)
        if begun.is_surplus:
            await self._access.refresh(tenant_id)
        if weak_password:
            self._access.note_weak_password(pair.session_id)
        return pair

    async def refresh(self, token: str, origin: Origin) -> TokenPair:
        """The next pair of tokens. Raises NotSignedIn."""
        spent, following, at = hash_token(token), new_token(), self._now()
        tenant_id = await self._database.ask(lambda questions: questions.tenant_of_refresh_token(spent))
        if tenant_id is None:
            raise NotSignedIn(_OVER)

        def work(tx: Transaction) -> _GoneOn:
            family = tx.sessions.family(spent, at)
            if family is None or family.is_over:
                return _GoneOn(None)
            if family.is_spent:
                tx.sessions.end(SessionEnd.REUSED, at, only=[family.session_id])
                tx.audit.add([_reuse(family, origin, at)])
                return _GoneOn(None, reused=True)
            until = min(at + self._idle, family.created_at + self._ttl)
            ip, user_agent = origin.ip, origin.user_agent or ""
            tx.sessions.go_on(family.session_id, spent, hash_token(following), at, until, ip, user_agent)
            return _GoneOn(tx.access.session(family.session_id, at))

        gone_on = await self._database.transact(tenant_id, work)
        if gone_on.reused:
            _log.warning("a refresh token was used twice", tenant_id=tenant_id, address=origin.ip)
            await self._access.refresh(tenant_id)
        if gone_on.picture is None:
            raise NotSignedIn(_OVER)
        return self._pair(gone_on.picture, following, at)

    async def sign_out(self, token: str, origin: Origin) -> None:
        """Ends the session of this refresh token, spent or not. Of one that nobody knows nothing is said."""
        token_hash, at = hash_token(token), self._now()
        tenant_id = await self._database.ask(lambda questions: questions.tenant_of_refresh_token(token_hash))
        if tenant_id is None:
            return

        def work(tx: Transaction) -> None:
            family = tx.sessions.family(token_hash, at)
            if family is not None and tx.sessions.end(SessionEnd.SIGNED_OUT, at, only=[family.session_id]):
                who = (at, ActorKind.USER, family.user_id, family.email)
                ended = Done(*who, "user.signed_out", "session", family.session_id, {}, None, *origin)
                tx.audit.add([ended])

        await self._database.transact(tenant_id, work)
        await self._access.refresh(tenant_id)

    async def sign_out_here(self, operator: Operator) -> None:
        """Ends the session that asks. Raises NotAllowed for who has none."""
        await self._end(operator, SessionEnd.SIGNED_OUT, [_session_of(operator)], "user.signed_out")

    async def sign_out_everywhere(self, operator: Operator) -> None:
        """Ends every session of the person, this one too. Raises NotAllowed for who has none."""
        _session_of(operator)
        await self._end(operator, SessionEnd.SIGNED_OUT, None, "user.signed_out_everywhere")

    async def all(self, operator: Operator) -> Page[SessionRow]:
        """The person's own, the one used last first. Raises NotAllowed for who has none."""
        current, at = _session_of(operator), self._now()
        sessions = await self._database.transact(
            home_of(operator), lambda tx: tx.sessions.of_user(operator.user_id, at)
        )
        return Page([session_row(session, current) for session in sessions])

    async def revoke(self, operator: Operator, session_id: str) -> None:
        """Ends one of the person's own. Raises NotFound, NotAllowed for who has none."""
        _session_of(operator)
        await self._end(operator, SessionEnd.REVOKED, [session_id], "session.revoked")

    async def _end(
        self, operator: Operator, because: SessionEnd, only: Sequence[str] | None, action: str
    ) -> None:
        at, home = self._now(), home_of(operator)

        def work(tx: Transaction) -> None:
            ended = tx.sessions.end(because, at, user_id=operator.user_id, only=only)
            if not ended:
                raise NotFound("You have no such session: it may have ended already.")
            if only is None:
                record(tx, operator, at, action, "user", operator.user_id, sessions=len(ended))
            else:
                record(tx, operator, at, action, "session", ended[0])

        await self._database.transact(home, work)
        await self._access.refresh(home)

    def _pair(self, picture: AccessPicture, refresh_token: str, at: datetime) -> TokenPair:
        """What the person is given, once its session is committed."""
        operator = self._access.take(picture)
        if operator is None or operator.session_id is None:
            raise NotSignedIn(_OVER)
        return TokenPair(
            access_token=self._tokens.issue(operator, at),
            refresh_token=refresh_token,
            token_type="Bearer",  # noqa: S106 -- the scheme, not a secret
            expires_in=self._tokens.ttl_s,
            refresh_expires_in=round((picture.sessions[0].until - at).total_seconds()),
            session_id=operator.session_id,
            user_id=operator.user_id,
            tenant_id=operator.tenant_id,
            tenant_name=operator.tenant_name,
            email=operator.email,
            roles=list(operator.roles),
        )


def _end_surplus(tx: Transaction, user_id: str, newest: str, at: datetime) -> bool:
    """Every session is in the memory of every hub: a person has so many, and those used last are kept.
    Whether there were more."""
    others = [each.id for each in tx.sessions.of_user(user_id, at) if each.id != newest]
    surplus = others[AT_MOST - 1 :]
    if surplus:
        details = {"user_id": user_id, "because": f"more than {AT_MOST} sessions"}
        ended = tx.sessions.end(SessionEnd.REVOKED, at, only=surplus)
        tx.audit.add([Done.by_clarion(at, "session.revoked", "session", each, details) for each in ended])
    return bool(surplus)


def session_row(session: Session, current: str | None) -> SessionRow:
    """As its person sees it; `current` is the id of the one that asks."""
    return SessionRow(
        session.id,
        session.created_at,
        session.last_used_at,
        session.expires_at,
        session.ip_address,
        session.user_agent,
        session.acts_in,
        session.id == current,
    )


def _session_of(operator: Operator) -> str:
    if operator.kind is not ActorKind.USER or operator.session_id is None:
        raise NotAllowed("A key has no session: this is for people who signed in.")
    return operator.session_id


def _reuse(family: Family, origin: Origin, at: datetime) -> Done:
    """Nobody knows who of the two it was: the session is what it was about."""
    what = ("session.reuse_detected", "session", family.session_id, {"user_id": family.user_id})
    who = (at, ActorKind.SYSTEM, None, family.email)
    return Done(*who, *what, None, *origin, AuditOutcome.DENIED)
