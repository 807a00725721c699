"""Plain HTTP on a connection of which the front door has read the beginning: hypercorn, one request a
connection.

Why one request: hypercorn would read the second head of a kept-alive connection itself, and that one could
be an upgrade. So every answer closes. See docs/decisions/0002-one-front-door.md, with what it costs.

`hypercorn.trio.tcp_server.TCPServer` is not public API: the version is pinned, and
tests/hub/test_hostile_bytes.py and tests/hub/test_http_server.py hold what is relied on.
"""

from __future__ import annotations

import logging
import socket
from collections import Counter
from typing import Any, cast

import trio
from hypercorn.config import Config
from hypercorn.trio.tcp_server import TCPServer
from hypercorn.trio.worker_context import WorkerContext
from hypercorn.typing import AppWrapper, ASGIFramework
from hypercorn.utils import wrap_app

from hub.client_address import ClientAddresses
from hub.gateway.streams import peer_ip
from hub.gateway.wire import problem_response

logger = logging.getLogger(__name__)

REQUESTS_AT_ONCE = 200
REQUESTS_OF_ONE_ADDRESS = 100
"""So that one client that sends slowly does not keep everybody else out. Our own proxies speak for many."""
REQUESTS_ALWAYS_SERVED = 20
"""Of one address, also when all places are taken: hostile ones must not keep an operator from the button."""
REQUESTS_AT_MOST = 1000
REQUEST_DEADLINE_S = 60.0
LINGER_S = 1.0
MAX_BODY_BYTES = 16 * 1024 * 1024


class _Begun(trio.abc.HalfCloseableStream):
    """A socket stream of which some bytes were read already: they are received first.

    Closing it ends the hub's side and the reading; `linger` closes for good. Neither gives way to a
    cancellation: Quart cancels its request, and hypercorn's farewell with it, the moment that the answer is
    complete. hypercorn shields what it sends; so `until_s` (trio's clock) is kept here, or a client that
    reads slowly would stay as long as it likes.
    """

    def __init__(self, stream: trio.abc.Stream, begun: bytes, until_s: float) -> None:
        self._stream = stream
        self._begun = begun
        self._until_s = until_s
        self._reading = trio.CancelScope()
        # hypercorn ends the stream when more comes in than was asked for, maybe in the middle of the answer.
        self._sending = trio.Lock()
        inner = stream.transport_stream if isinstance(stream, trio.SSLStream) else stream
        assert isinstance(inner, trio.SocketStream)
        # What TCPServer asks of a stream besides sending and receiving.
        self.socket = inner.socket

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        await trio.lowlevel.checkpoint()
        if self._begun:
            begun, self._begun = self._begun, b""
            return begun
        with self._reading:
            received = await self._stream.receive_some(max_bytes)
            self._reading = trio.CancelScope()
            return received
        raise trio.ClosedResourceError

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        with trio.move_on_at(self._until_s):
            async with self._sending:
                await self._stream.send_all(data)
            return
        raise trio.BrokenResourceError

    async def wait_send_all_might_not_block(self) -> None:
        await self._stream.wait_send_all_might_not_block()

    async def send_eof(self) -> None:
        if isinstance(self._stream, trio.abc.HalfCloseableStream):
            with trio.move_on_at(self._until_s, shield=True):
                async with self._sending:
                    await self._stream.send_eof()

    async def aclose(self) -> None:
        self._reading.cancel()

    async def linger(self) -> None:
        """Read what the client still sends, for a moment: closing on unread bytes would tear the answer
        away."""
        with trio.move_on_after(LINGER_S):
            while await self._stream.receive_some(65_536):
                pass


class HttpServer:
    """Serves the ASGI application `app`, one request a connection, as many at once as `REQUESTS_AT_ONCE`."""

    def __init__(self, app: Any, addresses: ClientAddresses) -> None:
        self._config = Config()
        self._config.keep_alive_max_requests = 0
        self._config.h11_max_incomplete_size = 16_384
        self._config.include_server_header = False
        self._config.accesslog = None
        self._config.errorlog = logging.getLogger("clarion.hypercorn")
        self._app: AppWrapper = wrap_app(_behind_the_door(app, addresses), MAX_BODY_BYTES, "asgi")
        self._context = WorkerContext(None)
        self._addresses = addresses
        self._busy: Counter[str] = Counter()
        self.requests = 0

    async def serve_socket(self, sock: socket.socket, begun: bytes) -> None:
        """Serve the request that begins with `begun` on a non-blocking socket. Never raises for a client's
        doing."""
        await self.serve(trio.SocketStream(trio.socket.from_stdlib_socket(sock)), begun)

    async def serve(self, stream: trio.abc.Stream, begun: bytes) -> None:
        """Serve the request that begins with `begun`. Never raises for a client's doing."""
        self.requests += 1
        client = peer_ip(stream)
        self._busy[client] += 1
        try:
            with trio.move_on_after(REQUEST_DEADLINE_S):
                if self._is_too_much(client):
                    busy = problem_response(
                        503, "The hub is busy. Try again in a second.", {"Retry-After": "1"}
                    )
                    await stream.send_all(busy)
                else:
                    connection = _Begun(stream, begun, trio.current_time() + REQUEST_DEADLINE_S)
                    await TCPServer(self._app, self._config, self._context, {}, cast(Any, connection))
                    await connection.linger()
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass  # the client left
        except Exception:
            # hypercorn raises out of a connection for some inputs (hypercorn#225 is one): never further
            # than this.
            logger.exception("a fault while serving HTTP")
        finally:
            self._busy -= Counter((client,))  # what is zero is forgotten
            await trio.aclose_forcefully(stream)

    def _is_too_much(self, client: str) -> bool:
        of_this_one, of_all = self._busy[client], self._busy.total()
        if of_this_one > REQUESTS_OF_ONE_ADDRESS and not self._addresses.trusts(client):
            return True
        return of_all > (REQUESTS_AT_MOST if of_this_one <= REQUESTS_ALWAYS_SERVED else REQUESTS_AT_ONCE)


def _behind_the_door(app: Any, addresses: ClientAddresses) -> ASGIFramework:
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
