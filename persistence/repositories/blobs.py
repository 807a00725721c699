"""What is known of each file in the store. Hashes are in hexadecimal."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from persistence.repositories.base import Repository


class Blob(NamedTuple):
    """`is_package`: an HTML package, of which every file is served."""

    sha256: str
    md5: str
    size_bytes: int
    mime_type: str
    is_package: bool


class Blobs(Repository):
    """Fits `hub.use_cases.upload_ports.Blobs`."""

    def get(self, sha256: str) -> Blob | None:
        """The file, or None if the tenant has none of this hash."""
        row = self._row(
            "SELECT encode(sha256, 'hex') AS sha256, encode(md5, 'hex') AS md5, size_bytes, mime_type,"
            " is_package FROM blobs WHERE tenant_id = %(tenant)s AND sha256 = decode(%(sha256)s, 'hex')",
            sha256=sha256,
        )
        return Blob(**row) if row else None

    def add(
        self, sha256: str, md5: str, size_bytes: int, mime_type: str, is_package: bool, at: datetime
    ) -> None:
        """It is, or is about to be, in the store. One that is there already is as new again: nobody clears
        it away meanwhile."""
        self._run(
            "INSERT INTO blobs (tenant_id, sha256, md5, size_bytes, mime_type, is_package, stored_at)"
            " VALUES (%(tenant)s, decode(%(sha256)s, 'hex'), decode(%(md5)s, 'hex'), %(size_bytes)s,"
            " %(mime_type)s, %(package)s, %(at)s)"
            " ON CONFLICT (tenant_id, sha256) DO UPDATE SET stored_at = excluded.stored_at",
            sha256=sha256,
            md5=md5,
            size_bytes=size_bytes,
            mime_type=mime_type,
            package=is_package,
            at=at,
        )

    def used_bytes(self) -> int:
        """Of all files of the tenant."""
        row = self._row(
            "SELECT coalesce(sum(size_bytes), 0)::bigint AS bytes FROM blobs WHERE tenant_id = %(tenant)s"
        )
        assert row is not None
        used: int = row["bytes"]
        return used

    def remove_unused(self, before: datetime, limit: int) -> list[str]:
        """Those that nothing refers to and nobody stored since `before`; their hashes."""
        rows = self._rows(
            "DELETE FROM blobs WHERE tenant_id = %(tenant)s AND sha256 IN (SELECT b.sha256 FROM blobs b"
            " WHERE b.tenant_id = %(tenant)s AND b.stored_at < %(before)s"
            " AND NOT EXISTS (SELECT 1 FROM media m WHERE m.tenant_id = %(tenant)s AND m.sha256 = b.sha256)"
            " AND NOT EXISTS (SELECT 1 FROM media m"
            " WHERE m.tenant_id = %(tenant)s AND m.thumbnail_sha256 = b.sha256)"
            " LIMIT %(limit)s FOR UPDATE SKIP LOCKED) RETURNING encode(sha256, 'hex') AS sha256",
            before=before,
            limit=limit,
        )
        return [row["sha256"] for row in rows]
