"""Plain HTTP on a connection of which the front door has read the beginning: one request, then the front door
has the connection back.

Why not more: hypercorn would read the second head of a kept-alive connection itself, and that one could be an
upgrade. So every head is judged by the front door. See docs/decisions/0002-one-front-door.md.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import trio

from hub.client_address import ClientAddresses
from hub.gateway.wire import problem_response
from hub.http_exchange import Application, Exchange, Line

logger = logging.getLogger(__name__)

REQUESTS_AT_ONCE = 200
REQUESTS_OF_ONE_ADDRESS = 100
"""So that one client that sends slowly does not keep everybody else out. Our own proxies speak for many."""
REQUESTS_ALWAYS_SERVED = 20
"""Of one address, also when all places are taken: hostile ones must not keep an operator from the button."""
REQUESTS_AT_MOST = 1000
REQUEST_DEADLINE_S = 60.0
"""What sends or takes a file asks for more as long as it goes on."""
LINGER_S = 1.0

Keep = Callable[[socket.socket], None]
"""Takes a socket on which another request may come."""


class _Socket:
    """A non-blocking socket, as far as an exchange needs one: a trio stream on it costs 70 µs a request more,
    as what it does is most often done at once."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    async def receive_some(self, max_bytes: int) -> bytes:
        # Whoever sends faster than it is read always finds more to read: neither a deadline nor anybody else
        # would have a turn. What came with the head, most requests' all, is not received here.
        await trio.lowlevel.checkpoint()
        while True:
            try:
                return self._sock.recv(max_bytes)
            except BlockingIOError:
                await trio.lowlevel.wait_readable(self._sock)
            except OSError as error:
                raise trio.BrokenResourceError from error

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        with memoryview(data) as rest:
            sent = 0
            while sent < len(rest):
                try:
                    sent += self._sock.send(rest[sent:])
                except BlockingIOError:
                    await trio.lowlevel.wait_writable(self._sock)
                except OSError as error:
                    raise trio.BrokenResourceError from error


class HttpServer:
    """Serves the ASGI application `app`, as many requests at once as `REQUESTS_AT_ONCE`."""

    def __init__(self, app: Any, addresses: ClientAddresses) -> None:
        self._app = _behind_the_door(app, addresses)
        self._addresses = addresses
        self._busy: dict[str, int] = {}
        self._busy_in_all = 0
        self.requests = 0

    async def serve_socket(self, sock: socket.socket, begun: bytes, keep: Keep) -> None:
        """Serve the request that begins with `begun` on a non-blocking socket. Then `keep` is given the
        socket, or it is closed. Never raises for a client's doing."""
        line = _Socket(sock)
        if await self._serve(line, sock, begun, is_tls=False, is_last=False):
            keep(sock)
        else:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_WR)
            await _linger(line)
            sock.close()

    async def serve(self, stream: trio.abc.Stream, begun: bytes) -> None:
        """Serve the request that begins with `begun` on a trio stream, and close it. Never raises for a
        client's doing."""
        inner = stream.transport_stream if isinstance(stream, trio.SSLStream) else stream
        assert isinstance(inner, trio.SocketStream)
        await self._serve(stream, inner.socket, begun, is_tls=inner is not stream, is_last=True)
        if isinstance(stream, trio.abc.HalfCloseableStream):
            with suppress(trio.BrokenResourceError, trio.ClosedResourceError):
                await stream.send_eof()
        await _linger(stream)
        await trio.aclose_forcefully(stream)

    async def _serve(self, line: Line, sock: Any, begun: bytes, *, is_tls: bool, is_last: bool) -> bool:
        """Whether another request may come."""
        self.requests += 1
        try:
            client, server = sock.getpeername()[:2], sock.getsockname()[:2]
        except OSError:
            return False  # the client left
        address = str(client[0])
        self._busy[address] = self._busy.get(address, 0) + 1
        self._busy_in_all += 1
        try:
            with trio.move_on_after(REQUEST_DEADLINE_S) as patience:

                def more_time(seconds: float) -> None:
                    patience.deadline = trio.current_time() + seconds

                if self._is_too_much(address):
                    await line.send_all(_BUSY)
                    return False
                exchange = Exchange(
                    self._app, line, client, server, is_tls=is_tls, is_last=is_last, more_time=more_time
                )
                return await exchange.run(begun)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass  # the client left
        except Exception:
            # hypercorn raises out of a connection for some inputs (hypercorn#225 is one): never further
            # than this.
            logger.exception("a fault while serving HTTP")
        finally:
            self._busy_in_all -= 1
            self._busy[address] -= 1
            if not self._busy[address]:
                del self._busy[address]
        return False

    def _is_too_much(self, client: str) -> bool:
        of_this_one, of_all = self._busy[client], self._busy_in_all
        if of_this_one > REQUESTS_OF_ONE_ADDRESS and not self._addresses.trusts(client):
            return True
        return of_all > (REQUESTS_AT_MOST if of_this_one <= REQUESTS_ALWAYS_SERVED else REQUESTS_AT_ONCE)


async def _linger(line: Line) -> None:
    """Read what the client still sends, for a moment: closing on unread bytes would tear the answer away.

    Nobody waits for this place meanwhile: lingering is not counted among the requests.
    """
    with trio.move_on_after(LINGER_S), suppress(trio.BrokenResourceError, trio.ClosedResourceError):
        while await line.receive_some(65_536):
            pass


_BUSY = problem_response(503, "The hub is busy. Try again in a second.", {"Retry-After": "1"})


def _behind_the_door(app: Application, addresses: ClientAddresses) -> Application:
    """The second lock behind the front door, and the place where a request learns whose it is.

    Answers HTTP and nothing else; tells the application the client's address and scheme as our proxies
    have them.
    """

    async def guarded(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            raise RuntimeError(f"a connection of type {scope['type']} passed the front door")
        peer, port = scope["client"] or ("", 0)
        if addresses.trusts(peer):
            headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
            client = addresses.client_of(peer, headers.get(b"x-forwarded-for", ""))
            scheme = "https" if headers.get(b"x-forwarded-proto") == "https" else scope["scheme"]
            scope = {**scope, "client": (client, port), "scheme": scheme}
        await app(scope, receive, send)

    return guarded
