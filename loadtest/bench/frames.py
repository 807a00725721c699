"""RFC 6455 as a load driver needs it: client frames made once and sent a million times, server frames counted
as cheaply as Python can.

Every frame is masked, as a client's must be, with one key that the servers cannot tell from a random one; so
the same frame is the same bytes for every screen.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from typing import Final, NamedTuple

_MASK: Final = b"\x37\xfa\x21\x3d"
_TEXT: Final = 0x81
_CLOSE: Final = 0x88


class BrokenFrame(ValueError):
    """A server sent something that this driver does not expect of it: fragments, masks, or other opcodes."""


def text_frame(payload: bytes) -> bytes:
    """The wire bytes of one masked text frame; `payload` is at most 64 KiB."""
    size = len(payload)
    head = bytes((_TEXT, 0x80 | size)) if size < 126 else bytes((_TEXT, 0xFE)) + size.to_bytes(2)
    key = int.from_bytes((_MASK * (size // 4 + 1))[:size])
    return head + _MASK + (int.from_bytes(payload) ^ key).to_bytes(size)


def upgrade_request(path: str, host: str, token: str | None, subprotocol: str | None) -> bytes:
    """The head of a WebSocket handshake."""
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: {host}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
        "Sec-WebSocket-Version: 13",
    ]
    if subprotocol is not None:
        lines.append(f"Sec-WebSocket-Protocol: {subprotocol}")
    if token is not None:
        lines.append(f"Authorization: Bearer {token}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


class Received(NamedTuple):
    """The complete text frames in some bytes, and what is left of them."""

    payloads: list[bytes]
    rest: bytes


def split(data: bytes) -> Received:
    """Take the server's text frames apart. Raises BrokenFrame, also for a close frame: none is due."""
    payloads = []
    start, end = 0, len(data)
    while end - start >= 2:
        size, head = data[start + 1], 2
        if size == 126:
            if end - start < 4:
                break
            size, head = int.from_bytes(data[start + 2 : start + 4]), 4
        elif size == 127:
            if end - start < 10:
                break
            size, head = int.from_bytes(data[start + 2 : start + 10]), 10
        stop = start + head + size
        if stop > end:
            break
        if data[start] != _TEXT:
            what = "closed the connection" if data[start] == _CLOSE else f"sent a frame {data[start]:#x}"
            raise BrokenFrame(f"the server {what}: {data[start + head : stop][:200]!r}")
        payloads.append(data[start + head : stop])
        start = stop
    return Received(payloads, data[start:])


def chunks(number: int, size: int) -> Iterator[range]:
    """`range(number)` in pieces."""
    for start in range(0, number, size):
        yield range(start, min(start + size, number))
