"""Emergencies and their ledgers as operators read them. The live side writes the ledger, by its journal."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple

import msgspec
from psycopg.types.json import Jsonb

from persistence.repositories.base import Repository
from protocol.api import Emergency, LedgerRow, Scope
from protocol.vocabulary import Presence, PresenceReason


class LedgerEntry(NamedTuple):
    """One screen of one emergency, and what explains it: what it said, and whether the hub hears it now."""

    row: LedgerRow
    detail: str | None
    presence: Presence
    presence_reason: PresenceReason
    presence_since: datetime | None


class Emergencies(Repository):
    """Fits `hub.use_cases.ports.Emergencies`."""

    def add(
        self,
        *,
        id: str,
        hide_command_id: str,
        title: str,
        message: str,
        severity: str,
        scope: Scope,
        scope_text: str,
        content_hash: str,
        issued_at: datetime,
        issued_by: str,
        expires_at: datetime | None,
    ) -> bool:
        """A live emergency. False when it is there already."""
        added = self._run(
            "INSERT INTO emergencies (id, hide_command_id, tenant_id, title, message, severity, scope,"
            " scope_text, content_hash, issued_at, issued_by, expires_at)"
            " VALUES (%(id)s, %(hide)s, %(tenant)s, %(title)s, %(message)s, %(severity)s, %(scope)s,"
            " %(scope_text)s, %(hash)s, %(at)s, %(by)s, %(expires)s) ON CONFLICT (id) DO NOTHING",
            id=id,
            hide=hide_command_id,
            title=title,
            message=message,
            severity=severity,
            scope=Jsonb(msgspec.to_builtins(scope)),
            scope_text=scope_text,
            hash=content_hash,
            at=issued_at,
            by=issued_by,
            expires=expires_at,
        )
        return added == 1

    def get(self, emergency_id: str) -> Emergency | None:
        """One emergency, its tallies as the ledger has them."""
        row = self._row(_ONE + _TALLIED, id=emergency_id)
        return msgspec.convert(row, Emergency) if row else None

    def newest(self, *, only_open: bool, after: tuple[datetime, str] | None, limit: int) -> list[Emergency]:
        """The newest first, those issued before the pair `after` of (instant, id)."""
        at, last_id = after or (None, None)
        rows = self._rows(
            _PAGE + _TALLIED,
            only_open=only_open,
            at=at,
            last=last_id,
            limit=limit,
        )
        return msgspec.convert(rows, list[Emergency])

    def begin_clearing(self, emergency_id: str, user_id: str, at: datetime) -> bool:
        """From live to clearing; False if it was not live."""
        return (
            self._run(
                "UPDATE emergencies SET status = 'clearing', cleared_at = %(at)s, cleared_by = %(by)s"
                " WHERE tenant_id = %(tenant)s AND id = %(id)s AND status = 'live'",
                id=emergency_id,
                by=user_id,
                at=at,
            )
            == 1
        )

    def sign_off(self, emergency_id: str) -> bool:
        """From clearing to cleared; False if it was not clearing."""
        return (
            self._run(
                "UPDATE emergencies SET status = 'cleared'"
                " WHERE tenant_id = %(tenant)s AND id = %(id)s AND status = 'clearing'",
                id=emergency_id,
            )
            == 1
        )

    def ledger(
        self,
        emergency_id: str,
        *,
        missing: bool | None,
        state: str | None,
        after: tuple[str, str] | None,
        limit: int,
    ) -> list[LedgerEntry]:
        """In the order of (name, device id), those after the pair `after`.

        `missing`: only those with a reason (True) or without one (False).
        """
        name, last_id = after or (None, None)
        rows = self._rows(
            """
            SELECT l.device_id, d.name, s.name AS site, l.state, l.missing, NULL AS explanation,
                   l.targeted_at, l.sent_at, l.received_at, l.rendered_at, l.hidden_at, l.content_hash,
                   l.detail,
                   (extract(epoch FROM l.rendered_at - l.targeted_at) * 1000)::int AS elapsed_ms,
                   d.presence, d.presence_reason, d.presence_since
              FROM emergency_ledger l
                   JOIN devices d ON d.tenant_id = l.tenant_id AND d.id = l.device_id
                   LEFT JOIN sites s ON s.tenant_id = d.tenant_id AND s.id = d.site_id
             WHERE l.tenant_id = %(tenant)s AND l.emergency_id = %(id)s
               AND (%(missing)s::boolean IS NULL OR (l.missing IS NOT NULL) = %(missing)s)
               AND (%(state)s::text IS NULL OR l.state = %(state)s)
               AND (%(name)s::text IS NULL OR (d.name, d.id) > (%(name)s, %(last)s::uuid))
             ORDER BY d.name, d.id LIMIT %(limit)s
            """,
            id=emergency_id,
            missing=missing,
            state=state,
            name=name,
            last=last_id,
            limit=limit,
        )
        return [
            LedgerEntry(
                msgspec.convert(row, LedgerRow),
                row["detail"],
                Presence(row["presence"]),
                PresenceReason(row["presence_reason"]),
                row["presence_since"],
            )
            for row in rows
        ]


# The percentiles are of the screens that were online then: those the alert was sent to within two seconds.
# Only the emergencies of the page are tallied, whatever number there is in all.
_TALLIED: Final = """
SELECT e.id, e.title, e.message, e.severity, e.scope, e.scope_text, e.status, e.content_hash, e.issued_at,
       coalesce(i.email, '') AS issued_by, e.expires_at, e.cleared_at, c.email AS cleared_by, t.*,
       coalesce((SELECT jsonb_object_agg(m.missing, m.n)
                   FROM (SELECT l.missing, count(*) AS n FROM emergency_ledger l
                          WHERE l.tenant_id = e.tenant_id AND l.emergency_id = e.id AND l.missing IS NOT NULL
                          GROUP BY l.missing) m), '{}') AS missing
  FROM page e
       LEFT JOIN users i ON i.tenant_id = e.tenant_id AND i.id = e.issued_by
       LEFT JOIN users c ON c.tenant_id = e.tenant_id AND c.id = e.cleared_by
       CROSS JOIN LATERAL (
           SELECT count(*)::int AS targeted, count(l.sent_at)::int AS sent,
                  count(l.received_at)::int AS received, count(l.rendered_at)::int AS rendered,
                  count(*) FILTER (WHERE l.state IN ('rendered', 'hide_sent'))::int AS still_showing,
                  percentile_disc(0.5) WITHIN GROUP (ORDER BY l.online_ms)::int AS p50_ms,
                  percentile_disc(0.99) WITHIN GROUP (ORDER BY l.online_ms)::int AS p99_ms,
                  max(l.online_ms)::int AS slowest_ms
             FROM (SELECT y.*, CASE WHEN y.sent_at <= e.issued_at + interval '2 seconds'
                                    THEN extract(epoch FROM y.rendered_at - e.issued_at) * 1000
                               END AS online_ms
                     FROM emergency_ledger y
                    WHERE y.tenant_id = e.tenant_id AND y.emergency_id = e.id) l
       ) t
 ORDER BY e.issued_at DESC, e.id DESC
"""
_ONE: Final = """
WITH page AS MATERIALIZED (SELECT * FROM emergencies WHERE tenant_id = %(tenant)s AND id = %(id)s)
"""
_PAGE: Final = """
WITH page AS MATERIALIZED (
    SELECT * FROM emergencies
     WHERE tenant_id = %(tenant)s AND (NOT %(only_open)s OR status IN ('live', 'clearing'))
       AND (%(at)s::timestamptz IS NULL OR (issued_at, id) < (%(at)s, %(last)s::uuid))
     ORDER BY issued_at DESC, id DESC LIMIT %(limit)s
)
"""
