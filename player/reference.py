"""The reference screen: how any platform must behave on the device socket `clarion.v1`, as a state machine.

To make a screen for another platform, write the same machine there, and around it a thin shell that owns the
socket and the clock. `loadtest/link.py` is such a shell.

    screen = ReferenceScreen(now, rng=Random())
    send(screen.connected(now))                  # the socket is open: hello
    send(screen.receive(frame, now))             # a frame came
    send(screen.tick(now))                       # at screen.next_due, or whenever it suits
    screen.disconnected()                        # the socket is gone; the screen plays on without it

Rule 1: frames in, frames out. No socket, no clock, no thread: `now` is seconds of a clock that never goes
        back, and chance comes from the `rng` that is handed in.
Rule 2: after `hello`, nothing is said before `welcome`. What happens without a session is not reported later,
        but for one thing: an alert that ended by itself meanwhile.
Rule 3: `welcome.emergencies` and `ack.emergencies` are the whole truth: exactly those are shown. An alert
        that appears is answered with `rendered`, one that vanishes with `succeeded`, under its id.
        After a `welcome` every alert on the glass is answered: the answer before may have died with its link.
Rule 4: a command is carried out once per `command_id`; the same one again is answered again, and that is all.
Rule 5: the time of day is the hub's (see hub_clock.py).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from random import Random
from typing import Final

import msgspec

from player.alerts import AlertBoard, PaintedAlert, paint
from player.hub_clock import HubClock
from player.playback import DEMO_PLAYLIST, Playhead, PlaylistItem
from player.receipts import CarriedOut
from protocol.frames import (
    Ack,
    Alert,
    Command,
    DeviceEvent,
    DeviceGoodbye,
    Downlink,
    Error,
    Goodbye,
    Heartbeat,
    Hello,
    Playback,
    Receipt,
    Uplink,
    Welcome,
)
from protocol.vocabulary import CommandName, EventName, ReceiptStatus

PLAYER_VERSION: Final = "reference 0.1.0"
SHORTEST_INTERVAL_S: Final = 0.05
LOST_AFTER_UNANSWERED: Final = 3
"""After this many heartbeats in a row without an `ack` the link is dead, whatever the socket says."""
UNREPORTED_LIMIT: Final = 64

_EXPIRED: Final = "it had expired when it came"


class ShowArguments(msgspec.Struct, frozen=True):
    """`args` of `emergency_show`."""

    alert: Alert
    emergency_version: int


class HideArguments(msgspec.Struct, frozen=True):
    """`args` of `emergency_hide`."""

    emergency_id: str
    emergency_version: int


class ReferenceScreen:
    """One screen, from being switched on (made, at `now`) to the end. It plays at once, hub or no hub."""

    def __init__(
        self,
        now: float,
        *,
        rng: Random,
        playlist: Sequence[PlaylistItem] = DEMO_PLAYLIST,
        model: str = "",
        platform: str = "reference",
        player_version: str = PLAYER_VERSION,
    ) -> None:
        self.session: Welcome | None = None
        self.goodbye: Goodbye | None = None
        """The hub's farewell on this connection, if it said one: how long to stay away."""
        self.emergency_version = 0
        self.unanswered_heartbeats = 0
        self._rng = rng
        self._about = Hello(player_version, model, platform)
        self._clock = HubClock()
        self._playhead = Playhead(playlist)
        self._board = AlertBoard()
        self._carried_out = CarriedOut()
        self._reported: Playback | None = None
        self._heartbeat_due: float | None = None
        self._heartbeat_seq = 0
        self._ended_unreported: deque[str] = deque(maxlen=UNREPORTED_LIMIT)
        self._playhead.play(now)

    # ---- what is on the glass ----

    @property
    def alerts(self) -> list[Alert]:
        """The alerts that are shown, the worst first."""
        return self._board.alerts

    @property
    def glass(self) -> list[PaintedAlert] | PlaylistItem | None:
        """What a person in front of it sees: the alerts if there are any, else what plays, else nothing."""
        return [paint(alert) for alert in self.alerts] or self._playhead.item

    @property
    def shows_alert(self) -> bool:
        """Whether any alert covers the glass."""
        return bool(self._board)

    @property
    def link_is_dead(self) -> bool:
        """Whether to give this connection up: the hub answered none of the last heartbeats."""
        return self.unanswered_heartbeats >= LOST_AFTER_UNANSWERED

    @property
    def next_due(self) -> float | None:
        """When `tick` has something to do next; None when nothing moves by itself."""
        dues = (self._heartbeat_due, self._playhead.due_at, self._clock.when(self._board.expires_ms))
        return min((due for due in dues if due is not None), default=None)

    # ---- the connection ----

    def connected(self, now: float) -> list[Uplink]:
        """The socket is open: the screen speaks first."""
        self.disconnected()
        self.goodbye = None
        self._reported = self._playhead.snapshot(now)
        return [
            msgspec.structs.replace(
                self._about, emergency_version=self.emergency_version, playback=self._reported
            )
        ]

    def disconnected(self) -> None:
        """The socket is gone. What is shown stays, and what plays goes on."""
        self.session = None
        self._heartbeat_due = None
        self.unanswered_heartbeats = 0

    def leave(self, reason: str) -> list[Uplink]:
        """The last words before the screen closes the socket on purpose; then call `disconnected`."""
        return [] if self.session is None else [DeviceGoodbye(reason)]

    def receive(self, frame: Downlink, now: float) -> list[Uplink]:
        """What the hub said; returns what to answer, in order."""
        match frame:
            case Welcome():
                return self._begin(frame, now)
            case Goodbye():
                self.goodbye = frame
                return []
            case Error():
                return []  # The hub did not understand a frame; there is nothing that a screen could do.
            case _ if self.session is None:
                return []  # Nothing is legal before `welcome`.
            case Ack():
                return self._acknowledged(frame, now)
            case Command():
                return self._ordered(frame, now)

    def tick(self, now: float) -> list[Uplink]:
        """Do whatever is due by `now`: an alert that is over, the next item, a heartbeat."""
        said: list[Uplink] = []
        if self._clock.has_passed(self._board.expires_ms, now):
            said += self._expire(now)
        said += self._stamped(self._playhead.advance(now), now)
        if self.session is None:
            return []
        if self._heartbeat_due is not None and now >= self._heartbeat_due:
            said.append(self._beat(now, self._heartbeat_due, self._interval_s(self.session)))
        return said

    # ---- sessions and heartbeats ----

    def _begin(self, welcome: Welcome, now: float) -> list[Uplink]:
        self.session = welcome
        # The first heartbeat falls anywhere in the interval, so that a fleet that came back together does not
        # beat together for ever after.
        self._heartbeat_due = now + self._interval_s(welcome) * self._rng.random()
        _, gone = self._believe(welcome, welcome.emergencies, now)
        gone = [*self._ended_unreported, *gone]
        self._ended_unreported.clear()
        return self._answer_for(self.alerts, [e for e in gone if e not in self._board], now)

    def _acknowledged(self, ack: Ack, now: float) -> list[Uplink]:
        self.unanswered_heartbeats = max(0, min(self.unanswered_heartbeats, self._heartbeat_seq - ack.seq))
        if ack.emergencies is None:
            self._clock.set(ack.server_time_ms, now)
            return []
        painted, gone = self._believe(ack, ack.emergencies, now)
        return self._answer_for(painted, gone, now)

    def _believe(self, frame: Welcome | Ack, truth: list[Alert], now: float) -> tuple[list[Alert], list[str]]:
        self._clock.set(frame.server_time_ms, now)
        self.emergency_version = frame.emergency_version
        difference = self._board.replace(truth, frame.server_time_ms)
        return difference.painted, difference.gone

    def _answer_for(self, painted: Iterable[Alert], gone: Iterable[str], now: float) -> list[Uplink]:
        said: list[Uplink] = [self._rendered(alert, now) for alert in painted]
        said += [self._receipt(emergency_id, ReceiptStatus.SUCCEEDED, now) for emergency_id in gone]
        return said

    def _beat(self, now: float, due: float, interval_s: float) -> Heartbeat:
        # Keep the rhythm, but never make up for beats that were missed while the machine slept.
        self._heartbeat_due = due + interval_s if due + interval_s > now else now + interval_s
        self._heartbeat_seq += 1
        self.unanswered_heartbeats += 1
        playback = self._playhead.snapshot(now)
        before, self._reported = self._reported, playback
        unchanged = before is not None and (before.state, before.item) == (playback.state, playback.item)
        return Heartbeat(self._heartbeat_seq, self.emergency_version, None if unchanged else playback)

    # ---- commands ----

    def _ordered(self, command: Command, now: float) -> list[Uplink]:
        match command.command:
            case CommandName.EMERGENCY_SHOW:
                return self._show(command, now)
            case CommandName.EMERGENCY_HIDE:
                return self._hide(command, now)
        command_id = command.command_id
        if (answered := self._carried_out.receipt(command_id)) is not None:
            return [answered]
        if self._clock.has_passed(command.expires_ms, now):
            return [self._finish(command_id, ReceiptStatus.REJECTED, now, _EXPIRED)]
        said: list[Uplink] = [self._receipt(command_id, ReceiptStatus.RECEIVED, now)]
        said += self._stamped(self._carry_out(command.command, now), now)
        detail = "pong" if command.command is CommandName.PING else None
        return [*said, self._finish(command_id, ReceiptStatus.SUCCEEDED, now, detail)]

    def _carry_out(self, command: CommandName, now: float) -> list[DeviceEvent]:
        match command:
            case CommandName.PLAY:
                return self._playhead.play(now)
            case CommandName.PAUSE:
                return self._playhead.pause(now)
            case CommandName.STOP:
                return self._playhead.stop()
            case CommandName.RELOAD_PLAYLIST:
                return self._playhead.restart(now)
            case CommandName.REBOOT:
                # The reference has no machine to restart: it starts over.
                return [*self._playhead.stop(), DeviceEvent(EventName.READY), *self._playhead.play(now)]
            case _:
                return []  # A ping is only answered.

    def _show(self, command: Command, now: float) -> list[Uplink]:
        try:
            order = msgspec.convert(command.args, ShowArguments)
        except msgspec.ValidationError as error:
            return [self._refuse(command, f"cannot be shown: {error}", now)]
        alert = order.alert
        if alert.emergency_id not in self._board and alert.emergency_id in self._carried_out:
            # The all-clear, or its own end, came before: a show that is late must not bring it back.
            return [self._receipt(command.command_id, ReceiptStatus.SUCCEEDED, now)]
        self.emergency_version = order.emergency_version
        if self._clock.has_passed(alert.expires_ms, now):
            return [self._refuse(command, _EXPIRED, now)]
        self._board.show(alert)
        return [self._receipt(command.command_id, ReceiptStatus.RECEIVED, now), self._rendered(alert, now)]

    def _hide(self, command: Command, now: float) -> list[Uplink]:
        try:
            order = msgspec.convert(command.args, HideArguments)
        except msgspec.ValidationError as error:
            return [self._refuse(command, f"cannot be hidden: {error}", now)]
        self._board.hide(order.emergency_id)
        self.emergency_version = order.emergency_version
        self._finish(order.emergency_id, ReceiptStatus.SUCCEEDED, now)
        return [self._receipt(command.command_id, ReceiptStatus.SUCCEEDED, now)]

    def _expire(self, now: float) -> list[Receipt]:
        over = self._board.expire(self._clock.ms(now) or 0)
        if self.session is None:
            self._ended_unreported.extend(over)
        return [self._finish(emergency_id, ReceiptStatus.SUCCEEDED, now) for emergency_id in over]

    # ---- receipts ----

    def _receipt(self, command_id: str, status: ReceiptStatus, now: float) -> Receipt:
        return Receipt(command_id, status, at_ms=self._clock.ms(now))

    def _rendered(self, alert: Alert, now: float) -> Receipt:
        painted = paint(alert)
        return Receipt(
            alert.emergency_id,
            ReceiptStatus.RENDERED,
            content_hash=painted.content_hash,
            at_ms=self._clock.ms(now),
        )

    def _refuse(self, command: Command, reason: str, now: float) -> Receipt:
        return Receipt(
            command.command_id, ReceiptStatus.REJECTED, detail=reason[:2000], at_ms=self._clock.ms(now)
        )

    def _finish(
        self, command_id: str, status: ReceiptStatus, now: float, detail: str | None = None
    ) -> Receipt:
        receipt = Receipt(command_id, status, detail=detail, at_ms=self._clock.ms(now))
        self._carried_out.remember(receipt)
        return receipt

    def _stamped(self, events: list[DeviceEvent], now: float) -> list[DeviceEvent]:
        at_ms = self._clock.ms(now)
        return [msgspec.structs.replace(event, at_ms=at_ms) for event in events]

    @staticmethod
    def _interval_s(session: Welcome) -> float:
        return max(SHORTEST_INTERVAL_S, session.heartbeat_interval_s)
