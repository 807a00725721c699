"""What may be done, in words: as a list, and as what somebody can give to others."""

from __future__ import annotations

from collections.abc import Collection

from dashboard.components.markup import tag
from dashboard.sentences import begun
from protocol.access import Me
from protocol.vocabulary import PERMISSION_WORDS, Permission


def permission_list(permissions: Collection[Permission]) -> None:
    """Each on a line of its own, always in the same order."""
    with tag("ul", "may-list"):
        permission_lines(permissions)


def permission_lines(permissions: Collection[Permission]) -> None:
    """The lines alone."""
    for permission, words in PERMISSION_WORDS.items():
        if permission in permissions:
            tag("li", "", begun(words))


def to_give(me: Me | None) -> dict[str, str]:
    """What somebody can put into a role or a key: nothing that they may not do, and never tenants."""
    mine = [] if me is None else me.permissions
    return {
        str(permission): begun(words)
        for permission, words in PERMISSION_WORDS.items()
        if permission in mine and permission is not Permission.TENANTS_MANAGE
    }
