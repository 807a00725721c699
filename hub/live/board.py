"""The emergencies in force, their ledgers, and the fast lane that takes an alert to every screen.

Rule 1: the alert is encoded once and written straight to each live link; no mailbox, no queue, no query in
        between.
Rule 2: what a screen must show is decided here, from scope and ledger, at every connect and every heartbeat
        that disagrees: level-triggered. A push that is lost costs one heartbeat, not the alert.
Rule 3: once targeted, a screen stays targeted until the all-clear; a screen that comes into scope later
        joins.
Rule 4: an emergency leaves the board when it is cleared and no screen may still show it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Protocol

import trio

from actors.device.ports import Link
from actors.emergency.ledger import Entry, Ledger
from hub.journal import EmergencyRecord, LedgerRecord
from hub.live.roster import Reach, Roster, Screen
from hub.use_cases.realtime import LiveEmergency
from protocol.codec import encode
from protocol.frames import Alert, Command, Receipt
from protocol.live import EmergencyProgress
from protocol.vocabulary import (
    CommandName,
    EmergencyStatus,
    Presence,
    ReceiptStatus,
    Severity,
)

WRITES_PER_SLICE = 250
"""Links written between two checkpoints of a fan-out: a few milliseconds."""

GRAVITY = {severity: rank for rank, severity in enumerate(Severity)}


class Screens(Protocol):
    """The fleet, as the fast lane sees it."""

    def link_of(self, device_id: str) -> Link | None:
        """The link of the moment."""

    def alert_sent(self, device_id: str, version: int) -> None:
        """An alert or an all-clear with this version was written to the link."""


class Records(Protocol):
    """The journal, as the board sees it."""

    def ledger(self, record: LedgerRecord) -> None:
        """Record an entry."""

    def emergency(self, record: EmergencyRecord) -> None:
        """Record a status."""


class Changes(Protocol):
    """The feed, as the board sees it."""

    def screen_changed(self, tenant_id: str, device_id: str) -> None:
        """A row shows another alert state."""

    def emergency_changed(
        self, tenant_id: str, emergency_id: str, last: EmergencyProgress | None = None
    ) -> None:
        """The tallies changed."""


class Incident:
    """One emergency on the board."""

    def __init__(self, emergency: LiveEmergency) -> None:
        self.emergency = emergency
        self.reach = Reach.of(emergency.scope)
        self.issued_ms = to_ms(emergency.issued_at)
        self.expires_ms = None if emergency.expires_at is None else to_ms(emergency.expires_at)
        self.ledger = Ledger(emergency.content_hash, self.issued_ms)
        self.cleared_ms: int | None = None
        self.cleared_by: str | None = None
        self.alert = Alert(
            emergency_id=emergency.id,
            title=emergency.title,
            message=emergency.message,
            severity=emergency.severity,
            issued_ms=self.issued_ms,
            content_hash=emergency.content_hash,
            expires_ms=self.expires_ms,
        )

    def __repr__(self) -> str:
        return f"<Incident {self.emergency.title!r} {self.ledger!r}>"


class Board:
    """Incidents by id. All state changes are synchronous; only the fan-out yields, between two slices."""

    def __init__(
        self,
        roster: Roster,
        records: Records,
        wall_ms: Callable[[], int],
        text_frame: Callable[[bytes], bytes],
    ) -> None:
        self._roster = roster
        self._text_frame = text_frame
        self._records = records
        self._wall_ms = wall_ms
        self._incidents: dict[str, Incident] = {}
        self._by_hide_id: dict[str, Incident] = {}
        self._version = 1
        self._screens: Screens
        self._changes: Changes

    def connect(self, screens: Screens, changes: Changes) -> None:
        """The board, the fleet and the feed know each other: the composition root ties the knot here."""
        self._screens = screens
        self._changes = changes

    def __repr__(self) -> str:
        return f"<Board {list(self._incidents.values())!r}>"

    # ---- emergencies begin and end ----

    async def activate(self, emergency: LiveEmergency) -> tuple[int, int]:
        """Open the ledger and fan the alert out. Returns (targeted, online)."""
        incident = self._open(emergency)
        now_ms = self._wall_ms()
        targets = self._roster.in_scope(emergency.tenant_id, emergency.scope)
        for screen in targets:
            incident.ledger.target(screen.id, now_ms)
        online = await self._fan_out(incident, [screen.id for screen in targets])
        self._publish(incident)
        return len(targets), online

    async def clear(self, emergency_id: str, cleared_ms: int, cleared_by: str | None) -> None:
        """Begin the all-clear and fan it out. Idempotent."""
        incident = self._incidents.get(emergency_id)
        if incident is None or incident.ledger.clearing:
            return
        incident.cleared_ms, incident.cleared_by = cleared_ms, cleared_by
        showing = incident.ledger.clear()
        self._record_status(incident, EmergencyStatus.CLEARING)
        await self._fan_out(incident, showing)
        for entry in incident.ledger.entries:
            self._refresh_screen(entry)
        self._publish(incident)

    def restore(
        self,
        emergency: LiveEmergency,
        cleared_ms: int | None,
        cleared_by: str | None,
        entries: Iterable[Entry],
    ) -> None:
        """Put an emergency back that was live or clearing when the hub stopped."""
        incident = self._open(emergency)
        incident.cleared_ms, incident.cleared_by = cleared_ms, cleared_by
        incident.ledger.clearing = cleared_ms is not None
        for entry in entries:
            incident.ledger.restore(entry)
        if not incident.ledger.clearing:
            for screen in self._roster.in_scope(emergency.tenant_id, emergency.scope):
                incident.ledger.target(screen.id, self._wall_ms())
        for device_id in incident.ledger.entries:
            self._refresh_screen(device_id)

    def _open(self, emergency: LiveEmergency) -> Incident:
        incident = Incident(emergency)
        self._incidents[emergency.id] = incident
        self._by_hide_id[emergency.hide_command_id] = incident
        return incident

    async def _fan_out(self, incident: Incident, device_ids: Iterable[str]) -> int:
        """Write the alert, or the all-clear, to every live link of these screens; the number written."""
        self._version += 1
        version = self._version
        frame = self._order(incident, version)
        clearing = incident.ledger.clearing
        written = 0
        for device_id in device_ids:
            link = self._screens.link_of(device_id)
            if link is None or (incident.ledger.clearing and not clearing):
                continue
            link.send_encoded(frame)
            self._screens.alert_sent(device_id, version)
            self._sent(incident, device_id)
            written += 1
            if written % WRITES_PER_SLICE == 0:
                await trio.lowlevel.checkpoint()
        return written

    def _sent(self, incident: Incident, device_id: str) -> None:
        if incident.ledger.clearing:
            incident.ledger.hide_sent(device_id)
        else:
            incident.ledger.sent(device_id, self._wall_ms())

    def _order(self, incident: Incident, version: int) -> bytes:
        emergency = incident.emergency
        if incident.ledger.clearing:
            order = Command(
                emergency.hide_command_id,
                CommandName.EMERGENCY_HIDE,
                {"emergency_id": emergency.id, "emergency_version": version},
            )
        else:
            order = Command(
                emergency.id,
                CommandName.EMERGENCY_SHOW,
                {"alert": incident.alert, "emergency_version": version},
                incident.expires_ms,
            )
        return self._text_frame(encode(order))

    # ---- what one screen must show ----

    def alerts_for(self, device_id: str) -> tuple[int, list[Alert]]:
        """The version of now, and the live alerts for this screen, gravest first."""
        screen = self._roster.get(device_id)
        if screen is None or not self._incidents:
            return self._version, []
        now_ms = self._wall_ms()
        live = [i for i in self._incidents.values() if self._is_for(i, screen, now_ms)]
        live.sort(key=lambda incident: (GRAVITY[incident.emergency.severity], -incident.issued_ms))
        return self._version, [incident.alert for incident in live]

    @staticmethod
    def _is_for(incident: Incident, screen: Screen, now_ms: int) -> bool:
        emergency = incident.emergency
        if incident.ledger.clearing or emergency.tenant_id != screen.tenant_id:
            return False
        if incident.expires_ms is not None and incident.expires_ms <= now_ms:
            return False
        return screen.id in incident.ledger.entries or screen.within(incident.reach)

    def delivered(self, device_id: str, alerts: list[Alert], wall_ms: int) -> None:
        """A whole truth was sent to the screen: these alerts and no others, so it is an all-clear too."""
        for alert in alerts:
            incident = self._incidents[alert.emergency_id]
            incident.ledger.target(device_id, wall_ms)
            incident.ledger.sent(device_id, wall_ms)
        for incident in self._incidents.values():
            if incident.ledger.clearing and device_id in incident.ledger.entries:
                incident.ledger.hide_sent(device_id)

    def reconsider(self, screen: Screen) -> None:
        """The screen's site, groups or status changed: it may have come into a scope."""
        for incident in self._incidents.values():
            known = screen.id in incident.ledger.entries
            if known or not self._is_for(incident, screen, self._wall_ms()):
                continue
            incident.ledger.target(screen.id, self._wall_ms())
            link = self._screens.link_of(screen.id)
            if link is not None:
                self._version += 1
                link.send_encoded(self._order(incident, self._version))
                self._screens.alert_sent(screen.id, self._version)
                incident.ledger.sent(screen.id, self._wall_ms())

    # ---- what screens say ----

    def receipt(self, device_id: str, receipt: Receipt, wall_ms: int) -> bool:
        """A receipt that may be about an alert; False when it is not."""
        incident = self._incidents.get(receipt.command_id)
        if incident is not None:
            self._shown(incident.ledger, device_id, receipt, wall_ms)
            return True
        incident = self._by_hide_id.get(receipt.command_id)
        if incident is not None and receipt.status is ReceiptStatus.SUCCEEDED:
            incident.ledger.hidden(device_id, wall_ms)
        return incident is not None

    @staticmethod
    def _shown(ledger: Ledger, device_id: str, receipt: Receipt, wall_ms: int) -> None:
        match receipt.status:
            case ReceiptStatus.RECEIVED:
                ledger.received(device_id, wall_ms)
            case ReceiptStatus.RENDERED:
                ledger.rendered(device_id, receipt.content_hash, wall_ms)
            case ReceiptStatus.SUCCEEDED:
                ledger.hidden(device_id, wall_ms)
            case ReceiptStatus.FAILED | ReceiptStatus.REJECTED:
                ledger.refused(device_id, receipt.detail)

    def agreed(self, device_id: str, wall_ms: int) -> None:
        """The screen has applied everything that was written to its link."""
        for incident in self._incidents.values():
            incident.ledger.agreed(device_id, wall_ms)

    def went_offline(self, device_id: str) -> None:
        """The screen's link is gone."""
        for incident in self._incidents.values():
            incident.ledger.went_offline(device_id)

    # ---- time ----

    async def beat(self) -> None:
        """Expiries, verdicts, and the record of what changed. Called about ten times a second."""
        now_ms = self._wall_ms()
        for incident in tuple(self._incidents.values()):
            ledger = incident.ledger
            if not ledger.clearing and incident.expires_ms is not None and incident.expires_ms <= now_ms:
                await self.clear(incident.emergency.id, now_ms, None)
            for device_id in ledger.verdicts_due(now_ms):
                link = self._screens.link_of(device_id)
                ledger.judge(device_id, stalled=link is not None and link.stalled)
            if ledger.changed:
                self._publish(incident)
            if ledger.clearing and ledger.still_showing() == 0:
                self._close(incident)

    def _publish(self, incident: Incident) -> None:
        ledger, tenant_id = incident.ledger, incident.emergency.tenant_id
        changed, ledger.changed = ledger.changed, set()
        for device_id in changed:
            self._records.ledger(self._record(incident, ledger.entries[device_id]))
            self._refresh_screen(device_id)
        self._changes.emergency_changed(tenant_id, incident.emergency.id)

    def sign_off(self, emergency_id: str) -> None:
        """Somebody answers for the screens that may still show it: the case is closed."""
        incident = self._incidents.get(emergency_id)
        if incident is not None and incident.ledger.clearing:
            self._publish(incident)
            self._close(incident)

    def _close(self, incident: Incident) -> None:
        emergency = incident.emergency
        last = self.progress(emergency.id, EmergencyStatus.CLEARED)
        del self._incidents[emergency.id]
        del self._by_hide_id[emergency.hide_command_id]
        self._record_status(incident, EmergencyStatus.CLEARED)
        self._changes.emergency_changed(emergency.tenant_id, emergency.id, last)

    def _record_status(self, incident: Incident, status: EmergencyStatus) -> None:
        emergency = incident.emergency
        self._records.emergency(
            EmergencyRecord(emergency.tenant_id, emergency.id, status, incident.cleared_ms)
        )

    @staticmethod
    def _record(incident: Incident, entry: Entry) -> LedgerRecord:
        return LedgerRecord(
            incident.emergency.tenant_id,
            incident.emergency.id,
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
        )

    def _refresh_screen(self, device_id: str) -> None:
        """Set the row's alert: that of the gravest incident in force that names the screen."""
        screen = self._roster.get(device_id)
        if screen is None:
            return
        gravest: Incident | None = None
        for incident in self._incidents.values():
            if device_id in incident.ledger.entries and not incident.ledger.clearing:
                gravity = GRAVITY[incident.emergency.severity]
                if gravest is None or gravity < GRAVITY[gravest.emergency.severity]:
                    gravest = incident
        entry = None if gravest is None else gravest.ledger.entries[device_id]
        screen.alert_id = None if gravest is None else gravest.emergency.id
        screen.alert_state = None if entry is None else entry.state
        screen.alert_missing = None if entry is None else entry.missing
        self._changes.screen_changed(screen.tenant_id, device_id)

    def now_ms(self) -> int:
        """The board's clock: milliseconds since the Unix epoch."""
        return self._wall_ms()

    # ---- for the pages ----

    def incident(self, tenant_id: str, emergency_id: str) -> Incident | None:
        """The tenant's emergency, while it is on the board."""
        incident = self._incidents.get(emergency_id)
        return incident if incident is not None and incident.emergency.tenant_id == tenant_id else None

    def in_force(self, tenant_id: str) -> list[str]:
        """Ids of the tenant's emergencies that are live or clearing."""
        return [i.emergency.id for i in self._incidents.values() if i.emergency.tenant_id == tenant_id]

    def progress(self, emergency_id: str, status: EmergencyStatus | None = None) -> EmergencyProgress | None:
        """The tallies now; None when the emergency is not on the board."""
        incident = self._incidents.get(emergency_id)
        if incident is None:
            return None
        emergency, tally = incident.emergency, incident.ledger.tally()
        slowest = tally.delays[-1] if tally.delays else None
        slowest_screen = None if slowest is None else self._roster.get(slowest[1])
        online = sum(
            screen is not None and screen.presence is Presence.ONLINE
            for screen in map(self._roster.get, incident.ledger.entries)
        )
        clearing = EmergencyStatus.CLEARING if incident.ledger.clearing else EmergencyStatus.LIVE
        return EmergencyProgress(
            id=emergency.id,
            title=emergency.title,
            message=emergency.message,
            severity=emergency.severity,
            status=status or clearing,
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


def to_ms(instant: datetime) -> int:
    """Milliseconds since the Unix epoch of an aware datetime."""
    return int(instant.astimezone(UTC).timestamp() * 1000)
