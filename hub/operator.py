"""Who asks: a person, a key, or the hub itself, with everything that decides what they may do.

Rule 1: what is in here was true in PostgreSQL a moment ago (`hub/access.py`); no token carries it.
Rule 2: `tenant_id` is the tenant in which they act. ROOT acts in another one by a session that says so.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from protocol.vocabulary import ActorKind, Permission


class Origin(NamedTuple):
    """Where a request comes from, for the audit."""

    ip: str | None = None
    user_agent: str | None = None
    request_id: str | None = None


NOWHERE: Final = Origin()


class Operator(NamedTuple):
    """`user_id` and `email`: of the person, or id and name of the key. `sites`: the ids of those they are
    limited to; None: all. `features_off`: keys of features that the tenant has not given to them.
    `home_tenant_id`: whose user it is, where that is not the tenant acted in."""

    user_id: str
    tenant_id: str
    tenant_name: str
    email: str
    roles: tuple[str, ...]
    permissions: frozenset[Permission] = frozenset()
    sites: frozenset[str] | None = None
    features_off: frozenset[str] = frozenset()
    kind: ActorKind = ActorKind.USER
    session_id: str | None = None
    home_tenant_id: str | None = None
    on_behalf_of: str | None = None
    origin: Origin = NOWHERE


THE_HUB: Final = Operator("hub", "", "", "", (), kind=ActorKind.SYSTEM, session_id="hub")
"""Whoever holds the hub's own secret, on its machine. No user or session has this id: those are UUIDs. It has
no role, so all it may do is what asks for it by name."""
