"""RFC 6455 as a load driver needs it: client frames made once and sent a million times, server frames taken
apart as cheaply as Python can.

Every frame is masked, as a client's must be, with one key that the servers cannot tell from a random one; so
the same frame is the same bytes for every screen.
"""

from __future__ import annotations

from typing import Final, NamedTuple

_MASK: Final = b"\x37\xfa\x21\x3d"
_TEXT: Final = 0x81
_CLOSE: Final = 0x88
_PING: Final = 0x89
_PONG: Final = 0x8A

# The example of RFC 6455, 1.3: a key is there to tell servers from caches, and no server remembers one.
_KEY: Final = "dGhlIHNhbXBsZSBub25jZQ=="
ACCEPTED: Final = b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
"""The only right answer to the key of `upgrade_request`."""


class BrokenFrame(ValueError):
    """A server sent something that this driver does not expect of it: fragments, masks, or other opcodes."""


def text_frame(payload: bytes) -> bytes:
    """The wire bytes of one masked text frame. Raises ValueError for more than 64 KiB."""
    return _masked(_TEXT, payload)


def pong_frame(payload: bytes) -> bytes:
    """The wire bytes of the answer to a ping with this payload."""
    return _masked(_PONG, payload)


def upgrade_request(path: str, host: str, token: str | None, subprotocol: str | None) -> bytes:
    """The head of a WebSocket handshake."""
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: {host}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {_KEY}",
        "Sec-WebSocket-Version: 13",
    ]
    if subprotocol is not None:
        lines.append(f"Sec-WebSocket-Protocol: {subprotocol}")
    if token is not None:
        lines.append(f"Authorization: Bearer {token}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


class Received(NamedTuple):
    """The complete frames in some bytes, and what is left of them: texts, and payloads of pings."""

    texts: list[bytes]
    pings: list[bytes]
    rest: bytes


def split(data: bytes) -> Received:
    """Take a server's frames apart. Raises BrokenFrame, also for a close frame: none is due."""
    texts: list[bytes] = []
    pings: list[bytes] = []
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
        elif size > 127:
            raise BrokenFrame("the server sent a masked frame")
        stop = start + head + size
        if stop > end:
            break
        payload = data[start + head : stop]
        if data[start] == _TEXT:
            texts.append(payload)
        elif data[start] == _PING:
            pings.append(payload)
        elif data[start] == _CLOSE:
            raise BrokenFrame(f"the server closed it with {_close_reason(payload)}")
        else:
            raise BrokenFrame(f"the server sent a frame that begins with {data[start]:#x}: {payload[:200]!r}")
        start = stop
    return Received(texts, pings, data[start:])


def _masked(head: int, payload: bytes) -> bytes:
    size = len(payload)
    if size > 0xFFFF:
        raise ValueError(f"a frame of {size} bytes is none of a screen's")
    begin = bytes((head, 0x80 | size)) if size < 126 else bytes((head, 0xFE)) + size.to_bytes(2)
    key = int.from_bytes((_MASK * (size // 4 + 1))[:size])
    return begin + _MASK + (int.from_bytes(payload) ^ key).to_bytes(size)


def _close_reason(payload: bytes) -> str:
    if not payload:
        return "no code"
    return f"{int.from_bytes(payload[:2])} {payload[2:].decode(errors='replace')}".strip()
