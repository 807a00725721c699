"""Screens that say a lot and read nothing: a client that behaves so until the hub has had enough of it."""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable
from typing import Final

import trio
from websockets.frames import Frame, Opcode
from websockets.protocol import CLIENT, Protocol

from protocol.codec import decode_downlink, encode
from protocol.frames import Goodbye, Heartbeat, Hello, Resumed, Uplink, Welcome
from tests.hub.gateway.client import frame, upgrade
from tests.hub.hub_process import HubProcess

BEAT_EVERY_S: Final = 0.2
WINDOW_BYTES: Final = 4096
"""What this side of the connection takes in before anybody reads: as little as the system allows."""
SEGMENT_BYTES: Final = 1460
"""As on Ethernet. On the loopback interface segments are 64 KiB, and the hub's system would keep megabytes
for each connection before the hub itself had to keep anything."""


class SlowReader:
    """One screen. `cuts`: how often the hub let go of it; `resumed`: how often its session went on then."""

    def __init__(self, hub: HubProcess, token: str) -> None:
        self._hub = hub
        self._token = token
        self._session_id: str | None = None
        self.cuts = 0
        self.resumed = 0

    async def run(self) -> None:
        """Come, hear the greeting, beat without reading until cut off, come again; for ever."""
        while True:
            stream, _ = await self._greeted()
            try:
                await self._beat_for_ever(stream)
            except trio.BrokenResourceError:
                self.cuts += 1
            finally:
                await trio.aclose_forcefully(stream)

    async def hears_why(self, is_cut: Callable[[], Awaitable[bool]]) -> tuple[Goodbye, int]:
        """As `run`, once; when it is cut it begins to read: the hub's farewell, and its close code."""
        stream, websocket = await self._greeted()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._beat_for_ever, stream)
            while not await is_cut():
                await trio.sleep(0.02)
            nursery.cancel_scope.cancel()
        try:
            while data := await stream.receive_some(65_536):
                websocket.receive_data(data)
        except trio.BrokenResourceError:
            pass  # Whoever has unread bytes on his side resets the connection instead of ending it.
        await trio.aclose_forcefully(stream)
        *_, goodbye, close = (event for event in websocket.events_received() if isinstance(event, Frame))
        farewell = decode_downlink(bytes(goodbye.data))
        assert isinstance(farewell, Goodbye), farewell
        assert close.opcode is Opcode.CLOSE
        return farewell, int.from_bytes(close.data[:2], "big")

    async def _greeted(self) -> tuple[trio.SocketStream, Protocol]:
        sock = trio.socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, WINDOW_BYTES)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SEGMENT_BYTES)
        await sock.connect(("127.0.0.1", self._hub.port))
        stream, websocket = trio.SocketStream(sock), Protocol(CLIENT)
        await stream.send_all(upgrade("/api/v1/ws/device", f"Authorization: Bearer {self._token}"))
        await self._say(stream, Hello(session_id=self._session_id))
        received = bytearray()
        while b"\r\n\r\n" not in received:
            received += await stream.receive_some(65_536)
        head, _, rest = bytes(received).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101"), head
        websocket.receive_data(rest)
        while not (events := websocket.events_received()):
            websocket.receive_data(await stream.receive_some(65_536))
        assert isinstance(events[0], Frame)
        greeting = decode_downlink(bytes(events[0].data))
        assert isinstance(greeting, Welcome | Resumed), greeting
        self.resumed += isinstance(greeting, Resumed)
        self._session_id = greeting.session_id
        return stream, websocket

    async def _beat_for_ever(self, stream: trio.SocketStream) -> None:
        """Each beat says that it has applied nothing, so that each answer is the whole truth."""
        seq = 0
        while True:
            seq += 1
            await self._say(stream, Heartbeat(seq))
            await trio.sleep(BEAT_EVERY_S)

    async def _say(self, stream: trio.SocketStream, said: Uplink) -> None:
        await stream.send_all(frame(encode(said)))
