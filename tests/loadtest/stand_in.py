"""A hub's device socket and nothing else, for what a real hub does not do on request: stall, refuse, vanish.

Everything that a real hub does is tested with the real one.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import msgspec
import trio
from trio_websocket import ConnectionClosed, WebSocketConnection, WebSocketRequest, serve_websocket

from loadtest.link import EnrolledScreen, Misbehaviour
from protocol.codec import decode_uplink, encode
from protocol.frames import Ack, Alert, DeviceGoodbye, Downlink, Heartbeat, Hello, Uplink, Welcome
from protocol.vocabulary import SUBPROTOCOL


def now_ms() -> int:
    return int(time.time() * 1000)


@dataclass(eq=False)
class StandInHub:
    """What it was told and by whom; `sockets` are the open ones, by token."""

    port: int
    heartbeat_interval_s: float = 0.2
    answers_heartbeats: bool = True
    reject_with: int | None = None
    reject_headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    emergencies: list[Alert] = field(default_factory=list)
    emergency_version: int = 0
    commands_sent: int = 0
    """What each ack says, whatever was sent."""
    upgrades: list[WebSocketRequest] = field(default_factory=list)
    sockets: dict[str, WebSocketConnection] = field(default_factory=dict)
    heard: dict[str, list[Uplink]] = field(default_factory=dict)
    _heard_more: trio.Event = field(default_factory=trio.Event)

    def screen(self, number: int, misbehaviour: Misbehaviour | None = None) -> EnrolledScreen:
        """What such a screen would have been given when it was approved."""
        name = f"sim-{number:04d}"
        url = f"ws://127.0.0.1:{self.port}/api/v1/ws/device"
        return EnrolledScreen(
            name, f"Screen {number}", f"device-{number}", f"token-{number}", url, misbehaviour
        )

    async def say(self, number: int, frame: Downlink) -> None:
        await self.sockets[f"token-{number}"].send_message(encode(frame).decode())

    async def until_heard(self, number: int, fact: Callable[[list[Uplink]], bool]) -> list[Uplink]:
        """Everything that screen said so far, once `fact` is true of it. The caller sets the deadline."""
        while not fact(self.heard.get(f"token-{number}", [])):
            await self._heard_more.wait()
        return self.heard[f"token-{number}"]

    async def serve(self, request: WebSocketRequest) -> None:
        self.upgrades.append(request)
        if self.reject_with is not None:
            await request.reject(self.reject_with, extra_headers=self.reject_headers)
            return
        token = dict(request.headers)[b"authorization"].decode().removeprefix("Bearer ")
        socket = self.sockets[token] = await request.accept(subprotocol=SUBPROTOCOL)
        try:
            while True:
                message = await socket.get_message()
                assert isinstance(message, str), "the device socket speaks text frames"
                await self._hear(token, socket, decode_uplink(message.encode()))
        except ConnectionClosed:
            if self.sockets.get(token) is socket:
                del self.sockets[token]

    async def _hear(self, token: str, socket: WebSocketConnection, frame: Uplink) -> None:
        self.heard.setdefault(token, []).append(frame)
        self._heard_more.set()
        self._heard_more = trio.Event()
        answer: Downlink | None = None
        if isinstance(frame, Hello):
            answer = Welcome(
                f"device-of-{token}",
                "a name",
                "a session",
                self.heartbeat_interval_s,
                now_ms(),
                self.emergency_version,
                self.emergencies,
            )
        elif isinstance(frame, Heartbeat) and self.answers_heartbeats:
            right = frame.emergency_version == self.emergency_version
            answer = Ack(
                frame.seq,
                now_ms(),
                self.emergency_version,
                None if right else list(self.emergencies),
                self.commands_sent,
            )
        elif isinstance(frame, DeviceGoodbye):
            await socket.aclose(1001)
        if answer is not None:
            await socket.send_message(encode(answer).decode())


@asynccontextmanager
async def stand_in_hub() -> AsyncIterator[StandInHub]:
    """A stand-in that listens on a port of its own."""
    async with trio.open_nursery() as nursery:
        hub = StandInHub(port=0)

        async def serve(request: WebSocketRequest) -> None:
            await hub.serve(request)

        server = await nursery.start(serve_websocket, serve, "127.0.0.1", 0, None)
        hub.port = server.port
        yield hub
        nursery.cancel_scope.cancel()


def args_of(struct: msgspec.Struct) -> dict[str, object]:
    """A struct as the `args` of a command."""
    built: dict[str, object] = msgspec.to_builtins(struct)
    return built
