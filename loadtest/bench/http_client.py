"""HTTP as an integration speaks it, on the driver's epoll: one request after the other, on one connection for
as long as the server keeps it.

Answers have a Content-Length or end with the connection; the hub sends no others.
"""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Callable
from typing import Final, NamedTuple, Protocol

from loadtest.bench.errors import BenchError

_RECEIVE_BYTES: Final = 65_536


class Answer(NamedTuple):
    """What a server answered. `seconds`: from the request until the last byte of this."""

    status: int
    body: bytes
    seconds: float


class Dialer(Protocol):
    """The driver, as far as a client needs it."""

    def dial(self) -> socket.socket:
        """A connection to the server that is being made; it is there when it can be written to."""

    def watch(self, sock: socket.socket, events: int, ready: Callable[[], None]) -> None:
        """Call `ready` whenever the socket is ready; again, with others: from now on those."""

    def release(self, sock: socket.socket) -> None:
        """Watch it no more, and close it."""


class HttpClient:
    """One client of a server. `on_answer` gets each answer."""

    __slots__ = ("_buffer", "_driver", "_on_answer", "_request", "_sent_s", "_sock")

    def __init__(self, driver: Dialer, on_answer: Callable[[Answer], None]) -> None:
        self._driver = driver
        self._on_answer = on_answer
        self._sock: socket.socket | None = None
        self._request = b""
        self._buffer = b""
        self._sent_s = 0.0

    def ask(self, request: bytes) -> None:
        """Send a request; one at a time. Dialling is part of the time that it takes."""
        self._request, self._buffer, self._sent_s = request, b"", time.perf_counter()
        if self._sock is None:
            self._sock = self._driver.dial()
            self._driver.watch(self._sock, select.EPOLLOUT, self._dialled)
        else:
            self._send()

    def close(self) -> None:
        """Nothing more will be asked."""
        if self._sock is not None:
            self._driver.release(self._sock)
            self._sock = None

    def _dialled(self) -> None:
        assert self._sock is not None
        self._driver.watch(self._sock, select.EPOLLIN, self._ready)
        self._send()

    def _send(self) -> None:
        assert self._sock is not None
        try:
            sent = self._sock.send(self._request)
        except OSError as error:
            raise BenchError(f"the server did not take {self._named()}: {error}") from None
        if sent != len(self._request):
            raise BenchError(f"the server read {sent} bytes of {self._named()}")

    def _ready(self) -> None:
        assert self._sock is not None
        try:
            data = self._sock.recv(_RECEIVE_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        self._buffer += data
        if not data:
            self.close()
        head, parted, body = self._buffer.partition(b"\r\n\r\n")
        if not parted:
            if not data:
                raise BenchError(f"the server hung up on {self._named()}")
            return
        size = _length(head)
        if data and (size is None or len(body) < size):
            return
        if size is not None and len(body) != size:
            raise BenchError(f"{len(body)} of {size} bytes came as the answer to {self._named()}")
        if b"connection: close" in head.lower():
            self.close()
        seconds = time.perf_counter() - self._sent_s
        self._on_answer(Answer(int(head[9:12]), body, seconds))

    def _named(self) -> str:
        """For messages: the request without what is secret in it."""
        return self._request.partition(b" HTTP/1.1")[0].decode(errors="replace")


def _length(head: bytes) -> int | None:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line[15:])
    return None
