"""How Quart serves a request here: in one task, when all of it has come.

Quart by itself has one task that reads and another that handles, and cancels what is under way when its
client hangs up. Here an action that has begun is ended anyway (`binding.py`) and a reading is short, while
the nursery and its two tasks take 120 of 370 µs. See docs/decisions/0022-durable-commands.md.
"""

from __future__ import annotations

import math
from typing import Any

import trio
from quart_trio.asgi import TrioASGIHTTPConnection
from quart_trio.wrappers.request import TrioBody, TrioRequest
from werkzeug.exceptions import RequestTimeout


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
    """A request of which nothing more is to come."""

    body_class = WholeBody
    body: WholeBody


class WholeRequests(TrioASGIHTTPConnection):
    """Quart makes one for each request."""

    async def __call__(self, receive: Any, send: Any) -> None:
        """Read, handle, answer. Who hangs up before the request is whole is answered nothing."""
        request = self._create_request_from_scope(send)
        assert isinstance(request, WholeRequest)
        if await self._read(request, receive):
            await self._send_response(send, await self.app.handle_request(request))

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
