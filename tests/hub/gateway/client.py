"""A client and a gateway in memory, around one real connection: bytes in, bytes out, deadlines by hand."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, field

from websockets.frames import Frame, Opcode
from websockets.protocol import CLIENT, Protocol

from hub.gateway.connection import Connection, Session
from protocol.codec import decode_downlink
from protocol.frames import Downlink, Goodbye
from protocol.vocabulary import PresenceReason

KEY = base64.b64encode(b"0123456789abcdef").decode()


def upgrade(path: str = "/api/v1/ws/device", *headers: str) -> bytes:
    """A correct upgrade request."""
    lines = [
        f"GET {path} HTTP/1.1",
        "Host: hub",
        "Connection: Upgrade",
        "Upgrade: websocket",
        f"Sec-WebSocket-Key: {KEY}",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Protocol: clarion.v1",
        *headers,
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def frame(payload: bytes, opcode: Opcode = Opcode.TEXT, *, fin: bool = True) -> bytes:
    """A client's frame on the wire, the forbidden ones too. The mask is zero, which RFC 6455 allows."""
    size = len(payload)
    length = bytes([0x80 | size]) if size < 126 else b"\xfe" + size.to_bytes(2, "big")
    return bytes([(0x80 if fin else 0) | opcode]) + length + bytes(4) + payload


def close_frame(code: int = 1000) -> bytes:
    return frame(code.to_bytes(2, "big"), Opcode.CLOSE)


@dataclass
class MemoryTransport:
    """Fulfils `Transport`. What is written is kept; `reads=False`: the client takes nothing any more."""

    peer_ip: str = "192.0.2.1"
    written: bytearray = field(default_factory=bytearray)
    backlog_bytes: int = 0
    reads: bool = True
    finished: bool = False
    aborted: bool = False
    handed_over: bytes | None = None

    def write(self, data: bytes) -> None:
        assert not self.aborted and self.handed_over is None, "written after the end"
        self.written += data
        if not self.reads:
            self.backlog_bytes += len(data)

    def finish(self) -> None:
        self.finished = True

    def abort(self) -> None:
        self.aborted = True

    def hand_over(self, data: bytes) -> None:
        self.handed_over = data


@dataclass
class RecordingSession:
    """Fulfils `Session`. `on_message`: what else happens."""

    hello_deadline_s: float = 7.0
    outbox_limit_bytes: int = 10_000
    messages: list[bytes] = field(default_factory=list)
    reasons: list[PresenceReason] = field(default_factory=list)
    overdues: int = 0
    on_message: Callable[[bytes], None] = lambda payload: None

    def message(self, payload: bytes) -> None:
        assert not self.reasons, "told something after its end"
        self.messages.append(payload)
        self.on_message(payload)

    def overdue(self) -> None:
        self.overdues += 1

    def ended(self, reason: PresenceReason) -> None:
        self.reasons.append(reason)


class Wired:
    """One connection, its memory transport, and a doorkeeper that lets in whoever `admit` is called for."""

    max_frame_bytes = 4_096
    authentication_deadline_s = 5.0

    def __init__(self, session: Session | None = None) -> None:
        self.transport = MemoryTransport()
        self.connection = Connection(self.transport, self)
        self.session = RecordingSession()
        self.within_s: float | None = 10.0
        self.identified = 0
        self._admitted: Session = session or self.session

    # ---- Doorkeeper ----

    def identify(self, connection: Connection) -> None:
        self.identified += 1

    def expect(self, connection: Connection, within_s: float) -> None:
        self.within_s = within_s

    def forget(self, connection: Connection) -> None:
        self.within_s = None

    # ---- what tests do ----

    def received(self, data: bytes) -> None:
        self.connection.received(data)

    def admit(self) -> None:
        self.connection.admit(self._admitted)

    def overdue(self) -> None:
        """The deadline passes, as the gateway's sweep would tell: once."""
        assert self.within_s is not None, "there is no deadline"
        self.within_s = None
        self.connection.overdue()

    @property
    def status(self) -> int | None:
        """The status of the HTTP answer, if there is one."""
        written = bytes(self.transport.written)
        return int(written[9:12]) if written.startswith(b"HTTP/1.1 ") else None

    @property
    def frames(self) -> list[Frame]:
        """What a real client protocol makes of the frames after the handshake."""
        _, _, rest = bytes(self.transport.written).partition(b"\r\n\r\n")
        client = Protocol(CLIENT)
        client.receive_data(rest)
        return [event for event in client.events_received() if isinstance(event, Frame)]

    @property
    def said(self) -> list[Downlink]:
        return [decode_downlink(bytes(f.data)) for f in self.frames if f.opcode is Opcode.TEXT]

    @property
    def close_code(self) -> int | None:
        """The code of the hub's close frame, if it sent one; after it there is nothing."""
        frames = self.frames
        if not frames or frames[-1].opcode is not Opcode.CLOSE:
            assert all(f.opcode is not Opcode.CLOSE for f in frames)
            return None
        return int.from_bytes(frames[-1].data[:2], "big")

    @property
    def goodbye(self) -> Goodbye | None:
        goodbyes = [f for f in self.said if isinstance(f, Goodbye)]
        assert len(goodbyes) <= 1
        return goodbyes[0] if goodbyes else None


def opened(session: Session | None = None) -> Wired:
    """A connection that is let in."""
    wired = Wired(session)
    wired.received(upgrade())
    wired.admit()
    assert wired.status == 101
    return wired
