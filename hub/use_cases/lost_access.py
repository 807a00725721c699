"""The way back in, for who lost password or telephone: by an administrator, or by a letter.

Rule 1: an administrator helps nobody who may do more than they: a link opens that person's account.
Rule 2: and nobody helps themselves so: what asks for one's own password is under /users/me.
Rule 3: a link is good for whoever holds it, once; choosing a password by it ends every session of the person.
        It switches no second factor off.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from hub.operator import Operator, Origin
from hub.password_rules import require_good
from hub.passwords import Passwords, TooBusy
from hub.permissions import require_everywhere
from hub.use_cases.access_changes import AccessChanges
from hub.use_cases.access_port import Access
from hub.use_cases.audit import Done, record
from hub.use_cases.device_secrets import hash_token
from hub.use_cases.errors import Gone, InConflict, NotAllowed, NotFound, TooMany
from hub.use_cases.links import IssuedLink, Links
from hub.use_cases.password_proof import BUSY_S, TOO_BUSY
from hub.use_cases.people import NO_SUCH_USER
from hub.use_cases.people_rules import permissions_of, require_not_mightier
from hub.use_cases.ports import Database, Questions, Transaction
from protocol.access import NewPasswordByLink, OneTimeLink, UserRow
from protocol.vocabulary import ActorKind, LinkPurpose, Permission, SessionEnd

_OVER: Final = "This link is over: used, replaced by a newer one, or too old. Ask for another."


class LostAccess:
    """What administrators do for others, and what a link opens."""

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

    async def link_for(self, operator: Operator, user_id: str) -> OneTimeLink:
        """A link by which this person chooses a new password, or their first. Raises NotAllowed, NotFound,
        InConflict (they are switched off)."""
        require_everywhere(operator, Permission.PEOPLE_MANAGE)
        now = self._now()

        def issue(tx: Transaction) -> IssuedLink:
            user = _to_help(tx, operator, user_id, "password")
            if not user.is_active:
                raise InConflict("They are switched off, and a link would open nothing. Activate them first.")
            purpose = LinkPurpose.INVITATION if user.invited else LinkPurpose.RESET
            return self._links.issue(tx, operator, now, user.id, user.email, purpose)

        link = await self._database.transact(operator.tenant_id, issue)
        return await self._links.deliver(link, operator, operator.tenant_id, operator.tenant_name)

    async def remove_second_factor(self, operator: Operator, user_id: str) -> None:
        """For who lost the telephone and the recovery codes. Raises NotAllowed, NotFound."""
        require_everywhere(operator, Permission.PEOPLE_MANAGE)
        now = self._now()

        def remove(tx: Transaction) -> None:
            user = _to_help(tx, operator, user_id, "second factor")
            if tx.second_factors.remove(user.id, now):
                record(tx, operator, now, "user.second_factor_removed", "user", user.id, email=user.email)

        await self._database.transact(operator.tenant_id, remove)

    async def choose_password(self, request: NewPasswordByLink, origin: Origin) -> None:
        """Whoever holds a link chooses a password. Raises Gone, Invalid (the link stays good), TooMany."""
        token_hash = hash_token(request.token)

        def whose(questions: Questions) -> str | None:
            return questions.tenant_of_link(token_hash)

        tenant_id = await self._database.ask(whose)
        if tenant_id is None:
            raise Gone(_OVER)
        link = await self._database.transact(tenant_id, lambda tx: tx.links.good(token_hash, self._now()))
        if link is None:
            raise Gone(_OVER)
        require_good(request.password, link.email)
        try:
            chosen = await self._passwords.hashed(request.password)
        except TooBusy:
            raise TooMany(TOO_BUSY, BUSY_S) from None
        now = self._now()

        def write(tx: Transaction) -> None:
            used = tx.links.use(token_hash, now)
            if used is None:
                raise Gone(_OVER)
            tx.password_hashes.choose(used.user_id, chosen, now)
            ended = tx.sessions.end(SessionEnd.PASSWORD_CHANGED, now, user_id=used.user_id)
            tx.links.end(used.user_id, tuple(LinkPurpose))
            tx.audit.add([_chosen(used.user_id, used.email, used.purpose, len(ended), origin, now)])

        await self._change_access(tenant_id, write)


def _to_help(tx: Transaction, operator: Operator, user_id: str, what: str) -> UserRow:
    user = tx.users.get(user_id)
    if user is None:
        raise NotFound(NO_SUCH_USER)
    if user.id == operator.user_id:
        raise NotAllowed(f"Your own {what} you change under /api/v1/users/me, with your password.")
    require_not_mightier(operator, permissions_of(tx.roles.of_user(user.id)))
    return user


def _chosen(user_id: str, email: str, purpose: str, ended: int, origin: Origin, now: datetime) -> Done:
    # Whoever held the link did it: that it was this person is what the link stands for.
    return Done(
        now,
        ActorKind.USER,
        user_id,
        email,
        "user.password_set",
        "user",
        user_id,
        {"by": purpose, "sessions_ended": ended},
        None,
        *origin,
    )
