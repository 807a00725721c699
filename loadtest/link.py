"""One simulated screen on the wire: it connects, runs its ReferenceScreen, and comes back when it is cut off.

This is the shell that `player/reference.py` asks for: it owns the socket and the clock, and decides nothing.

Rule 1: two tasks a connection, this one and the WebSocket's own reader. What is due in time comes through the
        fleet's scheduler.
Rule 2: nothing that happens on one connection reaches another.
"""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import Final, Protocol

import trio
from trio_websocket import ConnectionClosed, ConnectionRejected, WebSocketConnection
from wsproto.utilities import LocalProtocolError

from loadtest.dial import Address, Caller, upgrade
from loadtest.ending import Ending, rejected
from loadtest.manifest_fetch import AGAIN_AFTER_S, fetch_manifest
from loadtest.scheduler import Scheduler
from loadtest.stats import FleetStats
from player.journal import CommandJournal
from player.playback import DEMO_PLAYLIST
from player.reconnect import Backoff
from player.reference import ReferenceScreen
from protocol.codec import MalformedFrame, UnknownFrame, decode_downlink, encode
from protocol.frames import Ack, Command, Downlink, Heartbeat, ManifestFrame, Receipt, Uplink
from protocol.vocabulary import OPERATOR_COMMANDS, SIMULATED_PLATFORM, CommandName, ReceiptStatus

CONNECT_DEADLINE_S: Final = 15.0
"""From the first packet to `welcome`."""
SEND_DEADLINE_S: Final = 2.0
"""A hub that takes longer to take a heartbeat off the wire is not reading."""


class Misbehaviour(StrEnum):
    """Screens that go wrong on purpose, to see how the hub names them."""

    NEVER_READS = "never_reads"
    """Beats, but takes nothing in after `welcome`: silent at first, stalled once buffers are full."""
    NEVER_ANSWERS = "never_answers"
    """Beats and reads, but sends no receipt: silent."""
    LOSES_PUSHES = "loses_pushes"
    """Its link loses what the hub says unasked: every order about an emergency, and every command the first
    time. Only what a heartbeat brings comes through."""


@dataclass(frozen=True, slots=True)
class EnrolledScreen:
    """A screen that the hub knows, and what it proves itself with."""

    hardware_id: str
    name: str
    device_id: str
    device_token: str = field(repr=False)
    websocket_url: str
    misbehaviour: Misbehaviour | None = None


class Surroundings(Protocol):
    """What the links of a fleet share."""

    @property
    def stats(self) -> FleetStats: ...
    @property
    def scheduler(self) -> Scheduler: ...
    @property
    def caller(self) -> Caller: ...
    @property
    def handshakes(self) -> trio.CapacityLimiter: ...
    @property
    def fetches(self) -> trio.CapacityLimiter: ...
    @property
    def leaving(self) -> bool: ...
    def start_soon(self, work: Callable[[], Awaitable[None]]) -> None: ...
    def journal_of(self, enrolled: EnrolledScreen) -> CommandJournal: ...


class Link:
    """One screen and its connection of the moment. `screen` is public to be looked at."""

    def __init__(self, enrolled: EnrolledScreen, number: int, fleet: Surroundings, rng: Random) -> None:
        self.enrolled = enrolled
        self.gave_up: str | None = None
        """Why it will not come back; None while it will."""
        turn = number % len(DEMO_PLAYLIST)
        self.screen = ReferenceScreen(
            trio.current_time(),
            rng=rng,
            journal=fleet.journal_of(enrolled),
            playlist=(*DEMO_PLAYLIST[turn:], *DEMO_PLAYLIST[:turn]),
            platform=SIMULATED_PLATFORM,
        )
        self._address = Address.parse(enrolled.websocket_url)
        self._fleet = fleet
        self._stats = fleet.stats
        self._backoff = Backoff(rng)
        self._socket: WebSocketConnection | None = None
        self._scope = trio.CancelScope()
        self._welcomed_before = False
        self._counted_as_connected = False
        self._beat_sent = (0, 0.0)
        self._showed_alert = False
        self._lost_once: set[str] = set()

    def __repr__(self) -> str:
        state = self.gave_up or ("connected" if self.screen.session else "not connected")
        return f"<{self.enrolled.hardware_id} {self.enrolled.name!r}: {state}>"

    @property
    def next_due(self) -> float | None:
        return self.screen.next_due

    async def run(self, start_at: float) -> None:
        """Connect at `start_at`, stay, and come back, until the hub says not to or the fleet leaves."""
        await trio.sleep_until(start_at)
        while True:
            ending = await self._connect_once()
            if self._fleet.leaving:
                return
            delay_s = self._backoff.delay_s(close_code=ending.close_code, goodbye=ending.goodbye)
            if delay_s is None:
                self.gave_up = ending.reason
                self._stats.gave_up[ending.reason] += 1
                self._stats.changed()
                return
            await trio.sleep(delay_s)

    async def tick(self, now: float) -> None:
        """Called by the scheduler when something is due."""
        if self.screen.fetch_at is not None and self.screen.fetch_at <= now:
            self.screen.fetching()
            self._fleet.start_soon(self._fetch_manifest)
        said = self.screen.tick(now)
        self._note_glass()
        if self.screen.link_is_dead and self.enrolled.misbehaviour is not Misbehaviour.NEVER_READS:
            self._scope.cancel()
        elif said:
            with trio.move_on_after(SEND_DEADLINE_S) as deadline:
                await self._say_if_open(said)
            self._stats.changed()
            if deadline.cancelled_caught:
                # A message that was sent by half leaves the stream unusable.
                self._scope.cancel()

    async def _fetch_manifest(self) -> None:
        async with self._fleet.fetches:
            answer = await fetch_manifest(self._fleet.caller, self._address, self.enrolled.device_token)
        now = trio.current_time()
        if answer is None:
            self.screen.not_fetched(now + AGAIN_AFTER_S)
        else:
            self._stats.manifests_fetched += 1
            await self._say_if_open(self.screen.fetched(answer, now))
        self._fleet.scheduler.reschedule(self)
        self._stats.changed()

    async def say_goodbye(self, reason: str) -> None:
        """The hub answers it by closing. The caller sets the deadline."""
        if self._socket is not None and self.screen.session is not None:
            farewell = self.screen.leave(reason)
            self.screen.disconnected()  # No heartbeat comes after a goodbye.
            await self._say_if_open(farewell)

    # ---- one connection ----

    async def _connect_once(self) -> Ending:
        ending = Ending()
        try:
            with trio.CancelScope() as self._scope:
                ending = await self._hold_connection()
        except* ConnectionRejected as group:
            ending = rejected(group)
        except* (OSError, trio.BrokenResourceError, trio.ClosedResourceError, LocalProtocolError):
            pass  # The network's ways to say that there is no connection, or none any more.
        finally:
            self._count_ending()
            self._socket = None
            self.screen.disconnected(ending.close_code)
        return Ending(ending.close_code, ending.goodbye or self.screen.goodbye)

    async def _hold_connection(self) -> Ending:
        """Dial, say hello, hear the hub out. Raises what ends a connection without a close frame."""
        ending = Ending()
        stream: trio.abc.Stream | None = None
        try:
            async with trio.open_nursery() as nursery:
                try:
                    # Too many handshakes at once only make each other late.
                    async with self._fleet.handshakes:
                        began = trio.current_time()
                        self._scope.deadline = began + CONNECT_DEADLINE_S
                        stream = await self._fleet.caller.dial(self._address)
                        socket = await upgrade(nursery, stream, self._address, self.enrolled.device_token)
                        self._socket = socket
                        await self._say(socket, self.screen.connected(trio.current_time()))
                        while self.screen.session is None:
                            await self._hear(socket)
                    self._scope.deadline = math.inf
                    self._count_welcome(trio.current_time() - began)
                    if self.enrolled.misbehaviour is Misbehaviour.NEVER_READS:
                        await trio.sleep_forever()
                    while True:
                        await self._hear(socket)
                except ConnectionClosed as closed:
                    ending = Ending(None if closed.reason is None else int(closed.reason.code))
                    nursery.cancel_scope.cancel()
        finally:
            if stream is not None:
                await trio.aclose_forcefully(stream)
        return ending

    async def _hear(self, socket: WebSocketConnection) -> None:
        """Take one frame off the wire and answer it. Raises ConnectionClosed."""
        message = await socket.get_message()
        now = trio.current_time()
        try:
            frame = decode_downlink(message.encode() if isinstance(message, str) else message)
        except (UnknownFrame, MalformedFrame):
            self._stats.frames_not_understood += 1  # A newer hub may say more than this screen understands.
            return
        if self.enrolled.misbehaviour is Misbehaviour.LOSES_PUSHES and self._is_lost(frame):
            return
        said = self.screen.receive(frame, now)
        self._count_heard(frame, said, now)
        self._fleet.scheduler.reschedule(self)
        if said:
            await self._say(socket, said)
        self._note_glass()
        self._stats.changed()

    def _is_lost(self, frame: Downlink) -> bool:
        if not isinstance(frame, Command):
            return False
        if frame.command_id in self._lost_once:
            self._lost_once.remove(frame.command_id)
            return False
        if frame.command in OPERATOR_COMMANDS:
            self._lost_once.add(frame.command_id)
        self._stats.pushes_lost += 1
        return True

    async def _say(self, socket: WebSocketConnection, said: Iterable[Uplink]) -> None:
        """Raises ConnectionClosed."""
        for frame in said:
            if isinstance(frame, Heartbeat):
                self._stats.heartbeats += 1
                self._beat_sent = (frame.seq, trio.current_time())
            elif isinstance(frame, Receipt):
                if self.enrolled.misbehaviour is Misbehaviour.NEVER_ANSWERS:
                    continue
                self._stats.alerts_rendered += frame.status is ReceiptStatus.RENDERED
            await socket.send_message(encode(frame).decode())

    async def _say_if_open(self, said: Iterable[Uplink]) -> None:
        if self._socket is None:
            return
        try:
            await self._say(self._socket, said)
        except (ConnectionClosed, LocalProtocolError):
            # The link's own task learns it by itself, with the close code, unless it does not read.
            if self.enrolled.misbehaviour is Misbehaviour.NEVER_READS:
                self._scope.cancel()

    # ---- counting ----

    def _count_welcome(self, took_s: float) -> None:
        stats = self._stats
        stats.connect.add(took_s)
        stats.welcomes += 1
        stats.reconnects += self._welcomed_before
        stats.connected += 1
        stats.most_connected = max(stats.most_connected, stats.connected)
        self._welcomed_before = self._counted_as_connected = True
        stats.changed()

    def _count_ending(self) -> None:
        if self._counted_as_connected:
            self._counted_as_connected = False
            self._stats.connected -= 1
        elif not self._fleet.leaving:
            self._stats.failed_attempts += 1
        self._stats.changed()

    def _count_heard(self, frame: Downlink, said: list[Uplink], now: float) -> None:
        stats = self._stats
        match frame:
            case ManifestFrame():
                stats.manifests_carried += 1
            case Ack(seq=seq):
                stats.acks += 1
                self._backoff.session_is_sound()
                if seq == self._beat_sent[0]:
                    stats.heartbeat.add(now - self._beat_sent[1])
            case Command(command=CommandName.EMERGENCY_SHOW):
                rendered = {f.command_id for f in said if isinstance(f, Receipt) and f.content_hash}
                for alert in self.screen.alerts:
                    if alert.emergency_id in rendered:
                        stats.alert.add(time.time() - alert.issued_ms / 1000.0)
            case Command(command=name) if name in OPERATOR_COMMANDS:
                stats.commands += 1
            case _:
                pass

    def _note_glass(self) -> None:
        shows_alert = self.screen.shows_alert
        if shows_alert != self._showed_alert:
            self._showed_alert = shows_alert
            self._stats.showing_alert += 1 if shows_alert else -1
            self._stats.changed()
