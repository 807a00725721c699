"""Files on their way in: who sends what, how large it is to be, until when. Their bytes are in a folder."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple

from persistence.repositories.base import Repository

_UPLOADS: Final = """
    SELECT id, file_name, size_bytes, created_by, created_by_name, created_at, expires_at, completed_at
      FROM uploads WHERE tenant_id = %(tenant)s
"""


class Upload(NamedTuple):
    """`completed_at`: when the last byte had come; None before."""

    id: str
    file_name: str
    size_bytes: int
    created_by: str | None
    created_by_name: str
    created_at: datetime
    expires_at: datetime
    completed_at: datetime | None


class Uploads(Repository):
    """Fits `hub.use_cases.upload_ports.Uploads`."""

    def get(self, upload_id: str) -> Upload | None:
        """The upload, or None if the tenant has none of this id."""
        row = self._row(_UPLOADS + " AND id = %(id)s", id=upload_id)
        return Upload(**row) if row else None

    def add(
        self,
        upload_id: str,
        file_name: str,
        size_bytes: int,
        created_by: str,
        created_by_name: str,
        at: datetime,
        expires_at: datetime,
    ) -> None:
        """One that begins."""
        self._run(
            "INSERT INTO uploads (tenant_id, id, file_name, size_bytes, created_by, created_by_name,"
            " created_at, expires_at) VALUES (%(tenant)s, %(id)s, %(file_name)s, %(size)s, %(by)s, %(name)s,"
            " %(at)s, %(expires)s)",
            id=upload_id,
            file_name=file_name,
            size=size_bytes,
            by=created_by,
            name=created_by_name,
            at=at,
            expires=expires_at,
        )

    def complete(self, upload_id: str, at: datetime) -> bool:
        """Whether it was not complete before."""
        return bool(
            self._run(
                "UPDATE uploads SET completed_at = %(at)s"
                " WHERE tenant_id = %(tenant)s AND id = %(id)s AND completed_at IS NULL",
                id=upload_id,
                at=at,
            )
        )

    def is_used(self, upload_id: str) -> bool:
        """Whether a version of media is still made of it."""
        return (
            self._row(
                "SELECT 1 FROM media WHERE tenant_id = %(tenant)s AND upload_id = %(id)s LIMIT 1",
                id=upload_id,
            )
            is not None
        )

    def remove(self, upload_id: str) -> None:
        """It is no more."""
        self._run("DELETE FROM uploads WHERE tenant_id = %(tenant)s AND id = %(id)s", id=upload_id)

    def under_way(self, user_id: str | None = None) -> tuple[int, int]:
        """How many are not complete, of everybody or of one; and how many bytes they are to be."""
        row = self._row(
            "SELECT count(*) AS number, coalesce(sum(size_bytes), 0)::bigint AS bytes FROM uploads"
            " WHERE tenant_id = %(tenant)s AND completed_at IS NULL"
            " AND (%(user)s::uuid IS NULL OR created_by = %(user)s)",
            user=user_id,
        )
        assert row is not None
        return row["number"], row["bytes"]

    def remove_expired(self, now: datetime, limit: int) -> list[str]:
        """Those whose time is over and of which nothing is made any more; their ids."""
        rows = self._rows(
            "DELETE FROM uploads WHERE tenant_id = %(tenant)s AND id IN (SELECT u.id FROM uploads u"
            " WHERE u.tenant_id = %(tenant)s AND u.expires_at < %(now)s AND NOT EXISTS (SELECT 1 FROM media m"
            " WHERE m.tenant_id = %(tenant)s AND m.upload_id = u.id) LIMIT %(limit)s FOR UPDATE SKIP LOCKED)"
            " RETURNING id",
            now=now,
            limit=limit,
        )
        return [row["id"] for row in rows]
