"""One request and its answer, by hypercorn's HTTP/1.1 protocol, in the task that asks for it.

hypercorn parses, checks and writes; what it does around that (a task for the application, one that waits for
silence, one that reads on, their nursery) is not here: a request has come when it is served, and whoever
hangs up meanwhile is noticed when the answer is written. Measured: docs/decisions/0022-durable-commands.md.

Rule 1: one exchange, one request. What comes behind it is never parsed here: a connection on which something
        was sent too early ends with the answer, and so does one whose request says in more than one way how
        long it is. See docs/decisions/0002-one-front-door.md.
Rule 2: the answer goes out in as few pieces as it can; before more of the request is awaited, all that there
        is of it.

`H11Protocol` of hypercorn is not public API: the version is pinned, and tests/hub/test_http_exchange.py,
test_http_server.py and test_hostile_bytes.py hold what is relied on.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Final, Protocol, cast

import trio
from hypercorn.config import Config
from hypercorn.events import Closed, RawData, Updated
from hypercorn.protocol.h11 import H11Protocol
from hypercorn.trio.worker_context import WorkerContext
from hypercorn.typing import ConnectionState

logger = logging.getLogger(__name__)

Application = Callable[[Any, Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Awaitable[None]]
"""An ASGI application."""

MORE_TIME: Final = "clarion.more_time"
"""In the scope of a request: what is called with the seconds that it may go on for, from now."""
RECEIVE_BYTES: Final = 16_384
"""Between two turns of others: the dearest that can be in it, 2,700 chunks of one byte, are 20 ms for all."""
SEND_BYTES: Final = 65_536
"""So much of an answer is kept until it is sent: most answers are one piece."""


class Line(Protocol):
    """The bytes to and from one client. Both raise trio.BrokenResourceError or trio.ClosedResourceError."""

    async def receive_some(self, max_bytes: int) -> bytes | bytearray:
        """What has come; nothing at the end of the client's side."""

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        """Send all of it."""


class _MoreCame(Exception):
    """The client has sent something behind its request."""


class _NoPause:
    """What hypercorn waits for before it parses what comes behind a request. Here it does not (Rule 1)."""

    async def clear(self) -> None:
        pass

    async def set(self) -> None:
        pass

    async def wait(self) -> None:
        raise _MoreCame

    def is_set(self) -> bool:
        return False


class _Context(WorkerContext):
    event_class = _NoPause


def _config(requests: int) -> Config:
    config = Config()
    config.keep_alive_max_requests = requests
    config.h11_max_incomplete_size = 16_384
    config.include_server_header = False
    config.accesslog = None
    config.errorlog = logging.getLogger("clarion.hypercorn")
    return config


_CONTEXT: Final = _Context(None)
_GOES_ON: Final = _config(2)
_LAST: Final = _config(0)
"""With this hypercorn says `Connection: close`."""


class Exchange:
    """`await Exchange(…).run(begun)`, once. `is_last`: no other request may come on this connection.
    `more_time`: lets the request go on for so many seconds from now; see MORE_TIME."""

    def __init__(
        self,
        app: Application,
        line: Line,
        client: tuple[str, int] | None,
        server: tuple[str, int] | None,
        *,
        is_tls: bool,
        is_last: bool,
        more_time: Callable[[float], None] | None = None,
    ) -> None:
        self._app = app
        self._more_time = more_time
        self._line = line
        self._scope: dict[str, Any] | None = None
        self._take_from_app: Callable[[Any], Awaitable[None]]
        self._messages: deque[Any] = deque()
        self._answer = bytearray()
        self._is_read = False
        self._is_over = False
        self._goes_on = False
        self._protocol = H11Protocol(
            cast(Any, app),
            _LAST if is_last else _GOES_ON,
            cast(Any, _CONTEXT),
            cast(Any, self),
            ConnectionState({}),
            is_tls,
            client,
            server,
            self._sent,
        )

    async def run(self, begun: bytes) -> bool:
        """Serve the request that begins with `begun`. Whether another may come on the same connection.

        Raises what `Line` raises when the client has gone.
        """
        if begun:
            await self._received(begun)
        while self._scope is None and not self._is_over:
            await self._received(await self._line.receive_some(RECEIVE_BYTES))
        if self._scope is not None:
            try:
                await self._app(self._scope, self._receive, self._send)
            except (trio.BrokenResourceError, trio.ClosedResourceError):
                raise  # the client left
            except Exception:
                logger.exception("a fault in the application")
            # Whatever the application left open: 500 if it did not answer at all.
            await self._send(None)
        await self._flush()
        return self._goes_on

    # ---- what the application is given ----

    async def _receive(self) -> Any:
        while not self._messages:
            if self._is_over:
                return {"type": "http.disconnect"}
            await self._flush()
            await self._received(await self._line.receive_some(RECEIVE_BYTES))
        return self._messages.popleft()

    async def _send(self, message: Any) -> None:
        if not self._is_read:
            self._protocol.config = _LAST
        await self._take_from_app(message)
        if len(self._answer) >= SEND_BYTES:
            await self._flush()

    # ---- what hypercorn is given ----

    async def spawn_app(self, app: Any, config: Config, scope: Any, send: Any) -> Any:
        """hypercorn would begin a task here."""
        headers = {name for name, _ in scope["headers"]}
        if b"transfer-encoding" in headers:
            self._protocol.config = _LAST
        self._scope, self._take_from_app = {**scope, MORE_TIME: self._more_time}, send
        return self._put

    async def _put(self, message: Any) -> None:
        if message["type"] == "http.request" and not message["more_body"]:
            self._is_read = True
            # hypercorn tells of the end by itself: the application need not ask once more for that.
            if self._messages:
                self._messages[-1]["more_body"] = False
                return
        self._messages.append(message)

    async def _sent(self, event: Any) -> None:
        match event:
            case RawData(data=data):
                self._answer += data
            case Updated(idle=True):
                self._goes_on = not self._is_over
            case Closed():
                self._is_over = True
                await self._protocol.handle(Closed())

    async def _received(self, data: bytes | bytearray) -> None:
        try:
            await self._protocol.handle(RawData(bytes(data)))
        except _MoreCame:
            self._protocol.config = _LAST
        if not data:
            self._is_over = True
            await self._protocol.handle(Closed())

    async def _flush(self) -> None:
        if self._answer:
            answer, self._answer = self._answer, bytearray()
            await self._line.send_all(answer)
