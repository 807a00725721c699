"""From a WebSocket address to an open connection with the upgrade accepted."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import trio
from trio_websocket import WebSocketConnection, wrap_client_stream

from protocol.vocabulary import SUBPROTOCOL

Stream = trio.SocketStream | trio.SSLStream[trio.SocketStream]


@dataclass(frozen=True, slots=True)
class Address:
    """A `ws://` or `wss://` address, taken apart."""

    host: str
    port: int
    resource: str
    tls: bool

    @classmethod
    def parse(cls, url: str) -> Address:
        """Raises ValueError for any other kind of address."""
        parts = urlsplit(url)
        if parts.scheme not in ("ws", "wss") or not parts.hostname:
            raise ValueError(f"not a WebSocket address: {url}")
        tls = parts.scheme == "wss"
        resource = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return cls(parts.hostname, parts.port or (443 if tls else 80), resource, tls)

    @property
    def http_url(self) -> str:
        """Where the same hub answers HTTP."""
        return f"{'https' if self.tls else 'http'}://{self.host_header}"

    @property
    def host_header(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.tls else 80) else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Caller:
    """Opens connections, all with one TLS context: making one costs as much as a hundred handshakes."""

    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context)

    async def dial(self, address: Address) -> Stream:
        """The TCP (or TLS) stream. Raises OSError, trio.BrokenResourceError."""
        tcp = await trio.open_tcp_stream(address.host, address.port)
        if not address.tls:
            return tcp
        stream = trio.SSLStream(tcp, self.tls, server_hostname=address.host, https_compatible=True)
        try:
            await stream.do_handshake()
        except BaseException:  # whatever it was, Cancelled among them: the socket must not outlive it
            await trio.aclose_forcefully(tcp)
            raise
        return stream


async def upgrade(
    nursery: trio.Nursery, stream: Stream, address: Address, device_token: str
) -> WebSocketConnection:
    """Ask for `clarion.v1` as the device that `device_token` names. The reader runs in `nursery`, and what it
    raises comes out of there: trio_websocket.ConnectionRejected when the hub declines."""
    return await wrap_client_stream(
        nursery,
        stream,
        address.host_header,
        address.resource,
        subprotocols=[SUBPROTOCOL],
        extra_headers=[(b"authorization", f"Bearer {device_token}".encode())],
    )
