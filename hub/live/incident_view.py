"""An emergency in force, as the API and the pages show it: from the board and the roster, whatever PostgreSQL
does."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from actors.emergency.ledger import Entry
from hub.live.incident import Incident
from hub.live.roster import Roster
from protocol.api import Emergency, LedgerRow
from protocol.live import EmergencyProgress
from protocol.vocabulary import EmergencyStatus, Presence, PresenceReason


class LedgerEntry(NamedTuple):
    """Fulfils `hub.use_cases.ports.LedgerEntry`."""

    row: LedgerRow
    detail: str | None
    presence: Presence
    presence_reason: PresenceReason
    presence_since: datetime | None


def as_emergency(incident: Incident) -> Emergency:
    """The emergency with its tallies of this moment."""
    emergency, tally = incident.emergency, incident.ledger.tally()
    return Emergency(
        id=emergency.id,
        title=emergency.title,
        message=emergency.message,
        severity=emergency.severity,
        scope=emergency.scope,
        scope_text=emergency.scope_text,
        status=_status(incident),
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
    )


def progress(incident: Incident, roster: Roster, status: EmergencyStatus | None = None) -> EmergencyProgress:
    """How far it has come, for the pages. `status`: its last one, when the case is closed."""
    emergency, tally = incident.emergency, incident.ledger.tally()
    slowest = tally.delays[-1] if tally.delays else None
    slowest_screen = None if slowest is None else roster.get(slowest[1])
    online = sum(
        screen is not None and screen.presence is Presence.ONLINE
        for screen in map(roster.get, incident.ledger.entries)
    )
    return EmergencyProgress(
        id=emergency.id,
        title=emergency.title,
        message=emergency.message,
        severity=emergency.severity,
        status=status or _status(incident),
        issued_ms=incident.issued_ms,
        issued_by=emergency.issued_by,
        scope=emergency.scope_text,
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
    )


def _status(incident: Incident) -> EmergencyStatus:
    return EmergencyStatus.CLEARING if incident.ledger.clearing else EmergencyStatus.LIVE


def ledger_entries(incident: Incident, roster: Roster) -> list[LedgerEntry]:
    """Every screen of the emergency, in the order of (name, device id)."""
    entries = [_ledger_entry(entry, roster) for entry in incident.ledger.entries.values()]
    return sorted(entries, key=lambda entry: (entry.row.name, entry.row.device_id))


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
