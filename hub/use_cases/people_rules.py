"""Who may change whom, and who may give what.

Rule 1: nobody gives what they do not have, and nobody changes somebody who may do what they may not: not the
        roles, nor the address that a new password would go to.
Rule 2: ROOT is a role of the tenant SYSTEM. Everywhere else there is no such role.
Rule 3: a tenant keeps somebody who can administer it: with the built-in role, active, for all sites, and with
        a password. Whoever changes people waits for the one before, so that two cannot remove each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final

from hub.operator import Operator
from hub.permissions import permissions_of_roles
from hub.use_cases.errors import InConflict, NotAllowed
from hub.use_cases.people_ports import Role
from hub.use_cases.ports import Transaction
from protocol.vocabulary import PERMISSION_WORDS, SYSTEM_TENANT_ID, Permission, RoleName

_BY_VALUE: Final = {str(permission): permission for permission in Permission}


def permissions_of(roles: Iterable[Role]) -> frozenset[Permission]:
    """Everything that these roles give together, built-in or not. What this version does not know is left
    out."""
    given: frozenset[Permission] = frozenset()
    for role in roles:
        given |= (
            {_BY_VALUE[name] for name in role.permissions if name in _BY_VALUE}
            if role.is_custom
            else permissions_of_roles([role.name])
        )
    return given


def exists_in(tenant_id: str, role: str) -> bool:
    """Whether a role of this name can be one of the tenant's."""
    return role != RoleName.ROOT or tenant_id == SYSTEM_TENANT_ID


def administrator_role(tenant_id: str) -> RoleName:
    """The built-in role that administers this tenant."""
    return RoleName.ROOT if tenant_id == SYSTEM_TENANT_ID else RoleName.TENANT_ADMIN


def require_not_mightier(operator: Operator, permissions: frozenset[Permission]) -> None:
    """Raises NotAllowed when somebody with these permissions is not the operator's to change."""
    missing = permissions - operator.permissions
    if missing:
        raise NotAllowed(
            f"This person may {_words(missing)}, and you may not: only somebody who may can change them."
        )


def require_to_give(operator: Operator, permissions: frozenset[Permission]) -> None:
    """Raises NotAllowed when the operator does not have all of these to give them away, or to take them."""
    missing = permissions - operator.permissions
    if missing:
        raise NotAllowed(
            f"You cannot give or take what you do not have: to {_words(missing)}. "
            "Ask an administrator of your tenant."
        )


@contextmanager
def keeping_an_administrator(tx: Transaction, tenant_id: str) -> Iterator[None]:
    """For whatever changes people in this transaction. Raises InConflict when nobody is left to administer
    the tenant; then all of it is undone."""
    tx.users.lock()
    role = administrator_role(tenant_id)
    before = tx.users.administrators(role)
    yield
    if before and not tx.users.administrators(role):
        raise InConflict(
            f"This is the last active {role} of the tenant with all sites. "
            "Give the role to somebody else who has signed in, and try again."
        )


def _words(permissions: Iterable[Permission]) -> str:
    return ", ".join(sorted(PERMISSION_WORDS[permission] for permission in permissions))
