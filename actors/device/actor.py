"""The actor of one connected screen. It only dispatches: the state is `Shadow`, the effects are
`Surroundings`.

Rule 1: one link at a time. A newer one supersedes; what an older one still says or does has no effect, and
        one that comes late, with an older epoch, is sent away.
Rule 2: only what the device sends counts as life.
Rule 3: `welcome` or `resumed` is the first frame of a link. A `welcome` carries every live alert; a cancelled
        one is never in it.
Rule 4: a session outlives its link by `RESUME_WITHIN_S`, unless the link was ended on purpose.
"""

from __future__ import annotations

from typing import Final, assert_never

from actors.device.messages import (
    Connected,
    Cut,
    Describe,
    DeviceMessage,
    Disconnected,
    Heard,
    PlaylistWanted,
    Queued,
    SettingsWanted,
    Silent,
    Withdrawn,
)
from actors.device.orders import Orders
from actors.device.ports import Keeper, Link, Surroundings
from actors.device.shadow import HEARTBEATS_UNTIL_OFFLINE, Shadow
from actors.runtime import Instant
from protocol.close_codes import CloseCode
from protocol.codec import encode
from protocol.frames import (
    Ack,
    Alert,
    DeviceEvent,
    DeviceGoodbye,
    Error,
    Heartbeat,
    Hello,
    Playback,
    PlaylistFrame,
    Receipt,
    Records,
    Resumed,
    Uplink,
    Welcome,
)
from protocol.vocabulary import (
    UNINTENDED,
    EventName,
    PlaybackState,
    PresenceReason,
)

RESUME_WITHIN_S: Final = 60.0
"""How long a session waits for its screen. Longer than the reference screen's longest wait, twice over."""

PLAYBACK_OF_EVENT = {
    EventName.PLAYBACK_STARTED: PlaybackState.PLAYING,
    EventName.ERROR: PlaybackState.ERROR,
    EventName.READY: PlaybackState.READY,
    EventName.IDLE: PlaybackState.IDLE,
}


class DeviceActor:
    """See the module's rules. `heartbeat_interval_s` is what `welcome` tells the screen.

    `due_s`: when (monotonic) the screen is silent, unless it is heard before.
    """

    __slots__ = (
        "_around",
        "_interval_s",
        "_keeper",
        "_kept_until_s",
        "_orders",
        "_session_id",
        "_shadow",
        "device_id",
        "due_s",
        "link",
        "name",
    )

    def __init__(
        self, device_id: str, name: str, around: Surroundings, keeper: Keeper, heartbeat_interval_s: float
    ) -> None:
        self.device_id = device_id
        self.name = name
        self.due_s = 0.0
        self.link: Link | None = None
        self._around = around
        self._keeper = keeper
        self._interval_s = heartbeat_interval_s
        self._kept_until_s = 0.0
        self._session_id: str | None = None
        self._shadow = Shadow()
        self._orders = Orders(device_id, self._shadow, around)

    def __repr__(self) -> str:
        shadow = self._shadow
        if self.link is not None:
            state = f"online, epoch {self.link.epoch}"
        else:
            state = "offline" if self._session_id is None else "offline, may resume"
        wanted = "-" if self.link is None else self.link.emergency_version
        return (
            f"<DeviceActor {self.name!r} {state}, alerts {shadow.reported_version}/{wanted}, "
            f"playlist {shadow.reported_playlist}/{shadow.desired_playlist}, "
            f"{len(shadow.pending)} pending, {shadow.in_flight} in flight>"
        )

    @property
    def has_pending(self) -> bool:
        """Whether there are commands that have not ended."""
        return bool(self._shadow.pending)

    def may_resume(self, hello: Hello) -> bool:
        """Whether this hello goes on with the session of now: it names it, and claims no more commands than
        were sent in it."""
        named = self._session_id is not None and hello.session_id == self._session_id
        return named and hello.command_seq <= self._shadow.sent_seq

    def receive(self, message: DeviceMessage, now: Instant) -> None:
        """One turn."""
        match message:
            case Heard():
                if message.link is self.link:
                    self._heard(message.link, message.frame, now)
            case Queued():
                self._orders.queue(message.commands, now)
                self._orders.send_due(self.link, now)
            case Withdrawn():
                if self._orders.withdraw(message.command_ids):
                    self._orders.send_due(self.link, now)
            case PlaylistWanted():
                self._shadow.want_playlist(message.version)
                if self.link is not None and self._shadow.playlist_to_tell:
                    self._tell_playlist(self.link)
            case SettingsWanted():
                if self.link is not None:
                    self._agree_on_settings(self.link)
            case Connected():
                self._connect(message.link, message.hello, now)
            case Disconnected():
                if message.link is self.link:
                    self._leave(message.reason, now)
            case Silent():
                if now.mono_s >= self.due_s:
                    self._close(CloseCode.HEARTBEAT_LOST, PresenceReason.HEARTBEAT_LOST, now)
                elif self.link is not None:
                    # A heartbeat that was waiting in the lane before this message has moved the deadline.
                    self._keeper.expect_heartbeat(self.device_id, self.due_s)
            case Cut():
                self._close(message.code, message.reason, now)
            case Describe():
                message.reply.answer(repr(self))
            case _:
                assert_never(message)

    # ---- a link comes and goes ----

    def _connect(self, link: Link, hello: Hello, now: Instant) -> None:
        if link.epoch < self._around.session_epoch(self.device_id):
            # It may come back, and will be the newer one then.
            link.close(CloseCode.TRY_AGAIN_LATER)
            if self.link is None:
                self._keeper.link_lost(self.device_id, self._kept_until_s)
            return
        if self.link is not None:
            self.link.close(CloseCode.SUPERSEDED)
        self.link = link
        self._keeper.link_taken(self.device_id)
        link.emergency_version, alerts = self._around.alerts_for(self.device_id)
        self._heard_now(now)
        shadow = self._shadow
        shadow.want_playlist(self._around.playlist_version(self.device_id))
        shadow.report_versions(hello.emergency_version, hello.playlist_version)
        shadow.new_link()
        agreed = hello.emergency_version == link.emergency_version
        resumes = self.may_resume(hello)
        # An alert in force is proved anew on each link: the proof before may have died with its own.
        whole_truth = not (resumes and agreed and not alerts)
        if resumes:
            shadow.resume_session(hello.command_seq)
            self._send_resumed(alerts if whole_truth else None, now)
        else:
            self._session_id = link.session_id
            shadow.begin_session()
            self._send_welcome(alerts, now)
        self._around.came_online(
            self.device_id, hello.player_version, link.ip_address, now.wall_ms, epoch=link.epoch
        )
        if whole_truth:
            self._around.alerts_delivered(self.device_id, alerts, now)
        else:
            self._around.alerts_agreed(self.device_id, now)
        if shadow.report_playback(hello.playback) and shadow.playback is not None:
            self._around.playback_changed(self.device_id, shadow.playback, now.wall_ms)
        self._around.playlist_reported(self.device_id, hello.playlist_version, now.wall_ms)
        if shadow.playlist_to_tell:
            self._tell_playlist(link)
        shadow.report_settings(hello.settings_version)
        self._agree_on_settings(link)
        self._keeper.expect_heartbeat(self.device_id, self.due_s)
        # Sent to an older link and unanswered: the screen applies a command once per id, so sending again
        # is safe.
        self._orders.send_due(self.link, now)

    def _send_welcome(self, alerts: list[Alert], now: Instant) -> None:
        assert self.link is not None and self._session_id is not None
        welcome = Welcome(
            device_id=self.device_id,
            name=self.name,
            session_id=self._session_id,
            heartbeat_interval_s=self._interval_s,
            server_time_ms=now.wall_ms,
            emergency_version=self.link.emergency_version,
            emergencies=alerts,
            playlist_version=self._shadow.desired_playlist,
            tenant_id=self._around.tenant_id(self.device_id),
        )
        self.link.send(encode(welcome))

    def _send_resumed(self, alerts: list[Alert] | None, now: Instant) -> None:
        assert self.link is not None and self._session_id is not None
        resumed = Resumed(
            session_id=self._session_id,
            server_time_ms=now.wall_ms,
            emergency_version=self.link.emergency_version,
            emergencies=alerts,
            playlist_version=self._shadow.desired_playlist,
        )
        self.link.send(encode(resumed))

    def _tell_playlist(self, link: Link) -> None:
        """Which manifest it must play, and the manifest itself if that is small and the link takes it. Once a
        link: a level, which the next heartbeat that disagrees brings up again on the next link."""
        wanted = self._around.manifest(self.device_id)
        if wanted is None:
            return
        shadow = self._shadow
        # What waits to be read already must not grow: whoever reads slowly fetches it when it can.
        carried = wanted.frame if wanted.digest != shadow.told_digest and not link.stalled else None
        if carried is not None:
            link.send_encoded(carried)
        has_it = wanted.digest == shadow.told_digest or carried is not None
        within_s = 0.0 if has_it else wanted.fetch_within_s
        link.send(encode(PlaylistFrame(wanted.version, wanted.digest, within_s)))
        shadow.tell_playlist(wanted.version, wanted.digest if carried is not None else None)

    def _agree_on_settings(self, link: Link) -> None:
        """A screen that takes settings and has others is sent them, as often as it says so. What it was sent
        it is thought to have until it speaks: a change that is taken back at once is told at once, too."""
        reported = self._shadow.reported_settings
        if reported is None:
            return
        wanted = self._around.settings(self.device_id)
        if wanted is not None and wanted.version != reported:
            link.send(encode(wanted))
            self._shadow.report_settings(wanted.version)

    def _close(self, code: CloseCode, reason: PresenceReason, now: Instant) -> None:
        if self.link is not None:
            self.link.close(code)
            self._leave(reason, now)
        elif reason not in UNINTENDED:
            self._end_session(now)

    def _leave(self, reason: PresenceReason, now: Instant) -> None:
        self.link = None
        if reason in UNINTENDED:
            self._kept_until_s = now.mono_s + RESUME_WITHIN_S
            self._keeper.link_lost(self.device_id, self._kept_until_s)
        else:
            self._end_session(now)
        self._around.went_offline(self.device_id, reason, self._shadow.last_heard_ms, now.wall_ms)

    def _end_session(self, now: Instant) -> None:
        self._session_id = None
        self._kept_until_s = now.mono_s
        self._keeper.link_lost(self.device_id, self._kept_until_s)

    # ---- what the screen says ----

    def _heard_now(self, now: Instant) -> None:
        self._shadow.heard(now.wall_ms)
        self.due_s = now.mono_s + HEARTBEATS_UNTIL_OFFLINE * self._interval_s

    def _heard(self, link: Link, frame: Uplink, now: Instant) -> None:
        self._heard_now(now)
        match frame:
            case Heartbeat():
                self._heartbeat(link, frame, now)
            case Receipt():
                self._receipt(frame, now)
            case DeviceEvent():
                self._event(frame, now)
            case Records():
                self._around.recorded(self.device_id, link, frame)
            case DeviceGoodbye():
                self._close(CloseCode.NORMAL, PresenceReason.SAID_GOODBYE, now)
            case Hello():
                link.send(encode(Error("unexpected_hello", "hello is the first frame of a session, once")))
            case _:
                assert_never(frame)

    def _heartbeat(self, link: Link, frame: Heartbeat, now: Instant) -> None:
        shadow = self._shadow
        if frame.playlist_version != shadow.reported_playlist:
            self._around.playlist_reported(self.device_id, frame.playlist_version, now.wall_ms)
        shadow.report_versions(frame.emergency_version, frame.playlist_version)
        if frame.emergency_version == link.emergency_version:
            alerts = None
            self._around.alerts_agreed(self.device_id, now)
        else:
            link.emergency_version, alerts = self._around.alerts_for(self.device_id)
        # Before the ack, which says how many were sent: a screen that has read it has read these.
        if frame.command_seq is not None and not self._orders.send_again(link, frame.command_seq):
            self._close(CloseCode.TOO_SLOW, PresenceReason.TOO_SLOW, now)
            return
        # Before the ack as well: a screen that reads of a version there knows then which manifest that is.
        if shadow.desired_playlist != frame.playlist_version and shadow.playlist_to_tell:
            self._tell_playlist(link)
        ack = Ack(
            frame.seq,
            now.wall_ms,
            link.emergency_version,
            alerts,
            shadow.acknowledge(),
            shadow.desired_playlist,
        )
        link.send(encode(ack))
        shadow.report_settings(frame.settings_version)
        self._agree_on_settings(link)
        if alerts is not None:
            self._around.alerts_delivered(self.device_id, alerts, now)
        if shadow.report_playback(frame.playback) and frame.playback is not None:
            self._around.playback_changed(self.device_id, frame.playback, now.wall_ms)
        shadow.report_health(frame.health)
        if shadow.sample_due(now.wall_ms):
            self._around.heartbeat_sampled(
                self.device_id, frame.emergency_version, shadow.playback, shadow.health, now.wall_ms
            )
        if shadow.pending:
            self._orders.send_due(link, now)

    def _event(self, frame: DeviceEvent, now: Instant) -> None:
        self._around.event_reported(self.device_id, frame, now.wall_ms)
        state = PLAYBACK_OF_EVENT.get(frame.event)
        if state is not None:
            # An event names no media; a loop of one item begins the same one again.
            before = self._shadow.playback
            media_id = before.media_id if before is not None and before.item == frame.item else None
            playback = Playback(state, frame.item, media_id=media_id)
            if self._shadow.report_playback(playback):
                self._around.playback_changed(self.device_id, playback, now.wall_ms)

    def _receipt(self, frame: Receipt, now: Instant) -> None:
        # Asked first: of an alert to all screens, hardly one comes while commands wait.
        if self.has_pending and self._orders.answered(frame, now):
            self._orders.send_due(self.link, now)
        else:
            self._around.alert_receipt(self.device_id, frame, now)
