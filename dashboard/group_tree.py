"""Groups of screens as a tree: in which order they are listed, and what is below which. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from protocol.places import Group


class Branch(NamedTuple):
    """A group, how deep it lies, and the names of the groups above it, the outermost first."""

    group: Group
    depth: int
    above: tuple[str, ...]


def in_order(groups: Iterable[Group]) -> list[Branch]:
    """Each group under its parent, those beside each other by name."""
    every = {group.id: group for group in groups}
    children: dict[str | None, list[Group]] = {}
    for group in sorted(every.values(), key=lambda group: (group.name.casefold(), group.id)):
        parent = group.parent_id if group.parent_id in every else None
        children.setdefault(parent, []).append(group)
    listed: list[Branch] = []

    def list_below(parent: str | None, above: tuple[str, ...]) -> None:
        for group in children.get(parent, []):
            listed.append(Branch(group, len(above), above))
            list_below(group.id, (*above, group.name))

    list_below(None, ())
    return listed


def below(groups: Iterable[Group], group_id: str) -> set[str]:
    """The ids of all groups that lie in this one, at any depth."""
    found: set[str] = set()
    waiting = {group_id}
    every = list(groups)
    while waiting:
        waiting = {group.id for group in every if group.parent_id in waiting} - found
        found |= waiting
    return found
