"""Tenants for tests, made straight in the database, without the price of hashing a password each time."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from hub.operator import Operator
from hub.passwords import Cost
from hub.permissions import PERMISSIONS, permissions_of_roles
from hub.use_cases.device_secrets import hash_token
from persistence.owner import Owner, connect_as_owner
from persistence.transaction import Transaction
from protocol.vocabulary import SYSTEM_TENANT_ID, Permission, RoleName

PASSWORD = "correct horse"
CHEAP = Cost(64, 1)
"""What only tests can afford."""
# Of PASSWORD.
CHEAP_HASH = "$argon2id$v=19$m=64,t=1,p=1$scYaO6AIT7LCry7mhaUpWw$2sSaCGFRHm5EN+mY/NkEmekmD9wsbU2vOwbvJzY/+Dk"


class Tenant(NamedTuple):
    """A tenant, its administrator, and the key with which its devices register."""

    id: str
    name: str
    admin: Operator
    enrolment_key: str


def make_tenant(database_url: str, name: str, role: RoleName = RoleName.TENANT_ADMIN) -> Tenant:
    """A tenant with one user of this role, who is signed in."""
    key = secrets.token_urlsafe(12)
    email = f"admin@{name.replace(' ', '-').lower()}.example"
    with connect_as_owner(database_url) as connection:
        owner = Owner(connection)
        tenant_id = owner.add_tenant(name)
        tx = owner.within(tenant_id)
        tx.people.ensure_roles(list(RoleName))
        user_id = tx.people.add(email, "Test Admin", CHEAP_HASH, role)
        tx.enrolment_keys.add(hash_token(key), datetime.now(UTC))
        session_id = _sign_in(tx, user_id)
    admin = Operator(user_id, tenant_id, name, email, (role,), PERMISSIONS[role], session_id=session_id)
    return Tenant(tenant_id, name, admin, key)


def make_system_tenant(database_url: str) -> Tenant:
    """The tenant SYSTEM, with the role ROOT and nobody who has it yet."""
    with connect_as_owner(database_url) as connection:
        connection.execute("INSERT INTO tenants (id, name) VALUES (%s, 'SYSTEM')", (SYSTEM_TENANT_ID,))
        connection.execute("INSERT INTO roles (tenant_id, name) VALUES (%s, 'ROOT')", (SYSTEM_TENANT_ID,))
    return Tenant(SYSTEM_TENANT_ID, "SYSTEM", Operator("", SYSTEM_TENANT_ID, "SYSTEM", "", ()), "")


def add_person(
    database_url: str,
    tenant: Tenant,
    *roles: str,
    sites: Sequence[str] | None = None,
    permissions: Collection[Permission] | None = None,
    email: str | None = None,
) -> Operator:
    """Another user of the tenant, who is signed in, with these built-in roles. `sites`: ids of those they are
    limited to; `permissions`: of a role of the tenant's own that they have beside."""
    address = email or f"{secrets.token_hex(4)}@{tenant.name.replace(' ', '-').lower()}.example"
    own = f"Own {secrets.token_hex(4)}"
    with connect_as_owner(database_url) as connection:
        tx = Owner(connection).within(tenant.id)
        user_id = tx.people.add(address, "Test Person", CHEAP_HASH, "")
        if permissions is not None:
            connection.execute(
                "INSERT INTO roles (tenant_id, name, is_custom, permissions) VALUES (%s, %s, true, %s)",
                (tenant.id, own, sorted(permissions)),
            )
            roles = (*roles, own)
        connection.execute(
            "INSERT INTO user_roles (tenant_id, user_id, role_id)"
            " SELECT tenant_id, %s, id FROM roles WHERE tenant_id = %s AND name = ANY (%s)",
            (user_id, tenant.id, list(roles)),
        )
        connection.execute("UPDATE users SET all_sites = %s WHERE id = %s", (sites is None, user_id))
        connection.execute(
            "INSERT INTO user_sites (tenant_id, user_id, site_id) SELECT %s, %s, unnest(%s::uuid[])",
            (tenant.id, user_id, list(sites or ())),
        )
        session_id = _sign_in(tx, user_id)
    allowed = permissions_of_roles(roles) | frozenset(permissions or ())
    return Operator(
        user_id,
        tenant.id,
        tenant.name,
        address,
        tuple(sorted(roles)),
        allowed,
        None if sites is None else frozenset(sites),
        session_id=session_id,
    )


def _sign_in(tx: Transaction, user_id: str) -> str:
    """A session for a year; its id."""
    session_id, at = str(uuid.uuid4()), datetime.now(UTC)
    until = at + timedelta(days=365)
    tx.sessions.begin(session_id, user_id, None, secrets.token_bytes(32), at, until, None, "a test")
    return session_id
