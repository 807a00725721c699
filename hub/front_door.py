"""One port for everything: a WebSocket upgrade goes to the gateway, any other request to the HTTP server.

A connection is looked at before anybody owns it (`hub.gateway.head`). Upgrades never reach the HTTP server.
See docs/decisions/0002-one-front-door.md.
"""

from __future__ import annotations

import errno
import socket
import ssl
import sys
from contextlib import suppress

import trio

from hub.errors import StartError
from hub.gateway.connection import Connection
from hub.gateway.epoll import EpollShell
from hub.gateway.gateway import Gateway, say_goodbye
from hub.gateway.streams import StreamShell
from hub.http_server import HttpServer
from hub.settings import Settings

BACKLOG = 4096
KEEPALIVE_S = 60
UNACKNOWLEDGED_MS = 20_000
"""A peer that does not acknowledge what was sent for this long is gone, whatever TCP hopes for."""
UNSENT_BYTES = 65_536
"""So much may wait in the kernel until it is sent. The rest waits in the hub, which counts it: a client that
does not read is found out before the kernel has buffered megabytes for it."""

DRAIN_BATCH = 500
DRAIN_EVERY_S = 0.1
DRAIN_WITHIN_S = 1.0
"""Ten thousand screens are told within a second: whoever is not told comes back when others do."""


def raise_open_files_limit() -> None:
    """Ten thousand screens are ten thousand descriptors."""
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def bind(host: str, port: int) -> list[socket.socket]:
    """Listening sockets, non-blocking. Raises StartError when the port is taken or the address is not this
    machine's."""
    try:
        places = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except socket.gaierror as error:
        raise StartError(f"CLARION_HOST={host} is no address of this machine ({error.strerror}).") from error
    sockets: list[socket.socket] = []
    for family, kind, protocol, _, address in places:
        sock = socket.socket(family, kind, protocol)
        sockets.append(sock)
        try:
            _configure(sock, family)
            sock.bind(address)
            sock.listen(BACKLOG)
        except OSError as error:
            for opened in sockets:
                opened.close()
            if error.errno == errno.EADDRINUSE:
                raise StartError(f"Port {port} is taken: stop what uses it, or set CLARION_PORT.") from error
            raise StartError(f"The hub cannot listen on {host}:{port}: {error.strerror}.") from error
    return sockets


def _configure(sock: socket.socket, family: int) -> None:
    """On Linux accepted sockets inherit all of this, which saves three system calls a connection."""
    sock.setblocking(False)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    if sys.platform == "linux":
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEPALIVE_S)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNACKNOWLEDGED_MS)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)


class FrontDoor:
    """Opens the port and runs the shell that fits the machine and the settings."""

    def __init__(
        self, settings: Settings, gateway: Gateway, http: HttpServer, sockets: list[socket.socket]
    ) -> None:
        self._gateway = gateway
        self._http = http
        self._sockets = sockets
        self._tls = _tls_context(settings)
        self._shell: EpollShell | StreamShell | None = None
        can_epoll = sys.platform == "linux" and self._tls is None
        if settings.gateway == "epoll" and not can_epoll:
            raise StartError(
                "CLARION_GATEWAY=epoll needs Linux, and TLS ended before the hub: use auto or streams."
            )
        self._epoll = can_epoll and settings.gateway != "streams"

    async def run(self) -> None:
        """Serve for ever."""
        async with trio.open_nursery() as nursery:
            if self._epoll:

                def hand_over(sock: socket.socket, begun: bytes) -> None:
                    nursery.start_soon(self._http.serve_socket, sock, begun, shell.take_back)

                self._shell = shell = EpollShell(self._gateway, self._sockets, hand_over)
                await shell.run()
            else:
                self._shell = streams = StreamShell(self._gateway, self._http.serve)
                await streams.run([self._listener(sock) for sock in self._sockets])

    def _listener(self, sock: socket.socket) -> trio.abc.Listener[trio.abc.Stream]:
        listener = trio.SocketListener(trio.socket.from_stdlib_socket(sock))
        return listener if self._tls is None else trio.SSLListener(listener, self._tls, https_compatible=True)

    def connections(self) -> list[Connection]:
        """Every connection that is not over."""
        return [] if self._shell is None else self._shell.connections()

    async def drain(self) -> None:
        """Send everybody away in batches, each told to come back a little later than the one before."""
        match self._shell:
            case EpollShell() as shell:
                shell.stop_listening()
            case StreamShell() as shell:
                await shell.stop_listening()
        connections = self.connections()
        batches = [
            connections[start : start + DRAIN_BATCH] for start in range(0, len(connections), DRAIN_BATCH)
        ]
        began, pace_s = trio.current_time(), min(DRAIN_EVERY_S, DRAIN_WITHIN_S / max(1, len(batches)))
        for number, batch in enumerate(batches):
            for connection in batch:
                say_goodbye(connection, reconnect_after_s=1.0 + number * DRAIN_EVERY_S)
            await trio.sleep_until(began + (number + 1) * pace_s)


def _tls_context(settings: Settings) -> ssl.SSLContext | None:
    if settings.tls_certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    with suppress(NotImplementedError):
        context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(settings.tls_certificate, settings.tls_key)
    except (OSError, ssl.SSLError) as error:
        raise StartError(f"CLARION_TLS_CERTIFICATE or CLARION_TLS_KEY cannot be used: {error}.") from error
    return context
