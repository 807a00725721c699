"""A process that floods a hub: a screen that sends one thing as fast as it can, and comes back when cut off.

    python -m tests.guarantees.flooding PORT SECONDS KIND TOKEN

Prints what it sent (bytes) and how often it was cut off. A process of its own, so that the witness does not
wait for it.
"""

from __future__ import annotations

import json
import selectors
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from tests.fuzz.websocket_bytes import CONTINUATION, PING, TEXT, frame
from tests.hub.gateway.client import upgrade

HELLO = frame(TEXT, b'{"type":"hello"}')
EVENT = {"type": "event", "event": "error", "item": "x" * 200, "detail": "y" * 2_000}

FLOODS: Final[dict[str, bytes]] = {
    "heartbeats": frame(TEXT, b'{"type":"heartbeat","seq":1}'),
    "heartbeats that disagree": frame(TEXT, b'{"type":"heartbeat","seq":1,"emergency_version":77}'),
    "frames that nobody knows": frame(TEXT, b'{"type":"x"}'),
    "events": frame(TEXT, json.dumps(EVENT).encode()),
    "receipts": frame(TEXT, b'{"type":"receipt","command_id":"c","status":"rendered"}'),
    "hellos": HELLO,
    "empty pings": frame(PING, b""),
    "empty fragments": frame(CONTINUATION, b"", fin=False),
}


def flood(port: int, kind: str, token: str, until_s: float) -> Iterator[int]:
    """One session, until it is cut off or the time is over; the bytes that were sent, piece by piece."""
    begin = upgrade("/api/v1/ws/device", f"Authorization: Bearer {token}") + HELLO
    if kind == "empty fragments":
        begin += frame(TEXT, b"", fin=False)
    piece = FLOODS[kind] * (65_536 // len(FLOODS[kind]))
    with socket.create_connection(("127.0.0.1", port)) as sock, selectors.DefaultSelector() as ready:
        sock.sendall(begin)
        sock.setblocking(False)
        ready.register(sock, selectors.EVENT_READ | selectors.EVENT_WRITE)
        rest = b""
        while time.monotonic() < until_s:
            for _, events in ready.select(0.1):
                if events & selectors.EVENT_READ and not sock.recv(1 << 20):
                    return
                if events & selectors.EVENT_WRITE:
                    rest = rest or piece
                    sent = sock.send(rest)
                    rest = rest[sent:]
                    yield sent


def main() -> None:
    """Flood until the time is over."""
    port, seconds, kind, token = int(sys.argv[1]), float(sys.argv[2]), sys.argv[3], sys.argv[4]
    until_s = time.monotonic() + seconds
    sent = sessions = 0
    while time.monotonic() < until_s:
        sessions += 1
        with suppress(OSError):  # cut off in the middle of sending
            for size in flood(port, kind, token, until_s):
                sent += size
    print(json.dumps({"bytes": sent, "sessions": sessions}))


if __name__ == "__main__":
    main()
