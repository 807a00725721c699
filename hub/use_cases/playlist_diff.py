"""What differs between two lists of items, as people would say it. Pure.

Rule: an item is the same one by its id; only what was taken past others has moved, not those it went past.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from datetime import datetime

from hub.use_cases.playlist_resolving import in_words
from protocol.playlists import ItemChange, VersionItem


def differences(
    before: Sequence[VersionItem], after: Sequence[VersionItem], why_not: Mapping[str, str]
) -> list[ItemChange]:
    """From the one to the other, in the order of the new list, what is gone last. `why_not`: by id, why
    something of the draft does not play."""
    was = {item.id: (position, item) for position, item in enumerate(before)}
    stayed = _in_order([was[item.id][0] for item in after if item.id in was])
    changes: list[ItemChange] = []
    for position, item in enumerate(after):
        if item.id not in was:
            changes.append(ItemChange("added", item.name, position, None))
            continue
        old, old_item = was[item.id]
        details = _details(old_item, item)
        if old not in stayed:
            changes.append(ItemChange("moved", item.name, position, old, details))
        elif details:
            changes.append(ItemChange("changed", item.name, position, old, details))
    there = {item.id for item in after}
    for position, item in enumerate(before):
        if item.id not in there:
            reason = why_not.get(item.id.partition(".")[0])
            changes.append(ItemChange("removed", item.name, None, position, [reason] if reason else []))
    return changes


def in_short(changes: Sequence[ItemChange], at_most: int = 3) -> str:
    """`added Menu and Offers, removed Poster`."""
    parts = []
    for what in ("added", "removed", "changed", "moved"):
        names = [change.name for change in changes if change.what == what]
        if names:
            more = [f"{len(names) - at_most} more"] if len(names) > at_most else []
            parts.append(f"{what} {_listed(names[:at_most] + more)}")
    return ", ".join(parts)


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _in_order(positions: Sequence[int]) -> set[int]:
    """The most of them that are in ascending order as they stand."""
    ends: list[int] = []  # of the runs of each length, the one that ends lowest, as places in `positions`
    before: list[int | None] = []
    for place, position in enumerate(positions):
        length = bisect_left(ends, position, key=lambda end: positions[end])
        before.append(ends[length - 1] if length else None)
        ends[length : length + 1] = [place]
    run: set[int] = set()
    at = ends[-1] if ends else None
    while at is not None:
        run.add(positions[at])
        at = before[at]
    return run


def _details(before: VersionItem, after: VersionItem) -> list[str]:
    said = []
    if before.content_id != after.content_id:
        said.append(f"{after.name} instead of {before.name}")
    elif before.media_id != after.media_id:
        said.append(f"version {after.number} instead of {before.number}")
    if before.duration_s != after.duration_s:
        said.append(f"{after.duration_s:g} s instead of {before.duration_s:g} s")
    if before.transition != after.transition:
        said.append(f"{after.transition} instead of {before.transition}")
    windows = _window(before.valid_from, before.valid_until), _window(after.valid_from, after.valid_until)
    if windows[0] != windows[1]:
        said.append(f"{windows[1]} instead of {windows[0]}")
    return said


def _window(begins: datetime | None, ends: datetime | None) -> str:
    parts = [f"from {in_words(begins)}"] if begins is not None else []
    parts += [f"until {in_words(ends)}"] if ends is not None else []
    return " ".join(parts) or "always"
