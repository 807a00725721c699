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
from typing import Protocol

import trio

from actors.device.ports import Link
from actors.emergency.ledger import Entry, Ledger
from actors.runtime import Instant
from hub.journal_records import EmergencyRecord, LedgerRecord
from hub.live.drills import Drills
from hub.live.incident import Incident, Sign
from hub.live.incident_view import IncidentView
from hub.live.roster import Roster, Screen
from hub.use_cases.realtime import LiveEmergency
from protocol.codec import encode
from protocol.frames import Alert, Receipt
from protocol.vocabulary import EmergencyStatus, ReceiptStatus

SLICE_S = 0.1
"""So long a fan-out writes before others have a turn: about 10,000 screens. Each turn of the others takes as
long as the answers that are there already, so in slices of 2 ms the last of 5,000 screens waited three times
as long for its alert. See docs/decisions/0020-what-an-alert-costs-a-screen.md."""

ROW_AFTER_MS = 250
"""A row says that its screen was sent the alert when no answer has come for so long. Most answer sooner, and
then one row goes to the pages instead of two: of what an alert costs a screen, a tenth."""

WRITES_PER_LOOK = 64
"""Links written between two looks at the clock: half a millisecond, which all their entries share."""


class Screens(Protocol):
    """The fleet, as the fast lane sees it."""

    def link_of(self, device_id: str) -> Link | None:
        """The link of the moment."""


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

    def emergency_changed(self, tenant_id: str, emergency_id: str, last: IncidentView | None = None) -> None:
        """The tallies changed. `last`: how it ended, when the board forgets it."""


class Board:
    """Incidents by id. All state changes are synchronous; only the fan-out yields, between two slices."""

    def __init__(
        self,
        roster: Roster,
        records: Records,
        clock: Callable[[], Instant],
        text_frame: Callable[[bytes], bytes],
        sign: Sign,
    ) -> None:
        self._roster = roster
        self._sign = sign
        self.drills = Drills(clock, text_frame, sign)
        self._text_frame = text_frame
        self._records = records
        self._clock = clock
        self._incidents: dict[str, Incident] = {}
        self._by_hide_id: dict[str, Incident] = {}
        self._version = 1
        self._screens: Screens
        self._changes: Changes

    def connect(self, screens: Screens, changes: Changes) -> None:
        """The board, the fleet and the feed know each other: the composition root ties the knot here."""
        self._screens = screens
        self._changes = changes
        self.drills.connect(screens)

    def __repr__(self) -> str:
        return f"<Board {list(self._incidents.values())!r}>"

    # ---- emergencies begin and end ----

    async def activate(self, emergency: LiveEmergency) -> tuple[int, int]:
        """Open the ledger and fan the alert out. Returns (targeted, online)."""
        incident = self._open(emergency)
        now_ms = incident.ms(self._clock())
        targets = self._roster.in_scope(emergency.tenant_id, emergency.scope)
        for screen in targets:
            incident.ledger.target(screen.id, now_ms)
        online = await self._fan_out(incident, [screen.id for screen in targets])
        # Also when it reaches no screen: then the ledger stays empty, and no beat would say so.
        self._changes.emergency_changed(emergency.tenant_id, emergency.id)
        return len(targets), online

    async def clear(self, emergency_id: str, cleared_ms: int, cleared_by: str | None) -> None:
        """Begin the all-clear and fan it out. Idempotent."""
        incident = self._incidents.get(emergency_id)
        if incident is None or incident.ledger.clearing:
            return
        incident.cleared_ms, incident.cleared_by = cleared_ms, cleared_by
        showing = incident.ledger.clear()
        self._records.emergency(incident.status_record(EmergencyStatus.CLEARING))
        if incident.ledger.changed:
            # Whoever was still waited for has no record yet, and after the all-clear its scope does not tell
            # (`restore`) that a screen may show the alert.
            self._publish(incident)
        await self._fan_out(incident, showing)
        self._refresh(incident, incident.ledger.entries)
        # Also when nobody is there to hear it: then nothing in the ledger changes, and no beat says so.
        self._changes.emergency_changed(incident.emergency.tenant_id, incident.emergency.id)

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
            now_ms = incident.ms(self._clock())
            for screen in self._roster.in_scope(emergency.tenant_id, emergency.scope):
                incident.ledger.target(screen.id, now_ms)
        self._refresh(incident, incident.ledger.entries)

    def _open(self, emergency: LiveEmergency) -> Incident:
        incident = Incident(emergency, self._clock(), self._sign)
        self._incidents[emergency.id] = incident
        self._by_hide_id[emergency.hide_command_id] = incident
        return incident

    async def _fan_out(self, incident: Incident, device_ids: Iterable[str]) -> int:
        """Write the alert, or the all-clear, to every live link of these screens; the number written."""
        version, frame = self._word(incident)
        ledger, clearing = incident.ledger, incident.ledger.clearing
        written = 0
        now = self._clock()
        now_ms, until_s = incident.ms(now), now.mono_s + SLICE_S
        for device_id in device_ids:
            link = self._screens.link_of(device_id)
            if link is None or (ledger.clearing and not clearing):
                continue
            link.send_encoded(frame)
            link.emergency_version = version
            if clearing:
                ledger.hide_sent(device_id)
            else:
                ledger.sent(device_id, now_ms)
            written += 1
            if written % WRITES_PER_LOOK == 0:
                now = self._clock()
                if now.mono_s >= until_s:
                    await trio.lowlevel.checkpoint()
                    if version != self._version:
                        version, frame = self._word(incident)
                    now = self._clock()
                    until_s = now.mono_s + SLICE_S
                now_ms = incident.ms(now)
        return written

    def _word(self, incident: Incident) -> tuple[int, bytes]:
        """What screens are told of it, under a version of its own: the newest one, whenever it is written.

        A screen that has the newest version has everything then. With an older one behind a newer, a screen
        whose link was lost between the two would come back with the newer, and be believed.
        """
        self._version += 1
        return self._version, self._text_frame(encode(incident.order(self._version)))

    # ---- what one screen must show ----

    def alerts_for(self, device_id: str) -> tuple[int, list[Alert]]:
        """The version of now, and the live alerts for this screen, gravest first."""
        screen = self._roster.get(device_id)
        if screen is None or not self._incidents:
            return self._version, []
        now = self._clock()
        live = [incident for incident in self._incidents.values() if incident.is_for(screen, now)]
        live.sort(key=lambda incident: (incident.gravity, -incident.issued_ms))
        return self._version, [incident.alert for incident in live]

    def delivered(self, device_id: str, alerts: list[Alert], now: Instant) -> None:
        """A whole truth was sent to the screen: these alerts and no others, so it is an all-clear too."""
        for alert in alerts:
            incident = self._incidents[alert.emergency_id]
            incident.ledger.target(device_id, incident.ms(now))
            incident.ledger.sent(device_id, incident.ms(now))
        for incident in self._incidents.values():
            if incident.ledger.clearing and device_id in incident.ledger.entries:
                incident.ledger.hide_sent(device_id)

    def reconsider(self, screen: Screen) -> None:
        """The screen's site, groups or status changed: it may have come into a scope."""
        now = self._clock()
        for incident in self._incidents.values():
            if screen.id in incident.ledger.entries or not incident.is_for(screen, now):
                continue
            incident.ledger.target(screen.id, incident.ms(now))
            link = self._screens.link_of(screen.id)
            if link is not None:
                link.emergency_version, frame = self._word(incident)
                link.send_encoded(frame)
                incident.ledger.sent(screen.id, incident.ms(now))

    # ---- what screens say ----

    def receipt(self, device_id: str, receipt: Receipt, now: Instant) -> bool:
        """A receipt that may be about an alert; False when it is not."""
        incident = self._incidents.get(receipt.command_id)
        if incident is not None:
            self._shown(incident.ledger, device_id, receipt, incident.ms(now))
            return True
        incident = self._by_hide_id.get(receipt.command_id)
        if incident is not None and receipt.status is ReceiptStatus.SUCCEEDED:
            incident.ledger.hidden(device_id, incident.ms(now))
        return incident is not None or self.drills.receipt(device_id, receipt, now)

    @staticmethod
    def _shown(ledger: Ledger, device_id: str, receipt: Receipt, now_ms: int) -> None:
        match receipt.status:
            case ReceiptStatus.RENDERED:
                ledger.rendered(device_id, receipt.content_hash, now_ms)
            case ReceiptStatus.RECEIVED:
                ledger.received(device_id, now_ms)
            case ReceiptStatus.SUCCEEDED:
                ledger.hidden(device_id, now_ms)
            case ReceiptStatus.FAILED | ReceiptStatus.REJECTED:
                ledger.refused(device_id, receipt.detail)

    def agreed(self, device_id: str, now: Instant) -> None:
        """The screen has applied everything that was written to its link."""
        for incident in self._incidents.values():
            if incident.ledger.clearing:
                incident.ledger.agreed(device_id, incident.ms(now))

    def went_offline(self, device_id: str) -> None:
        """The screen's link is gone."""
        for incident in self._incidents.values():
            incident.ledger.went_offline(device_id)
        self.drills.went_offline(device_id)

    # ---- time ----

    async def beat(self) -> None:
        """Expiries, verdicts, and the record of what changed. Called about ten times a second."""
        for incident in tuple(self._incidents.values()):
            ledger, now = incident.ledger, self._clock()
            if not ledger.clearing and incident.has_expired(now):
                await self.clear(incident.emergency.id, now.wall_ms, None)
            for device_id in ledger.verdicts_due(incident.ms(now)):
                link = self._screens.link_of(device_id)
                ledger.judge(device_id, stalled=link is not None and link.stalled)
            if ledger.changed:
                self._publish(incident)
            if ledger.clearing and ledger.still_showing() == 0:
                self._close(incident)

    def _publish(self, incident: Incident) -> None:
        ledger, sent_before_ms = incident.ledger, incident.ms(self._clock()) - ROW_AFTER_MS
        changed, ledger.changed = ledger.changed, set()
        told: list[str] = []
        for device_id in changed:
            entry = ledger.entries[device_id]
            # Recorded once, with its answer or its verdict, which comes within two seconds. Restored before
            # that, it would be what it is without a record: in scope, and nothing known of it.
            if not entry.waiting:
                screen = self._roster.get(device_id)
                self._records.ledger(incident.entry_record(entry, 0 if screen is None else screen.epoch))
            elif entry.sent_ms is not None and entry.sent_ms > sent_before_ms:
                ledger.changed.add(device_id)
                continue
            told.append(device_id)
        self._refresh(incident, told)
        self._changes.emergency_changed(incident.emergency.tenant_id, incident.emergency.id)

    def sign_off(self, emergency_id: str) -> None:
        """Somebody answers for the screens that may still show it: the case is closed."""
        incident = self._incidents.get(emergency_id)
        if incident is not None and incident.ledger.clearing:
            self._publish(incident)
            self._close(incident)

    def _close(self, incident: Incident) -> None:
        emergency = incident.emergency
        last = IncidentView(incident, self._roster, EmergencyStatus.CLEARED)
        del self._incidents[emergency.id]
        del self._by_hide_id[emergency.hide_command_id]
        self._records.emergency(incident.status_record(EmergencyStatus.CLEARED))
        self._changes.emergency_changed(emergency.tenant_id, emergency.id, last)

    def _refresh(self, incident: Incident, device_ids: Iterable[str]) -> None:
        """Set the alert of these rows: that of the gravest incident in force that names the screen."""
        tenant_id = incident.emergency.tenant_id
        in_force = [
            each
            for each in self._incidents.values()
            if each.emergency.tenant_id == tenant_id and not each.ledger.clearing
        ]
        in_force.sort(key=lambda each: each.gravity)
        for device_id in device_ids:
            screen = self._roster.get(device_id)
            if screen is None:
                continue
            before = screen.alert_id, screen.alert_state, screen.alert_missing
            screen.alert_id = screen.alert_state = screen.alert_missing = None
            for each in in_force:
                entry = each.ledger.entries.get(device_id)
                if entry is not None:
                    screen.alert_id = each.emergency.id
                    screen.alert_state, screen.alert_missing = entry.state, entry.missing
                    break
            if before != (screen.alert_id, screen.alert_state, screen.alert_missing):
                self._changes.screen_changed(tenant_id, device_id)

    def now_ms(self) -> int:
        """The board's clock: milliseconds since the Unix epoch."""
        return self._clock().wall_ms

    # ---- for the pages ----

    def view(self, tenant_id: str, emergency_id: str) -> IncidentView | None:
        """The tenant's emergency, while it is on the board."""
        incident = self._incidents.get(emergency_id)
        if incident is None or incident.emergency.tenant_id != tenant_id:
            return None
        return IncidentView(incident, self._roster)

    def in_force(self, tenant_id: str) -> list[IncidentView]:
        """The tenant's emergencies that are live or clearing."""
        mine = (each for each in self._incidents.values() if each.emergency.tenant_id == tenant_id)
        return [IncidentView(incident, self._roster) for incident in mine]
