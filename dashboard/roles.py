"""Which roles may do what, as the hub has it: so that a page offers nothing that the hub would refuse.

The hub decides; this only spares people a refusal. A test holds the two tables together.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from protocol.vocabulary import RoleName


class Right(StrEnum):
    """What a button needs; the value completes the sentence `Your role may not …`."""

    ENROL = "let screens in or shut them out"
    EDIT = "change screens, sites and groups"
    COMMAND = "send commands to screens"
    EMERGENCY = "trigger and clear emergencies"


RIGHTS: Final[dict[RoleName, frozenset[Right]]] = {
    RoleName.ROOT: frozenset(Right),
    RoleName.TENANT_ADMIN: frozenset(Right),
    RoleName.DEVICE_ADMIN: frozenset({Right.ENROL, Right.EDIT, Right.COMMAND}),
    RoleName.CONTENT_ADMIN: frozenset({Right.COMMAND}),
    RoleName.CONTENT_CREATOR: frozenset(),
    RoleName.VIEWER: frozenset(),
}


def may(roles: Iterable[str], right: Right) -> bool:
    """Whether one of the roles gives the right; a role that is not known gives none."""
    return any(right in RIGHTS[RoleName(role)] for role in roles if role in RIGHTS)


def may_not(roles: Iterable[str], right: Right) -> str:
    """The reason beside a button that is disabled: `Your role (VIEWER) may not send commands to screens.`"""
    names = ", ".join(roles)
    which = f"Your roles ({names})" if "," in names else f"Your role ({names})"
    return f"{which} may not {right}. Ask an administrator of your tenant."
