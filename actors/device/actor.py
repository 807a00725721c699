"""The actor of one connected screen. It only dispatches: the state is `Shadow`, the effects are
`Surroundings`.

Rule 1: one link at a time. A newer one supersedes; what an older one still says or does has no effect.
Rule 2: only what the device sends counts as life.
Rule 3: `welcome` is the first frame of a link and carries every live alert; a cancelled one is never in it.
"""

from __future__ import annotations

from typing import assert_never

from actors.device.messages import (
    AlertSent,
    Connected,
    Cut,
    DeviceMessage,
    Disconnected,
    Heard,
    PendingCommand,
    Queued,
    Silent,
)
from actors.device.ports import Keeper, Link, Surroundings
from actors.device.shadow import HEARTBEATS_UNTIL_OFFLINE, Shadow
from actors.runtime import Instant
from protocol.close_codes import CloseCode
from protocol.codec import encode
from protocol.frames import (
    Ack,
    Command,
    DeviceEvent,
    DeviceGoodbye,
    Error,
    Heartbeat,
    Hello,
    Playback,
    Receipt,
    Welcome,
)
from protocol.vocabulary import CommandStatus, EventName, PlaybackState, PresenceReason, ReceiptStatus

COMMAND_STATUS_OF_RECEIPT = {
    ReceiptStatus.RECEIVED: CommandStatus.RECEIVED,
    ReceiptStatus.RENDERED: CommandStatus.SUCCEEDED,
    ReceiptStatus.SUCCEEDED: CommandStatus.SUCCEEDED,
    ReceiptStatus.FAILED: CommandStatus.FAILED,
    ReceiptStatus.REJECTED: CommandStatus.REJECTED,
}

PLAYBACK_OF_EVENT = {
    EventName.PLAYBACK_STARTED: PlaybackState.PLAYING,
    EventName.ERROR: PlaybackState.ERROR,
    EventName.READY: PlaybackState.READY,
    EventName.IDLE: PlaybackState.IDLE,
}


class DeviceActor:
    """See the module's rules. `heartbeat_interval_s` is what `welcome` tells the screen."""

    __slots__ = ("_around", "_due_s", "_interval_s", "_keeper", "_shadow", "device_id", "link", "name")

    def __init__(
        self, device_id: str, name: str, around: Surroundings, keeper: Keeper, heartbeat_interval_s: float
    ) -> None:
        self.device_id = device_id
        self.name = name
        self.link: Link | None = None
        self._around = around
        self._keeper = keeper
        self._due_s = 0.0
        self._interval_s = heartbeat_interval_s
        self._shadow = Shadow()

    def __repr__(self) -> str:
        state = "online" if self.link is not None else "offline"
        shadow = self._shadow
        return (
            f"<DeviceActor {self.name!r} {state}, alerts {shadow.reported_version}/{shadow.desired_version}, "
            f"{len(shadow.pending)} pending>"
        )

    @property
    def has_pending(self) -> bool:
        """Whether there are commands that have not ended."""
        return bool(self._shadow.pending)

    def receive(self, message: DeviceMessage, now: Instant) -> None:
        """One turn."""
        match message:
            case Heard():
                if message.link is self.link:
                    self._heard(message.frame, now)
            case AlertSent():
                self._shadow.want_version(message.version)
            case Queued():
                self._queue(message, now)
            case Connected():
                self._connect(message, now)
            case Disconnected():
                if message.link is self.link:
                    self._leave(message.reason, now)
            case Silent():
                # A heartbeat that was waiting in the lane before this message has moved the deadline.
                if now.mono_s >= self._due_s:
                    self._close(CloseCode.HEARTBEAT_LOST, PresenceReason.HEARTBEAT_LOST, now)
            case Cut():
                self._close(message.code, message.reason, now)
            case _:
                assert_never(message)

    # ---- a link comes and goes ----

    def _connect(self, message: Connected, now: Instant) -> None:
        if self.link is not None:
            self.link.close(CloseCode.SUPERSEDED)
        self.link = message.link
        hello, shadow = message.hello, self._shadow
        version, alerts = self._around.alerts_for(self.device_id)
        shadow.heard(now.wall_ms)
        shadow.want_version(version)
        self.link.send(
            encode(
                Welcome(
                    device_id=self.device_id,
                    name=self.name,
                    session_id=self.link.session_id,
                    heartbeat_interval_s=self._interval_s,
                    server_time_ms=now.wall_ms,
                    emergency_version=version,
                    emergencies=alerts,
                )
            )
        )
        self._around.came_online(self.device_id, hello.player_version, self.link.ip_address, now.wall_ms)
        self._around.alerts_delivered(self.device_id, alerts, now.wall_ms)
        if shadow.report_playback(hello.playback) and shadow.playback is not None:
            self._around.playback_changed(self.device_id, shadow.playback, now.wall_ms)
        self._expect_heartbeat(now)
        # Sent to an older link and unanswered: the screen applies a command once per id, so sending again
        # is safe.
        self._send(list(shadow.pending.values()), now)

    def _close(self, code: CloseCode, reason: PresenceReason, now: Instant) -> None:
        if self.link is not None:
            self.link.close(code)
            self._leave(reason, now)

    def _leave(self, reason: PresenceReason, now: Instant) -> None:
        self.link = None
        self._keeper.session_over(self.device_id)
        self._around.went_offline(self.device_id, reason, self._shadow.last_heard_ms, now.wall_ms)

    def _expect_heartbeat(self, now: Instant) -> None:
        self._due_s = now.mono_s + HEARTBEATS_UNTIL_OFFLINE * self._interval_s
        self._keeper.expect_heartbeat(self.device_id, self._due_s)

    # ---- what the screen says ----

    def _heard(self, frame: Heartbeat | Hello | DeviceEvent | Receipt | DeviceGoodbye, now: Instant) -> None:
        self._shadow.heard(now.wall_ms)
        self._expect_heartbeat(now)
        match frame:
            case Heartbeat():
                self._heartbeat(frame, now)
            case Receipt():
                self._receipt(frame, now)
            case DeviceEvent():
                self._event(frame, now)
            case DeviceGoodbye():
                self._close(CloseCode.NORMAL, PresenceReason.SAID_GOODBYE, now)
            case Hello():
                self._send_payload(
                    encode(Error("unexpected_hello", "hello is the first frame of a session, once"))
                )
            case _:
                assert_never(frame)

    def _heartbeat(self, frame: Heartbeat, now: Instant) -> None:
        shadow = self._shadow
        agreed = shadow.report_version(frame.emergency_version)
        if agreed:
            alerts = None
            self._around.alerts_agreed(self.device_id, now.wall_ms)
        else:
            version, alerts = self._around.alerts_for(self.device_id)
            shadow.want_version(version)
        ack = Ack(frame.seq, now.wall_ms, shadow.desired_version, alerts)
        self._send_payload(encode(ack))
        if alerts is not None:
            self._around.alerts_delivered(self.device_id, alerts, now.wall_ms)
        if shadow.report_playback(frame.playback) and frame.playback is not None:
            self._around.playback_changed(self.device_id, frame.playback, now.wall_ms)
        if shadow.sample_due(now.wall_ms):
            self._around.heartbeat_sampled(
                self.device_id, frame.emergency_version, shadow.playback, now.wall_ms
            )
        if shadow.pending:
            self._expire(now)

    def _event(self, frame: DeviceEvent, now: Instant) -> None:
        self._around.event_reported(self.device_id, frame, now.wall_ms)
        state = PLAYBACK_OF_EVENT.get(frame.event)
        if state is not None:
            playback = Playback(state, frame.item)
            if self._shadow.report_playback(playback):
                self._around.playback_changed(self.device_id, playback, now.wall_ms)

    def _receipt(self, frame: Receipt, now: Instant) -> None:
        command = self._shadow.answer(frame.command_id, COMMAND_STATUS_OF_RECEIPT[frame.status])
        if command is not None:
            self._command_changed(command, frame.detail, now)
        else:
            self._around.alert_receipt(self.device_id, frame, now.wall_ms)

    # ---- what the hub wants ----

    def _queue(self, message: Queued, now: Instant) -> None:
        new = self._shadow.queue(message.commands)
        if self.link is not None:
            self._send(new, now)
        self._around.pending_changed(self.device_id, len(self._shadow.pending))

    def _send(self, commands: list[PendingCommand], now: Instant) -> None:
        self._expire(now)
        for command in commands:
            if command.id not in self._shadow.pending:
                continue
            self._send_payload(encode(Command(command.id, command.command, command.args, command.expires_ms)))
            sent = self._shadow.mark_sent(command.id)
            if sent is not None:
                self._command_changed(sent, None, now)

    def _expire(self, now: Instant) -> None:
        for command in self._shadow.expire(now.wall_ms):
            self._command_changed(command, "its time was over before the screen answered", now)

    def _command_changed(self, command: PendingCommand, detail: str | None, now: Instant) -> None:
        self._around.command_changed(
            self.device_id, command.id, command.command, command.status, detail, now.wall_ms
        )
        self._around.pending_changed(self.device_id, len(self._shadow.pending))

    def _send_payload(self, payload: bytes) -> None:
        if self.link is not None:
            self.link.send(payload)
