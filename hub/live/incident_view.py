"""An emergency in force, as the API shows it: from the board and the roster, whatever PostgreSQL does."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from actors.emergency.ledger import Entry
from hub.live.board import Incident
from hub.live.roster import Roster
from protocol.api import Emergency, LedgerRow
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
        status=EmergencyStatus.CLEARING if incident.ledger.clearing else EmergencyStatus.LIVE,
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
