"""Versions whose files the hub has to look at: taken by one at a time, given back, finished.

Rule: whoever takes one says until when it is theirs, and says so again while they are at it. What nobody
      holds any more is taken again, by whoever comes; `attempts` tells the one who came first that it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, LiteralString, NamedTuple, Protocol

from persistence.repositories.base import Repository


class Taken(NamedTuple):
    """One version to look at. `attempts`: how often it was taken, this time included."""

    id: str
    upload_id: str
    file_name: str
    attempts: int


class Held(Protocol):
    """What of it is needed to speak of it."""

    @property
    def id(self) -> str: ...
    @property
    def attempts(self) -> int: ...


class MediaQueue(Repository):
    """Fits `hub.use_cases.content_ports.MediaQueue`."""

    def take(self, now: datetime, until: datetime) -> Taken | None:
        """The one that waits longest, held until then; None if none does. Of one that waits, `working_until`
        says from when on it may be taken again."""
        row = self._row(
            "UPDATE media SET processing = 'working', attempts = attempts + 1, working_until = %(until)s"
            " WHERE tenant_id = %(tenant)s AND id = (SELECT m.id FROM media m"
            " WHERE m.tenant_id = %(tenant)s AND m.processing IN ('waiting', 'working')"
            " AND m.upload_id IS NOT NULL AND (m.working_until IS NULL OR m.working_until <= %(now)s)"
            " ORDER BY m.created_at, m.id LIMIT 1 FOR UPDATE SKIP LOCKED)"
            " RETURNING id, upload_id, coalesce(file_name, '') AS file_name, attempts",
            now=now,
            until=until,
        )
        return Taken(**row) if row else None

    def hold(self, taken: Held, until: datetime) -> bool:
        """Still at it. False if it is not theirs any more, or is gone."""
        return self._say(taken, "working_until = %(until)s", until=until)

    def give_back(self, taken: Held, why: str | None, not_before: datetime | None) -> None:
        """It waits again, as if it had not been taken; `why` is shown to people."""
        self._say(
            taken,
            "processing = 'waiting', attempts = attempts - 1, processing_detail = %(why)s,"
            " working_until = %(not_before)s",
            why=why,
            not_before=not_before,
        )

    def fail(self, taken: Held, why: str) -> bool:
        """Its file cannot be used. False if it is not theirs any more."""
        return self._say(
            taken,
            "processing = 'failed', processing_detail = %(why)s, working_until = NULL, upload_id = NULL",
            why=why,
        )

    def finish(self, taken: Held, found: Mapping[str, Any]) -> bool:
        """Ready, with what was found; hashes in hexadecimal. False if it is not theirs any more."""
        return self._say(
            taken,
            "processing = 'ready', processing_detail = %(detail)s, working_until = NULL, upload_id = NULL,"
            " kind = %(kind)s, sha256 = decode(%(sha256)s, 'hex'), mime_type = %(mime_type)s,"
            " size_bytes = %(size_bytes)s, width = %(width)s, height = %(height)s,"
            " duration_s = coalesce(%(duration_s)s, duration_s), codec = %(codec)s,"
            " thumbnail_sha256 = decode(%(thumbnail_sha256)s, 'hex')",
            **found,
        )

    def _say(self, taken: Held, sets: LiteralString, **values: Any) -> bool:
        """Whether it was theirs still."""
        sql: LiteralString = (
            "UPDATE media SET "  # noqa: S608 -- every piece is a literal of this page
            + sets
            + " WHERE tenant_id = %(tenant)s AND id = %(id)s AND processing = 'working'"
            " AND attempts = %(attempts)s"
        )
        return bool(self._run(sql, id=taken.id, attempts=taken.attempts, **values))
