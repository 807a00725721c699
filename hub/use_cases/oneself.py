"""Whoever is signed in sees who they are and what they may do, and changes their name, address and password.

Rule 1: a person is one of their home tenant, also while ROOT acts in another one: changes are made there.
Rule 2: a new password ends every other session of the person, and every link by which they could choose one.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

from msgspec import UNSET

from hub.operator import Operator
from hub.password_rules import require_good
from hub.passwords import Passwords, TooBusy
from hub.use_cases.access_changes import AccessChanges
from hub.use_cases.access_port import Access
from hub.use_cases.audit import changes, record
from hub.use_cases.errors import InConflict, Invalid, NotSignedIn, TooMany
from hub.use_cases.password_proof import BUSY_S, TOO_BUSY, PasswordProofs, home_of
from hub.use_cases.ports import Database, Transaction
from hub.use_cases.texts import optional_line
from protocol.access import Me, MePatch, PasswordChange, UserRow
from protocol.vocabulary import LinkPurpose, SessionEnd


class WeakPasswords(Protocol):
    """Which sessions began with a password that should be changed."""

    def has_weak_password(self, session_id: str) -> bool: ...

    def note_good_password(self, session_id: str) -> None: ...


class Oneself:
    """What a person sees and changes of themselves."""

    def __init__(
        self,
        database: Database,
        access: Access,
        weak: WeakPasswords,
        passwords: Passwords,
        proofs: PasswordProofs,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._change_access = AccessChanges(database, access)
        self._weak = weak
        self._passwords = passwords
        self._proofs = proofs
        self._now = now

    async def me(self, operator: Operator) -> Me:
        """Who asks, and what they may do now. Raises NotAllowed (it is no person), NotSignedIn."""
        row = await self._database.transact(home_of(operator), lambda tx: _oneself(tx, operator))
        return self._shown(operator, row)

    async def change(self, operator: Operator, patch: MePatch) -> Me:
        """A new name or address. Raises NotAllowed, Invalid, InConflict (the address is taken), TooMany,
        NotSignedIn."""
        home = home_of(operator)
        wanted: dict[str, Any] = {}
        if patch.full_name is not UNSET:
            wanted["full_name"] = optional_line("full_name", patch.full_name) or ""
        if patch.email is not UNSET:
            if patch.password is UNSET:
                raise Invalid({"password": "is needed for a new address"})
            await self._proofs.prove(operator, patch.password)
            wanted["email"] = patch.email.lower()
        now = self._now()

        def write(tx: Transaction) -> UserRow:
            before = _oneself(tx, operator)
            if not tx.users.change(operator.user_id, wanted, now):
                raise InConflict(f"There is somebody with the address {wanted['email']} already.")
            after = _oneself(tx, operator)
            done = changes(*({"email": row.email, "full_name": row.full_name} for row in (before, after)))
            if after.email != before.email:
                # A letter on its way to the old address opens nothing any more.
                tx.links.end(operator.user_id, tuple(LinkPurpose))
            if done["after"]:
                record(tx, operator, now, "user.changed", "user", operator.user_id, **done)
            return after

        row = await self._change_access(home, write)
        return self._shown(operator, row)

    async def change_password(self, operator: Operator, change: PasswordChange) -> None:
        """Raises NotAllowed, Invalid, TooMany, NotSignedIn, InConflict (it has changed meanwhile)."""
        home = home_of(operator)
        stored = await self._proofs.prove(operator, change.old_password, "old_password")
        if change.new_password == change.old_password:
            raise Invalid({"new_password": "is the old one: choose another"})
        require_good(change.new_password, operator.email, "new_password")
        try:
            chosen = await self._passwords.hashed(change.new_password)
        except TooBusy:
            raise TooMany(TOO_BUSY, BUSY_S) from None
        now, user_id = self._now(), operator.user_id

        def write(tx: Transaction) -> None:
            if not tx.password_hashes.choose(user_id, chosen, now, instead_of=stored):
                raise InConflict("Your password was changed at this very moment. Sign in with the new one.")
            ended = tx.sessions.end(
                SessionEnd.PASSWORD_CHANGED, now, user_id=user_id, but=operator.session_id
            )
            tx.links.end(user_id, tuple(LinkPurpose))
            record(tx, operator, now, "user.password_changed", "user", user_id, sessions_ended=len(ended))

        await self._change_access(home, write)
        if operator.session_id is not None:
            self._weak.note_good_password(operator.session_id)

    def _shown(self, operator: Operator, row: UserRow) -> Me:
        session_id = operator.session_id
        return Me(
            user_id=operator.user_id,
            tenant_id=operator.tenant_id,
            tenant_name=operator.tenant_name,
            email=row.email,
            full_name=row.full_name,
            roles=list(operator.roles),
            permissions=sorted(operator.permissions),
            sites=None if operator.sites is None else sorted(operator.sites),
            features_off=sorted(operator.features_off),
            second_factor=row.second_factor,
            weak_password=session_id is not None and self._weak.has_weak_password(session_id),
            acts_from=operator.home_tenant_id,
            session_id=session_id,
        )


def _oneself(tx: Transaction, operator: Operator) -> UserRow:
    row = tx.users.get(operator.user_id)
    if row is None:
        raise NotSignedIn("You are not one of the people here any more.")
    return row
