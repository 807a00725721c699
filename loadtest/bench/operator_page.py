"""An operator's page, as the hub sees it: subscribed to the live feed, and reading whatever comes.

A thread reads, because the feed has to be taken while the driver is busy, or waits for something else. It
throws everything away unread: a few system calls for each delta, of which there are ten in a second. With a
process in its place the driver was no faster (5,000 screens, the last alert after 158 ms instead of 118:
medians of five, in turns).
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import Final

from loadtest.bench.driver import Address
from loadtest.bench.frames import text_frame, upgrade_request
from loadtest.bench.handshake import open_websocket
from protocol.codec import encode
from protocol.live import Resume
from protocol.vocabulary import SUBPROTOCOL

_READ_BYTES: Final = 1024 * 1024


class OperatorPage:
    """Open as soon as it is made. `is_open`: until the hub, or `close`, ends it. Raises BenchError."""

    def __init__(self, address: Address, access_token: str) -> None:
        request = upgrade_request("/api/v1/ws/admin", address.host, access_token, SUBPROTOCOL)
        self._sock = open_websocket(address, request)
        self._sock.sendall(text_frame(encode(Resume())))
        self.is_open = True
        # A daemon: it never keeps a benchmark alive that has ended otherwise.
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """The operator goes."""
        with suppress(OSError):  # the hub may have been first
            self._sock.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._sock.close()

    def _read(self) -> None:
        buffer = bytearray(_READ_BYTES)
        with suppress(OSError):
            while self._sock.recv_into(buffer):
                pass
        self.is_open = False
