"""Emergencies and their ledgers as operators read them. The live side writes the ledger, by its journal."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final, NamedTuple

import msgspec
from psycopg.types.json import Jsonb

from persistence.repositories.at_sites import devices_at, values_of
from persistence.repositories.base import Repository
from protocol.api import Emergency, LedgerRow, Scope
from protocol.frames import AlertText
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
        issued_by_name: str,
        expires_at: datetime | None,
        language: str = "",
        texts: Sequence[AlertText] = (),
        pictogram: str | None = None,
        sound: str | None = None,
    ) -> bool:
        """A live emergency. False when it is there already."""
        added = self._run(
            "INSERT INTO emergencies (id, hide_command_id, tenant_id, title, message, severity, scope,"
            " scope_text, content_hash, issued_at, issued_by,"
            " issued_by_name, expires_at, language, texts, pictogram, sound)"
            " VALUES (%(id)s, %(hide)s, %(tenant)s, %(title)s, %(message)s, %(severity)s, %(scope)s,"
            " %(scope_text)s, %(hash)s, %(at)s, %(by)s, %(name)s, %(expires)s, %(language)s, %(texts)s,"
            " %(pictogram)s, %(sound)s) ON CONFLICT (id) DO NOTHING",
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
            name=issued_by_name,
            expires=expires_at,
            language=language,
            texts=Jsonb(msgspec.to_builtins(texts)),
            pictogram=pictogram,
            sound=sound,
        )
        return added == 1

    def get(
        self, emergency_id: str, sites: Collection[str] | None = None, user_id: str | None = None
    ) -> Emergency | None:
        """One emergency, its tallies as the ledger has them."""
        if sites is None:
            row = self._row(_ONE + _TALLIED, id=emergency_id)
        else:
            row = self._row(_ONE_THEIRS, id=emergency_id, sites=list(sites), user=user_id, also=[])
        return msgspec.convert(row, Emergency) if row else None

    def newest(
        self,
        *,
        sites: Collection[str] | None,
        user_id: str | None,
        also: Sequence[str],
        only_open: bool,
        after: tuple[datetime, str] | None,
        limit: int,
    ) -> list[Emergency]:
        """The newest first, those issued before the pair `after` of (instant, id). `also`: ids of those that
        are for the sites too, as somebody knows who knows better."""
        at, last_id = after or (None, None)
        page = {"only_open": only_open, "at": at, "last": last_id, "limit": limit}
        if sites is None:
            rows = self._rows(_PAGE + _TALLIED, **page)
        else:
            rows = self._rows(_PAGE_THEIRS, sites=list(sites), user=user_id, also=list(also), **page)
        return msgspec.convert(rows, list[Emergency])

    def begin_clearing(self, emergency_id: str, user_id: str, name: str, at: datetime) -> bool:
        """From live to clearing; False if it was not live."""
        return (
            self._run(
                "UPDATE emergencies SET status = 'clearing', cleared_at = %(at)s, cleared_by = %(by)s,"
                " cleared_by_name = %(name)s"
                " WHERE tenant_id = %(tenant)s AND id = %(id)s AND status = 'live'",
                id=emergency_id,
                by=user_id,
                name=name,
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
        sites: Collection[str] | None,
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
            _LEDGER + devices_at(sites) + _BY_NAME,
            id=emergency_id,
            missing=missing,
            state=state,
            name=name,
            last=last_id,
            limit=limit,
            **values_of(sites),
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


_LEDGER: Final = """
SELECT l.device_id, d.name, s.name AS site, l.state, l.missing, NULL AS explanation,
       l.targeted_at, l.sent_at, l.received_at, l.rendered_at, l.hidden_at, l.content_hash, l.detail,
       (extract(epoch FROM l.rendered_at - l.targeted_at) * 1000)::int AS elapsed_ms,
       d.presence, d.presence_reason, d.presence_since
  FROM emergency_ledger l
       JOIN devices d ON d.tenant_id = l.tenant_id AND d.id = l.device_id
       LEFT JOIN sites s ON s.tenant_id = d.tenant_id AND s.id = d.site_id
 WHERE l.tenant_id = %(tenant)s AND l.emergency_id = %(id)s
   AND (%(missing)s::boolean IS NULL OR (l.missing IS NOT NULL) = %(missing)s)
   AND (%(state)s::text IS NULL OR l.state = %(state)s)
   AND (%(name)s::text IS NULL OR (d.name, d.id) > (%(name)s, %(last)s::uuid))
"""
_BY_NAME: Final = " ORDER BY d.name, d.id LIMIT %(limit)s"

# What somebody limited to sites finds: an emergency that is for a screen there, or that they triggered.
_THEIRS: Final = """
   AND (issued_by = %(user)s OR id = ANY (%(also)s::uuid[])
        OR EXISTS (SELECT FROM emergency_ledger o
                          JOIN devices d ON d.tenant_id = o.tenant_id AND d.id = o.device_id
                    WHERE o.tenant_id = emergencies.tenant_id AND o.emergency_id = emergencies.id
                      AND d.site_id = ANY (%(sites)s::uuid[])))
"""
_ONE_OF: Final = """
WITH page AS MATERIALIZED (
    SELECT * FROM emergencies WHERE tenant_id = %(tenant)s AND id = %(id)s
"""
_ONE: Final = _ONE_OF + ")"
_PAGE_OF: Final = """
WITH page AS MATERIALIZED (
    SELECT * FROM emergencies
     WHERE tenant_id = %(tenant)s AND (NOT %(only_open)s OR status IN ('live', 'clearing'))
       AND (%(at)s::timestamptz IS NULL OR (issued_at, id) < (%(at)s, %(last)s::uuid))
"""
_PAGE_BY: Final = """
     ORDER BY issued_at DESC, id DESC LIMIT %(limit)s
)
"""
_PAGE: Final = _PAGE_OF + _PAGE_BY

_AT_THE_SITES: Final = """
   AND EXISTS (SELECT FROM devices d
                WHERE d.tenant_id = y.tenant_id AND d.id = y.device_id
                  AND d.site_id = ANY (%(sites)s::uuid[]))
"""


# The percentiles are of the screens that were online then: those the alert was sent to within two seconds.
# Only the emergencies of the page are tallied, whatever number there is in all.
_TALLIED: Final = """
SELECT e.id, e.title, e.message, e.severity, e.scope, e.scope_text, e.status, e.content_hash, e.issued_at,
       e.issued_by_name AS issued_by, e.expires_at, e.cleared_at, e.cleared_by_name AS cleared_by,
       e.language, e.texts, e.pictogram, e.sound, t.*,
       coalesce((SELECT jsonb_object_agg(m.missing, m.n)
                   FROM (SELECT y.missing, count(*) AS n FROM emergency_ledger y
                          WHERE y.tenant_id = e.tenant_id AND y.emergency_id = e.id AND y.missing IS NOT NULL
                           /* whose */
                          GROUP BY y.missing) m), '{}') AS missing
  FROM page e
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
                    WHERE y.tenant_id = e.tenant_id AND y.emergency_id = e.id
                           /* whose */
                  ) l
       ) t
 ORDER BY e.issued_at DESC, e.id DESC
"""
_TALLIED_THERE: Final = _TALLIED.replace("/* whose */", _AT_THE_SITES)
_ONE_THEIRS: Final = _ONE_OF + _THEIRS + ")" + _TALLIED_THERE
_PAGE_THEIRS: Final = _PAGE_OF + _THEIRS + _PAGE_BY + _TALLIED_THERE
