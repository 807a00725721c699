"""Who may do what: one table from role to permissions, one glance.

Rule 1: a role name that is not in the table gives nothing by itself; a tenant's own role has the permissions
        that PostgreSQL keeps with it.
Rule 2: nobody gives away what they do not have: neither a permission nor a site.
Rule 3: what concerns the whole tenant is not for somebody who is limited to sites.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from hub.operator import Operator
from hub.use_cases.errors import NotAllowed
from protocol.vocabulary import PERMISSION_WORDS, Permission, RoleName

_EVERYTHING: Final = frozenset(Permission)

PERMISSIONS: Final[dict[RoleName, frozenset[Permission]]] = {
    RoleName.ROOT: _EVERYTHING,
    RoleName.TENANT_ADMIN: _EVERYTHING - {Permission.TENANTS_MANAGE},
    RoleName.DEVICE_ADMIN: frozenset(
        {
            Permission.SCREENS_VIEW,
            Permission.SCREENS_ENROL,
            Permission.SCREENS_EDIT,
            Permission.PLACES_EDIT,
            Permission.COMMANDS_SEND,
            Permission.HUB_INSPECT,
            Permission.CONTENT_VIEW,
        }
    ),
    RoleName.CONTENT_ADMIN: frozenset(
        {
            Permission.SCREENS_VIEW,
            Permission.COMMANDS_SEND,
            Permission.CONTENT_VIEW,
            Permission.CONTENT_EDIT,
            Permission.CONTENT_APPROVE,
            Permission.CONTENT_PUBLISH,
        }
    ),
    RoleName.CONTENT_CREATOR: frozenset(
        {Permission.SCREENS_VIEW, Permission.CONTENT_VIEW, Permission.CONTENT_EDIT}
    ),
    RoleName.VIEWER: frozenset({Permission.SCREENS_VIEW, Permission.CONTENT_VIEW}),
    RoleName.EMERGENCY_OPERATOR: frozenset({Permission.SCREENS_VIEW, Permission.EMERGENCIES_TRIGGER}),
}

FOR_ROOT_ALONE: Final = frozenset({Permission.TENANTS_MANAGE})
"""What no role of a tenant's own, and no key, may have."""


def permissions_of_roles(roles: Iterable[str]) -> frozenset[Permission]:
    """Everything that these built-in roles give together."""
    known = (PERMISSIONS[RoleName(role)] for role in roles if role in PERMISSIONS)
    return frozenset[Permission]().union(*known)


def require(operator: Operator, permission: Permission) -> None:
    """Raises NotAllowed when the operator does not have the permission."""
    if permission not in operator.permissions:
        raise NotAllowed(
            f"Your roles ({', '.join(operator.roles) or 'none'}) do not allow you to "
            f"{PERMISSION_WORDS[permission]}. Ask an administrator of your tenant."
        )


def require_everywhere(operator: Operator, permission: Permission) -> None:
    """The same, and not for somebody limited to sites. Raises NotAllowed."""
    require(operator, permission)
    if operator.sites is not None:
        raise NotAllowed(
            "You are limited to some sites, and this concerns the whole tenant. "
            "Ask an administrator who is not."
        )


def require_feature(operator: Operator, key: str) -> None:
    """Raises NotAllowed when the tenant has not given the feature to the operator."""
    if key in operator.features_off:
        raise NotAllowed(
            f"The feature {key} is not switched on for you. Ask an administrator of your tenant."
        )
