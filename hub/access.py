"""Who may do what, now: every live session and every good key of every tenant, in memory.

Rule 1: PostgreSQL is the truth; this is what it said a moment ago. Whoever changes it calls `refresh` after
        the commit; what others change (another hub, the command line) is seen within a second, by a version.
Rule 2: asking costs a look into a dictionary: no query, no wait. So an emergency is possible while PostgreSQL
        is away: what was known stays good, and access tokens end it.
Rule 3: a session or key whose rights change is announced, so that its live sockets end or begin anew.
Rule 4: a session that is not known may be one that another hub began: it is looked for, once in a while.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, NamedTuple

import trio

from hub.identity import operator_of_key, operator_of_session
from hub.operator import THE_HUB, Operator
from hub.use_cases.access_ports import AccessPicture, TenantAccess
from hub.use_cases.ports import Database

logger = logging.getLogger(__name__)

LOOK_EVERY_S: Final = 1.0
LOOK_AGAIN_FOR_UNKNOWN_S: Final = 5.0
UNKNOWN_AT_MOST: Final = 10_000
_FOR_EVER: Final = datetime.max.replace(tzinfo=UTC)

LearnTenant = Callable[[TenantAccess], None]
"""Told what PostgreSQL says of a tenant, each time that it is read."""

Announce = Callable[[frozenset[str], frozenset[str]], None]
"""Told the ids of sessions and keys that have ended, and of those whose rights have changed."""


class _Entry(NamedTuple):
    operator: Operator
    until: datetime


class _Tenant:
    """What is known of one tenant. `sessions` and `keys` are those that open something now."""

    def __init__(self) -> None:
        self.reading = trio.Lock()
        self.asked = 0
        self.read = 0
        self.picture: AccessPicture | None = None
        self.begun: dict[str, AccessPicture] = {}
        """Sessions that were taken since the last picture: the next one may have been read before them."""
        self.sessions: dict[str, _Entry] = {}
        self.keys: dict[bytes, _Entry] = {}


class Access:
    """Fulfils `hub.use_cases.access_port.Access`. `unavailable`: what the database raises when it is away;
    `now`: the hub's clock."""

    def __init__(self, database: Database, unavailable: type[Exception], now: Callable[[], datetime]) -> None:
        self._database = database
        self._unavailable = unavailable
        self._now = now
        self._tenants: dict[str, _Tenant] = {}
        self._sessions = {"hub": _Entry(THE_HUB, _FOR_EVER)}
        self._keys: dict[bytes, _Entry] = {}
        self._weak: set[str] = set()
        self._stale: set[str] = set()
        self._unknown: dict[str, datetime] = {}
        self._announce: list[Announce] = []
        self._of_tenants: list[LearnTenant] = []

    # ---- asking ----

    def of_session(self, session_id: str) -> Operator | None:
        """Whose session it is and what they may do; None: it is not known here, or is over."""
        entry = self._sessions.get(session_id)
        return entry.operator if entry is not None and self._now() < entry.until else None

    def of_key(self, key_hash: bytes) -> Operator | None:
        """The same of an API key, by its SHA-256."""
        entry = self._keys.get(key_hash)
        return entry.operator if entry is not None and self._now() < entry.until else None

    def is_unknown(self, session_id: str) -> bool:
        """Whether PostgreSQL said a moment ago that there is no such session, or not any more."""
        asked = self._unknown.get(session_id)
        return asked is not None and abs((self._now() - asked).total_seconds()) < LOOK_AGAIN_FOR_UNKNOWN_S

    def requests_per_minute(self, tenant_id: str) -> int | None:
        """The tenant's own limit; None: it has none of its own."""
        tenant = self._facts(tenant_id)
        return tenant.limits.get("requests_per_minute") if tenant is not None else None

    def is_suspended(self, tenant_id: str) -> bool:
        """Whether nothing of the tenant's is served. One that is not known yet is not."""
        tenant = self._facts(tenant_id)
        return tenant is not None and not tenant.is_active

    def note_weak_password(self, session_id: str) -> None:
        """Whoever began this session should choose a better password."""
        self._weak.add(session_id)

    def note_good_password(self, session_id: str) -> None:
        """They have."""
        self._weak.discard(session_id)

    def has_weak_password(self, session_id: str) -> bool:
        """Whether that was noted since this hub started."""
        return session_id in self._weak

    def subscribe(self, announce: Announce) -> None:
        """From now on, tell of what ends and what changes."""
        self._announce.append(announce)

    def subscribe_to_tenants(self, learn: LearnTenant) -> None:
        """From now on, tell of each tenant that is new or may have changed."""
        self._of_tenants.append(learn)

    # ---- learning ----

    async def fill(self) -> None:
        """Everything, before the hub serves. Raises what the database raises."""
        for tenant_id in await self._database.ask(lambda questions: questions.access_versions()):
            await self._read(tenant_id)

    async def refresh(self, tenant_id: str) -> None:
        """See the port."""
        tenant = self._tenants.setdefault(tenant_id, _Tenant())
        tenant.asked += 1
        asked = tenant.asked
        async with tenant.reading:
            # Somebody who waited longer may have read since: then that was after our commit as well.
            if tenant.read < asked:
                try:
                    await self._read(tenant_id)
                except self._unavailable as error:
                    self._stale.add(tenant_id)
                    logger.warning("who may do what in %s cannot be read now: %s", tenant_id, error)

    async def look(self) -> None:
        """Reads those tenants again in which something changed, or a session's time is over."""
        try:
            versions = await self._database.ask(lambda questions: questions.access_versions())
        except self._unavailable as error:
            logger.warning("who may do what cannot be read now: %s", error)
            return
        now = self._now()
        for tenant_id, version in versions.items():
            tenant = self._tenants.get(tenant_id)
            facts = self._facts(tenant_id)
            entries = () if tenant is None else (*tenant.sessions.values(), *tenant.keys.values())
            if (
                facts is None
                or facts.version != version
                or tenant_id in self._stale
                or any(entry.until <= now for entry in entries)
            ):
                await self.refresh(tenant_id)

    async def learn(self, session_id: str) -> Operator | None:
        """The same as `of_session`, of one that is not known here: another hub may have begun it, or let it
        go on. Raises what the database raises."""
        if self.is_unknown(session_id):
            return None
        now = self._now()
        tenant_id = await self._database.ask(lambda questions: questions.tenant_of_session(session_id))
        if tenant_id is not None:
            picture = await self._database.transact(tenant_id, lambda tx: tx.access.session(session_id, now))
            acts_in = None if picture is None else picture.sessions[0].acts_in
            if acts_in is not None and self._facts(acts_in) is None:
                await self.refresh(acts_in)
            if picture is not None:
                return self.take(picture)
        self._unknown.pop(session_id, None)
        if len(self._unknown) >= UNKNOWN_AT_MOST:
            del self._unknown[next(iter(self._unknown))]
        self._unknown[session_id] = now
        return None

    def take(self, picture: AccessPicture) -> Operator | None:
        """A session that has just begun or gone on, as its transaction read it. Whose it is."""
        (session,) = picture.sessions
        operator = self.operator_in(picture)
        tenant = self._tenants.setdefault(picture.tenant.id, _Tenant())
        facts = self._facts(picture.tenant.id)
        # Whatever changed since it was read may have been its end: then PostgreSQL is asked when it is used.
        if operator is not None and (facts is None or facts.version <= picture.tenant.version):
            tenant.begun[session.id] = picture
            tenant.sessions[session.id] = self._sessions[session.id] = _Entry(operator, session.until)
        return operator

    def operator_in(self, picture: AccessPicture) -> Operator | None:
        """Whose session the picture of one session is."""
        (session,), (person,) = picture.sessions, picture.people
        acts_in = self._facts(session.acts_in) if session.acts_in is not None else None
        return operator_of_session(picture.tenant, person, session, acts_in)

    # ---- the memory ----

    def _facts(self, tenant_id: str) -> TenantAccess | None:
        tenant = self._tenants.get(tenant_id)
        return tenant.picture.tenant if tenant is not None and tenant.picture is not None else None

    async def _read(self, tenant_id: str) -> None:
        tenant = self._tenants.setdefault(tenant_id, _Tenant())
        covers, now = tenant.asked, self._now()
        tenant.begun.clear()
        picture = await self._database.transact(tenant_id, lambda tx: tx.access.picture(now))
        tenant.read = covers
        self._stale.discard(tenant_id)
        if picture is None:
            return
        before, tenant.picture = tenant.picture, picture
        self._put(tenant)
        for learn in self._of_tenants:
            learn(picture.tenant)
        if before is None or _face(before) != _face(picture):
            for other in self._tenants.values():
                if other.picture and any(session.acts_in == tenant_id for session in other.picture.sessions):
                    self._put(other)

    def _put(self, tenant: _Tenant) -> None:
        """The picture comes into force, and what it changes is announced."""
        assert tenant.picture is not None
        picture = tenant.picture
        people = {person.id: person for person in picture.people}
        found = {session.id: (people[session.user_id], session) for session in picture.sessions}
        for session_id, begun in tenant.begun.items():
            # One that is older than this picture may have ended between the two, or its person have left.
            if begun.tenant.version >= picture.tenant.version:
                found.setdefault(session_id, (begun.people[0], begun.sessions[0]))
        sessions: dict[str, _Entry] = {}
        for person, session in found.values():
            acts_in = self._facts(session.acts_in) if session.acts_in is not None else None
            operator = operator_of_session(picture.tenant, person, session, acts_in)
            if operator is not None:
                sessions[session.id] = _Entry(operator, session.until)
        keys: dict[bytes, _Entry] = {}
        for key in picture.keys:
            operator = operator_of_key(picture.tenant, key)
            if operator is not None:
                keys[key.key_hash] = _Entry(operator, key.until or _FOR_EVER)
        before = {**_rights(tenant.sessions), **_rights(tenant.keys)}
        for gone in tenant.sessions.keys() - sessions.keys():
            del self._sessions[gone]
            self._weak.discard(gone)
        for lost in tenant.keys.keys() - keys.keys():
            del self._keys[lost]
        tenant.sessions, tenant.keys = sessions, keys
        self._sessions.update(sessions)
        self._keys.update(keys)
        self._tell(before, {**_rights(sessions), **_rights(keys)})

    def _tell(self, before: dict[str, Operator], after: dict[str, Operator]) -> None:
        ended = frozenset(before.keys() - after.keys())
        changed = frozenset(id for id, was in before.items() if id in after and after[id] != was)
        if ended or changed:
            for announce in self._announce:
                announce(ended, changed)


def _face(picture: AccessPicture) -> tuple[str, bool]:
    """What other tenants see of a tenant: those that act in it."""
    return picture.tenant.name, picture.tenant.is_active


def _rights(entries: dict[str, _Entry] | dict[bytes, _Entry]) -> dict[str, Operator]:
    """By the id of the session or key."""
    operators = (entry.operator for entry in entries.values())
    return {operator.session_id or operator.user_id: operator for operator in operators}
