"""Tenants from the command line, for whoever has the database: what ROOT does over the API, by the same
steps.

Like `first_run.py` this is synchronous and works as the owner of the tables. A running hub learns of it
within two seconds.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from hub.use_cases import tenant_steps
from hub.use_cases.audit import Done
from hub.use_cases.device_secrets import hash_token
from hub.use_cases.enrolment_keys import new_enrolment_key
from hub.use_cases.errors import InConflict, Invalid, NotFound
from hub.use_cases.links import new_link
from hub.use_cases.texts import one_line
from persistence.owner import Owner, connect_as_owner
from persistence.transaction import Connection, Questions, Transaction
from protocol.access import Email, TenantLimits, TenantRow
from protocol.vocabulary import LinkPurpose

_BY = {"by": "command line"}


class NewTenant(NamedTuple):
    """What is told once: the key that screens show, and the token of the administrator's invitation."""

    id: str
    enrolment_key: str
    invitation: str
    invitation_until: datetime


def list_tenants(database_url: str) -> list[TenantRow]:
    """All of them, by name. Raises `persistence.errors.DatabaseUnavailable`, as everything here."""
    with connect_as_owner(database_url) as connection:
        return Questions(connection).tenants_overview()


def create_tenant(database_url: str, name: str, admin_email: str) -> NewTenant:
    """A new tenant with an invited administrator. Raises Invalid, InConflict (the name is taken)."""
    name = one_line("name", name)
    try:
        admin_email = msgspec.convert(admin_email, Email)
    except msgspec.ValidationError:
        raise Invalid({"admin_email": "must be an e-mail address"}) from None
    tenant_id, at = str(uuid.uuid4()), datetime.now(UTC)
    with connect_as_owner(database_url) as connection:
        tx = Owner(connection).within(tenant_id)
        founded = tenant_steps.found(tx, _author(tenant_id, at), name, TenantLimits(), admin_email, at)
        who = (founded.admin_id, founded.admin_email)
        link = new_link(tx, at, *who, LinkPurpose.INVITATION, ends=())
        details = {"email": link.email, "purpose": link.purpose, "shown": True, **_BY}
        tx.audit.add([Done.by_clarion(at, "link.issued", "user", link.user_id, details)])
    return NewTenant(tenant_id, founded.enrolment_key, link.token, link.expires_at)


def suspend_tenant(database_url: str, tenant: str) -> TenantRow:
    """`tenant`: its id, or its name. Raises NotFound, InConflict (it is SYSTEM)."""
    at = datetime.now(UTC)
    with _within(database_url, tenant) as (tenant_id, tx):
        return tenant_steps.suspend(tx, _author(tenant_id, at), at)


def resume_tenant(database_url: str, tenant: str) -> TenantRow:
    """`tenant`: its id, or its name. Raises NotFound."""
    at = datetime.now(UTC)
    with _within(database_url, tenant) as (tenant_id, tx):
        return tenant_steps.resume(tx, _author(tenant_id, at), at)


def add_enrolment_key(database_url: str, tenant: str) -> str:
    """One more key for this tenant (id or name), beside those that there are. Raises NotFound."""
    at, secret = datetime.now(UTC), new_enrolment_key()
    with _within(database_url, tenant) as (_, tx):
        key = tx.enrolment_keys.add(hash_token(secret), at)
        created = Done.by_clarion(at, "enrolment_key.created", "enrolment_key", key.id, dict(_BY))
        tx.audit.add([created])
    return secret


@contextmanager
def _within(database_url: str, tenant: str) -> Iterator[tuple[str, Transaction]]:
    with connect_as_owner(database_url) as connection:
        tenant_id = _named(connection, tenant)
        yield tenant_id, Owner(connection).within(tenant_id)


def _named(connection: Connection, tenant: str) -> str:
    found = [row.id for row in Questions(connection).tenants_overview() if tenant in (row.id, row.name)]
    if not found:
        raise NotFound(f"there is no tenant {tenant}: `clarion tenant list` names them all")
    if len(found) > 1:
        raise InConflict(f"{tenant} is the name of one tenant and the id of another; give the other's id")
    return found[0]


def _author(tenant_id: str, at: datetime) -> tenant_steps.Author:
    return lambda action, details: Done.by_clarion(at, action, "tenant", tenant_id, {**details, **_BY})
