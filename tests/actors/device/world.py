"""The world of a device actor, as fakes that record: links, surroundings, a keeper, a loader, a clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from actors.device.fleet import Reading
from actors.device.messages import PendingCommand
from actors.device.ports import Link, WantedManifest
from actors.runtime import Instant
from protocol.close_codes import CloseCode
from protocol.codec import decode_downlink
from protocol.frames import (
    Ack,
    Alert,
    Command,
    DeviceEvent,
    Downlink,
    Health,
    Playback,
    Receipt,
    Records,
    Resumed,
    SettingsFrame,
    Welcome,
)
from protocol.vocabulary import CommandName, CommandStatus, PresenceReason, Severity

NOON_MS = 1_767_355_200_000
INTERVAL_S = 10.0


@dataclass
class RecordingLink:
    """Fulfils `actors.device.ports.Link`."""

    session_id: str = "session"
    epoch: int = 0
    emergency_version: int = 0
    ip_address: str = "127.0.0.1"
    stalled: bool = False
    backlog_bytes: int = 0
    sent: list[Downlink] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    closed: list[tuple[CloseCode, float | None]] = field(default_factory=list)

    def send(self, payload: bytes) -> None:
        self.sent.append(decode_downlink(payload))

    def send_encoded(self, frame: bytes) -> None:
        self.raw.append(frame)
        self.sent.append(decode_downlink(frame))

    def close(self, code: CloseCode, reconnect_after_s: float | None = None) -> None:
        self.closed.append((code, reconnect_after_s))

    @property
    def orders(self) -> list[str]:
        """The names of the commands that were written, in order."""
        return [frame.command.value for frame in self.sent if isinstance(frame, Command)]

    @property
    def welcomes(self) -> list[Welcome]:
        return [frame for frame in self.sent if isinstance(frame, Welcome)]

    @property
    def resumes(self) -> list[Resumed]:
        return [frame for frame in self.sent if isinstance(frame, Resumed)]

    @property
    def acks(self) -> list[Ack]:
        return [frame for frame in self.sent if isinstance(frame, Ack)]

    @property
    def commands(self) -> list[Command]:
        return [frame for frame in self.sent if isinstance(frame, Command)]

    @property
    def command_ids(self) -> list[str]:
        return [command.command_id for command in self.commands]

    @property
    def numbers(self) -> list[int | None]:
        """The `seq` of the commands that were written, in order."""
        return [command.seq for command in self.commands]


@dataclass
class World:
    """Fulfils `Surroundings`, `Keeper` and `PendingLoader`; keeps the time."""

    mono_s: float = 1_000.0
    version: int = 1
    playlist: int = 0
    wanted: WantedManifest | None = None
    wanted_settings: SettingsFrame | None = None
    reported: list[int] = field(default_factory=list)
    epochs: dict[str, int] = field(default_factory=dict)
    alerts: list[Alert] = field(default_factory=list)
    told: list[tuple[Any, ...]] = field(default_factory=list)
    due_s: dict[str, float] = field(default_factory=dict)
    kept_until_s: dict[str, float] = field(default_factory=dict)
    loads: list[Reading] = field(default_factory=list)
    raise_in: set[str] = field(default_factory=set)
    """Names of methods that fail: a fault in the hub's own code."""

    def now(self) -> Instant:
        return Instant(self.mono_s, NOON_MS + int((self.mono_s - 1_000.0) * 1000))

    def _tell(self, name: str, *what: Any) -> None:
        if name in self.raise_in:
            raise RuntimeError(f"a fault in {name}")
        self.told.append((name, *what))

    def of(self, name: str) -> list[tuple[Any, ...]]:
        """What was told under this name, without the name."""
        return [what[1:] for what in self.told if what[0] == name]

    # ---- Surroundings ----

    def alerts_for(self, device_id: str) -> tuple[int, list[Alert]]:
        return self.version, list(self.alerts)

    def alerts_delivered(self, device_id: str, alerts: list[Alert], now: Instant) -> None:
        self._tell("delivered", device_id, [alert.emergency_id for alert in alerts])

    def alert_receipt(self, device_id: str, receipt: Receipt, now: Instant) -> bool:
        self._tell("alert_receipt", device_id, receipt.command_id)
        return True

    def alerts_agreed(self, device_id: str, now: Instant) -> None:
        self._tell("agreed", device_id)

    def session_epoch(self, device_id: str) -> int:
        return self.epochs.get(device_id, 0)

    def tenant_id(self, device_id: str) -> str:
        return "tenant"

    def name(self, device_id: str) -> str:
        return "Lobby 2"

    def settings(self, device_id: str) -> SettingsFrame | None:
        return self.wanted_settings

    def recorded(self, device_id: str, link: Link, records: Records) -> None:
        self._tell("recorded", device_id, records)

    def playlist_version(self, device_id: str) -> int:
        return self.playlist

    def manifest(self, device_id: str) -> WantedManifest | None:
        return self.wanted

    def playlist_reported(self, device_id: str, version: int, wall_ms: int) -> None:
        self.reported.append(version)

    def came_online(
        self, device_id: str, player_version: str, ip_address: str, wall_ms: int, *, epoch: int
    ) -> None:
        self.epochs[device_id] = epoch
        self._tell("online", device_id)

    def went_offline(self, device_id: str, reason: PresenceReason, last_heard_ms: int, wall_ms: int) -> None:
        self._tell("offline", device_id, reason, last_heard_ms)

    def quarantined(self, device_id: str, for_s: float, fault: str, wall_ms: int) -> None:
        self._tell("quarantined", device_id, for_s, fault)

    def playback_changed(self, device_id: str, playback: Playback, wall_ms: int) -> None:
        self._tell("playback", device_id, playback.state, playback.item)

    def heartbeat_sampled(
        self,
        device_id: str,
        emergency_version: int,
        playback: Playback | None,
        health: Health | None,
        wall_ms: int,
    ) -> None:
        self._tell("sampled", device_id, wall_ms, health)

    def event_reported(self, device_id: str, event: DeviceEvent, wall_ms: int) -> None:
        self._tell("event", device_id, event.event)

    def command_changed(
        self,
        device_id: str,
        command_id: str,
        command: CommandName,
        status: CommandStatus,
        detail: str | None,
        wall_ms: int,
    ) -> None:
        self._tell("command", command_id, status)

    def pending_changed(self, device_id: str, pending: int) -> None:
        self._tell("pending", device_id, pending)

    # ---- Keeper ----

    def expect_heartbeat(self, device_id: str, due_s: float) -> None:
        self.due_s[device_id] = due_s

    def link_taken(self, device_id: str) -> None:
        self.kept_until_s.pop(device_id, None)

    def link_lost(self, device_id: str, until_s: float) -> None:
        self.kept_until_s[device_id] = until_s

    # ---- PendingLoader ----

    def load_pending(self, reading: Reading) -> None:
        self.loads.append(reading)

    @property
    def loaded_for(self) -> list[str]:
        """The screens whose open commands were read, once for each time."""
        return [reading.device_id for reading in self.loads]


def pending(
    command_id: str,
    status: CommandStatus = CommandStatus.QUEUED,
    *,
    expires_in_s: float = 3_600.0,
    command: CommandName = CommandName.PLAY,
) -> PendingCommand:
    """A committed command; it expires so many seconds after noon."""
    return PendingCommand(command_id, command, {}, NOON_MS + int(expires_in_s * 1000), status)


def alert(emergency_id: str) -> Alert:
    return Alert(emergency_id, "Fire", "Leave.", Severity.EXTREME, NOON_MS, f"hash-{emergency_id}")
