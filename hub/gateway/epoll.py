"""The shell on Linux: one trio task and one nested epoll hold every socket.

Why not a task a connection: measured at 2,000 to 5,000 screens, a task a connection costs twice the CPU for a
heartbeat and three times for an alert, and twice the memory. See docs/decisions/0001-the-gateway-loop.md.

Rule 1: an epoll descriptor is readable while one of its sockets is ready; trio waits for that descriptor
        only.
Rule 2: a turn of the loop serves sockets for a bounded time, then lets the other tasks run.
Rule 3: nothing here raises for what a client does: an error of a socket is the end of its connection.
"""

from __future__ import annotations

import errno
import logging
import select
import socket
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import islice

import trio

from hub.gateway.connection import Connection
from hub.gateway.gateway import Gateway

logger = logging.getLogger(__name__)

READY_AT_ONCE = 8
"""Few, so that a turn can end between them. Those that were served go to the back of the kernel's queue."""
TURN_S = 0.01
ACCEPTS_PER_TURN = 64
RECEIVE_BYTES = 16_384
"""Of one socket in a turn: the dearest that can be in it, 2,700 empty pings, are 20 ms for all who wait."""
KEPT_S = 75.0
"""Longer than clients and proxies keep a connection on which nothing is said (nginx: 60 s), so that most
often it is they who end it: a request that meets the end of its connection may be one that nobody repeats."""
KEPT_AT_MOST = 512
ACCEPT_PAUSE_S = 0.2
"""Out of file descriptors: how long the hub stops accepting before it tries again."""

_IN = select.EPOLLIN | select.EPOLLRDHUP
_OUT = select.EPOLLOUT
_OUT_OF_DESCRIPTORS = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}

HandOver = Callable[[socket.socket, bytes], None]


class SocketTransport:
    """One non-blocking socket. What does not fit into the kernel's buffer waits in `_outbox`."""

    __slots__ = ("_finishing", "_outbox", "_shell", "connection", "fd", "peer_ip", "sock")

    def __init__(self, sock: socket.socket, peer_ip: str, shell: EpollShell) -> None:
        self.sock = sock
        self.fd = sock.fileno()
        self.peer_ip = peer_ip
        self.connection: Connection
        self._shell = shell
        self._outbox: bytearray | None = None
        self._finishing = False

    @property
    def backlog_bytes(self) -> int:
        """See `Transport`."""
        return 0 if self._outbox is None else len(self._outbox)

    def write(self, data: bytes) -> None:
        """See `Transport`."""
        if self.fd < 0:
            return
        if self._outbox is not None:
            self._outbox += data
            return
        try:
            sent = self.sock.send(data)
        except (BlockingIOError, InterruptedError):
            sent = 0
        except OSError:
            return  # epoll reports the broken socket; the connection ends there, and only there
        if sent < len(data):
            self._outbox = bytearray(data[sent:])
            self._shell.watch(self.fd, _IN | _OUT)

    def flush(self) -> None:
        """The socket takes data again."""
        if self._outbox is None:
            return
        try:
            sent = self.sock.send(self._outbox)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self._outbox = None
            return
        del self._outbox[:sent]
        if not self._outbox:
            self._outbox = None
            self._shell.watch(self.fd, _IN)
            if self._finishing:
                self._shut_down()

    def finish(self) -> None:
        """See `Transport`."""
        self._finishing = True
        if self._outbox is None:
            self._shut_down()

    def _shut_down(self) -> None:
        with suppress(OSError):  # the client was faster
            self.sock.shutdown(socket.SHUT_WR)

    def abort(self) -> None:
        """See `Transport`."""
        if self.fd >= 0:
            self._shell.release(self)
            self.sock.close()
            self.fd, self._outbox = -1, None
            self._part()

    def hand_over(self, data: bytes) -> None:
        """See `Transport`."""
        self._shell.release(self)
        self.fd = -1
        self._part()
        self._shell.hand_over(self.sock, data)

    def _part(self) -> None:
        # Each knows the other, so only the collector would let go of them, and it looks seldom: measured,
        # half a megabyte for every thousand screens that came and went.
        del self.connection


class EpollShell:
    """`hand_over`: takes the sockets on which plain HTTP came in."""

    def __init__(self, gateway: Gateway, listeners: Iterable[socket.socket], hand_over: HandOver) -> None:
        self._gateway = gateway
        self._listeners = {listener.fileno(): listener for listener in listeners}
        self._epoll = select.epoll()
        self._transports: dict[int, SocketTransport] = {}
        # Where HTTP was answered and nothing has come since, the longest kept first: sockets, and until when.
        self._kept: dict[int, tuple[socket.socket, float]] = {}
        self._paused_until_s = 0.0
        self.hand_over = hand_over

    def __len__(self) -> int:
        return len(self._transports)

    def connections(self) -> list[Connection]:
        """Every connection that is not over."""
        return [transport.connection for transport in self._transports.values()]

    async def run(self) -> None:
        """Serve for ever."""
        try:
            self._listen()
            while True:
                if self._paused_until_s:
                    await self._pass_pause()
                else:
                    await trio.lowlevel.wait_readable(self._epoll.fileno())
                self._turn(time.perf_counter() + TURN_S)
        finally:
            for transport in tuple(self._transports.values()):
                transport.abort()
            self._let_go(self._kept)
            self._epoll.close()

    async def _pass_pause(self) -> None:
        """Wait for a socket, or until connections are accepted again."""
        # Only here: a scope for every turn costs a quiet hub, whose turns serve one screen each, a tenth.
        with trio.move_on_at(self._paused_until_s) as pause:
            await trio.lowlevel.wait_readable(self._epoll.fileno())
        if pause.cancelled_caught:
            self._listen()

    def _turn(self, until_s: float) -> None:
        """Serve who is ready, until nobody is or the time is over."""
        while ready := self._epoll.poll(0, READY_AT_ONCE):
            for fd, events in ready:
                listener = self._listeners.get(fd)
                if listener is not None:
                    self._accept(listener)
                else:
                    self._serve(fd, events)
            if len(ready) < READY_AT_ONCE or time.perf_counter() >= until_s:
                return

    def _listen(self) -> None:
        self._paused_until_s = 0.0
        for fd in self._listeners:
            self._epoll.register(fd, select.EPOLLIN)

    def stop_listening(self) -> None:
        """Accept nobody any more; those who are here stay."""
        for fd, listener in self._listeners.items():
            if not self._paused_until_s:
                self._epoll.unregister(fd)
            listener.close()
        self._listeners.clear()
        self._paused_until_s = 0.0
        self._let_go(self._kept)

    def _accept(self, listener: socket.socket) -> None:
        for _ in range(ACCEPTS_PER_TURN):
            try:
                sock, address = listener.accept()
            except (BlockingIOError, InterruptedError):
                return
            except OSError as error:
                if error.errno in _OUT_OF_DESCRIPTORS:
                    self._pause(error)
                return
            sock.setblocking(False)
            self._epoll.register(sock.fileno(), _IN)
            self._look_at(sock, str(address[0]) if address else "")

    def _look_at(self, sock: socket.socket, peer_ip: str) -> SocketTransport:
        """Of what comes on this socket nobody knows yet what it is."""
        transport = SocketTransport(sock, peer_ip, self)
        transport.connection = Connection(transport, self._gateway)
        self._transports[transport.fd] = transport
        self._gateway.arrived(transport.connection)
        return transport

    def take_back(self, sock: socket.socket) -> None:
        """HTTP was answered on this socket. What comes next on it is judged like what comes first on a new
        one; until then it costs nothing, and it is let go when it is old or when there are many."""
        now_s = time.monotonic()
        over = [fd for fd, (_, until_s) in islice(self._kept.items(), 2) if until_s < now_s]
        if len(self._kept) >= KEPT_AT_MOST and not over:
            over = [next(iter(self._kept))]
        self._let_go(over)
        if self._listeners:
            self._kept[sock.fileno()] = sock, now_s + KEPT_S
            self._epoll.register(sock.fileno(), _IN)
        else:
            sock.close()

    def _let_go(self, kept: Iterable[int]) -> None:
        for fd in tuple(kept):
            self._epoll.unregister(fd)
            self._kept.pop(fd)[0].close()

    def _look_again(self, fd: int) -> SocketTransport | None:
        sock, _ = self._kept.pop(fd, (None, 0.0))
        if sock is None:
            return None
        try:
            return self._look_at(sock, str(sock.getpeername()[0]))
        except OSError:
            self._epoll.unregister(fd)
            sock.close()
            return None

    def _pause(self, error: OSError) -> None:
        logger.error("cannot accept more connections: %s; raise the limit of open files (ulimit -n)", error)
        self._paused_until_s = trio.current_time() + ACCEPT_PAUSE_S
        self._let_go(self._kept)
        for fd in self._listeners:
            self._epoll.unregister(fd)

    def _serve(self, fd: int, events: int) -> None:
        transport = self._transports.get(fd) or self._look_again(fd)
        if transport is None:
            return
        connection = transport.connection
        try:
            if events & _OUT:
                transport.flush()
            if events & ~_OUT:
                self._receive(transport.sock, connection)
        except Exception:
            # G9: a fault in the code of one connection ends that connection. It is ours to mend, hence the
            # trace.
            logger.exception("a fault while serving %r", connection)
            connection.failed()

    def _receive(self, sock: socket.socket, connection: Connection) -> None:
        try:
            data = sock.recv(RECEIVE_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        if data:
            connection.received(data)
        else:
            connection.ended()

    # ---- for transports ----

    def watch(self, fd: int, events: int) -> None:
        """Change what is watched of a socket."""
        self._epoll.modify(fd, events)

    def release(self, transport: SocketTransport) -> None:
        """The socket is not the shell's any more."""
        if self._transports.pop(transport.fd, None) is not None:
            with suppress(OSError):  # the kernel dropped it already
                self._epoll.unregister(transport.fd)
