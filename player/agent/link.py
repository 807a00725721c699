"""One screen on the wire: it connects, runs its ReferenceScreen, and comes back when it is cut off.

This is the shell that `player/reference.py` asks for: it owns the socket and the clock, and decides nothing.

Rule 1: two tasks a connection, this one and the WebSocket's own reader. What is due in time is moved by
        whoever made the link, who calls `tick` at `next_due`.
Rule 2: what comes is sifted first (player/trust.py), in the order in which it came. Without `trust` nothing
        is checked: that is for simulated screens only, thousands on one machine, which show nobody anything.
Rule 3: whoever makes something else of it overrides the methods of the last chapter, and nothing else.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager, nullcontext
from random import Random
from typing import Any, Final, Protocol

import trio
from trio_websocket import ConnectionClosed, ConnectionRejected, WebSocketConnection
from wsproto.utilities import LocalProtocolError

from player.agent.dial import Address, Caller, upgrade
from player.agent.ending import Ending, rejected
from player.agent.hub_http import AGAIN_AFTER_S, fetch_keys, fetch_manifest
from player.reconnect import Backoff, is_sent_away
from player.reference import ReferenceScreen
from player.trust import Trust
from protocol.codec import MalformedFrame, UnknownFrame, decode_downlink, encode
from protocol.frames import Ack, Downlink, Uplink

CONNECT_DEADLINE_S: Final = 15.0
"""From the first packet to `welcome`."""
SEND_DEADLINE_S: Final = 2.0
"""A hub that takes longer to take a heartbeat off the wire is not reading."""
KEYS_AGAIN_AFTER_S: Final = 60.0
"""Whoever sends alerts of keys that nobody knows does not make the screen ask more often than this."""


class Credentials(Protocol):
    """What a screen proves itself with, and where."""

    @property
    def device_token(self) -> str: ...
    @property
    def websocket_url(self) -> str: ...


class Link:
    """One screen and its connection of the moment. `screen` is public to be looked at."""

    def __init__(
        self,
        screen: ReferenceScreen,
        credentials: Credentials,
        *,
        caller: Caller,
        rng: Random,
        trust: Trust | None = None,
    ) -> None:
        self.screen = screen
        self.gave_up: str | None = None
        """Why it will not come back: its token. None while it will."""
        self.leaving = False
        self.address = Address.parse(credentials.websocket_url)
        self._credentials = credentials
        self._caller = caller
        self._trust = trust
        self._ask_again_at = -math.inf
        self._backoff = Backoff(rng)
        self._socket: WebSocketConnection | None = None
        self._scope = trio.CancelScope()

    @property
    def next_due(self) -> float | None:
        return self.screen.next_due

    async def run(self, start_at: float = 0.0) -> None:
        """Connect at `start_at`, stay, and come back, until the token is revoked or the screen leaves."""
        await trio.sleep_until(start_at)
        while True:
            ending = await self._connect_once()
            if self.leaving:
                return
            delay_s = self._backoff.delay_s(close_code=ending.close_code, goodbye=ending.goodbye)
            if delay_s is None:
                self.gave_up = ending.reason
                self.given_up(ending)
                return
            if is_sent_away(ending.close_code, ending.goodbye):
                self.sent_away(ending, delay_s)
            await trio.sleep(delay_s)

    async def tick(self, now: float) -> None:
        """Do what is due."""
        if self.screen.fetch_at is not None and self.screen.fetch_at <= now:
            self.screen.fetching()
            self.fetch_soon()
        said = self.screen.tick(now)
        self.changed()
        if self.screen.link_is_dead and not self.ignores_silence:
            self._scope.cancel()
        elif said:
            with trio.move_on_after(SEND_DEADLINE_S) as deadline:
                await self.say_if_open(said)
            if deadline.cancelled_caught:
                # A message that was sent by half leaves the stream unusable.
                self._scope.cancel()

    async def fetch_manifest(self) -> bool:
        """Ask for it over HTTP; whether it came."""
        answer = await fetch_manifest(self._caller, self.address, self._credentials.device_token)
        now = trio.current_time()
        if answer is None:
            self.screen.not_fetched(now + AGAIN_AFTER_S)
        else:
            await self.say_if_open(self.screen.fetched(answer, now))
        self.changed()
        return answer is not None

    async def say_goodbye(self, reason: str) -> None:
        """The hub answers it by closing. The caller sets the deadline."""
        if self._socket is not None and self.screen.session is not None:
            farewell = self.screen.leave(reason)
            self.screen.disconnected()  # No heartbeat comes after a goodbye.
            await self.say_if_open(farewell)

    async def say_if_open(self, said: Iterable[Uplink]) -> None:
        """Say it; on a connection that has just ended it is lost, as on one that ends in a moment."""
        if self._socket is None:
            return
        try:
            await self._say(self._socket, said)
        except (ConnectionClosed, LocalProtocolError):
            # The link's own task learns it by itself, with the close code, unless it does not read.
            if self.ignores_silence:
                self._scope.cancel()

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
            self.ended()
            self._socket = None
            self.screen.disconnected(ending.close_code)
            self.changed()
        return Ending(ending.close_code, ending.goodbye or self.screen.goodbye)

    async def _hold_connection(self) -> Ending:
        """Dial, say hello, hear the hub out. Raises what ends a connection without a close frame."""
        ending = Ending()
        stream: trio.abc.Stream | None = None
        try:
            async with trio.open_nursery() as nursery:
                try:
                    async with self.handshake():
                        began = trio.current_time()
                        self._scope.deadline = began + CONNECT_DEADLINE_S
                        stream = await self._caller.dial(self.address)
                        token = self._credentials.device_token
                        self._socket = socket = await upgrade(nursery, stream, self.address, token)
                        await self._say(socket, self.screen.connected(trio.current_time()))
                        while self.screen.session is None:
                            await self._hear(socket)
                    self._scope.deadline = math.inf
                    self.welcomed(trio.current_time() - began)
                    if self.ignores_silence:
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
        try:
            frame = decode_downlink(message.encode() if isinstance(message, str) else message)
        except (UnknownFrame, MalformedFrame):
            self.not_understood()  # A newer hub may say more than this screen understands.
            return
        if self.loses(frame):
            return
        said = await self._heard(frame)
        self.heard(frame, said)
        if isinstance(frame, Ack):
            self._backoff.session_is_sound()
        if said:
            await self._say(socket, said)
        self.changed()

    async def _heard(self, frame: Downlink) -> list[Uplink]:
        """What the screen answers, after the frame was sifted (Rule 2)."""
        now = trio.current_time()
        trust = self._trust
        if trust is None:
            return self.screen.receive(frame, now)
        if trust.lacks_key(frame) and now >= self._ask_again_at:
            trust.learn(await fetch_keys(self._caller, self.address.http_url))
            now = trio.current_time()
            self._ask_again_at = now + (KEYS_AGAIN_AFTER_S if trust.is_answered else AGAIN_AFTER_S)
        sifted = trust.sift(frame, self.screen.hub_ms(now))
        said = [] if sifted.frame is None else self.screen.receive(sifted.frame, now)
        if self.screen.session is not None:
            said += [*sifted.refused, *self.screen.report(sifted.events, now)]
        return said

    async def _say(self, socket: WebSocketConnection, said: Iterable[Uplink]) -> None:
        """Raises ConnectionClosed."""
        for frame in said:
            if self.says(frame):
                await socket.send_message(encode(frame).decode())

    # ---- for whoever makes something else of it ----

    ignores_silence = False
    """A screen that takes nothing off the wire after `welcome`, on purpose."""

    def handshake(self) -> AbstractAsyncContextManager[Any]:
        """Held from dialling to `welcome`."""
        return nullcontext()

    def changed(self) -> None:
        """What is shown, or when something is due, may be otherwise now."""

    def welcomed(self, took_s: float) -> None:
        """There is a session."""

    def ended(self) -> None:
        """An attempt, or a connection, is over."""

    def given_up(self, ending: Ending) -> None:
        """It will not come back."""

    def sent_away(self, ending: Ending, delay_s: float) -> None:
        """The hub does not want it back; it asks again after so long."""

    def says(self, frame: Uplink) -> bool:
        """About to be said; False holds it back."""
        return True

    def loses(self, frame: Downlink) -> bool:
        """Whether to behave as if this had never come."""
        return False

    def heard(self, frame: Downlink, said: list[Uplink]) -> None:
        """This came, and that is the answer."""

    def not_understood(self) -> None:
        """A frame came that this screen does not know."""

    def fetch_soon(self) -> None:
        """Start `fetch_manifest` in the background."""
        raise NotImplementedError
