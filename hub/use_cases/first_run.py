"""What an empty database is given: two tenants, the roles, two people who can sign in, an enrolment key.

Rule: whatever is there already stays as it is, renamed or switched off as it may be. So it runs at every
start, and only the first one generates secrets, which are returned once and stored only hashed.

This, `locked_out.py` and `import_people.py` are for the command line: synchronous, as the owner of the
tables, across tenants.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final, NamedTuple

from hub.passwords import Passwords, generate_password
from hub.use_cases.audit import Done
from hub.use_cases.device_secrets import hash_token
from hub.use_cases.enrolment_keys import new_enrolment_key
from hub.use_cases.tenant_steps import TENANT_ROLES
from persistence.owner import Owner, connect_as_owner
from protocol.vocabulary import SYSTEM_TENANT_ID, RoleName

SYSTEM_TENANT_NAME: Final = "SYSTEM"
DEFAULT_TENANT_NAME: Final = "Default Tenant"
ROOT_EMAIL: Final = "root@cms.local"
OPERATOR_EMAIL: Final = "operator@clarion.local"


class FirstRun(NamedTuple):
    """How to sign in. A secret that was generated before, and is therefore not known any more, is None."""

    tenant_id: str
    tenant_name: str
    root_email: str
    root_password: str | None
    operator_email: str
    operator_password: str | None
    enrolment_key: str | None


def first_run(database_url: str) -> FirstRun:
    """Fills what is missing, in one transaction. Raises `persistence.errors.DatabaseUnavailable`."""
    with connect_as_owner(database_url) as connection:
        owner = Owner(connection)
        owner.lock()
        if not owner.has_tenant(SYSTEM_TENANT_ID):
            owner.add_tenant(SYSTEM_TENANT_NAME, SYSTEM_TENANT_ID)
        tenant_id, tenant_name = owner.oldest_tenant_but(SYSTEM_TENANT_ID) or (
            owner.add_tenant(DEFAULT_TENANT_NAME),
            DEFAULT_TENANT_NAME,
        )
        root_password = _ensure_user(owner, SYSTEM_TENANT_ID, ROOT_EMAIL, (RoleName.ROOT,))
        operator_password = _ensure_user(owner, tenant_id, OPERATOR_EMAIL, TENANT_ROLES)
        return FirstRun(
            tenant_id,
            tenant_name,
            ROOT_EMAIL,
            root_password,
            OPERATOR_EMAIL,
            operator_password,
            _ensure_enrolment_key(owner, tenant_id),
        )


def _ensure_user(owner: Owner, tenant_id: str, email: str, roles: tuple[RoleName, ...]) -> str | None:
    """In a tenant without users, one with the first of these roles, all of which exist then. Its password."""
    tx = owner.within(tenant_id)
    tx.people.ensure_roles(roles)
    if tx.people.any():
        return None
    password = generate_password()
    user_id = tx.people.add(email, "", Passwords().hash(password), roles[0])
    details = {"email": email, "roles": [roles[0]], "by": "first run"}
    tx.audit.add([Done.by_clarion(datetime.now(UTC), "user.created", "user", user_id, details)])
    return password


def _ensure_enrolment_key(owner: Owner, tenant_id: str) -> str | None:
    tx = owner.within(tenant_id)
    if tx.enrolment_keys.any():
        return None
    key = new_enrolment_key()
    tx.enrolment_keys.add(hash_token(key), datetime.now(UTC))
    return key
