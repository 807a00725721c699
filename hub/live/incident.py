"""One emergency on the board: its ledger, its orders to the screens, its records, and its own clock.

Rule 1: a ledger's instants run on the incident's clock: the wall clock of the moment it came on the board,
        and steady time from there. A step of the wall clock changes neither the order of what happened, nor
        how long it took, nor when the verdict falls.
Rule 2: its orders are numbered: the alert is 1, the all-clear 2. A screen ignores the lower after the higher.
Rule 3: its alert is signed once, when it comes on the board, by the key of then: also after a restart.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from actors.emergency.ledger import Entry, Ledger
from actors.runtime import Instant
from hub.journal_records import EmergencyRecord, LedgerRecord
from hub.live.roster import Reach, Screen
from hub.use_cases.realtime import LiveEmergency
from protocol.frames import Alert, Command
from protocol.vocabulary import CommandName, EmergencyStatus, Severity

ALERT_SEQUENCE = 1
ALL_CLEAR_SEQUENCE = 2

Sign = Callable[[str, Alert], Alert]
"""The alert with the hub's signature, for the screens of this tenant."""

_GRAVITY = {severity: rank for rank, severity in enumerate(Severity)}


class Incident:
    """`opened`: when it came on the board."""

    def __init__(self, emergency: LiveEmergency, opened: Instant, sign: Sign) -> None:
        self.emergency = emergency
        self.reach = Reach.of(emergency.scope)
        self.issued_ms = to_ms(emergency.issued_at)
        self.expires_ms = None if emergency.expires_at is None else to_ms(emergency.expires_at)
        self.ledger = Ledger(emergency.content_hash, self.issued_ms)
        self.cleared_ms: int | None = None
        self.cleared_by: str | None = None
        alert = Alert(
            emergency_id=emergency.id,
            title=emergency.title,
            message=emergency.message,
            severity=emergency.severity,
            issued_ms=self.issued_ms,
            content_hash=emergency.content_hash,
            expires_ms=self.expires_ms,
            sequence=ALERT_SEQUENCE,
            language=emergency.language,
            texts=list(emergency.texts),
            pictogram=emergency.pictogram,
            sound=emergency.sound,
        )
        self.alert = sign(emergency.tenant_id, alert)
        self._ahead_ms = opened.wall_ms - opened.mono_s * 1000.0

    def __repr__(self) -> str:
        return f"<Incident {self.emergency.title!r} {self.ledger!r}>"

    @property
    def gravity(self) -> int:
        """0 is the gravest."""
        return _GRAVITY[self.emergency.severity]

    def ms(self, now: Instant) -> int:
        """Now, by the incident's clock (Rule 1): milliseconds since the Unix epoch."""
        return round(now.mono_s * 1000.0 + self._ahead_ms)

    def has_expired(self, now: Instant) -> bool:
        """Whether its time is over. Until when it is meant is a matter of the wall clock."""
        return self.expires_ms is not None and self.expires_ms <= now.wall_ms

    def is_for(self, screen: Screen, now: Instant) -> bool:
        """Whether the screen must show it now."""
        if self.ledger.clearing or self.emergency.tenant_id != screen.tenant_id or self.has_expired(now):
            return False
        return screen.id in self.ledger.entries or screen.within(self.reach)

    def order(self, version: int) -> Command:
        """What screens are told: show it, or after the all-clear hide it."""
        emergency = self.emergency
        if self.ledger.clearing:
            hide = {
                "emergency_id": emergency.id,
                "emergency_version": version,
                "sequence": ALL_CLEAR_SEQUENCE,
            }
            return Command(emergency.hide_command_id, CommandName.EMERGENCY_HIDE, hide)
        show = {"alert": self.alert, "emergency_version": version}
        return Command(emergency.id, CommandName.EMERGENCY_SHOW, show, self.expires_ms)

    def status_record(self, status: EmergencyStatus) -> EmergencyRecord:
        """For the journal."""
        return EmergencyRecord(self.emergency.tenant_id, self.emergency.id, status, self.cleared_ms)

    def entry_record(self, entry: Entry, epoch: int) -> LedgerRecord:
        """For the journal. `epoch`: of the screen's session."""
        return LedgerRecord(
            self.emergency.tenant_id,
            self.emergency.id,
            entry.device_id,
            entry.state,
            entry.missing,
            entry.detail,
            entry.targeted_ms,
            entry.sent_ms,
            entry.received_ms,
            entry.rendered_ms,
            entry.hidden_ms,
            entry.content_hash,
            epoch,
        )


def to_ms(instant: datetime) -> int:
    """Milliseconds since the Unix epoch of an aware datetime."""
    return int(instant.astimezone(UTC).timestamp() * 1000)
