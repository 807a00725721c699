"""Playlists in playlists, as a graph. Pure.

Rule: a playlist is never in itself, by whatever way, and nothing is more than five playlists deep. Otherwise
      the hub, which publishes a playlist anew when one in it changes, would go on for ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

DEPTH_AT_MOST: Final = 5


def misfit(nesting: Mapping[str, set[str]], playlist_id: str, below: Iterable[str]) -> str | None:
    """Why these cannot be in that playlist, or None if they can. `nesting`: by the id of each playlist that
    has others in it, theirs."""
    wanted = set(below)
    if any(playlist_id in _reached(nesting, each) for each in wanted):
        return "is the playlist itself, or has it in it: it would play itself for ever"
    above: dict[str, set[str]] = {}
    for each, inner in nesting.items():
        for one in inner:
            above.setdefault(one, set()).add(each)
    height = max((_depth(nesting, each) for each in wanted), default=0)
    if _depth(above, playlist_id) + height > DEPTH_AT_MOST:
        return f"playlists would be more than {DEPTH_AT_MOST} deep in one another"
    return None


def _reached(nesting: Mapping[str, set[str]], start: str) -> set[str]:
    reached, open_ = {start}, [start]
    while open_:
        found = nesting.get(open_.pop(), set()) - reached
        reached |= found
        open_.extend(found)
    return reached


def _depth(nesting: Mapping[str, set[str]], start: str) -> int:
    """How many playlists the longest way from this one has, itself included. There are no circles."""
    deep: dict[str, int] = {}

    def depth(at: str) -> int:
        if at not in deep:
            deep[at] = 1 + max((depth(each) for each in nesting.get(at, ())), default=0)
        return deep[at]

    return depth(start)
