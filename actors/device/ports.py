"""What a device actor needs from the world. Every call is synchronous, in memory, and does not fail."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from actors.runtime import Instant
from protocol.close_codes import CloseCode
from protocol.frames import Alert, DeviceEvent, Health, Playback, Receipt, Records, SettingsFrame
from protocol.vocabulary import CommandName, CommandStatus, PresenceReason


class Link(Protocol):
    """The socket of the moment, as an actor sees it."""

    emergency_version: int
    """The version of the last word about alerts that was written to it (`protocol.frames`, Rule 4): what the
    screen must say it has. Whoever writes such a word sets it."""

    @property
    def session_id(self) -> str:
        """What a session that begins on this link is called, in welcome and in logs."""

    @property
    def epoch(self) -> int:
        """Grows with every connection of the device, over all hubs: what it writes is refused once there is a
        higher one."""

    @property
    def ip_address(self) -> str:
        """Where the screen connects from."""

    @property
    def stalled(self) -> bool:
        """Whether something sent earlier still waits for the screen to read."""

    @property
    def backlog_bytes(self) -> int:
        """How much that is, beyond what the operating system keeps."""

    def send(self, payload: bytes) -> None:
        """Send one text frame; never blocks. A link that cannot keep up is closed by the gateway."""

    def send_encoded(self, frame: bytes) -> None:
        """Send the wire bytes of one text frame, made once for many links."""

    def close(self, code: CloseCode, reconnect_after_s: float | None = None) -> None:
        """Say goodbye and close. Idempotent."""


class WantedManifest(NamedTuple):
    """What a screen must play: number and digest. `frame`: the wire bytes that carry the whole of it, if it
    is small and at hand; else the screen fetches it, after a random part of `fetch_within_s`."""

    version: int
    digest: str
    frame: bytes | None
    fetch_within_s: float


class Surroundings(Protocol):
    """Where the effects of turns go: roster, journal, feed, ledgers. `hub.live` fulfils it."""

    def alerts_for(self, device_id: str) -> tuple[int, list[Alert]]:
        """The emergency version of now, and every live alert the screen must show, gravest first."""

    def alerts_delivered(self, device_id: str, alerts: list[Alert], now: Instant) -> None:
        """A whole truth was just sent to the screen: these alerts and no others."""

    def alert_receipt(self, device_id: str, receipt: Receipt, now: Instant) -> bool:
        """A receipt that may be about an alert; False when it is not."""

    def alerts_agreed(self, device_id: str, now: Instant) -> None:
        """The screen confirmed the version last sent to it: it shows what it must and nothing else."""

    def session_epoch(self, device_id: str) -> int:
        """The highest epoch that a link of the screen has had, as far as this hub knows."""

    def name(self, device_id: str) -> str:
        """What operators call it now; "" while nobody knows it."""

    def tenant_id(self, device_id: str) -> str:
        """Whose screen it is: part of what is signed of an alert."""

    def settings(self, device_id: str) -> SettingsFrame | None:
        """How the screen must be set up; None while nobody knows it."""

    def recorded(self, device_id: str, link: Link, records: Records) -> None:
        """What the screen recorded: it is kept, and answered on this link once it is in PostgreSQL."""

    def playlist_version(self, device_id: str) -> int:
        """The playlist version the screen must have."""

    def manifest(self, device_id: str) -> WantedManifest | None:
        """The manifest that this is; None while there is none."""

    def playlist_reported(self, device_id: str, version: int, wall_ms: int) -> None:
        """The screen says which version it plays: at its hello, and when it is another one."""

    def came_online(
        self, device_id: str, player_version: str, ip_address: str, wall_ms: int, *, epoch: int
    ) -> None:
        """A session has begun, or goes on, on a link of this epoch."""

    def went_offline(self, device_id: str, reason: PresenceReason, last_heard_ms: int, wall_ms: int) -> None:
        """The link is gone, and why."""

    def quarantined(self, device_id: str, for_s: float, fault: str, wall_ms: int) -> None:
        """The hub's own code failed again and again for this screen, and turns it away for a while: an
        operator must know. `fault`: the kind of error."""

    def playback_changed(self, device_id: str, playback: Playback, wall_ms: int) -> None:
        """The screen plays something else, or has another state."""

    def heartbeat_sampled(
        self,
        device_id: str,
        emergency_version: int,
        playback: Playback | None,
        health: Health | None,
        wall_ms: int,
    ) -> None:
        """A heartbeat worth keeping (at most one a minute)."""

    def event_reported(self, device_id: str, event: DeviceEvent, wall_ms: int) -> None:
        """The screen reported an event."""

    def command_changed(
        self,
        device_id: str,
        command_id: str,
        command: CommandName,
        status: CommandStatus,
        detail: str | None,
        wall_ms: int,
    ) -> None:
        """A command has a new status."""

    def pending_changed(self, device_id: str, pending: int) -> None:
        """How many commands have not ended."""


class Keeper(Protocol):
    """Who keeps the actor and its deadline: the fleet."""

    def expect_heartbeat(self, device_id: str, due_s: float) -> None:
        """Tell the actor `Silent` when `due_s` (monotonic) has passed, and the `due_s` that it has by then
        too."""

    def link_taken(self, device_id: str) -> None:
        """The actor has a link: it stays until it says otherwise."""

    def link_lost(self, device_id: str, until_s: float) -> None:
        """The actor has no link: forget the deadline, and from `until_s` (monotonic) on the actor too, unless
        it has another link by then."""
