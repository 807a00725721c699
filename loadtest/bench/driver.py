"""The load driver: every screen of a run on one epoll, in one process, without a task or an object that is
not needed, because a WebSocket client per screen costs more than the servers that are measured.

Rule 1: the driver does to each server exactly the same, frame for frame.
Rule 2: whatever a server leaves out, closes or breaks ends the run, by name and number (`BenchError`).
Rule 3: it never waits for one screen alone: in a round all speak, and the round ends with the last answer.
Rule 4: nothing here blocks. A server that is slow to accept makes its own figures worse, not the driver's.
"""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Final, NamedTuple, Self

from loadtest.bench.errors import BenchError
from loadtest.bench.frames import ACCEPTED, BrokenFrame, pong_frame, split
from loadtest.bench.http_client import Answer, HttpClient
from loadtest.open_files import allow_open_files

PORTS_OF_ONE_ADDRESS: Final = 20_000
"""Fewer than the system lends to one source address; the next connections come from 127.0.1.1, and so on."""
HANDSHAKES_AT_ONCE: Final = 256
"""Fewer than any server's backlog: what is measured is the server, not the kernel's second try."""
READY_AT_ONCE: Final = 512
DIALS_AT_ONCE: Final = 256
"""In a storm: before the driver looks at what those have brought."""
RECEIVE_BYTES: Final = 16_384


class Address(NamedTuple):
    """Where a server listens; an address of this machine."""

    host: str
    port: int


class Screen:
    """One connection. What a frame of the server means is for `Driver.listen` to say."""

    __slots__ = ("buffer", "number", "sock")

    def __init__(self, number: int, sock: socket.socket) -> None:
        self.number = number
        self.sock = sock
        self.buffer = b""

    def send(self, frame: bytes) -> None:
        """Frames are small and read: what the kernel does not take at once is a fault. Raises BenchError."""
        try:
            sent = self.sock.send(frame)
        except OSError as error:
            raise BenchError(f"screen {self.number} could not send: {error}") from None
        if sent != len(frame):
            raise BenchError(f"screen {self.number} could not send: the server does not read")


OnFrame = Callable[[Screen, bytes], None]
Missing = Callable[[], str]


def unasked(screen: Screen, payload: bytes) -> None:
    """What to do with a frame when none is due. Raises BenchError."""
    raise BenchError(f"screen {screen.number} was sent {payload[:300].decode(errors='replace')}, unasked")


class HttpCall:
    """One request on a connection of its own. `answer` is set when it is complete."""

    __slots__ = ("answer",)

    def __init__(self) -> None:
        self.answer: Answer | None = None

    def answered(self, answer: Answer) -> None:
        """For `HttpClient`."""
        self.answer = answer


class Driver:
    """`with Driver(address) as driver:`; leaving it closes every connection."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._epoll = select.epoll()
        self._screens: dict[int, Screen] = {}
        # Whatever else there is: screens that are on their way in, and HTTP.
        self._others: dict[int, tuple[socket.socket, Callable[[], None]]] = {}
        self._dialled = 0
        self._on_frame: OnFrame = unasked

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.hang_up()
        for sock, _ in list(self._others.values()):
            self.release(sock)
        self._epoll.close()

    @property
    def screens(self) -> list[Screen]:
        """Those that are open, in the order in which they came."""
        return list(self._screens.values())

    # ---- connections ----

    def connect(
        self,
        requests: Sequence[bytes],
        hello: bytes,
        greet: OnFrame,
        within_s: float,
        at_once: int = HANDSHAKES_AT_ONCE,
        then: OnFrame = unasked,
    ) -> float:
        """Open one screen for each handshake, `at_once` at a time, say hello, and give the first frame of
        each to `greet`, every further one to `then`. The seconds until the last was
        greeted.

        Raises BenchError, OpenFilesLimit.
        """
        began_s = time.perf_counter()
        first = len(self._screens)
        allow_open_files(first + len(requests))
        begun = greeted = 0
        has_greeted = [False] * len(requests)

        def opened(screen: Screen) -> None:
            screen.send(hello)

        def first_frame(screen: Screen, payload: bytes) -> None:
            nonlocal greeted
            if screen.number < first or has_greeted[screen.number - first]:
                then(screen, payload)
                return
            has_greeted[screen.number - first] = True
            greet(screen, payload)
            greeted += 1

        def all_are_in() -> bool:
            nonlocal begun
            for _ in range(min(len(requests) - begun, at_once - (begun - greeted), DIALS_AT_ONCE)):
                _Opening(self, first + begun, requests[begun], opened)
                begun += 1
            return greeted == len(requests)

        self.listen(first_frame)
        self.run_until(
            all_are_in,
            within_s,
            lambda: f"{len(requests) - greeted} of {len(requests)} screens were not let in",
        )
        self.listen(then)
        return time.perf_counter() - began_s

    def hang_up(self) -> None:
        """Drop every screen's connection, without a word of WebSocket, as when a switch restarts."""
        for fd, screen in self._screens.items():
            self._epoll.unregister(fd)
            screen.sock.close()
        self._screens.clear()

    def call(self, request: bytes) -> HttpCall:
        """Send one HTTP request, on a connection of its own, among the screens'."""
        call = HttpCall()

        def answered(answer: Answer) -> None:
            call.answered(answer)
            client.close()

        client = HttpClient(self, answered)
        client.ask(request)
        return call

    def dial(self) -> socket.socket:
        """See `Dialer`. Raises BenchError."""
        source = f"127.0.{self._dialled // PORTS_OF_ONE_ADDRESS % 200}.1"
        self._dialled += 1
        sock = socket.socket()
        sock.setblocking(False)
        # A port may be lent again to another destination: without this, bind would take it for itself alone.
        sock.setsockopt(socket.IPPROTO_IP, _BIND_ADDRESS_NO_PORT, 1)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            sock.bind((source, 0))
            sock.connect(self._address)
        except BlockingIOError:
            pass
        except OSError as error:
            sock.close()
            raise BenchError(f"no connection from {source} to port {self._address.port}: {error}") from None
        return sock

    def watch(self, sock: socket.socket, events: int, ready: Callable[[], None]) -> None:
        """See `Dialer`."""
        fd = sock.fileno()
        if fd in self._others:
            self._epoll.modify(fd, events)
        else:
            self._epoll.register(fd, events)
        self._others[fd] = (sock, ready)

    def release(self, sock: socket.socket) -> None:
        """See `Dialer`."""
        fd = sock.fileno()
        del self._others[fd]
        self._epoll.unregister(fd)
        sock.close()

    def opened(self, screen: Screen) -> None:
        """The server has let a screen in, which was watched as something else so far."""
        fd = screen.sock.fileno()
        del self._others[fd]
        self._screens[fd] = screen

    # ---- running ----

    def listen(self, on_frame: OnFrame) -> None:
        """From now on this is done with every frame."""
        self._on_frame = on_frame

    def run_until(self, done: Callable[[], bool], within_s: float, missing: Missing) -> None:
        """Serve the sockets until `done`, which is asked after each batch. Raises BenchError, with `missing`,
        when that takes longer than `within_s`."""
        until_s = time.perf_counter() + within_s
        while not done():
            left_s = until_s - time.perf_counter()
            if left_s <= 0:
                raise BenchError(f"after {within_s:.0f} s {missing()}")
            self._serve(min(left_s, 0.1))

    def run_for(self, seconds: float) -> None:
        """Serve the sockets for so long."""
        until_s = time.perf_counter() + seconds
        while (left_s := until_s - time.perf_counter()) > 0:
            self._serve(left_s)

    def take(self, screen: Screen, data: bytes) -> None:
        """What came from the server for a screen, wherever it was cut. Raises BenchError."""
        try:
            texts, pings, screen.buffer = split(screen.buffer + data)
        except BrokenFrame as error:
            raise BenchError(f"screen {screen.number}: {error}") from None
        for payload in texts:
            self._on_frame(screen, payload)
        for payload in pings:
            screen.send(pong_frame(payload))

    def _serve(self, at_most_s: float) -> None:
        for fd, _ in self._epoll.poll(at_most_s, READY_AT_ONCE):
            screen = self._screens.get(fd)
            if screen is not None:
                self._read(screen)
            elif fd in self._others:
                self._others[fd][1]()

    def _read(self, screen: Screen) -> None:
        try:
            data = screen.sock.recv(RECEIVE_BYTES)
        except BlockingIOError:
            return  # The descriptor is another socket's since epoll spoke of it.
        except OSError:
            data = b""
        if not data:
            raise BenchError(f"the server hung up on screen {screen.number}")
        self.take(screen, data)


class _Opening:
    """A screen on its way in: the connection, then the upgrade."""

    __slots__ = ("_answer", "_driver", "_opened", "_request", "_screen")

    def __init__(self, driver: Driver, number: int, request: bytes, opened: Callable[[Screen], None]) -> None:
        self._driver = driver
        self._request = request
        self._opened = opened
        self._answer = b""
        self._screen = Screen(number, driver.dial())
        driver.watch(self._screen.sock, select.EPOLLOUT, self._dialled)

    def _dialled(self) -> None:
        self._driver.watch(self._screen.sock, select.EPOLLIN, self._ready)
        self._screen.send(self._request)

    def _ready(self) -> None:
        try:
            data = self._screen.sock.recv(RECEIVE_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        self._answer += data
        head, parted, rest = self._answer.partition(b"\r\n\r\n")
        if not data or (parted and not (head.startswith(b"HTTP/1.1 101 ") and ACCEPTED in head)):
            raise BenchError(f"screen {self._screen.number} was not let in: {self._answer[:300]!r}")
        if parted:
            self._driver.opened(self._screen)
            self._opened(self._screen)
            if rest:
                self._driver.take(self._screen, rest)


_BIND_ADDRESS_NO_PORT: Final = 24
"""Linux: IP_BIND_ADDRESS_NO_PORT."""
