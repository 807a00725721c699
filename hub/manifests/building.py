"""From the facts of a tenant to its manifests, and which screen has which. Pure.

Rule 1: the same facts on the same day are the same bytes. Screens for which the same entries are, in the same
        zone and among the same canaries, share one manifest.
Rule 2: what may not be shown now is left out, and what was over before today: approval counts as it is now, a
        version of a playlist as it was published.
Rule 3: a schedule begins at today's midnight (UTC) and is known for `DAYS` days. One that needs no clock is
        the same for ever, and says so, so that its screens are told nothing at midnight.
Rule 4: a screen that never had anything to play has no manifest; one that had, has one that says so.
Rule 5: what thousands of entries cost is bounded by what they say: what can never play is not resolved, and
        what comes to the same is resolved once, however many screens come to it by entries of their own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

import msgspec

from hub.manifests.reach import Canaries, Members, Reach, plain
from hub.media.packages import served_name
from hub.schedule.entries import ScheduleEntry, Times
from hub.schedule.resolving import PlainSegment, never_changes, resolve
from hub.use_cases.manifest_ports import DeviceFact, EntryFact, MediaFact, PlaylistFact, VersionFact
from protocol.manifest import (
    SCHEDULE_DAYS,
    Manifest,
    ManifestItem,
    ManifestPlaylist,
    ManifestSegment,
)
from protocol.playlists import VersionItem
from protocol.vocabulary import MediaKind

DAYS: Final = SCHEDULE_DAYS + 1


class _Segment(NamedTuple):
    """None: from ever, for ever; of the playlist: nothing plays."""

    begins_at: datetime | None
    ends_at: datetime | None
    playlist_id: str | None


@dataclass(frozen=True, slots=True)
class Facts:
    """All that counts. `media`: by id, those that may be shown now."""

    devices: Sequence[DeviceFact]
    entries: Sequence[EntryFact]
    playlists: Sequence[PlaylistFact]
    versions: Sequence[VersionFact]
    media: Mapping[str, MediaFact]
    members: Members


@dataclass(slots=True)
class Built:
    """`manifests`: by digest, those that some screen has; `digests`: by device id."""

    manifests: dict[str, Manifest] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)


def midnight_of(now: datetime) -> datetime:
    """When the day began, in UTC."""
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def build(facts: Facts, day: datetime) -> Built:
    """`day`: its midnight, in UTC."""
    playlists = {playlist.id: playlist for playlist in facts.playlists}
    entries = [entry for entry in facts.entries if entry.playlist_id in playlists]
    reach, canaries = Reach(entries, facts.members), Canaries(facts.playlists, facts.members)
    default = next((playlist for playlist in facts.playlists if playlist.is_default), None)
    shop = _Shop(facts, [plain(entry) for entry in entries], playlists, default, day)
    built = Built()
    shared: dict[tuple[str, tuple[int, ...], frozenset[str]], Manifest] = {}
    for device in facts.devices:
        key = device.time_zone, reach.of(device), canaries.of(device.id)
        manifest = shared.get(key)
        if manifest is None:
            manifest = shared[key] = shop.manifest(*key)
        if manifest.playlists or device.digest is not None:
            built.manifests[manifest.digest] = manifest
            built.digests[device.id] = manifest.digest
    return built


class _Shop:
    """Makes one manifest after the other; of a version of a playlist it makes the items once."""

    def __init__(
        self,
        facts: Facts,
        entries: Sequence[ScheduleEntry],
        playlists: Mapping[str, PlaylistFact],
        default: PlaylistFact | None,
        day: datetime,
    ) -> None:
        self._facts = facts
        self._entries = entries
        self._playlists = playlists
        self._default = default
        self._day = day
        self._versions = {(version.playlist_id, version.number): version for version in facts.versions}
        self._made: dict[tuple[str, int], ManifestPlaylist] = {}
        self._manifests: dict[tuple[str, frozenset[str], tuple[int, ...]], Manifest] = {}
        greatest_first = sorted(range(len(entries)), key=lambda place: entries[place].rank, reverse=True)
        self._turn = {place: turn for turn, place in enumerate(greatest_first)}
        alike: dict[tuple[str, Times, datetime | None, datetime | None], int] = {}
        self._alike = [
            alike.setdefault((each.playlist_id, each.times, each.valid_from, each.valid_until), len(alike))
            for each in entries
        ]

    def manifest(self, zone: str, places: Sequence[int], canaries: frozenset[str]) -> Manifest:
        """For every screen in this zone that has these entries and canaries."""

        def number_of(playlist: PlaylistFact) -> int | None:
            return playlist.canary_number if playlist.id in canaries else playlist.active_number

        # A playlist of which there is only a canary is nothing to those who are not among the first.
        places = [
            each for each in places if number_of(self._playlists[self._entries[each].playlist_id]) is not None
        ]
        places = self._that_can_play(places)
        key = zone, canaries, tuple(self._alike[place] for place in places)
        manifest = self._manifests.get(key)
        if manifest is not None:
            return manifest
        default = self._default
        default_id = None if default is None or number_of(default) is None else default.id
        segments = self._segments([self._entries[place] for place in places], zone, default_id)
        played = dict.fromkeys(each.playlist_id for each in segments if each.playlist_id is not None)
        numbers = {playlist_id: number_of(self._playlists[playlist_id]) for playlist_id in played}
        made = [self._playlist(each, number) for each, number in numbers.items() if number is not None]
        place_of = {playlist.playlist_id: place for place, playlist in enumerate(made)}
        manifest = self._manifests[key] = digested(Manifest("", made, _told(segments, place_of), 0))
        return manifest

    def _that_can_play(self, places: Sequence[int]) -> list[int]:
        """The greatest first, as far as the first that always plays: behind it nothing ever does."""
        ordered = sorted(places, key=self._turn.__getitem__)
        last = next((at for at, place in enumerate(ordered) if self._entries[place].is_always), None)
        return ordered if last is None else ordered[: last + 1]

    def _segments(self, entries: list[ScheduleEntry], zone: str, default_id: str | None) -> list[_Segment]:
        begins, ends = self._day, self._day + timedelta(days=DAYS)
        needs_clock = not all(entry.times.is_always for entry in entries)
        if not needs_clock:
            # Then the last word is known, however far away.
            turns = [each for entry in entries for each in (entry.valid_from, entry.valid_until) if each]
            ends = max([ends, *(turn + timedelta(days=1) for turn in turns)])
        segments = _merged(resolve(entries, zone, begins, ends, default_id))
        segments[0] = segments[0]._replace(begins_at=None)
        if not needs_clock or never_changes(entries, begins):
            segments[-1] = segments[-1]._replace(ends_at=None)
        return segments

    def _playlist(self, playlist_id: str, number: int) -> ManifestPlaylist:
        made = self._made.get((playlist_id, number))
        if made is None:
            version = self._versions[playlist_id, number]
            items = [item for each in version.items if (item := self._item(each)) is not None]
            name = self._playlists[playlist_id].name
            made = ManifestPlaylist(playlist_id, name, number, items, version.shuffle)
            self._made[playlist_id, number] = made
        return made

    def _item(self, item: VersionItem) -> ManifestItem | None:
        media = self._facts.media.get(item.media_id)
        if media is None:
            return None
        since = max((each for each in (item.valid_from, media.valid_from) if each), default=None)
        until = min((each for each in (item.valid_until, media.valid_until) if each), default=None)
        if until is not None and (until <= self._day or (since is not None and since >= until)):
            return None
        return ManifestItem(
            id=item.id,
            media_id=item.media_id,
            content_id=item.content_id,
            name=media.name,
            number=item.number,
            kind=MediaKind(media.kind),
            # Of a file what it is called: the signed address is made where it is told (`addresses`).
            url=media.url or served_name(media.file_name, is_package=media.is_package),
            duration_s=item.duration_s,
            transition=item.transition,
            mime_type=media.mime_type,
            sha256=media.sha256,
            md5=media.md5,
            size_bytes=media.size_bytes,
            width=media.width,
            height=media.height,
            valid_from_ms=_ms(since),
            valid_until_ms=_ms(until),
        )


def digested(manifest: Manifest) -> Manifest:
    """The same, with its digest: SHA-256 in hex of what it says, when no address is signed."""
    digest = hashlib.sha256(msgspec.json.encode(manifest)).hexdigest()
    return msgspec.structs.replace(manifest, digest=digest)


def _merged(segments: Sequence[PlainSegment]) -> list[_Segment]:
    """A screen need not know by which entry it plays what it plays."""
    merged: list[_Segment] = []
    for each in segments:
        if merged and merged[-1].playlist_id == each.playlist_id:
            merged[-1] = merged[-1]._replace(ends_at=each.ends_at)
        else:
            merged.append(_Segment(each.begins_at, each.ends_at, each.playlist_id))
    return merged


def _told(segments: Sequence[_Segment], place_of: Mapping[str, int]) -> list[ManifestSegment]:
    return [
        ManifestSegment(
            None if each.playlist_id is None else place_of[each.playlist_id],
            _ms(each.begins_at),
            _ms(each.ends_at),
        )
        for each in segments
    ]


def _ms(instant: datetime | None) -> int | None:
    return None if instant is None else round(instant.timestamp() * 1000)
