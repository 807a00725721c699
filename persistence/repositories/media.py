"""Media: the numbered versions of contents, one row each; where they are used."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final, LiteralString, NamedTuple

import msgspec

from persistence.repositories.base import Repository
from protocol.contents import Media as MediaBody
from protocol.contents import Use


class MediaRow(NamedTuple):
    """One version. `media`: as the API says it, without the signed paths of its files. The hashes are in hex.
    `valid_from`, `valid_until`, `tags`: of its content. `upload_id`: until the file is in the store."""

    media: MediaBody
    thumbnail_sha256: str | None
    is_package: bool
    upload_id: str | None
    valid_from: datetime | None
    valid_until: datetime | None
    tags: list[str]


_SELECT: Final[LiteralString] = """
SELECT m.id, m.content_id, c.name AS content_name, m.number, m.kind, m.status, m.processing,
       m.processing_detail, m.file_name, m.mime_type, m.size_bytes, encode(m.sha256, 'hex') AS sha256,
       encode(b.md5, 'hex') AS md5, m.width, m.height, m.duration_s, m.codec, m.url, NULL AS thumbnail_url,
       NULL AS url_expires_at, m.note, m.reason, m.created_by_name AS created_by,
       m.created_by AS created_by_id, m.created_at, m.submitted_by_name AS submitted_by, m.submitted_at,
       m.decided_by_name AS decided_by, m.decided_at, m.retired_by_name AS retired_by, m.retired_at,
       encode(m.thumbnail_sha256, 'hex') AS thumbnail_sha256, coalesce(b.is_package, false) AS is_package,
       m.upload_id, c.valid_from, c.valid_until, c.tags
  FROM media m JOIN contents c ON c.tenant_id = m.tenant_id AND c.id = m.content_id
       LEFT JOIN blobs b ON b.tenant_id = m.tenant_id AND b.sha256 = m.sha256
 WHERE m.tenant_id = %(tenant)s
"""
_COLUMNS: Final[dict[str, LiteralString]] = {
    "note": "note = %(note)s",
    "duration_s": "duration_s = %(duration_s)s",
    "url": "url = %(url)s",
    "kind": "kind = %(kind)s",
    "created_by": "created_by_name = %(created_by)s",
    "created_by_id": "created_by = %(created_by_id)s",
    "status": "status = %(status)s",
    "reason": "reason = %(reason)s",
    "submitted_by": "submitted_by_name = %(submitted_by)s",
    "submitted_at": "submitted_at = %(submitted_at)s",
    "decided_by": "decided_by_name = %(decided_by)s",
    "decided_at": "decided_at = %(decided_at)s",
    "retired_by": "retired_by_name = %(retired_by)s",
    "retired_at": "retired_at = %(retired_at)s",
}
# A draft names an item; a version that is played now, or as a canary, names its media for good.
_USES: Final[LiteralString] = """
SELECT p.id AS playlist_id, p.name AS playlist_name, v.number IS NOT NULL AS is_published, v.number
  FROM playlists p
       LEFT JOIN LATERAL (
           SELECT x.number FROM playlist_version_media x
            WHERE x.tenant_id = p.tenant_id AND x.playlist_id = p.id AND x.media_id = %(id)s
              AND x.number IN (p.active_number, p.canary_number)
            ORDER BY x.number DESC LIMIT 1) v ON true
 WHERE p.tenant_id = %(tenant)s AND p.id IN (
       SELECT i.playlist_id FROM playlist_items i WHERE i.tenant_id = %(tenant)s AND i.media_id = %(id)s
        UNION ALL
       SELECT x.playlist_id FROM playlist_version_media x
        WHERE x.tenant_id = %(tenant)s AND x.media_id = %(id)s)
   AND (v.number IS NOT NULL OR EXISTS (
       SELECT FROM playlist_items i
        WHERE i.tenant_id = %(tenant)s AND i.playlist_id = p.id AND i.media_id = %(id)s))
 ORDER BY lower(p.name), p.id
"""
_SCREENS: Final[LiteralString] = """
SELECT count(*)::int AS screens FROM devices d
 WHERE d.tenant_id = %(tenant)s AND d.status = 'approved'
   AND (%(sites)s::uuid[] IS NULL OR d.site_id = ANY (%(sites)s::uuid[]))
   AND d.manifest_digest IN (
       SELECT f.digest FROM manifests f
        WHERE f.tenant_id = %(tenant)s AND strpos(f.body, %(id)s) > 0
          AND f.digest IN (SELECT x.manifest_digest FROM devices x WHERE x.tenant_id = %(tenant)s))
"""


class Media(Repository):
    """Fits `hub.use_cases.content_ports.MediaVersions`."""

    def by_ids(self, ids: Collection[str]) -> dict[str, MediaRow]:
        """Those of them that there are."""
        rows = self._rows(_SELECT + " AND m.id = ANY (%(ids)s::uuid[])", ids=list(ids)) if ids else []
        return {row["id"]: _made(row) for row in rows}

    def get(self, media_id: str) -> MediaRow | None:
        """One of them."""
        row = self._row(_SELECT + " AND m.id = %(id)s", id=media_id)
        return _made(row) if row else None

    def get_locked(self, media_id: str) -> MediaRow | None:
        """The same; nobody else changes it until the end of the transaction."""
        row = self._row(_SELECT + " AND m.id = %(id)s FOR NO KEY UPDATE OF m", id=media_id)
        return _made(row) if row else None

    def of_content(self, content_id: str) -> list[MediaRow]:
        """All versions, the newest first."""
        rows = self._rows(_SELECT + " AND m.content_id = %(id)s ORDER BY m.number DESC", id=content_id)
        return [_made(row) for row in rows]

    def newest_locked(self, content_id: str) -> MediaRow | None:
        """The version with the highest number; nobody else changes it until the end of the transaction."""
        row = self._row(
            _SELECT + " AND m.content_id = %(id)s ORDER BY m.number DESC LIMIT 1 FOR NO KEY UPDATE OF m",
            id=content_id,
        )
        return _made(row) if row else None

    def submitted(self, after: tuple[datetime, str] | None, limit: int) -> list[MediaRow]:
        """Those that wait for a decision, the longest waiting first."""
        at, media_id = after or (None, None)
        rows = self._rows(
            _SELECT + " AND m.status = 'submitted' AND (%(at)s::timestamptz IS NULL"
            " OR (m.submitted_at, m.id) > (%(at)s, %(id)s::uuid))"
            " ORDER BY m.submitted_at, m.id LIMIT %(limit)s",
            at=at,
            id=media_id,
            limit=limit,
        )
        return [_made(row) for row in rows]

    def add(self, content_id: str, facts: Mapping[str, Any]) -> str:
        """A new version with the next number; its id. The row of the content must be locked."""
        row = self._row(
            "INSERT INTO media (tenant_id, content_id, number, kind, upload_id, file_name, url, duration_s,"
            " note, processing, processing_detail, created_by, created_by_name, created_at)"
            " SELECT %(tenant)s, %(content)s, coalesce(max(number), 0) + 1, %(kind)s, %(upload_id)s,"
            " %(file_name)s, %(url)s, %(duration_s)s, %(note)s, %(processing)s, %(processing_detail)s,"
            " %(created_by)s, %(created_by_name)s, %(created_at)s"
            " FROM media WHERE tenant_id = %(tenant)s AND content_id = %(content)s RETURNING id",
            content=content_id,
            **facts,
        )
        assert row is not None
        return str(row["id"])

    def change(self, media_id: str, facts: Mapping[str, Any]) -> None:
        """Sets these facts, of which there is at least one."""
        sets: LiteralString = ", ".join(_COLUMNS[name] for name in facts)
        self._run(
            "UPDATE media SET "  # noqa: S608 -- every piece is a literal of this page
            + sets
            + " WHERE tenant_id = %(tenant)s AND id = %(id)s",
            id=media_id,
            **facts,
        )

    def remove(self, media_id: str) -> None:
        """It must not be used anywhere."""
        self._run("DELETE FROM media WHERE tenant_id = %(tenant)s AND id = %(id)s", id=media_id)

    def uses(self, media_id: str) -> list[Use]:
        """Playlists whose draft has it, or that are published with it: what screens play now, by name."""
        return msgspec.convert(self._rows(_USES, id=media_id), list[Use])

    def screens(self, media_id: str, sites: Collection[str] | None) -> int:
        """How many screens, at these sites, have it in their manifest of now."""
        row = self._row(
            _SCREENS,
            id=media_id,
            sites=None if sites is None else list(sites),
        )
        return row["screens"] if row else 0

    def was_published(self, media_ids: Collection[str]) -> bool:
        """Whether any version of a playlist, past ones too, names one of them."""
        found = self._row(
            "SELECT EXISTS (SELECT FROM playlist_version_media WHERE tenant_id = %(tenant)s"
            " AND media_id = ANY (%(ids)s::uuid[])) AS found",
            ids=list(media_ids),
        )
        return bool(found and found["found"])

    def file_name_of_upload(self, upload_id: str, user_id: str) -> str | None:
        """Of an upload of this person that is complete and that no version took yet. It stays
        until the end of the transaction."""
        row = self._row(
            "SELECT u.file_name FROM uploads u WHERE u.tenant_id = %(tenant)s AND u.id = %(id)s"
            " AND u.created_by = %(user)s AND u.completed_at IS NOT NULL AND NOT EXISTS (SELECT FROM media m"
            " WHERE m.tenant_id = u.tenant_id AND m.upload_id = u.id) FOR UPDATE OF u",
            id=upload_id,
            user=user_id,
        )
        return row["file_name"] if row else None


def _made(row: dict[str, Any]) -> MediaRow:
    more = [row.pop(name) for name in MediaRow._fields[1:]]
    return MediaRow(msgspec.convert(row, MediaBody), *more)
