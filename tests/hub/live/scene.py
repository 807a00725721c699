"""The live side on a stage: a real board, roster and ledger; screens whose links record what was written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from actors.runtime import Instant
from hub.journal_records import EmergencyRecord, LedgerRecord
from hub.live.board import Board
from hub.live.incident_view import IncidentView
from hub.live.roster import Roster, Screen
from hub.use_cases.realtime import LiveEmergency
from protocol.api import Scope
from protocol.frames import Receipt
from protocol.live import EmergencyProgress
from protocol.vocabulary import DeviceStatus, Presence, Severity
from tests.actors.device.world import RecordingLink
from tests.fakes import KEYS

TENANT = "tenant-1"
START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
START_MS = int(START.timestamp() * 1000)


@dataclass
class Scene:
    """Everything around a board. `now_ms` is steady time, `wall_ahead_ms` how far the wall clock was
    put forward; `encodings` counts frames made for the wire."""

    now_ms: int = START_MS
    links: dict[str, RecordingLink] = field(default_factory=dict)
    ledger_records: list[LedgerRecord] = field(default_factory=list)
    statuses: list[EmergencyRecord] = field(default_factory=list)
    changed_rows: list[tuple[str, str]] = field(default_factory=list)
    progress: list[tuple[str, EmergencyProgress | None]] = field(default_factory=list)
    encodings: int = 0
    wall_ahead_ms: int = 0
    ended: Callable[[IncidentView], None] = lambda view: None

    def __post_init__(self) -> None:
        self.roster = Roster()
        self.board = Board(self.roster, self, self.clock, self._text_frame, KEYS.signed)
        self.board.connect(self, self)

    def _text_frame(self, payload: bytes) -> bytes:
        self.encodings += 1
        return payload

    def clock(self) -> Instant:
        return Instant((self.now_ms - START_MS) / 1000.0, self.now_ms + self.wall_ahead_ms)

    # ---- Screens ----

    def link_of(self, device_id: str) -> RecordingLink | None:
        return self.links.get(device_id)

    # ---- Records ----

    def ledger(self, record: LedgerRecord) -> None:
        self.ledger_records.append(record)

    def emergency(self, record: EmergencyRecord) -> None:
        self.statuses.append(record)

    # ---- Changes ----

    def screen_changed(self, tenant_id: str, device_id: str) -> None:
        self.changed_rows.append((tenant_id, device_id))

    def emergency_changed(self, tenant_id: str, emergency_id: str, last: IncidentView | None = None) -> None:
        self.progress.append((emergency_id, None if last is None else last.progress()))
        if last is not None:
            self.ended(last)

    # ---- what tests do ----

    def screen(
        self, device_id: str, *, online: bool = True, tenant_id: str = TENANT, **identity: Any
    ) -> Screen:
        """An approved screen; `identity`: fields of the roster's row."""
        screen = Screen(device_id, tenant_id)
        screen.name, screen.status = f"Screen {device_id}", DeviceStatus.APPROVED
        for name, value in identity.items():
            setattr(screen, name, value)
        if online:
            screen.presence = Presence.ONLINE
            self.links[device_id] = RecordingLink()
        return self.roster.put(screen)

    def seen(self, emergency_id: str, *sites: str) -> EmergencyProgress | None:
        """The tallies, as a page shows them, of the screens of these sites (none: of all)."""
        view = self.board.view(TENANT, emergency_id)
        return None if view is None else view.progress(frozenset(sites) if sites else None)

    def slow_screens(self, number: int) -> None:
        """So many screens, `s0000` and on; each frame to one of them takes two milliseconds."""
        scene = self

        class Slow(RecordingLink):
            def send_encoded(self, frame: bytes) -> None:
                super().send_encoded(frame)
                scene.now_ms += 2

        for each in range(number):
            self.screen(f"s{each:04}")
            self.links[f"s{each:04}"] = Slow()

    def connect(self, device_id: str) -> list[str]:
        """What a device's actor does at connect; the ids of the alerts in its welcome."""
        self.links[device_id] = RecordingLink()
        _, alerts = self.board.alerts_for(device_id)
        self.board.delivered(device_id, alerts, self.clock())
        return [alert.emergency_id for alert in alerts]

    def says(self, device_id: str, receipt: Receipt) -> bool:
        """A receipt comes in; whether it is about an alert."""
        return self.board.receipt(device_id, receipt, self.clock())

    def agrees(self, device_id: str) -> None:
        """A heartbeat with the version that was written to the link."""
        self.board.agreed(device_id, self.clock())

    def disconnect(self, device_id: str) -> None:
        del self.links[device_id]
        self.board.went_offline(device_id)


def emergency(
    emergency_id: str = "fire",
    *,
    scope: Scope | None = None,
    severity: Severity = Severity.EXTREME,
    expires_in_s: float | None = None,
    tenant_id: str = TENANT,
) -> LiveEmergency:
    """An emergency whose row is committed."""
    return LiveEmergency(
        id=emergency_id,
        hide_command_id=f"hide-{emergency_id}",
        tenant_id=tenant_id,
        title=f"{emergency_id}!",
        message="Leave the building.",
        severity=severity,
        scope=scope or Scope(),
        scope_text="all screens",
        content_hash=f"hash-{emergency_id}",
        issued_at=START,
        issued_by="op@example.org",
        expires_at=None if expires_in_s is None else START + timedelta(seconds=expires_in_s),
    )
