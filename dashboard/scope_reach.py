"""Whom a scope reaches, counted from the live picture (pure).

An alert's reach is asked of the hub. A command's is not: who may send commands need not be allowed to alert.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from protocol.api import Scope
from protocol.live import ScreenRow
from protocol.vocabulary import Presence


class Reached(NamedTuple):
    """How many approved screens, and how many of them are online."""

    targeted: int
    online: int


def reached(screens: Iterable[ScreenRow], scope: Scope, group_names: Collection[str]) -> Reached:
    """`screens`: the approved ones. `group_names`: of the groups in scope; rows have no ids of them."""
    ids, names = frozenset(scope.ids), frozenset(group_names)
    targeted = online = 0
    for row in screens:
        match scope.kind:
            case "all":
                within = True
            case "sites":
                within = row.site_id in ids
            case "groups":
                within = not names.isdisjoint(row.groups)
            case "devices":
                within = row.id in ids
        if within:
            targeted += 1
            online += row.presence is Presence.ONLINE
    return Reached(targeted, online)
