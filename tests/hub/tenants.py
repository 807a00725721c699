"""Tenants for tests, made straight in the database, without the price of hashing a password each time."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import NamedTuple

from hub.operator import Operator
from hub.permissions import PERMISSIONS
from hub.use_cases.device_secrets import hash_token
from persistence.owner import Owner, connect_as_owner
from protocol.vocabulary import RoleName

PASSWORD = "correct horse"
# Of PASSWORD, at a cost that only tests can afford.
CHEAP_HASH = "$argon2id$v=19$m=64,t=1,p=1$scYaO6AIT7LCry7mhaUpWw$2sSaCGFRHm5EN+mY/NkEmekmD9wsbU2vOwbvJzY/+Dk"


class Tenant(NamedTuple):
    """A tenant, its administrator, and the key with which its devices register."""

    id: str
    name: str
    admin: Operator
    enrolment_key: str


def make_tenant(database_url: str, name: str, role: RoleName = RoleName.TENANT_ADMIN) -> Tenant:
    """A tenant with one user of this role."""
    key = secrets.token_urlsafe(12)
    email = f"admin@{name.replace(' ', '-').lower()}.example"
    with connect_as_owner(database_url) as connection:
        owner = Owner(connection)
        tenant_id = owner.add_tenant(name)
        tx = owner.within(tenant_id)
        tx.people.ensure_roles(list(RoleName))
        user_id = tx.people.add(email, "Test Admin", CHEAP_HASH, role)
        tx.enrolment_keys.add(hash_token(key), datetime.now(UTC))
    return Tenant(tenant_id, name, Operator(user_id, tenant_id, name, email, (role,), PERMISSIONS[role]), key)
