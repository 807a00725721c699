"""What somebody may do, as the hub said it: so that a page offers nothing that the hub would refuse.

Pure. The hub decides at every request; this only spares people a refusal. `me` is None while the hub has not
said yet who asks: then nothing is offered, and nothing is explained as if it were forbidden.
"""

from __future__ import annotations

from typing import Final

from protocol.access import Me
from protocol.vocabulary import PERMISSION_WORDS, Permission

BULK_COMMANDS: Final = "commands.bulk"
"""The feature of sending one command to many screens, by the key that the hub has for it."""

AUDIT_EXPORT: Final = "audit.export"
"""The feature of taking the audit log out as a file."""

_UNKNOWN: Final = "The hub has not said yet what you may do. Wait until it answers."


def may(me: Me | None, permission: Permission) -> bool:
    """Whether the hub gives the permission."""
    return me is not None and permission in me.permissions


def may_everywhere(me: Me | None, permission: Permission) -> bool:
    """The same, for what concerns the whole tenant: not for somebody who is limited to sites."""
    return me is not None and me.sites is None and permission in me.permissions


def has_feature(me: Me | None, key: str) -> bool:
    """Whether the tenant has given the feature; one that it has not named is on."""
    return me is not None and key not in me.features_off


def may_not(me: Me | None, permission: Permission) -> str:
    """Why a button for it is not there; empty when it is."""
    if me is None:
        return _UNKNOWN
    if permission in me.permissions:
        return ""
    which = f"Your roles ({', '.join(me.roles)})" if len(me.roles) != 1 else f"Your role ({me.roles[0]})"
    if not me.roles:
        which = "You have no role, so you"
    return f"{which} may not {PERMISSION_WORDS[permission]}. Ask an administrator of your tenant."


def may_not_everywhere(me: Me | None, permission: Permission) -> str:
    """The same, for what concerns the whole tenant."""
    said = may_not(me, permission)
    if said or may_everywhere(me, permission):
        return said
    return (
        "You are limited to some sites, and this concerns the whole tenant. Ask an administrator who is not."
    )


def may_not_send_to_many(me: Me | None) -> str:
    """Why one command cannot be sent to many screens; empty when it can."""
    said = may_not(me, Permission.COMMANDS_SEND)
    if said or has_feature(me, BULK_COMMANDS):
        return said
    return f"The feature {BULK_COMMANDS} is not switched on for you. Ask an administrator of your tenant."


def changed(before: Me | None, after: Me) -> bool:
    """Whether pages drawn for `before` would be drawn otherwise for `after`."""
    return before is None or _decisive(before) != _decisive(after)


def _decisive(me: Me) -> tuple[object, ...]:
    return (
        me.tenant_id,
        frozenset(me.permissions),
        None if me.sites is None else frozenset(me.sites),
        frozenset(me.features_off),
    )
