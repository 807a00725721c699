"""The audit log as it is read: entries by filter, the links of its chain, what was archived.

Rule: whoever reads, reads a window of numbers at a time (`lowest` to `highest`): no filter, however rare its
matches, has PostgreSQL go through ten years in one statement.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, LiteralString, NamedTuple

from msgspec import convert
from psycopg.errors import RaiseException

from persistence.repositories.base import Repository
from protocol.audit import AuditAction, AuditLink, AuditRow

FILTERS: Final = (
    "since",
    "until",
    "action",
    "actor",
    "target_type",
    "target_id",
    "outcome",
    "request_id",
    "text",
    "seq",
)

# What is not asked for is NULL.
_WHERE: Final[LiteralString] = """
     WHERE tenant_id = %(tenant)s AND seq BETWEEN %(lowest)s AND %(highest)s
       AND (%(since)s::timestamptz IS NULL OR at >= %(since)s)
       AND (%(until)s::timestamptz IS NULL OR at < %(until)s)
       AND (%(action)s::text IS NULL OR starts_with(action, %(action)s))
       AND (%(actor)s::text IS NULL OR user_id::text = lower(%(actor)s)
            OR strpos(lower(user_email), lower(%(actor)s)) > 0)
       AND (%(target_type)s::text IS NULL OR target_type = %(target_type)s)
       AND (%(target_id)s::text IS NULL OR target_id = %(target_id)s)
       AND (%(outcome)s::text IS NULL OR outcome = %(outcome)s)
       AND (%(request_id)s::text IS NULL OR request_id = %(request_id)s)
       AND (%(seq)s::bigint IS NULL OR seq = %(seq)s)
       AND (%(text)s::text IS NULL OR strpos(lower(concat_ws(
            ' ', user_email, on_behalf_of, action, target_type, target_id, host(ip_address), details)),
            lower(%(text)s)) > 0)
"""
_ROW: Final[LiteralString] = """
    SELECT seq, at, actor_kind, user_id, user_email, on_behalf_of, host(ip_address) AS ip_address, user_agent,
           request_id, action, target_type, target_id, outcome, details, encode(hash, 'hex') AS hash
      FROM audit_log
"""
_LINK: Final[LiteralString] = """
    SELECT audit_entry(audit_log) AS entry, encode(previous_hash, 'hex') AS previous_hash,
           encode(hash, 'hex') AS hash
      FROM audit_log
"""


class Archive(NamedTuple):
    """Entries that were taken out. `file`: where they are, below the folder of archives."""

    first_seq: int
    last_seq: int
    last_hash: str
    file: str
    archived_at: datetime


class AuditLog(Repository):
    """Fits `hub.use_cases.audit_ports.AuditLog`."""

    def head(self) -> tuple[int, str] | None:
        """Number and hash of the last entry, as it was appended; None before there is one."""
        row = self._row(
            "SELECT seq, encode(hash, 'hex') AS hash FROM audit_heads WHERE tenant_id = %(tenant)s"
        )
        return (row["seq"], row["hash"]) if row else None

    def first(self) -> int:
        """The number of the oldest entry that is here; 0 if there is none."""
        row = self._row("SELECT min(seq) AS seq FROM audit_log WHERE tenant_id = %(tenant)s")
        return (row and row["seq"]) or 0

    def last(self) -> int:
        """The number of the newest entry that is here, whatever the head says; 0 if there is none."""
        row = self._row("SELECT max(seq) AS seq FROM audit_log WHERE tenant_id = %(tenant)s")
        return (row and row["seq"]) or 0

    def newest(self, filters: Mapping[str, Any], *, lowest: int, highest: int, limit: int) -> list[AuditRow]:
        """Entries of the window that pass the filters, the newest first."""
        rows = self._rows(
            _ROW + _WHERE + " ORDER BY seq DESC LIMIT %(limit)s",
            **_complete(filters),
            lowest=lowest,
            highest=highest,
            limit=limit,
        )
        return [convert(row, AuditRow) for row in rows]

    def links(self, filters: Mapping[str, Any], *, lowest: int, highest: int, limit: int) -> list[AuditLink]:
        """The links of entries of the window that pass the filters, the oldest first."""
        rows = self._rows(
            _LINK + _WHERE + " ORDER BY seq LIMIT %(limit)s",
            **_complete(filters),
            lowest=lowest,
            highest=highest,
            limit=limit,
        )
        return [AuditLink(**row) for row in rows]

    def actions(self, lowest: int) -> list[AuditAction]:
        """The actions of the entries from `lowest` on, by name."""
        rows = self._rows(
            """
            SELECT action, count(*) AS entries, max(at) AS last_at FROM audit_log
             WHERE tenant_id = %(tenant)s AND seq >= %(lowest)s GROUP BY action ORDER BY action
            """,
            lowest=lowest,
        )
        return [AuditAction(**row) for row in rows]

    def archives(self) -> list[Archive]:
        """What was taken out, the oldest first."""
        rows = self._rows(
            """
            SELECT first_seq, last_seq, encode(last_hash, 'hex') AS last_hash, file, archived_at
              FROM audit_archives WHERE tenant_id = %(tenant)s ORDER BY last_seq
            """
        )
        return [Archive(**row) for row in rows]

    def drop_archived(self, last_seq: int, last_hash: str, file: str) -> int:
        """Take out the entries up to this one, which are in this file; how many. 0 if it is not the one that
        was archived: then nothing more can be done in this transaction."""
        try:
            row = self._row(
                "SELECT audit_drop_archived(%(last)s, %(hash)s, %(file)s) AS dropped",
                last=last_seq,
                hash=bytes.fromhex(last_hash),
                file=file,
            )
        except RaiseException:
            return 0
        assert row is not None  # a function answers
        return int(row["dropped"])


def _complete(filters: Mapping[str, Any]) -> dict[str, Any]:
    return {name: filters.get(name) for name in FILTERS}
