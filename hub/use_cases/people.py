"""Administrators see the people of their tenant, invite them, change them, and let them go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from msgspec import UNSET

from hub.operator import Operator
from hub.password_rules import require_good
from hub.passwords import Passwords, TooBusy
from hub.permissions import require_everywhere
from hub.use_cases.access_changes import AccessChanges
from hub.use_cases.access_port import Access
from hub.use_cases.audit import changes, record
from hub.use_cases.errors import InConflict, Invalid, NotFound, TooMany
from hub.use_cases.links import IssuedLink, Links
from hub.use_cases.paging import ByName, cut_page, decode_cursor, encode_cursor
from hub.use_cases.people_rules import (
    exists_in,
    keeping_an_administrator,
    permissions_of,
    require_not_mightier,
    require_to_give,
)
from hub.use_cases.ports import Database, Transaction
from hub.use_cases.sessions import session_row
from hub.use_cases.texts import optional_line
from protocol.access import SessionRow, UserCreate, UserCreated, UserPatch, UserRow
from protocol.api import Page
from protocol.vocabulary import LinkPurpose, Permission, SessionEnd

NO_SUCH_USER: Final = "There is no such person. They may have been deleted, or the id is mistyped."


class People:
    """Everything here concerns the whole tenant: nobody limited to sites may do it."""

    def __init__(
        self,
        database: Database,
        access: Access,
        passwords: Passwords,
        links: Links,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._change_access = AccessChanges(database, access)
        self._passwords = passwords
        self._links = links
        self._now = now

    async def find(
        self, operator: Operator, text: str | None, cursor: str | None, limit: int
    ) -> Page[UserRow]:
        """One page in the order of the addresses. Raises NotAllowed, Invalid (cursor)."""
        require_everywhere(operator, Permission.PEOPLE_MANAGE)
        after = decode_cursor(cursor, ByName)

        def read(tx: Transaction) -> list[UserRow]:
            return tx.users.find(text=text, after=after, limit=limit + 1)

        people, more = cut_page(await self._database.transact(operator.tenant_id, read), limit)
        return Page(people, encode_cursor((people[-1].email, people[-1].id)) if more else None)

    async def get(self, operator: Operator, user_id: str) -> UserRow:
        """One person. Raises NotAllowed, NotFound."""
        require_everywhere(operator, Permission.PEOPLE_MANAGE)
        return await self._database.transact(operator.tenant_id, lambda tx: _there_is(tx, user_id))

    async def create(self, operator: Operator, request: UserCreate) -> UserCreated:
        """A new person, with a password or an invitation. Raises NotAllowed, Invalid, InConflict (the address
        is taken), TooMany."""
        require_everywhere(operator, Permission.PEOPLE_MANAGE)
        email = request.email.lower()
        full_name = optional_line("full_name", request.full_name) or ""
        password_hash = ""
        if request.password is not None:
            require_good(request.password, email)
            try:
                password_hash = await self._passwords.hashed(request.password)
            except TooBusy:
                raise TooMany("Too many passwords are being checked at this moment. Try again.", 5) from None
        now = self._now()

        def add(tx: Transaction) -> tuple[UserRow, IssuedLink | None]:
            tx.users.lock()
            role_ids = _roles_to_give(tx, operator, request.roles)
            sites = _checked_sites(tx, request.sites)
            user_id = tx.users.add(email, full_name, password_hash)
            if user_id is None:
                raise _taken(email)
            tx.users.put_roles(user_id, role_ids)
            tx.users.put_sites(user_id, sites)
            user = _there_is(tx, user_id)
            after = {"email": email, "full_name": full_name, "roles": user.roles, "sites": user.sites}
            record(tx, operator, now, "user.created", "user", user_id, **after, invited=user.invited)
            if not user.invited:
                return user, None
            purpose = LinkPurpose.INVITATION
            return user, self._links.issue(tx, operator, now, user_id, email, purpose)

        user, link = await self._change_access(operator.tenant_id, add)
        if link is None:
            return UserCreated(user, None)
        tenant_id, tenant_name = operator.tenant_id, operator.tenant_name
        return UserCreated(user, await self._links.deliver(link, operator, tenant_id, tenant_name))

    async def change(self, operator: Operator, user_id: str, patch: UserPatch) -> UserRow:
        """What the patch names. Another address ends the links that went to the one before; switching off
        ends the sessions. Raises NotAllowed, NotFound, Invalid, InConflict (the address is taken, or they are
        the last administrator)."""
        require_everywhere(operator, Permission.PEOPLE_MANAGE)
        wanted: dict[str, Any] = {}
        if patch.email is not UNSET:
            wanted["email"] = patch.email.lower()
        if patch.full_name is not UNSET:
            wanted["full_name"] = optional_line("full_name", patch.full_name) or ""
        if patch.is_active is not UNSET:
            wanted["is_active"] = patch.is_active
        now = self._now()

        def write(tx: Transaction) -> UserRow:
            with keeping_an_administrator(tx, operator.tenant_id):
                before = _to_change(tx, operator, user_id)
                if user_id == operator.user_id and wanted.get("email", before.email) != before.email:
                    raise Invalid({"email": "change your own address in your account, with your password"})
                if not tx.users.change(user_id, wanted, now):
                    raise _taken(str(wanted["email"]))
                if patch.sites is not UNSET:
                    tx.users.put_sites(user_id, _checked_sites(tx, patch.sites))
                user = _there_is(tx, user_id)
            if user.email != before.email:
                # A letter to the address they had, which may be somebody else's, opens nothing any more.
                tx.links.end(user_id, tuple(LinkPurpose))
            if before.is_active and not user.is_active:
                tx.sessions.end(SessionEnd.DEACTIVATED, now, user_id=user_id)
            if user.is_active != before.is_active:
                action = "user.activated" if user.is_active else "user.deactivated"
                record(tx, operator, now, action, "user", user_id, email=user.email)
            done = changes(_what_is_patched(before), _what_is_patched(user))
            if done["after"]:
                record(tx, operator, now, "user.changed", "user", user_id, email=user.email, **done)
            return user

        return await self._change_access(operator.tenant_id, write)

    async def put_roles(self, operator: Operator, user_id: str, roles: Sequence[str]) -> UserRow:
        """These roles, and no others. Raises NotAllowed, NotFound, Invalid (there is no such role),
        InConflict (the last administrator)."""
        require_everywhere(operator, Permission.PEOPLE_MANAGE)
        now = self._now()

        def write(tx: Transaction) -> UserRow:
            with keeping_an_administrator(tx, operator.tenant_id):
                before = _to_change(tx, operator, user_id)
                tx.users.put_roles(user_id, _roles_to_give(tx, operator, roles))
                user = _there_is(tx, user_id)
            if user.roles != before.roles:
                done = changes({"roles": before.roles}, {"roles": user.roles})
                record(tx, operator, now, "user.roles_changed", "user", user_id, email=user.email, **done)
            return user

        return await self._change_access(operator.tenant_id, write)

    async def delete(self, operator: Operator, user_id: str) -> None:
        """The person can sign in no more and is in no list; what they did keeps their name. Raises
        NotAllowed, NotFound, InConflict (the last administrator)."""
        require_everywhere(operator, Permission.PEOPLE_MANAGE)
        now = self._now()

        def write(tx: Transaction) -> None:
            with keeping_an_administrator(tx, operator.tenant_id):
                user = _to_change(tx, operator, user_id)
                tx.users.remove(user_id)
            what = {"email": user.email, "full_name": user.full_name, "roles": user.roles}
            record(tx, operator, now, "user.deleted", "user", user_id, **what)

        await self._change_access(operator.tenant_id, write)

    async def sessions(self, operator: Operator, user_id: str) -> Page[SessionRow]:
        """Where the person is signed in, the one used last first. Raises NotAllowed, NotFound."""
        require_everywhere(operator, Permission.PEOPLE_MANAGE)
        now = self._now()

        def read(tx: Transaction) -> Page[SessionRow]:
            _there_is(tx, user_id)
            live = tx.sessions.of_user(user_id, now)
            return Page([session_row(each, operator.session_id) for each in live])

        return await self._database.transact(operator.tenant_id, read)

    async def end_sessions(self, operator: Operator, user_id: str) -> None:
        """The person is signed out everywhere. Raises NotAllowed, NotFound."""
        require_everywhere(operator, Permission.PEOPLE_MANAGE)
        now = self._now()

        def write(tx: Transaction) -> None:
            user = _to_change(tx, operator, user_id)
            ended = tx.sessions.end(SessionEnd.REVOKED, now, user_id=user_id)
            what = {"email": user.email, "sessions": len(ended)}
            record(tx, operator, now, "user.signed_out", "user", user_id, **what)

        await self._change_access(operator.tenant_id, write)


def _there_is(tx: Transaction, user_id: str) -> UserRow:
    user = tx.users.get(user_id)
    if user is None:
        raise NotFound(NO_SUCH_USER)
    return user


def _to_change(tx: Transaction, operator: Operator, user_id: str) -> UserRow:
    user = _there_is(tx, user_id)
    require_not_mightier(operator, permissions_of(tx.roles.of_user(user_id)))
    return user


def _roles_to_give(tx: Transaction, operator: Operator, names: Sequence[str]) -> list[str]:
    """The ids of the roles. Raises Invalid, NotAllowed."""
    roles = [role for role in tx.roles.named(names) if exists_in(operator.tenant_id, role.name)]
    unknown = set(names) - {role.name for role in roles}
    if unknown:
        raise Invalid({"roles": f"there is no role {min(unknown)!r}"})
    require_to_give(operator, permissions_of(roles))
    return [role.id for role in roles]


def _checked_sites(tx: Transaction, site_ids: Sequence[str] | None) -> list[str] | None:
    if site_ids is None:
        return None
    wanted = [site_id.lower() for site_id in site_ids]
    unknown = set(wanted) - tx.names.of("sites", wanted).keys()
    if unknown:
        raise Invalid({"sites": f"there is no site {min(unknown)}"})
    return wanted


def _what_is_patched(user: UserRow) -> dict[str, Any]:
    return {"email": user.email, "full_name": user.full_name, "sites": user.sites}


def _taken(email: str) -> InConflict:
    return InConflict(f"There is a person with the address {email} already. Look for them in the list.")
