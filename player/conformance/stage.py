"""The hub that is played against a player: what is so at the moment, and how a link with it begins.

Rule 1: heartbeats are answered by themselves, with the truth where the player has another version; a check
        that wants silence says so.
Rule 2: whoever needs a session asks for `session`: the one that is open, or the next that the player makes.
Rule 3: its key is made from a word, so that a player can be given it before: `KEY.public()`.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
import trio
from trio_websocket import WebSocketConnection

from player.conformance.connection import Asked, Connection
from player.conformance.verdicts import Failed
from player.vectors.alerts import Key
from protocol.access import SigningKeySet
from protocol.alert import content_hash
from protocol.api import Claimed, Registered
from protocol.frames import (
    Ack,
    Alert,
    AlertText,
    Command,
    Downlink,
    Goodbye,
    Heartbeat,
    Hello,
    Resumed,
    Uplink,
    Welcome,
)
from protocol.manifest import DeviceManifest, Manifest
from protocol.vocabulary import CommandName, Severity

KEY: Final = Key("clarion conformance")
STRANGER: Final = Key("a stranger")
TENANT: Final = "2f0c7f62-9d0b-4c58-9a3e-6b1c2d3e4f50"
DEVICE: Final = "743e9c8d-4b54-48df-854f-5bab73428cf8"
TOKEN: Final = "clarion-conformance-token"  # noqa: S105 -- a token of this program, which lets nobody in
LONGEST_AWAY_S: Final = 8.0
"""A player whose session was sound comes back within a second, and the machine may be busy."""


class Stage:
    """`interval_s`: between two heartbeats."""

    def __init__(self, interval_s: float, websocket_url: str) -> None:
        self.interval_s = interval_s
        self.answers = True
        """Whether heartbeats are answered."""
        self.version = 1
        self.truth: list[Alert] = []
        self.commands = 0
        self.playlist_version = 0
        self.manifest: DeviceManifest | None = None
        self.fetched = 0
        self.session_id = ""
        self.hello: Hello | None = None
        self.connections: list[Connection] = []
        self._url = websocket_url
        self._taken = 0
        self._ids = 0
        self._came = trio.Event()
        self._open: Connection | None = None

    # ---- what the player comes to ----

    async def accept(self, socket: WebSocketConnection, stream: trio.abc.Stream, asked: Asked) -> None:
        """A link of the player, until it ends."""
        connection = Connection(socket, stream, asked)
        self.connections.append(connection)
        self._came.set()
        await connection.read(self._answer)

    def respond(self, method: str, path: str) -> Any:
        """What is asked over HTTP."""
        match (method, path):
            case ("GET", "/api/v1/signing-keys"):
                return SigningKeySet([KEY.public()])
            case ("POST", "/api/v1/devices/register"):
                return Registered(DEVICE, "CONF-ORM", "claim", datetime.now(UTC) + timedelta(minutes=10))
            case ("POST", "/api/v1/devices/claim"):
                return Claimed("approved", TOKEN, self._url)
            case ("GET", "/api/v1/devices/me/manifest") if self.manifest is not None:
                self.fetched += 1
                return self.manifest
            case _:
                return None

    def _answer(self, frame: Uplink) -> Downlink | None:
        if not isinstance(frame, Heartbeat) or not self.answers:
            return None
        truth = self.truth if frame.emergency_version != self.version else None
        return Ack(frame.seq, self.now_ms, self.version, truth, self.commands, self.playlist_version)

    # ---- links ----

    @property
    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    async def next_connection(self, within_s: float) -> Connection:
        """The next one that the player opens. Raises Failed."""
        with trio.move_on_after(within_s):
            while self._taken == len(self.connections):
                self._came = trio.Event()
                await self._came.wait()
            self._taken = len(self.connections)
            return self.connections[-1]
        raise Failed(f"it did not connect within {within_s:g} s")

    async def next_hello(self, within_s: float = LONGEST_AWAY_S) -> Connection:
        """A connection on which the player has said hello. Raises Failed."""
        connection = await self.next_connection(within_s)
        self.hello = await connection.until(Hello, 10.0, "hello")
        return connection

    async def welcome(self, connection: Connection) -> None:
        """A new session."""
        self._ids += 1
        self.session_id, self.commands = f"session-{self._ids}-of-conformance", 0
        welcome = Welcome(
            DEVICE, "Conformance", self.session_id, self.interval_s, self.now_ms, self.version, self.truth,
            self.playlist_version, TENANT,
        )  # fmt: skip
        await connection.say(welcome)
        self._open = connection

    async def resume(self, connection: Connection) -> None:
        """The session goes on."""
        truth = self.truth or None
        await connection.say(
            Resumed(self.session_id, self.now_ms, self.version, truth, self.playlist_version)
        )
        self._open = connection

    async def session(self) -> Connection:
        """The open session, or a new one; what was heard before is passed over. Raises Failed."""
        if self._open is None or self._open.closed_at is not None:
            await self.welcome(await self.next_hello())
        assert self._open is not None
        self._open.skip()
        return self._open

    async def sound_session(self) -> Connection:
        """One in which a heartbeat was answered: after it the player comes back soon. Raises Failed."""
        connection = await self.session()
        # With the second one the answer to the first has arrived.
        for _ in range(2):
            await connection.until(Heartbeat, 3 * self.interval_s + 2.0, "a heartbeat")
        return connection

    async def cut(self, connection: Connection) -> None:
        """The network breaks, without a word."""
        await connection.abort()
        self._open = None

    async def send_away(self, connection: Connection, code: int, after_s: float | None) -> None:
        """Goodbye, and closed."""
        await connection.say(Goodbye(code, "conformance", after_s))
        await connection.close(code, "conformance")
        self._open = None

    # ---- what is said ----

    def order(self, name: CommandName, args: dict[str, Any] | None = None, **facts: Any) -> Command:
        """The next command of this session."""
        self.commands += 1
        return Command(self.new_id(), name, args or {}, seq=self.commands, **facts)

    def new_id(self) -> str:
        self._ids += 1
        return f"00000000-0000-4000-8000-{self._ids:012}"

    def alert(
        self,
        title: str,
        *,
        texts: list[AlertText] | None = None,
        lasts_s: float | None = None,
        drill: bool = False,
    ) -> Alert:
        """Signed."""
        message, severity, others = "This is a test: conformance.", Severity.SEVERE, texts or []
        ends_ms = None if lasts_s is None else self.now_ms + int(lasts_s * 1000)
        digest = content_hash(title, message, severity, others)
        alert = Alert(
            self.new_id(), title, message, severity, self.now_ms, digest, ends_ms, texts=others, drill=drill
        )
        return KEY.signed(alert, TENANT)

    def show(self, alert: Alert) -> Command:
        """The order to show it; from now on it is so, unless it is a drill."""
        if not alert.drill:
            self.version += 1
            self.truth = [*(a for a in self.truth if a.emergency_id != alert.emergency_id), alert]
        return self.showing(alert)

    def showing(self, alert: Alert) -> Command:
        """The order to show it, and nothing is so because of it."""
        args = {"alert": msgspec.to_builtins(alert), "emergency_version": self.version}
        return Command(alert.emergency_id, CommandName.EMERGENCY_SHOW, args)

    def hide(self, alert: Alert) -> Command:
        """The all-clear."""
        self.version += 1
        self.truth = [a for a in self.truth if a.emergency_id != alert.emergency_id]
        args = {"emergency_id": alert.emergency_id, "sequence": 2, "emergency_version": self.version}
        return Command(self.new_id(), CommandName.EMERGENCY_HIDE, args)

    def nothing_to_show(self) -> None:
        """All is clear; the player is told with its next heartbeat."""
        self.version += 1
        self.truth = []

    def playlist_of_nothing(self) -> Manifest:
        """A manifest that plays nothing: any player can."""
        self.playlist_version += 1
        return Manifest(f"{self.playlist_version:064x}", [], [], self.now_ms + 86_400_000)
