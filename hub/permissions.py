"""Who may do what: one table from role to permissions.

Roles are those of the user's documents. A role name that is not in the table gives nothing.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from hub.tokens import Operator
from hub.use_cases.errors import NotAllowed
from protocol.vocabulary import RoleName


class Permission(StrEnum):
    """What a use case asks for; the value completes the sentence `to …`."""

    VIEW = "see screens, commands and emergencies"
    ENROL = "let screens in or shut them out"
    EDIT = "change screens, sites and groups"
    COMMAND = "send commands to screens"
    EMERGENCY = "trigger and clear emergencies"
    INSPECT = "see how the hub serves the screens"


_EVERYTHING: Final = frozenset(Permission)

PERMISSIONS: Final[dict[RoleName, frozenset[Permission]]] = {
    RoleName.ROOT: _EVERYTHING,
    RoleName.TENANT_ADMIN: _EVERYTHING,
    RoleName.DEVICE_ADMIN: frozenset(
        {Permission.VIEW, Permission.ENROL, Permission.EDIT, Permission.COMMAND, Permission.INSPECT}
    ),
    RoleName.CONTENT_ADMIN: frozenset({Permission.VIEW, Permission.COMMAND}),
    RoleName.CONTENT_CREATOR: frozenset({Permission.VIEW}),
    RoleName.VIEWER: frozenset({Permission.VIEW}),
}


def permissions_of(operator: Operator) -> frozenset[Permission]:
    """Everything the operator's roles give together."""
    known = (PERMISSIONS[RoleName(role)] for role in operator.roles if role in PERMISSIONS)
    return frozenset[Permission]().union(*known)


def require(operator: Operator, permission: Permission) -> None:
    """Raises NotAllowed when none of the operator's roles gives the permission."""
    if permission not in permissions_of(operator):
        raise NotAllowed(
            f"Your roles ({', '.join(operator.roles) or 'none'}) do not allow you to {permission}. "
            "Ask an administrator of your tenant."
        )
