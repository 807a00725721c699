"""How Quart serves a request here: in one task, when all of it has come, or as it comes if a route says so.

Quart by itself has one task that reads and another that handles, and cancels what is under way when its
client hangs up. Here an action that has begun is ended anyway (`binding.py`) and a reading is short, while
the nursery and its two tasks take 120 of 370 µs. See docs/decisions/0022-durable-commands.md.
"""

from __future__ import annotations

import math
import re
from typing import Any, Final, cast

import trio
from quart_trio.asgi import TrioASGIHTTPConnection
from quart_trio.wrappers.request import TrioBody, TrioRequest
from werkzeug.exceptions import RequestTimeout

from hub.api.body_stream import BodyStream
from hub.http_exchange import MORE_TIME

STREAMED: Final = "CLARION_STREAMED_PATHS"
StreamedPaths = tuple[tuple[str, re.Pattern[str]], ...]
"""Method and path of what reads its body as it comes; the application's setting STREAMED."""


class WholeBody(TrioBody):
    """A body that is there, or the reason why it is not: awaiting it raises that."""

    @property
    def is_refused(self) -> bool:
        """Whether more of it is of no use."""
        return self._must_raise is not None

    def is_late(self) -> None:
        """The rest is not waited for."""
        self._must_raise = RequestTimeout()


class WholeRequest(TrioRequest):
    """A request of which nothing more is to come, or one whose body its handler reads: `stream_of_body`."""

    body_class = WholeBody
    body: WholeBody
    stream_of_body: BodyStream | None = None


class WholeRequests(TrioASGIHTTPConnection):
    """Quart makes one for each request."""

    async def __call__(self, receive: Any, send: Any) -> None:
        """Read, handle, answer. Who hangs up before the request is whole is answered nothing."""
        request = self._create_request_from_scope(send)
        assert isinstance(request, WholeRequest)
        if self._is_streamed():
            stream = request.stream_of_body = BodyStream(receive, cast(Any, self.scope).get(MORE_TIME))
            response = await self.app.handle_request(request)
            if not stream.has_left:
                await self._send_response(send, response)
        elif await self._read(request, receive):
            await self._send_response(send, await self.app.handle_request(request))

    def _is_streamed(self) -> bool:
        method, path = self.scope["method"], self.scope["path"]
        streamed: StreamedPaths = self.app.config.get(STREAMED, ())
        return any(method == its and pattern.fullmatch(path) for its, pattern in streamed)

    async def _read(self, request: WholeRequest, receive: Any) -> bool:
        message = await receive()
        if message.get("more_body", False):
            # Not around the first: most often it is the only one, and a scope is not for nothing.
            with trio.move_on_after(request.body_timeout or math.inf) as patience:
                while message.get("more_body", False) and not request.body.is_refused:
                    request.body.append(message["body"])
                    message = await receive()
            if patience.cancelled_caught:
                request.body.is_late()
        if message["type"] == "http.disconnect":
            return False
        request.body.append(message["body"])
        request.body.set_complete()
        return True
