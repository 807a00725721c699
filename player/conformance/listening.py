"""One port: a socket for whoever asks for one, and the few answers over HTTP that a player asks a hub for.

Rule 1: whoever asks to join is let in at once: what is tried here is what comes after.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec
import trio
from trio_websocket import WebSocketConnection, wrap_server_stream

from player.conformance.connection import Asked
from protocol.vocabulary import SUBPROTOCOL

_LONGEST_HEAD: Final = 16 * 1024
Answer = Callable[[str, str], Any]
"""Method and path to what is answered as JSON; None: 404."""
Accept = Callable[[WebSocketConnection, trio.abc.Stream, Asked], Awaitable[None]]


class Listener:
    """`accept` holds a connection; `answer` answers a request."""

    def __init__(self, accept: Accept, answer: Answer) -> None:
        self._accept = accept
        self._answer = answer

    async def serve(self, stream: trio.SocketStream) -> None:
        """One connection. What a player does wrong here ends it, and is found out by whoever waits for it."""
        try:
            async with trio.open_nursery() as nursery:
                head = await _head_of(stream)
                if b"upgrade: websocket" in head.lower():
                    await self._upgrade(nursery, _Prefixed(head, stream))
                else:
                    await self._respond(head, stream)
                nursery.cancel_scope.cancel()
        except* (OSError, trio.BrokenResourceError, trio.ClosedResourceError):
            pass
        finally:
            await trio.aclose_forcefully(stream)

    async def _upgrade(self, nursery: trio.Nursery, stream: trio.abc.Stream) -> None:
        request = await wrap_server_stream(nursery, stream)
        offered = tuple(request.proposed_subprotocols)
        headers = {name.lower(): value for name, value in request.headers}
        asked = Asked(request.path, offered, headers.get(b"authorization", b"").decode("latin-1"))
        chosen = SUBPROTOCOL if SUBPROTOCOL in offered else None
        await self._accept(await request.accept(subprotocol=chosen), stream, asked)

    async def _respond(self, head: bytes, stream: trio.SocketStream) -> None:
        head, _, body = head.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target, *_ = [*first.split(" "), "", ""]
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = fields.get("content-length", "0")
        while length.isdigit() and len(body) < min(int(length), _LONGEST_HEAD):
            piece = await stream.receive_some()
            if not piece:
                return
            body += piece
        answer = None if method == "OPTIONS" else self._answer(method, target.partition("?")[0])
        content = b"" if answer is None else msgspec.json.encode(answer)
        status = "204 No Content" if method == "OPTIONS" else "404 Not Found" if answer is None else "200 OK"
        said = (
            f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n"
            # A player in a browser is served by somebody else.
            "Access-Control-Allow-Origin: *\r\n"
            "Access-Control-Allow-Headers: authorization, content-type, if-none-match\r\n"
            "Connection: close\r\n\r\n"
        )
        await stream.send_all(said.encode() + content)


async def _head_of(stream: trio.SocketStream) -> bytes:
    head = b""
    while b"\r\n\r\n" not in head:
        piece = await stream.receive_some()
        head += piece
        if not piece or len(head) > _LONGEST_HEAD:
            raise trio.BrokenResourceError("no head of a request")
    return head


class _Prefixed(trio.abc.Stream):
    """A stream whose first bytes were read already."""

    def __init__(self, first: bytes, stream: trio.SocketStream) -> None:
        self._first = first
        self._stream = stream

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        if self._first:
            first, self._first = self._first, b""
            return first
        return bytes(await self._stream.receive_some(max_bytes))

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        await self._stream.send_all(data)

    async def wait_send_all_might_not_block(self) -> None:
        await self._stream.wait_send_all_might_not_block()

    async def aclose(self) -> None:
        await self._stream.aclose()
