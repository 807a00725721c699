"""An emergency in force, as the API and the pages show it: from the board and the roster, whatever PostgreSQL
does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from actors.emergency.ledger import Entry, Tally
from hub.live.incident import Incident
from hub.live.roster import Roster
from hub.use_cases.site_limits import Sites, as_seen, lies_within
from protocol.api import Emergency, EmergencyText, LedgerRow, Scope
from protocol.live import EmergencyProgress
from protocol.vocabulary import EmergencyStatus, Presence, PresenceReason


class LedgerEntry(NamedTuple):
    """Fulfils `hub.use_cases.ports.LedgerEntry`."""

    row: LedgerRow
    detail: str | None
    presence: Presence
    presence_reason: PresenceReason
    presence_since: datetime | None


class IncidentView:
    """One emergency as somebody sees it. `status`: its last one, when the case is closed.

    `sites`: those to which whoever looks is limited, or None. All they see is counted over the screens there.
    """

    __slots__ = ("_incident", "_roster", "_status")

    def __init__(self, incident: Incident, roster: Roster, status: EmergencyStatus | None = None) -> None:
        self._incident = incident
        self._roster = roster
        self._status = status

    @property
    def id(self) -> str:
        """The emergency's."""
        return self._incident.emergency.id

    @property
    def issued_by_id(self) -> str | None:
        """The id of whoever triggered it."""
        return self._incident.emergency.issued_by_id

    @property
    def scope(self) -> Scope:
        """The whole of it, whoever looks."""
        return self._incident.emergency.scope

    @property
    def still_showing(self) -> int:
        """Screens that show it, or may, wherever they are."""
        return self._incident.ledger.still_showing()

    def concerns(self, sites: Sites) -> bool:
        """Whether it is for a screen of these sites, or could be for no other."""
        if sites is None or lies_within(self.scope, sites, self._roster.site_of):
            return True
        return next(self._own(sites), None) is not None

    def as_emergency(self, sites: Sites = None) -> Emergency:
        """The emergency with its tallies of this moment."""
        incident, tally = self._incident, self._tally(sites)
        emergency = incident.emergency
        scope, scope_text = as_seen(emergency.scope, emergency.scope_text, sites, self._roster.site_of)
        return Emergency(
            id=emergency.id,
            title=emergency.title,
            message=emergency.message,
            severity=emergency.severity,
            scope=scope,
            scope_text=scope_text,
            status=self._status_now(),
            content_hash=emergency.content_hash,
            issued_at=emergency.issued_at,
            issued_by=emergency.issued_by,
            expires_at=emergency.expires_at,
            cleared_at=_at(incident.cleared_ms),
            cleared_by=incident.cleared_by,
            targeted=tally.targeted,
            sent=tally.sent,
            received=tally.received,
            rendered=tally.rendered,
            still_showing=tally.still_showing,
            missing=tally.missing,
            p50_ms=tally.percentile_ms(0.50),
            p99_ms=tally.percentile_ms(0.99),
            slowest_ms=tally.delays[-1][0] if tally.delays else None,
            language=emergency.language,
            texts=[EmergencyText(text.language, text.title, text.message) for text in emergency.texts],
            pictogram=emergency.pictogram,
            sound=emergency.sound,
        )

    def progress(self, sites: Sites = None) -> EmergencyProgress:
        """How far it has come, for the pages."""
        incident, tally = self._incident, self._tally(sites)
        emergency, get = incident.emergency, self._roster.get
        slowest = tally.delays[-1] if tally.delays else None
        slowest_screen = None if slowest is None else get(slowest[1])
        targeted = incident.ledger.entries if sites is None else (e.device_id for e in self._own(sites))
        online = sum(
            screen is not None and screen.presence is Presence.ONLINE for screen in map(get, targeted)
        )
        return EmergencyProgress(
            id=emergency.id,
            title=emergency.title,
            message=emergency.message,
            severity=emergency.severity,
            status=self._status_now(),
            issued_ms=incident.issued_ms,
            issued_by=emergency.issued_by,
            scope=as_seen(emergency.scope, emergency.scope_text, sites, self._roster.site_of)[1],
            targeted=tally.targeted,
            online=online,
            sent=tally.sent,
            received=tally.received,
            rendered=tally.rendered,
            waiting=tally.waiting,
            still_showing=tally.still_showing,
            missing=tally.missing,
            expires_ms=incident.expires_ms,
            cleared_ms=incident.cleared_ms,
            cleared_by=incident.cleared_by,
            p50_ms=tally.percentile_ms(0.50),
            p99_ms=tally.percentile_ms(0.99),
            slowest_ms=None if slowest is None else slowest[0],
            slowest_screen=None if slowest_screen is None else slowest_screen.name,
            language=emergency.language,
            texts=list(emergency.texts),
            pictogram=emergency.pictogram,
            sound=emergency.sound,
        )

    def ledger(self, sites: Sites = None) -> list[LedgerEntry]:
        """Every screen of the emergency, in the order of (name, device id)."""
        shown = self._incident.ledger.entries.values() if sites is None else self._own(sites)
        entries = [_ledger_entry(entry, self._roster) for entry in shown]
        return sorted(entries, key=lambda entry: (entry.row.name, entry.row.device_id))

    def _own(self, sites: frozenset[str]) -> Iterator[Entry]:
        """The entries of the screens that are at these sites now."""
        entries = self._incident.ledger.entries
        for screen in self._roster.of_tenant(self._incident.emergency.tenant_id, sites):
            entry = entries.get(screen.id)
            if entry is not None:
                yield entry

    def _tally(self, sites: Sites) -> Tally:
        return self._incident.ledger.tally(None if sites is None else self._own(sites))

    def _status_now(self) -> EmergencyStatus:
        if self._status is not None:
            return self._status
        return EmergencyStatus.CLEARING if self._incident.ledger.clearing else EmergencyStatus.LIVE


def _ledger_entry(entry: Entry, roster: Roster) -> LedgerEntry:
    screen = roster.get(entry.device_id)
    row = LedgerRow(
        device_id=entry.device_id,
        name=entry.device_id if screen is None else screen.name,
        site=None if screen is None else screen.site,
        state=entry.state,
        missing=entry.missing,
        explanation=None,
        targeted_at=_instant(entry.targeted_ms),
        sent_at=_at(entry.sent_ms),
        received_at=_at(entry.received_ms),
        rendered_at=_at(entry.rendered_ms),
        hidden_at=_at(entry.hidden_ms),
        elapsed_ms=None if entry.rendered_ms is None else entry.rendered_ms - entry.targeted_ms,
        content_hash=entry.content_hash,
    )
    if screen is None:
        return LedgerEntry(row, entry.detail, Presence.OFFLINE, PresenceReason.NEVER_CONNECTED, None)
    return LedgerEntry(row, entry.detail, screen.presence, screen.reason, _at(screen.since_ms))


def _at(ms: int | None) -> datetime | None:
    return None if ms is None else _instant(ms)


def _instant(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)
