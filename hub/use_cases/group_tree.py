"""Groups of groups, as a tree. Pure.

Rule: a group is below at most one other, never below itself, and nothing is more than ten groups deep.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hub.use_cases.errors import Invalid

DEPTH_AT_MOST: Final = 10


def require_fits(parents: Mapping[str, str | None], group_id: str | None, parent_id: str) -> None:
    """Raises Invalid (parent_id) when the group (None: a new one) cannot be below that one. `parents`: by the
    id of each group there is, that of the one above it."""
    if parent_id not in parents:
        raise Invalid({"parent_id": "is not a group of your tenant"})
    above = _chain(parents, parent_id)
    if group_id in above:
        raise Invalid({"parent_id": "is the group itself, or one below it"})
    height = 1
    if group_id is not None:
        chains = (_chain(parents, each) for each in parents)
        height = max(chain.index(group_id) + 1 for chain in chains if group_id in chain)
    if len(above) + height > DEPTH_AT_MOST:
        raise Invalid({"parent_id": f"groups would be more than {DEPTH_AT_MOST} deep"})


def _chain(parents: Mapping[str, str | None], group_id: str) -> list[str]:
    """The group and those above it, the nearest first."""
    chain: list[str] = []
    at: str | None = group_id
    while at is not None:
        chain.append(at)
        at = parents[at]
    return chain
