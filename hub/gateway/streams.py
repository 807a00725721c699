"""The portable shell: one trio task a connection, over any trio stream. For macOS, Windows, and TLS in
process.

The same `Connection` runs behind it as behind the epoll shell; only the carrying of bytes differs.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

import trio

from hub.gateway.connection import Connection
from hub.gateway.gateway import Gateway

logger = logging.getLogger(__name__)

RECEIVE_BYTES = 16_384
"""As in the epoll shell."""

ServeHttp = Callable[[trio.abc.Stream, bytes], Awaitable[None]]


class StreamTransport:
    """One trio stream: `write` fills the outbox, a sender task empties it."""

    def __init__(self, stream: trio.abc.Stream, peer_ip: str) -> None:
        self.stream = stream
        self.peer_ip = peer_ip
        self.http: bytes | None = None
        self._outbox = bytearray()
        self._sending = 0
        self._finishing = False
        self._work = trio.Event()
        self.scope = trio.CancelScope()

    @property
    def backlog_bytes(self) -> int:
        """See `Transport`."""
        return len(self._outbox) + self._sending

    def write(self, data: bytes) -> None:
        """See `Transport`."""
        self._outbox += data
        self._work.set()

    def finish(self) -> None:
        """See `Transport`."""
        self._finishing = True
        self._work.set()

    def abort(self) -> None:
        """See `Transport`."""
        self.scope.cancel()

    def hand_over(self, data: bytes) -> None:
        """See `Transport`."""
        self.http = data
        self.scope.cancel()

    async def send(self) -> None:
        """Send what is written, until it is finished."""
        while not (self._finishing and not self._outbox):
            if not self._outbox:
                self._work = trio.Event()
                await self._work.wait()
                continue
            data, self._outbox = self._outbox, bytearray()
            self._sending = len(data)
            await self.stream.send_all(data)
            self._sending = 0
        if isinstance(self.stream, trio.abc.HalfCloseableStream):
            await self.stream.send_eof()
        else:
            self.scope.cancel()


class StreamShell:
    """`serve_http`: serves plain HTTP on a stream of which some bytes have been read already."""

    def __init__(self, gateway: Gateway, serve_http: ServeHttp) -> None:
        self._gateway = gateway
        self._serve_http = serve_http
        self._transports: dict[StreamTransport, Connection] = {}
        self._listening = trio.CancelScope()
        self._stopped = trio.Event()

    def __len__(self) -> int:
        return len(self._transports)

    def connections(self) -> list[Connection]:
        """Every connection that is not over."""
        return list(self._transports.values())

    async def run(self, listeners: list[trio.abc.Listener[Any]]) -> None:
        """Serve for ever."""
        async with trio.open_nursery() as connections:
            with self._listening:
                await trio.serve_listeners(self.serve, listeners, handler_nursery=connections)
            self._stopped.set()
            await trio.sleep_forever()

    async def stop_listening(self) -> None:
        """Accept nobody any more, from when this returns; those who are here stay."""
        self._listening.cancel()
        await self._stopped.wait()

    async def serve(self, stream: trio.abc.Stream) -> None:
        """Serve one connection to its end. Never raises for what a client does."""
        transport = StreamTransport(stream, peer_ip(stream))
        connection = Connection(transport, self._gateway)
        self._transports[transport] = connection
        self._gateway.arrived(connection)
        try:
            with transport.scope:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._send, transport, connection)
                    await self._receive(transport, connection)
                    nursery.cancel_scope.cancel()
            if transport.http is not None:
                await self._serve_http(stream, transport.http)
        except Exception:
            # G9: as in the epoll shell, a fault of one connection ends that connection only.
            logger.exception("a fault while serving %r", connection)
            connection.failed()
        finally:
            del self._transports[transport]
            connection.ended()
            await trio.aclose_forcefully(stream)

    async def _receive(self, transport: StreamTransport, connection: Connection) -> None:
        while True:
            try:
                data = await transport.stream.receive_some(RECEIVE_BYTES)
            except (trio.BrokenResourceError, trio.ClosedResourceError):
                data = b""
            if not data:
                connection.ended()
                return
            connection.received(bytes(data))

    async def _send(self, transport: StreamTransport, connection: Connection) -> None:
        try:
            await transport.send()
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            connection.ended()


def peer_ip(stream: trio.abc.Stream) -> str:
    """The client's address; empty when there is none (any more)."""
    inner = stream.transport_stream if isinstance(stream, trio.SSLStream) else stream
    if isinstance(inner, trio.SocketStream):
        try:
            return str(inner.socket.getpeername()[0])
        except OSError:
            return ""
    return ""
