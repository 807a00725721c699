"""One socket of the epoll shell, as its connection writes to it.

Rule: nothing here raises for what a client does, and what does not fit into the kernel's buffer waits.
"""

from __future__ import annotations

import select
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

from hub.gateway.connection import Connection

if TYPE_CHECKING:  # each needs the other's name in its signatures
    from hub.gateway.epoll import EpollShell

IN = select.EPOLLIN | select.EPOLLRDHUP
OUT = select.EPOLLOUT


class SocketTransport:
    """One non-blocking socket. What does not fit into the kernel's buffer waits in `_outbox`.

    watched_by: the epoll that it is registered with.
    """

    __slots__ = ("_finishing", "_outbox", "_shell", "connection", "fd", "peer_ip", "sock", "watched_by")

    def __init__(
        self, sock: socket.socket, peer_ip: str, shell: EpollShell, watched_by: select.epoll
    ) -> None:
        self.sock = sock
        self.fd = sock.fileno()
        self.peer_ip = peer_ip
        self.connection: Connection
        self.watched_by = watched_by
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
            self.watched_by.modify(self.fd, IN | OUT)

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
            self.watched_by.modify(self.fd, IN)
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
