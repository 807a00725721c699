"""The reference screen: how any platform must behave on the device socket `clarion.v1`, as a state machine.

To make a screen for another platform, write the same machine there, and around it a thin shell that owns the
socket and the clock. `player/agent/` is such a shell.

    screen = ReferenceScreen(now, rng=Random())
    send(screen.connected(now))                  # the socket is open: hello
    send(screen.receive(frame, now))             # a frame came
    send(screen.tick(now))                       # at screen.next_due, or whenever it suits
    screen.disconnected(close_code)              # the socket is gone; the screen plays on without it

Rule 1: frames in, frames out. No socket, no clock, no thread: `now` is seconds of a clock that never goes
        back, and chance comes from the `rng` that is handed in.
Rule 2: after `hello`, nothing is said before `welcome` or `resumed`. What happens without a session is
        reported later if there is a log (see recorder.py); an alert that ended by itself is answered anyhow.
Rule 3: after `welcome` and `resumed` every alert on the glass is answered, and every final answer that the
        hub may not have heard is said again: it may have died with its link (see session.py).
Rule 4: the time of day is the hub's (see hub_clock.py).
Rule 5: what it is given to hear was sifted before: alerts are the hub's (see trust.py).

What is shown is told in emergencies.py, what is carried out in commands.py, what plays in following.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from random import Random
from typing import Final

import msgspec

from player.alerts import PaintedAlert, paint
from player.commands import Commands
from player.emergencies import Emergencies
from player.following import Follower
from player.hub_clock import HubClock
from player.journal import CommandJournal, MemoryJournal
from player.playback import DEMO_PLAYLIST, Playhead, PlaylistItem
from player.recorder import Recorder
from player.records import RecordLog
from player.remembered import Remembered
from player.session import Session
from player.settings import Settings
from protocol.frames import (
    Ack,
    Alert,
    Command,
    DeviceEvent,
    DeviceGoodbye,
    Downlink,
    Error,
    Goodbye,
    Health,
    Heartbeat,
    Hello,
    ManifestFrame,
    Playback,
    PlaylistFrame,
    Receipt,
    RecordsKept,
    Resumed,
    SettingsFrame,
    Uplink,
    Welcome,
)
from protocol.manifest import DeviceManifest, Manifest, ManifestItem
from protocol.vocabulary import CommandName, ReceiptStatus

PLAYER_VERSION: Final = "reference 0.3.0"
HEALTH_INTERVAL_S: Final = 60.0

_FINAL: Final = frozenset({ReceiptStatus.SUCCEEDED, ReceiptStatus.FAILED, ReceiptStatus.REJECTED})


class ReferenceScreen:
    """One screen, from being switched on (made, at `now`) to the end. It plays at once, hub or no hub.

    `journal`: which commands it has carried out; on a disk, that outlives the screen. `log`: where it records
    what it plays and what goes wrong; None: nothing. `health`: how it is, at an instant of its clock.
    `remembered`: of when it was switched off. `hub_ms`: what the hub's clock shows now, if the screen knows
    it. `has`: whether the file of an item is there.
    """

    def __init__(
        self,
        now: float,
        *,
        rng: Random,
        journal: CommandJournal | None = None,
        log: RecordLog | None = None,
        health: Callable[[float], Health] | None = None,
        remembered: Remembered | None = None,
        hub_ms: int | None = None,
        has: Callable[[ManifestItem], bool] = lambda _: True,
        playlist: Sequence[PlaylistItem] = DEMO_PLAYLIST,
        model: str = "",
        platform: str = "reference",
        player_version: str = PLAYER_VERSION,
    ) -> None:
        self.goodbye: Goodbye | None = None
        """The hub's farewell on this connection, if it said one: how long to stay away."""
        known = remembered or Remembered()
        self._about = Hello(player_version, model, platform)
        self._clock = HubClock()
        self._session = Session(rng)
        self._settings = Settings(known.settings_version, known.settings, known.volume)
        self._recorder = None if log is None else Recorder(log, self._clock, self._settings)
        self._health = health
        self._health_due = now
        self._playhead = Playhead(playlist)
        self._emergencies = Emergencies(self._clock)
        self._follower = Follower(self._playhead, self._clock, rng, has)
        if self._recorder is not None:
            self._playhead.on_shown = self._recorder.shown
            self._follower.on_programme = self._recorder.programme
        self._commands = Commands(
            self._playhead,
            self._follower,
            self._clock,
            MemoryJournal() if journal is None else journal,
            self._settings,
        )
        self._reported: Playback | None = None
        if hub_ms is not None:
            self._clock.set(hub_ms, now)
        self._emergencies.recall(known.alerts, known.sequences, hub_ms)
        if known.manifest is not None and hub_ms is not None:
            self._follower.fetched(known.playlist_version, known.manifest, now)
        self._playhead.play(now)
        self._told((), now)

    # ---- what is on the glass, and what the hub is told ----

    @property
    def alerts(self) -> list[Alert]:
        """The alerts that are shown, the worst first."""
        return self._emergencies.board.alerts

    @property
    def glass(self) -> list[PaintedAlert] | PlaylistItem | None:
        """What a person in front of it sees: the alerts if there are any, else what plays, else nothing."""
        return [paint(alert) for alert in self.alerts] or self._playhead.item

    @property
    def remembered(self) -> Remembered:
        """What it must still know when it is switched on again."""
        return Remembered(
            self.alerts,
            self._emergencies.sequences,
            self.playlist_version,
            self.manifest,
            self._settings.version,
            self._settings.told,
            self._settings.volume,
        )

    @property
    def settings(self) -> Settings:
        """How it is set up."""
        return self._settings

    def hub_ms(self, now: float) -> int | None:
        """What the hub's clock shows, as far as the screen knows."""
        return self._clock.ms(now)

    def is_dark(self, now: float) -> bool:
        """Whether nothing is to be seen, whatever plays: outside of its hours, and without an alert."""
        return not self.shows_alert and not self._settings.is_lit(self._clock.ms(now))

    @property
    def shows_alert(self) -> bool:
        """Whether any alert covers the glass."""
        return bool(self._emergencies.board)

    @property
    def emergency_version(self) -> int:
        """Of the last truth, show or hide that it applied."""
        return self._emergencies.version

    @property
    def playlist_version(self) -> int:
        """The number of what it plays; 0 for what it was switched on with."""
        return self._follower.version

    @property
    def manifest(self) -> Manifest | None:
        """The manifest that it plays; None while it plays what it was switched on with."""
        return self._follower.playing

    @property
    def fetch_at(self) -> float | None:
        """When to fetch `GET /api/v1/devices/me/manifest`: then call `fetching`, and `fetched` with the
        answer, or `not_fetched`. None: there is nothing to be fetched."""
        return self._follower.fetch_at

    @property
    def command_seq(self) -> int:
        """The last command that came in this session."""
        return self._session.command_seq

    @property
    def session(self) -> Welcome | None:
        """What the hub said when the session began; None while there is no session on a link."""
        return self._session.welcome

    @property
    def unanswered_heartbeats(self) -> int:
        """So many in a row have no `ack` yet."""
        return self._session.unanswered

    @property
    def link_is_dead(self) -> bool:
        """Whether to give this connection up: it carries nothing, whatever the socket says."""
        return self._session.link_is_dead

    @property
    def next_due(self) -> float | None:
        """When `tick` has something to do next; None when nothing moves by itself."""
        expiry = self._clock.when(self._emergencies.board.expires_ms)
        dues = (
            self._session.heartbeat_due,
            self._playhead.due_at,
            self._follower.due_at,
            self._follower.fetch_at,
            None if self._recorder is None else self._recorder.due_at,
            expiry,
        )
        return min((due for due in dues if due is not None), default=None)

    # ---- the connection ----

    def connected(self, now: float) -> list[Uplink]:
        """The socket is open: the screen speaks first, and names the session that it wants to go on with."""
        self.disconnected()
        self.goodbye = None
        self._reported = self._playhead.snapshot(now)
        session_id = self._session.to_resume
        hello = msgspec.structs.replace(
            self._about,
            emergency_version=self.emergency_version,
            playback=self._reported,
            playlist_version=self.playlist_version,
            session_id=session_id,
            command_seq=0 if session_id is None else self.command_seq,
            settings_version=self._settings.version,
        )
        return [hello]

    def disconnected(self, close_code: int | None = None) -> None:
        """The socket is gone, with `close_code` if the hub sent one. What is shown and plays goes on."""
        self._session.link_lost(close_code)
        if self._recorder is not None:
            self._recorder.link_lost()

    def leave(self, reason: str) -> list[Uplink]:
        """The last words before the screen closes the socket on purpose; then call `disconnected`."""
        if self.session is None:
            return []
        self._session.leave()
        return [DeviceGoodbye(reason)]

    def receive(self, frame: Downlink, now: float) -> list[Uplink]:
        """What the hub said; returns what to answer, in order."""
        return self._told(self._heard(frame, now), now)

    def _heard(self, frame: Downlink, now: float) -> Sequence[Uplink]:
        match frame:
            case Welcome():
                self._clock.set(frame.server_time_ms, now)
                return self._begin(self._session.begin(frame, now), frame, frame.emergencies, now)
            case Resumed() if (
                self.session is None and (unheard := self._session.resume(frame, now)) is not None
            ):
                self._clock.set(frame.server_time_ms, now)
                return self._begin(unheard, frame, frame.emergencies, now)
            case Goodbye():
                self.goodbye = frame
                return []
            case Error() | Resumed():
                return []  # Not understood, or not asked for: there is nothing that a screen could do.
            case _ if self.session is None:
                return []  # Nothing is legal before `welcome`.
            case Ack():
                return self._kept(self._acknowledged(frame, now))
            case Command():
                return self._kept(self._ordered(frame, now))
            case ManifestFrame():
                self._follower.keep(frame.manifest)
                return []
            case SettingsFrame():
                self._settings.take(frame)
                return []
            case RecordsKept():
                if self._recorder is not None:
                    self._recorder.kept(frame, now)
                return []
            case PlaylistFrame():
                return [*self._commands.stamped(self._follower.told(frame, now), now)]

    def tick(self, now: float) -> list[Uplink]:
        """Do whatever is due by `now`: an alert that is over, the next item, a heartbeat."""
        said: list[Uplink] = []
        if self._clock.has_passed(self._emergencies.board.expires_ms, now):
            said += self._kept(self._emergencies.expire(now))
        said += self._commands.stamped([*self._follower.advance(now), *self._playhead.advance(now)], now)
        said = self._told(said, now)
        if self.session is None:
            return []
        if self._session.heartbeat_due is not None and now >= self._session.heartbeat_due:
            said.append(self._heartbeat(now))
        return said

    # ---- the manifest over HTTP ----

    def fetching(self) -> None:
        """The manifest is being fetched."""
        self._follower.fetching()

    def fetched(self, answer: DeviceManifest, now: float) -> list[Uplink]:
        """It came. What to say."""
        events = self._follower.fetched(answer.version, answer.manifest, now)
        said = self._told(self._commands.stamped(events, now), now)
        return [] if self.session is None else said

    def not_fetched(self, again_at: float) -> None:
        """The hub did not answer; try again then."""
        self._follower.not_fetched(again_at)

    def files_changed(self, now: float) -> list[Uplink]:
        """A file of the manifest came, or is not there any more."""
        return self.report(self._follower.look_again(now), now)

    # ---- what is recorded ----

    def report(self, events: Iterable[DeviceEvent], now: float) -> list[Uplink]:
        """Something happened around the machine: a file is broken, an alert was refused. What to say."""
        said = self._told(self._commands.stamped(list(events), now), now)
        return [] if self.session is None else said

    def _told(self, said: Sequence[Uplink], now: float) -> list[Uplink]:
        """What is really said now: events go into the log if there is one, and the log has its turn."""
        return list(said) if self._recorder is None else self._recorder.told(said, now, self.shows_alert)

    # ---- what the frames do ----

    def _begin(
        self, unheard: list[Receipt], frame: Welcome | Resumed, truth: list[Alert] | None, now: float
    ) -> list[Uplink]:
        if self._recorder is not None and self._session.heartbeat_due is not None:
            self._recorder.begin(self._session.heartbeat_due, self._session.interval_s)
        gone: list[str] = []
        if truth is not None:
            gone = self._emergencies.believe(frame, truth).gone
        board = self._emergencies.board
        said: list[Uplink] = [receipt for receipt in unheard if receipt.command_id not in board]
        said += [self._emergencies.rendered(alert, now) for alert in board.alerts]
        said += self._kept([self._emergencies.gone(emergency_id, now) for emergency_id in gone])
        return [*said, *self._commands.stamped(self._follower.level(frame.playlist_version, now), now)]

    def _acknowledged(self, ack: Ack, now: float) -> Sequence[Uplink]:
        self._clock.set(ack.server_time_ms, now)
        self._session.acknowledged(ack)
        said: list[Uplink] = []
        if ack.emergencies is not None:
            difference = self._emergencies.believe(ack, ack.emergencies)
            said += [self._emergencies.rendered(alert, now) for alert in difference.painted]
            said += [self._emergencies.gone(emergency_id, now) for emergency_id in difference.gone]
        events = self._follower.acknowledged(ack.playlist_version, now)
        return [*said, *self._commands.stamped(events, now)]

    def _ordered(self, command: Command, now: float) -> Sequence[Uplink]:
        self._session.ordered(command.seq)
        match command.command:
            case CommandName.EMERGENCY_SHOW:
                return self._emergencies.show(command, now)
            case CommandName.EMERGENCY_HIDE:
                return self._emergencies.hide(command, now)
            case _:
                return self._commands.carry_out(command, now)

    def _heartbeat(self, now: float) -> Heartbeat:
        playback = self._playhead.snapshot(now)
        before, self._reported = self._reported, playback
        unchanged = before is not None and (before.state, before.item) == (playback.state, playback.item)
        health = None
        if self._health is not None and now >= self._health_due:
            health, self._health_due = self._health(now), now + HEALTH_INTERVAL_S
        return Heartbeat(
            self._session.beat(now),
            self.emergency_version,
            None if unchanged else playback,
            self.playlist_version,
            self.command_seq,
            self._settings.version,
            health,
        )

    def _kept(self, said: Sequence[Uplink]) -> list[Uplink]:
        """The final answers among them are kept until the hub has heard them."""
        for frame in said:
            if isinstance(frame, Receipt) and frame.status in _FINAL:
                self._session.said(frame)
        return list(said)
