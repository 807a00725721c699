"""The shell on Linux: one trio task and one nested epoll hold every socket.

Why not a task a connection: measured at 2,000 to 5,000 screens, a task a connection costs twice the CPU for a
heartbeat and three times for an alert, and twice the memory. See docs/decisions/0001-the-gateway-loop.md.

Rule 1: an epoll descriptor is readable while one of its sockets is ready; trio waits for that descriptor
        only.
Rule 2: a turn of the loop serves sockets for a bounded time, then lets the other tasks run.
Rule 3: those who are here go before those who are at the door, of whom no more are served than the actors
        keep up with. While ten thousand screens come back at once, what the others say is heard.
Rule 4: nothing here raises for what a client does: an error of a socket is the end of its connection.
"""

from __future__ import annotations

import errno
import logging
import select
import socket
import time
from collections.abc import Callable, Iterable
from contextlib import suppress

import trio

from hub.gateway.connection import Connection, Stage
from hub.gateway.gateway import Gateway
from hub.gateway.socket_transport import IN, OUT, SocketTransport

logger = logging.getLogger(__name__)

READY_AT_ONCE = 8
"""Few, so that a turn can end between them. Those that were served go to the back of the kernel's queue."""
TURN_S = 0.01
ACCEPTS_PER_TURN = 64
RECEIVE_BYTES = 16_384
"""Of one socket in a turn: the dearest that can be in it, 2,700 empty pings, are 20 ms for all who wait."""
ACCEPT_PAUSE_S = 0.2
"""Out of file descriptors: how long the hub stops accepting before it tries again."""

_OUT_OF_DESCRIPTORS = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}

HandOver = Callable[[socket.socket, bytes], None]


class EpollShell:
    """`hand_over`: takes the sockets on which plain HTTP came in."""

    def __init__(self, gateway: Gateway, listeners: Iterable[socket.socket], hand_over: HandOver) -> None:
        self._gateway = gateway
        self._listeners = {listener.fileno(): listener for listener in listeners}
        self._here = select.epoll()
        self._door = select.epoll()
        self._here.register(self._door.fileno(), select.EPOLLIN)
        self._transports: dict[int, SocketTransport] = {}
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
                    await trio.lowlevel.wait_readable(self._here.fileno())
                self._turn(time.perf_counter() + TURN_S)
        finally:
            # Also when it failed: the hub stops in order all the same (`hub.lifetime`).
            self._close_port()
            for transport in tuple(self._transports.values()):
                transport.abort()
            self._door.close()
            self._here.close()

    async def _pass_pause(self) -> None:
        """Wait for a socket, or until connections are accepted again."""
        # Only here: a scope for every turn costs a quiet hub, whose turns serve one screen each, a tenth.
        with trio.move_on_at(self._paused_until_s) as pause:
            await trio.lowlevel.wait_readable(self._here.fileno())
        if pause.cancelled_caught:
            self._listen()

    def _turn(self, until_s: float) -> None:
        """Serve who is ready, until nobody is or the time is over."""
        while True:
            here = self._here.poll(0, READY_AT_ONCE)
            for fd, events in here:
                self._serve(fd, events)
            # Never fewer than of those who are here, however much they say. Measured beside 10,000 that come
            # back: an acknowledgement took up to 2.2 s with all of them in one queue, and takes 0.2 to 0.5 s.
            newcomers = [] if self._gateway.is_behind else self._door.poll(0, READY_AT_ONCE)
            for fd, events in newcomers:
                if fd in self._listeners:
                    self._accept(self._listeners[fd])
                else:
                    self._serve(fd, events)
                    self._let_in(fd)
            if max(len(here), len(newcomers)) < READY_AT_ONCE or time.perf_counter() >= until_s:
                return

    def _let_in(self, fd: int) -> None:
        """Rule 3, for whoever has a session by now."""
        transport = self._transports.get(fd)
        if transport is not None and transport.connection.stage is Stage.OPEN:
            self._door.unregister(fd)
            self._here.register(fd, IN | OUT if transport.backlog_bytes else IN)
            transport.watched_by = self._here

    def _listen(self) -> None:
        self._paused_until_s = 0.0
        for fd in self._listeners:
            self._door.register(fd, select.EPOLLIN)

    def stop_listening(self) -> None:
        """Accept nobody any more; those who are here stay."""
        if not self._paused_until_s:
            for fd in self._listeners:
                self._door.unregister(fd)
        self._close_port()

    def _close_port(self) -> None:
        for listener in self._listeners.values():
            listener.close()
        self._listeners.clear()
        self._paused_until_s = 0.0

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
            self._gateway.arrived(self._look_at(sock, str(address[0]) if address else "", self._door))

    def _look_at(self, sock: socket.socket, peer_ip: str, watched_by: select.epoll) -> Connection:
        """Of what comes on this socket nobody knows yet what it is."""
        watched_by.register(sock.fileno(), IN)
        transport = SocketTransport(sock, peer_ip, self, watched_by)
        transport.connection = Connection(transport, self._gateway)
        self._transports[transport.fd] = transport
        return transport.connection

    def take_back(self, sock: socket.socket) -> None:
        """HTTP was answered on this socket. What comes next on it is judged like what comes first on a new
        one, and is due as soon; the 408 of one that comes late tells its client that it may ask again."""
        try:
            peer_ip = str(sock.getpeername()[0])
        except OSError:
            peer_ip = ""
        if self._listeners and peer_ip:
            self._gateway.awaits_another(self._look_at(sock, peer_ip, self._here))
        else:
            sock.close()

    def _pause(self, error: OSError) -> None:
        logger.error("cannot accept more connections: %s; raise the limit of open files (ulimit -n)", error)
        self._paused_until_s = trio.current_time() + ACCEPT_PAUSE_S
        for fd in self._listeners:
            self._door.unregister(fd)

    def _serve(self, fd: int, events: int) -> None:
        transport = self._transports.get(fd)
        if transport is None:
            return
        connection = transport.connection
        try:
            if events & OUT:
                transport.flush()
            if events & ~OUT:
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

    def release(self, transport: SocketTransport) -> None:
        """The socket is not the shell's any more."""
        if self._transports.pop(transport.fd, None) is not None:
            with suppress(OSError):  # the kernel dropped it already
                transport.watched_by.unregister(transport.fd)
