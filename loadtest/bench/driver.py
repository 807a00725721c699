"""The load driver: every screen of a run on one epoll, in one process, without a task or an object that is
not needed, because a WebSocket client per screen costs more than the servers that are measured.

Rule 1: the driver does to each server exactly the same, frame for frame.
Rule 2: whatever a server leaves out, closes or breaks ends the run, by name and number (`BenchError`).
Rule 3: it never waits for one screen alone: in a round all speak, and the round ends with the last answer.
"""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Final, NamedTuple, Self

from loadtest.bench.errors import BenchError
from loadtest.bench.frames import BrokenFrame, split

PORTS_OF_ONE_ADDRESS: Final = 20_000
"""Fewer than the system lends to one source address; the next screens come from the next one."""
HANDSHAKES_AT_ONCE: Final = 256
"""Fewer than any server's backlog: what is measured is the server, not the kernel's second try."""
READY_AT_ONCE: Final = 512
RECEIVE_BYTES: Final = 65_536


class Address(NamedTuple):
    """Where a server listens; an address of this machine."""

    host: str
    port: int


class Screen:
    """One connection. `on_frame` decides what a frame of the server means now."""

    __slots__ = ("buffer", "number", "sock")

    def __init__(self, number: int, sock: socket.socket) -> None:
        self.number = number
        self.sock = sock
        self.buffer = b""

    def send(self, frame: bytes) -> None:
        """Frames are small and read: what the kernel does not take at once is a fault."""
        if self.sock.send(frame) != len(frame):
            raise BenchError(f"screen {self.number} could not send: the server does not read")


OnFrame = Callable[[Screen, bytes], None]


class HttpCall:
    """One request on a connection of its own, among the screens'. `answer` is set when it is complete."""

    __slots__ = ("answer", "buffer", "sent_s", "sock")

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.buffer = b""
        self.answer: bytes | None = None
        self.sent_s = time.perf_counter()


class Driver:
    """`with Driver(address) as driver:`; leaving it closes every connection."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._epoll = select.epoll()
        self._screens: dict[int, Screen] = {}
        self._opening: dict[int, Screen] = {}
        self._calls: dict[int, HttpCall] = {}
        self._on_frame: OnFrame = _unexpected
        self._on_open: Callable[[Screen], None] = lambda screen: None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.hang_up()
        self._epoll.close()

    @property
    def screens(self) -> list[Screen]:
        """Those that are open, in the order in which they came."""
        return list(self._screens.values())

    # ---- connections ----

    def connect(self, requests: Sequence[bytes], hello: bytes, greeted: bytes, within_s: float) -> float:
        """Open one screen for each handshake, say hello, and wait for the first answer, which begins with
        `greeted`. The seconds until the last had it."""
        began_s = time.perf_counter()
        due = len(requests)
        welcomed = 0
        waiting = list(reversed(list(enumerate(requests, len(self._screens)))))
        under_way = 0

        def opened(screen: Screen) -> None:
            screen.send(hello)

        def first_frame(screen: Screen, payload: bytes) -> None:
            nonlocal welcomed, under_way
            if not payload.startswith(greeted):
                raise BenchError(f"the server answered the hello with {payload[:200]!r}")
            welcomed += 1
            under_way -= 1

        self._on_open, self._on_frame = opened, first_frame

        def more() -> bool:
            nonlocal under_way
            while waiting and under_way < HANDSHAKES_AT_ONCE:
                number, request = waiting.pop()
                self._open(number, request)
                under_way += 1
            return welcomed == due

        self.run_until(more, within_s, lambda: f"{due - welcomed} of {due} screens were not let in")
        return time.perf_counter() - began_s

    def _open(self, number: int, request: bytes) -> None:
        source = f"127.0.{number // PORTS_OF_ONE_ADDRESS}.1"
        sock = socket.socket()
        # A port may be lent again to another destination: without this, bind would take it for itself alone.
        sock.setsockopt(socket.IPPROTO_IP, _BIND_ADDRESS_NO_PORT, 1)
        sock.bind((source, 0))
        sock.connect(self._address)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setblocking(False)
        sock.send(request)
        self._opening[sock.fileno()] = Screen(number, sock)
        self._epoll.register(sock.fileno(), select.EPOLLIN | select.EPOLLRDHUP)

    def hang_up(self) -> None:
        """Drop every connection, as a power cut would."""
        for held in (self._screens, self._opening, self._calls):
            for each in held.values():
                each.sock.close()
            held.clear()

    def call(self, request: bytes) -> HttpCall:
        """Send one HTTP request, which asks for the connection to be closed after the answer."""
        sock = socket.create_connection(self._address)
        sock.setblocking(False)
        call = HttpCall(sock)
        sock.send(request)
        self._calls[sock.fileno()] = call
        self._epoll.register(sock.fileno(), select.EPOLLIN | select.EPOLLRDHUP)
        return call

    # ---- running ----

    def listen(self, on_frame: OnFrame) -> None:
        """From now on this is done with every frame."""
        self._on_frame = on_frame

    def run_until(self, done: Callable[[], bool], within_s: float, missing: Callable[[], str]) -> None:
        """Serve the sockets until `done`, which is asked after each batch. Raises BenchError, with `missing`,
        when that takes longer than `within_s`."""
        until_s = time.perf_counter() + within_s
        while not done():
            left_s = until_s - time.perf_counter()
            if left_s <= 0:
                raise BenchError(f"after {within_s:.0f} s {missing()}")
            for fd, _ in self._epoll.poll(min(left_s, 0.1), READY_AT_ONCE):
                self._serve(fd)

    def run_for(self, seconds: float) -> None:
        """Serve the sockets for so long."""
        until_s = time.perf_counter() + seconds
        while (left_s := until_s - time.perf_counter()) > 0:
            for fd, _ in self._epoll.poll(left_s, READY_AT_ONCE):
                self._serve(fd)

    def _serve(self, fd: int) -> None:
        screen = self._screens.get(fd)
        if screen is None:
            self._serve_other(fd)
            return
        data = self._receive(screen.sock)
        if not data:
            raise BenchError(f"the server hung up on screen {screen.number}")
        self._take(screen, screen.buffer + data if screen.buffer else data)

    def _take(self, screen: Screen, data: bytes) -> None:
        try:
            payloads, screen.buffer = split(data)
        except BrokenFrame as error:
            raise BenchError(f"screen {screen.number}: {error}") from None
        for payload in payloads:
            self._on_frame(screen, payload)

    def _serve_other(self, fd: int) -> None:
        opening = self._opening.get(fd)
        if opening is not None:
            self._go_on_opening(fd, opening)
            return
        call = self._calls.get(fd)
        if call is None:
            return
        data = self._receive(call.sock)
        call.buffer += data
        if not data:
            call.answer = call.buffer
            del self._calls[fd]
            call.sock.close()

    def _go_on_opening(self, fd: int, screen: Screen) -> None:
        data = self._receive(screen.sock)
        screen.buffer += data
        end = screen.buffer.find(b"\r\n\r\n")
        if not data or (end >= 0 and not screen.buffer.startswith(b"HTTP/1.1 101 ")):
            raise BenchError(f"screen {screen.number} was refused: {screen.buffer[:300]!r}")
        if end < 0:
            return
        rest, screen.buffer = screen.buffer[end + 4 :], b""
        del self._opening[fd]
        self._screens[fd] = screen
        self._on_open(screen)
        if rest:
            self._take(screen, rest)

    @staticmethod
    def _receive(sock: socket.socket) -> bytes:
        with suppress(BlockingIOError):
            try:
                return sock.recv(RECEIVE_BYTES)
            except ConnectionResetError:
                return b""
        return b""


_BIND_ADDRESS_NO_PORT: Final = 24
"""Linux: IP_BIND_ADDRESS_NO_PORT."""


def _unexpected(screen: Screen, payload: bytes) -> None:
    raise BenchError(f"screen {screen.number} was sent {payload[:200]!r}, unasked")
