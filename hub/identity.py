"""What PostgreSQL says of people and keys, as an Operator (pure).

Rule 1: ROOT is a role of the SYSTEM tenant. In any other it gives what TENANT_ADMIN gives.
Rule 2: a tenant's own role, and a key, gives nothing that is for ROOT alone, whatever its row says.
Rule 3: a permission that this version does not know gives nothing.
Rule 4: who acts in another tenant may do so as long as they may manage tenants, and that tenant is active.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from hub.operator import Operator
from hub.permissions import FOR_ROOT_ALONE, permissions_of_roles
from hub.use_cases.access_ports import KeyAccess, PersonAccess, SessionAccess, TenantAccess
from protocol.vocabulary import SYSTEM_TENANT_ID, ActorKind, Permission

_KNOWN: Final[dict[str, Permission]] = {permission.value: permission for permission in Permission}


def operator_of_session(
    home: TenantAccess, person: PersonAccess, session: SessionAccess, acts_in: TenantAccess | None
) -> Operator | None:
    """Whose session of the tenant `home` it is. `acts_in`: the tenant that the session names, if it names one
    and it is known. None: it opens nothing now."""
    permissions = permissions_of_roles(person.roles) | _own(person.permissions)
    if home.id != SYSTEM_TENANT_ID:
        permissions -= FOR_ROOT_ALONE
    operator = Operator(
        person.id,
        home.id,
        home.name,
        person.email,
        tuple(person.roles),
        permissions,
        None if person.all_sites else frozenset(person.sites),
        frozenset(person.features_off),
        session_id=session.id,
    )
    if session.acts_in is None:
        return operator if home.is_active else None
    if acts_in is None or not (home.is_active and acts_in.is_active and permissions >= FOR_ROOT_ALONE):
        return None
    # The features and sites of one tenant mean nothing in another.
    return operator._replace(
        tenant_id=acts_in.id,
        tenant_name=acts_in.name,
        home_tenant_id=home.id,
        on_behalf_of=home.name,
        features_off=frozenset(),
    )


def operator_of_key(tenant: TenantAccess, key: KeyAccess) -> Operator | None:
    """The program that holds the key. None: it opens nothing now."""
    if not tenant.is_active:
        return None
    return Operator(
        key.id,
        tenant.id,
        tenant.name,
        f"key {key.name}",
        (),
        _own(key.permissions),
        None if key.all_sites else frozenset(key.sites),
        frozenset(key.features_off),
        ActorKind.KEY,
        on_behalf_of=key.made_by or None,
    )


def _own(permissions: Iterable[str]) -> frozenset[Permission]:
    return frozenset(_KNOWN[each] for each in permissions if each in _KNOWN) - FOR_ROOT_ALONE
