"""What manifests are made of: everything that says what screens play, read in one transaction."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any, Final, NamedTuple

import msgspec

from persistence.group_reach import DEVICES_OF_GROUPS
from persistence.repositories.base import Repository
from protocol.playlists import VersionItem


class DeviceFact(NamedTuple):
    """A screen that was let in. `time_zone`: of its site. `version`, `digest`: what it must play now."""

    id: str
    site_id: str | None
    time_zone: str
    tags: dict[str, str]
    version: int
    digest: str | None


class EntryFact(NamedTuple):
    """A schedule entry that is enabled, as it is kept."""

    id: str
    playlist_id: str
    device_id: str | None
    group_id: str | None
    site_id: str | None
    tag_terms: list[list[str]] | None
    is_takeover: bool
    priority: int
    valid_from: datetime | None
    valid_until: datetime | None
    first_day: date | None
    recurrence: str | None
    except_days: list[date]
    dayparts: list[list[str]]
    time_zone: str | None
    created_at: datetime


class PlaylistFact(NamedTuple):
    """A playlist of which screens can play a version. `canary`: see the migration."""

    id: str
    name: str
    is_default: bool
    active_number: int | None
    canary_number: int | None
    canary: dict[str, Any] | None


class VersionFact(NamedTuple):
    """One of its versions, as it was published."""

    playlist_id: str
    number: int
    shuffle: bool
    items: list[VersionItem]


class MediaFact(NamedTuple):
    """What an item names, if it may be shown now. The hashes in hexadecimal."""

    id: str
    name: str
    kind: str
    file_name: str | None
    is_package: bool
    sha256: str | None
    md5: str | None
    url: str | None
    mime_type: str | None
    size_bytes: int | None
    width: int | None
    height: int | None
    valid_from: datetime | None
    valid_until: datetime | None


_items: Final = msgspec.json.Decoder(list[VersionItem])
_LOCK: Final = "SELECT pg_advisory_xact_lock(hashtextextended('clarion.manifests.' || %s, 0))"


class ManifestFacts(Repository):
    """Fits `hub.use_cases.manifest_ports.ManifestFacts`."""

    def lock(self) -> None:
        """Until the end of the transaction no other hub makes manifests of this tenant."""
        self._connection.execute(_LOCK, (self._tenant_id,))

    def devices(self) -> list[DeviceFact]:
        """Every screen that was let in."""
        rows = self._rows(
            """SELECT d.id, d.site_id, coalesce(s.time_zone, 'UTC') AS time_zone, d.tags,
                      d.playlist_version AS version, d.manifest_digest AS digest
                 FROM devices d LEFT JOIN sites s ON s.tenant_id = d.tenant_id AND s.id = d.site_id
                WHERE d.tenant_id = %(tenant)s AND d.status = 'approved'"""
        )
        return [DeviceFact(**row) for row in rows]

    def entries(self) -> list[EntryFact]:
        """Every entry that is enabled."""
        rows = self._rows(
            """SELECT e.id, e.playlist_id, e.device_id, e.group_id, e.site_id, e.tag_terms, e.is_takeover,
                      e.priority, e.valid_from, e.valid_until, e.first_day, e.recurrence, e.except_days,
                      e.dayparts, e.time_zone, e.created_at
                 FROM schedule_entries e WHERE e.tenant_id = %(tenant)s AND e.enabled"""
        )
        return [EntryFact(**row) for row in rows]

    def members(self, group_id: str) -> set[str]:
        """Ids of the devices that the group reaches."""
        return {row["device_id"] for row in self._rows(DEVICES_OF_GROUPS, ids=[group_id])}

    def playlists(self) -> list[PlaylistFact]:
        """Those of which a version is active, or a canary."""
        rows = self._rows(
            """SELECT p.id, p.name, p.is_default, p.active_number, p.canary_number, p.canary
                 FROM playlists p WHERE p.tenant_id = %(tenant)s
                  AND (p.active_number IS NOT NULL OR p.canary_number IS NOT NULL)"""
        )
        return [PlaylistFact(**row) for row in rows]

    def versions(self, playlist_ids: Collection[str]) -> list[VersionFact]:
        """The active version of each, and the canary."""
        rows = self._rows(
            """SELECT v.playlist_id, v.number, v.shuffle, v.items::text AS items
                 FROM playlists p JOIN playlist_versions v
                      ON v.tenant_id = p.tenant_id AND v.playlist_id = p.id
                         AND v.number IN (p.active_number, p.canary_number)
                WHERE p.tenant_id = %(tenant)s AND p.id = ANY (%(ids)s::uuid[])""",
            ids=list(playlist_ids),
        )
        return [VersionFact(**{**row, "items": _items.decode(row["items"])}) for row in rows]

    def showable(self, media_ids: Collection[str]) -> dict[str, MediaFact]:
        """By id, those of them that are approved now."""
        rows = self._rows(
            """SELECT m.id, c.name, m.kind, m.file_name, coalesce(b.is_package, false) AS is_package,
                      encode(m.sha256, 'hex') AS sha256, encode(b.md5, 'hex') AS md5, m.url, m.mime_type,
                      m.size_bytes, m.width, m.height, c.valid_from, c.valid_until
                 FROM media m JOIN contents c ON c.tenant_id = m.tenant_id AND c.id = m.content_id
                      LEFT JOIN blobs b ON b.tenant_id = m.tenant_id AND b.sha256 = m.sha256
                WHERE m.tenant_id = %(tenant)s AND m.id = ANY (%(ids)s::uuid[])
                  AND m.status = 'approved' AND m.processing = 'ready'""",
            ids=list(media_ids),
        )
        return {row["id"]: MediaFact(**row) for row in rows}
