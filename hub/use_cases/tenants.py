"""ROOT founds tenants, renames and limits them, suspends and resumes them, and acts in them.

Rule 1: this is for ROOT at home in the SYSTEM tenant. To anybody else no tenant exists, not even their own.
Rule 2: ROOT sees and does nothing in a tenant but by a session that was begun for it, with a reason.
Rule 3: when it is answered the running hub goes by it: of a suspended tenant everybody is signed out and cut.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from msgspec import UNSET, to_builtins

from hub.operator import Operator
from hub.permissions import require_everywhere
from hub.use_cases import tenant_steps
from hub.use_cases.access_changes import AccessChanges
from hub.use_cases.access_port import Access
from hub.use_cases.audit import Done, changes
from hub.use_cases.errors import InConflict, NotAllowed, NotFound
from hub.use_cases.links import IssuedLink, Links
from hub.use_cases.ports import Database, Transaction
from hub.use_cases.sessions import Sessions
from hub.use_cases.tenant_steps import Author, there_is
from hub.use_cases.texts import one_line
from protocol.access import TenantCreate, TenantCreated, TenantPatch, TenantRow, TokenPair
from protocol.api import Page
from protocol.vocabulary import SYSTEM_TENANT_ID, LinkPurpose, Permission, TenantStatus


class Tenants:
    """Each method is one action of ROOT, audited in both tenants."""

    def __init__(
        self,
        database: Database,
        access: Access,
        links: Links,
        sessions: Sessions,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._access = access
        self._change = AccessChanges(database, access)
        self._links = links
        self._sessions = sessions
        self._now = now

    async def all(self, operator: Operator) -> Page[TenantRow]:
        """All of them, by name. Raises NotAllowed."""
        _require_root(operator)
        return Page(await self._database.ask(lambda questions: questions.tenants_overview()))

    async def get(self, operator: Operator, tenant_id: str) -> TenantRow:
        """One of them. Raises NotFound."""
        _require_root_for(tenant_id, operator)
        return await self._database.transact(tenant_id, lambda tx: there_is(tx.tenants.get()))

    async def found(self, operator: Operator, request: TenantCreate) -> TenantCreated:
        """A new tenant, with the invitation of its first administrator. Raises NotAllowed, Invalid,
        InConflict (the name is taken)."""
        _require_root(operator)
        name = one_line("name", request.name)
        tenant_id, now = str(uuid.uuid4()), self._now()
        root, author = _from_system(operator), _author(operator, tenant_id, now)

        def create(tx: Transaction) -> tuple[tenant_steps.Founded, IssuedLink]:
            made = tenant_steps.found(tx, author, name, request.limits, request.admin_email, now)
            invitation = self._links.issue(
                tx, root, now, made.admin_id, made.admin_email, LinkPurpose.INVITATION
            )
            return made, invitation

        founded, link = await self._change(tenant_id, create)
        sent = await self._links.deliver(link, root, tenant_id, name)
        return TenantCreated(founded.tenant, founded.enrolment_key, sent)

    async def change(self, operator: Operator, tenant_id: str, patch: TenantPatch) -> TenantRow:
        """Another name, other limits. Raises NotFound, Invalid, InConflict (the name is taken, or it is
        SYSTEM)."""
        _require_root_for(tenant_id, operator)
        name = UNSET if patch.name is UNSET else one_line("name", patch.name)
        now = self._now()
        author = _author(operator, tenant_id, now)

        def write(tx: Transaction) -> TenantRow:
            before = there_is(tx.tenants.hold())
            if name is not UNSET and name != before.name:
                if tenant_id == SYSTEM_TENANT_ID:
                    raise InConflict("SYSTEM keeps its name.")
                if not tx.tenants.rename(name, now):
                    raise tenant_steps.name_is_taken(name)
            if patch.limits is not UNSET and patch.limits != before.limits:
                tx.tenants.set_limits(patch.limits, now)
            after = there_is(tx.tenants.get())
            done = changes(_changeable(before), _changeable(after))
            if done["after"]:
                tenant_steps.note(tx, author("tenant.changed", done))
            return after

        return await self._change(tenant_id, write)

    async def suspend(self, operator: Operator, tenant_id: str) -> TenantRow:
        """Sign everybody out, cut every screen, refuse every key. Raises NotFound, InConflict (SYSTEM)."""
        _require_root_for(tenant_id, operator)
        now = self._now()
        author = _author(operator, tenant_id, now)
        tenant = await self._change(tenant_id, lambda tx: tenant_steps.suspend(tx, author, now))
        # Those of ROOT who acted there have their sessions in SYSTEM.
        await self._access.refresh(SYSTEM_TENANT_ID)
        return tenant

    async def resume(self, operator: Operator, tenant_id: str) -> TenantRow:
        """Let people sign in and screens connect again. Raises NotFound."""
        _require_root_for(tenant_id, operator)
        now = self._now()
        author = _author(operator, tenant_id, now)
        return await self._change(tenant_id, lambda tx: tenant_steps.resume(tx, author, now))

    async def act(self, operator: Operator, tenant_id: str, reason: str) -> TokenPair:
        """A session of ROOT's by which they act in the tenant, and which says why. Raises NotFound, Invalid,
        InConflict (it is suspended, or SYSTEM)."""
        _require_root_for(tenant_id, operator)
        reason = one_line("reason", reason)
        if tenant_id == SYSTEM_TENANT_ID:
            raise InConflict("You are in SYSTEM already.")
        tenant = await self._database.transact(tenant_id, lambda tx: there_is(tx.tenants.get()))
        if tenant.status == TenantStatus.SUSPENDED:
            raise InConflict(f"{tenant.name} is suspended. Resume it before you act there.")

        def enter(tx: Transaction, acting: Operator, at: datetime) -> None:
            entered = Done.by(acting, at, "tenant.entered", "tenant", tenant_id, {"reason": reason})
            # The chain of SYSTEM is locked last, here as well.
            tx.tenants.tell(tenant_id, [entered])
            tx.audit.add([entered])

        return await self._sessions.begin(
            SYSTEM_TENANT_ID, operator.user_id, operator.origin, enter, acts_in=tenant_id
        )


def _require_root(operator: Operator) -> None:
    require_everywhere(operator, Permission.TENANTS_MANAGE)
    if operator.tenant_id != SYSTEM_TENANT_ID:
        raise NotAllowed("You act in a tenant now. Tenants are managed from SYSTEM: end this session first.")


def _require_root_for(tenant_id: str, operator: Operator) -> None:
    try:
        _require_root(operator)
    except NotAllowed:
        raise NotFound("There is no such tenant. The id may be mistyped.") from None


def _from_system(operator: Operator) -> Operator:
    """As the tenant's own audit log names them, so that nobody takes them for one of the tenant."""
    return operator._replace(on_behalf_of=operator.tenant_name)


def _author(operator: Operator, tenant_id: str, at: datetime) -> Author:
    root = _from_system(operator)
    return lambda action, details: Done.by(root, at, action, "tenant", tenant_id, details)


def _changeable(tenant: TenantRow) -> dict[str, Any]:
    return {"name": tenant.name, "limits": to_builtins(tenant.limits)}
