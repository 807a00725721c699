"""The body of a request as it comes, for what is larger than memory. Nothing is read before it is asked for.

Rule: as long as something comes it may last; after `SILENCE_S` of silence the rest is not waited for.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

import trio
from quart import request

PIECE_BYTES: Final = 1024 * 1024
SILENCE_S: Final = 30.0


class BodyStream:
    """Fits `hub.use_cases.upload_ports.Body`. `receive`: ASGI's; `more_time`: lets the request go on."""

    def __init__(
        self, receive: Callable[[], Awaitable[Any]], more_time: Callable[[float], None] | None
    ) -> None:
        self._receive = receive
        self._more_time = more_time
        self._is_over = False
        self.is_broken = False
        self.has_left = False

    async def piece(self) -> bytes:
        """The next piece, of PIECE_BYTES or little more; nothing at the end, or when no more comes."""
        gathered = bytearray()
        with trio.move_on_after(SILENCE_S) as patience:
            while len(gathered) < PIECE_BYTES and not self._is_over:
                patience.deadline = trio.current_time() + SILENCE_S
                if self._more_time is not None:
                    # What follows the last piece, such as writing it, has as much time again.
                    self._more_time(2 * SILENCE_S)
                gathered += await self._next()
        if patience.cancelled_caught:
            self._is_over = self.is_broken = True
        return bytes(gathered)

    async def _next(self) -> bytes:
        try:
            message = await self._receive()
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            message = {"type": "http.disconnect"}
        if message["type"] != "http.request":
            self._is_over = self.is_broken = self.has_left = True
            return b""
        self._is_over = not message.get("more_body", False)
        body: bytes = message.get("body", b"")
        return body


def body_stream() -> BodyStream:
    """Of the request of now, whose route streams."""
    stream = getattr(request, "stream_of_body", None)
    assert isinstance(stream, BodyStream)
    return stream
