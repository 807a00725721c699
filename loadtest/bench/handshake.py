"""One WebSocket on a plain, blocking socket: for those few that are no screen of the driver's."""

from __future__ import annotations

import socket
from typing import Final

from loadtest.bench.driver import Address
from loadtest.bench.errors import BenchError

_ANSWERS_WITHIN_S: Final = 10.0


def open_websocket(address: Address, request: bytes) -> socket.socket:
    """Connect and upgrade with `request`. What came after the answer's head is dropped. Raises BenchError."""
    sock = socket.create_connection(address, timeout=_ANSWERS_WITHIN_S)
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.sendall(request)
        answer = b""
        while b"\r\n\r\n" not in answer:
            received = sock.recv(4096)
            if not received:
                break
            answer += received
        if not answer.startswith(b"HTTP/1.1 101 "):
            raise BenchError(f"a WebSocket was refused: {answer[:300]!r}")
        sock.settimeout(None)
    except OSError as error:
        sock.close()
        raise BenchError(f"a WebSocket could not be opened: {error}") from None
    except BenchError:
        sock.close()
        raise
    return sock
