"""What is done to a tenant within one transaction of it, by ROOT over the API or at the command line.

Rule 1: what is done stands in the tenant's own audit log and in that of the SYSTEM tenant, by one commit.
Rule 2: a tenant that is suspended has nobody signed in, and keeps everything.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, NamedTuple

from msgspec import to_builtins

from hub.use_cases.audit import Done
from hub.use_cases.device_secrets import hash_token
from hub.use_cases.enrolment_keys import new_enrolment_key
from hub.use_cases.errors import InConflict, NotFound
from hub.use_cases.ports import Transaction
from protocol.access import TenantLimits, TenantRow
from protocol.vocabulary import SYSTEM_TENANT_ID, RoleName, SessionEnd, TenantStatus

TENANT_ROLES: Final = tuple(role for role in RoleName if role is not RoleName.ROOT)

Author = Callable[[str, dict[str, Any]], Done]
"""Whoever does it: makes an entry for the audit logs of the action and its details."""


class Founded(NamedTuple):
    """A new tenant. `enrolment_key`: nobody can tell it again. `admin_id`: its first user."""

    tenant: TenantRow
    enrolment_key: str
    admin_id: str
    admin_email: str


def found(
    tx: Transaction, author: Author, name: str, limits: TenantLimits, admin_email: str, at: datetime
) -> Founded:
    """A tenant with its roles, an enrolment key and a TENANT_ADMIN. Raises InConflict: the name is taken."""
    if not tx.tenants.found(name, limits, TENANT_ROLES, at):
        raise name_is_taken(name)
    key = new_enrolment_key()
    tx.enrolment_keys.add(hash_token(key), at)
    admin_email = admin_email.lower()
    admin_id = tx.users.add(admin_email, "", "")
    assert admin_id is not None  # a tenant of this instant has no other user
    tx.users.put_roles(admin_id, [role.id for role in tx.roles.named([RoleName.TENANT_ADMIN])])
    details = {"name": name, "limits": to_builtins(limits), "admin_email": admin_email}
    note(tx, author("tenant.created", details))
    return Founded(there_is(tx.tenants.get()), key, admin_id, admin_email)


def suspend(tx: Transaction, author: Author, at: datetime) -> TenantRow:
    """Everybody is signed out; said twice, it is done once. Raises NotFound, InConflict: it is SYSTEM."""
    tenant = there_is(tx.tenants.hold())
    if tenant.id == SYSTEM_TENANT_ID:
        raise InConflict("SYSTEM cannot be suspended: nobody could resume it.")
    if tenant.status == TenantStatus.SUSPENDED:
        return tenant
    tx.tenants.set_status(TenantStatus.SUSPENDED, at)
    ended = tx.sessions.end(SessionEnd.TENANT_SUSPENDED, at)
    tx.tenants.end_acting(at)
    note(tx, author("tenant.suspended", {"name": tenant.name, "sessions_ended": len(ended)}))
    return there_is(tx.tenants.get())


def resume(tx: Transaction, author: Author, at: datetime) -> TenantRow:
    """People may sign in, and screens connect, again; said twice, it is done once. Raises NotFound."""
    tenant = there_is(tx.tenants.hold())
    if tenant.status == TenantStatus.ACTIVE:
        return tenant
    tx.tenants.set_status(TenantStatus.ACTIVE, at)
    note(tx, author("tenant.resumed", {"name": tenant.name}))
    return there_is(tx.tenants.get())


def note(tx: Transaction, done: Done) -> None:
    """One entry in the log of the tenant, and the same in that of the SYSTEM tenant."""
    tx.audit.add([done])
    if not tx.tenants.is_system:
        tx.tenants.tell(SYSTEM_TENANT_ID, [done])


def there_is(tenant: TenantRow | None) -> TenantRow:
    """The tenant. Raises NotFound."""
    if tenant is None:
        raise NotFound("There is no such tenant. The id may be mistyped.")
    return tenant


def name_is_taken(name: str) -> InConflict:
    """Of a tenant."""
    return InConflict(f"There is a tenant called {name!r} already. Choose another name.")
