"""For which screens a schedule entry, or a canary, is. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence

from hub.schedule.entries import ScheduleEntry
from hub.schedule.kept import schedule_entry, specificity_of
from hub.use_cases.manifest_ports import DeviceFact, EntryFact, PlaylistFact

Members = Callable[[str], set[str]]
"""Ids of the screens that a group reaches, whatever way."""


def plain(entry: EntryFact) -> ScheduleEntry:
    """The entry as the schedule's resolver wants it."""
    narrow = specificity_of(
        device_id=entry.device_id, group_id=entry.group_id, tags=entry.tag_terms, site_id=entry.site_id
    )
    return schedule_entry(entry, narrow)


def fits(terms: Sequence[Sequence[str]], tags: Mapping[str, str]) -> bool:
    """Whether a screen with these tags is meant; see `hub.use_cases.tag_query`, Rule 2."""
    for term in terms:
        match term:
            case ("is", key, value):
                held = tags.get(key) == value
            case ("is_not", key, value):
                held = tags.get(key) != value
            case ("has", key):
                held = key in tags
            case (_, key):
                held = key not in tags
            case _:
                raise ValueError(f"not a term: {term}")
        if not held:
            return False
    return True


class Reach:
    """Asks of each screen which of these entries are for it. Groups are looked up once."""

    def __init__(self, entries: Sequence[EntryFact], members: Members) -> None:
        self._by_device: dict[str, list[int]] = {}
        self._by_site: dict[str, list[int]] = {}
        self._by_group: dict[str, list[int]] = {}
        self._by_tags: list[tuple[int, list[list[str]]]] = []
        self._everybody: list[int] = []
        self._tagged: dict[frozenset[tuple[str, str]], list[int]] = {}
        for place, entry in enumerate(entries):
            if entry.device_id is not None:
                self._by_device.setdefault(entry.device_id, []).append(place)
            elif entry.group_id is not None:
                for device_id in members(entry.group_id):
                    self._by_group.setdefault(device_id, []).append(place)
            elif entry.tag_terms is not None:
                self._by_tags.append((place, entry.tag_terms))
            elif entry.site_id is not None:
                self._by_site.setdefault(entry.site_id, []).append(place)
            else:
                self._everybody.append(place)

    def of(self, device: DeviceFact) -> tuple[int, ...]:
        """The places of those that are for the screen, in order."""
        places = [
            *self._everybody,
            *self._by_device.get(device.id, ()),
            *self._by_group.get(device.id, ()),
            *self._by_site.get(device.site_id or "", ()),
            *self._of_tags(device.tags),
        ]
        places.sort()
        return tuple(places)

    def _of_tags(self, tags: Mapping[str, str]) -> list[int]:
        """Thousands of screens, and a few ways to be tagged: each is held against the queries once."""
        key = frozenset(tags.items())
        places = self._tagged.get(key)
        if places is None:
            places = [place for place, terms in self._by_tags if fits(terms, tags)]
            self._tagged[key] = places
        return places


class Canaries:
    """Who plays a canary: of each playlist that has one."""

    def __init__(self, playlists: Sequence[PlaylistFact], members: Members) -> None:
        self._groups: list[tuple[str, set[str]]] = []
        self._fractions: list[tuple[str, float]] = []
        for playlist in playlists:
            if playlist.canary is None:
                continue
            if (group_id := playlist.canary.get("group_id")) is not None:
                self._groups.append((playlist.id, members(group_id)))
            else:
                self._fractions.append((playlist.id, float(playlist.canary["fraction"])))

    def of(self, device_id: str) -> frozenset[str]:
        """Ids of the playlists of which the screen plays the canary."""
        if not self._groups and not self._fractions:
            return frozenset()
        grouped = [playlist_id for playlist_id, ids in self._groups if device_id in ids]
        drawn = [each for each, fraction in self._fractions if lot(each, device_id) < fraction]
        return frozenset(grouped + drawn)


def lot(playlist_id: str, device_id: str) -> float:
    """From 0 to 1, for ever the same for this screen and this playlist: who is among the first stays among
    them when the fraction grows."""
    drawn = hashlib.sha256(f"{playlist_id}/{device_id}".encode()).digest()
    return int.from_bytes(drawn[:8]) / 2**64
