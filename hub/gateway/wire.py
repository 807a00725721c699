"""RFC 6455 for one connection, by the sans-I/O parts of `websockets`. Bytes in, messages out; no sockets.

The fast lane out: what the hub sends is never masked and never compressed, so one text frame is the same
bytes for every screen. `text_frame` makes them once; the connection writes them past this class while it is
open.

The fast lane in: whole, unfragmented, masked text frames are nearly all that screens send, and they are
unmasked right here. The first byte of anything else goes to a `Protocol` of the library, made for it, and so
does all that follows it; once nothing is begun any more, that protocol is let go.

Rule: the fast lane is open while there is no `Protocol`, so no byte is ever read by both.
See docs/decisions/0019-the-fast-lane-of-frames.md.
"""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Final, NamedTuple

import msgspec
from websockets.datastructures import Headers
from websockets.exceptions import InvalidHandshake, ProtocolError, SecurityError
from websockets.frames import DATA_OPCODES, Frame, Opcode
from websockets.http11 import Request, Response
from websockets.protocol import CLOSING, OPEN, SERVER, Protocol
from websockets.server import ServerProtocol
from websockets.streams import StreamReader
from websockets.typing import Subprotocol

from protocol.api import Problem
from protocol.close_codes import CloseCode
from protocol.vocabulary import SUBPROTOCOL

try:
    from websockets.speedups import apply_mask
except ImportError:  # no compiled wheel for this machine
    from websockets.utils import apply_mask

# The library's own log says nothing that our counters do not, and would say it for every connection.
_silent = logging.getLogger("clarion.websockets")
_silent.setLevel(logging.CRITICAL)


_SHORT_HEADS: Final = tuple(Frame(Opcode.TEXT, bytes(size)).serialize(mask=False)[:2] for size in range(126))
_FIN_AND_TEXT: Final = _SHORT_HEADS[0][0]
_MASKED: Final = 0x80
_SHORTEST_HEAD: Final = 6
_LONGER_HEAD: Final = 8


def text_frame(payload: bytes) -> bytes:
    """The wire bytes of one unmasked, unfragmented text frame."""
    # An acknowledgement is about 90 bytes. Its frame takes 0.1 µs so, and 0.9 µs by the library.
    if len(payload) < len(_SHORT_HEADS):
        return _SHORT_HEADS[len(payload)] + payload
    return Frame(Opcode.TEXT, payload).serialize(mask=False)


def _least_bytes(frame: Frame) -> int:
    """How long a client's frame is on the wire, at least: a length may be written in more bytes than it
    needs."""
    size = len(frame.data)
    return size + (6 if size < 126 else 8 if size < 65_536 else 14)


def problem_response(status: int, detail: str, extra: dict[str, str] | None = None) -> bytes:
    """A complete HTTP/1.1 response with a problem document (RFC 9457), for a connection that is then
    closed."""
    phrase = HTTPStatus(status).phrase
    body = msgspec.json.encode(Problem(phrase, status, detail))
    headers = Headers(
        {
            "Content-Type": "application/problem+json",
            "Content-Length": str(len(body)),
            "Connection": "close",
            "Cache-Control": "no-store",
        }
    )
    headers.update(extra or {})
    return Response(status, phrase, headers, body).serialize()


class Refusal(NamedTuple):
    """Why a handshake is not accepted: status, a sentence, and what the status wants said in headers."""

    status: int
    detail: str
    headers: dict[str, str]


_SWITCHING: Final = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: %b\r\nSec-WebSocket-Protocol: " + SUBPROTOCOL.encode() + b"\r\n\r\n"
)


def _negotiator() -> ServerProtocol:
    return ServerProtocol(subprotocols=[Subprotocol(SUBPROTOCOL)], logger=_silent)


_NEGOTIATOR: Final = _negotiator()
"""`process_request` keeps nothing of one request for the next, so one object judges them all."""


def _request(head: bytes) -> Request | None:
    """The request of a complete head; None when it is none that RFC 6455 can begin with."""
    reader = StreamReader()
    reader.feed_data(head)
    try:
        next(Request.parse(reader.read_line))
    except StopIteration as parsed:
        request: Request = parsed.value
        return request
    except (ValueError, SecurityError, NotImplementedError):
        pass
    return None


def _refusal(request: Request) -> Refusal:
    """What the library has against this request."""
    response = _negotiator().accept(request)
    said = {name: response.headers[name] for name in ("Allow", "Upgrade") if name in response.headers}
    return Refusal(response.status_code, response.body.decode().partition("\n")[0], said)


class Wire:
    """One WebSocket connection. After every call, write what `output` gives.

    has_binary: the client sent a binary message, which this protocol does not have; nothing is read after it.
    """

    __slots__ = ("_accept", "_largest", "_parts", "_protocol", "_unread", "has_binary", "request")

    def __init__(self, max_message_bytes: int) -> None:
        self._largest = max_message_bytes
        self._protocol: Protocol | None = None
        # What `_protocol` was given, less the least that its frames can have been: 0 is between two frames.
        self._unread = 0
        self._parts: bytearray | None = None
        self._accept = b""
        self.request: Request | None = None
        self.has_binary = False

    # ---- handshake ----

    def handshake(self, head: bytes) -> Refusal | None:
        """Read the request head. None when it is a correct upgrade."""
        request = _request(head)
        if request is None:
            return Refusal(400, "This is no correct WebSocket handshake.", {})
        try:
            accept, _, _ = _NEGOTIATOR.process_request(request)
        except InvalidHandshake:
            return _refusal(request)
        self._accept, self.request = accept.encode(), request
        return None

    def accept(self) -> bytes:
        """Open the connection: the answer 101 to the handshake."""
        answer = _SWITCHING % self._accept
        self._accept, self.request = b"", None
        return answer

    # ---- messages ----

    def receive(self, data: bytes) -> list[bytes]:
        """The complete text messages in what was received, up to a binary one."""
        messages: list[bytes] = []
        if self._protocol is None:
            rest = self._take_plain(data, messages)
            if rest:
                self._parse(rest, messages)
        else:
            self._parse(data, messages)
        return messages

    def _take_plain(self, data: bytes, messages: list[bytes]) -> bytes:
        """Take whole text frames off the beginning; what the library must read of it."""
        # Measured: a heartbeat takes 0.6 µs here and 3.4 µs in the library.
        at, end = 0, len(data)
        while at + _SHORTEST_HEAD <= end and data[at] == _FIN_AND_TEXT:
            size, begin = data[at + 1] - _MASKED, at + _SHORTEST_HEAD
            if size == 126 and at + _LONGER_HEAD <= end:
                size, begin = data[at + 2] << 8 | data[at + 3], at + _LONGER_HEAD
            elif not 0 <= size < 126:
                break
            if size > self._largest or begin + size > end:
                break
            at = begin + size
            messages.append(apply_mask(data[begin:at], data[begin - 4 : begin]))
        return data[at:]

    def _parse(self, data: bytes, messages: list[bytes]) -> None:
        protocol = self._library()
        protocol.receive_data(data)
        self._unread += len(data)
        for event in protocol.events_received():
            if not isinstance(event, Frame):
                continue
            self._unread -= _least_bytes(event)
            if self.has_binary or event.opcode not in DATA_OPCODES:
                continue
            if event.opcode is Opcode.BINARY:
                self.has_binary = True
                continue
            if event.fin and self._parts is None:
                messages.append(bytes(event.data))
            else:
                # Not a list of fragments: empty ones count for no limit of size, and there may be millions.
                if self._parts is None:
                    self._parts = bytearray()
                self._parts += event.data
                if event.fin:
                    messages.append(bytes(self._parts))
                    self._parts = None

    def _library(self) -> Protocol:
        if self._protocol is None:
            self._protocol = Protocol(SERVER, max_size=self._largest, logger=_silent)
            self._unread = 0
        return self._protocol

    def close(self, code: int, reason: str) -> None:
        """Begin the closing handshake, if it has not begun."""
        if self.is_open:
            self._library().send_close(code, reason)

    @property
    def is_plain(self) -> bool:
        """Whether there was nothing but whole text messages of late: nothing has ended, `output` is empty."""
        return self._protocol is None

    @property
    def is_open(self) -> bool:
        """Whether messages may be sent, once the connection was accepted."""
        return self._protocol is None or self._protocol.state is OPEN

    @property
    def is_closing(self) -> bool:
        """Whether the closing handshake has begun and the client has not answered it yet."""
        protocol = self._protocol
        return protocol is not None and protocol.state is CLOSING and protocol.close_rcvd is None

    @property
    def close_code_received(self) -> int | None:
        """The client's close code, once it has closed."""
        received = None if self._protocol is None else self._protocol.close_rcvd
        return None if received is None else received.code

    @property
    def failed_with(self) -> CloseCode | None:
        """Set when the client broke RFC 6455 and the protocol closed the connection."""
        match None if self._protocol is None else self._protocol.parser_exc:
            case None | EOFError():
                return None
            case UnicodeDecodeError():
                return CloseCode.INVALID_TEXT
            case ProtocolError():
                return CloseCode.MALFORMED
            case _:
                return CloseCode.TOO_BIG

    def output(self) -> tuple[bytes, bool]:
        """Bytes to be written, and whether the hub's side of the stream ends after them."""
        protocol = self._protocol
        if protocol is None:
            return b"", False
        chunks = protocol.data_to_send()
        nothing_begun = self._unread == 0 and self._parts is None
        if nothing_begun and not self.has_binary and protocol.state is OPEN:
            self._protocol = None
        return b"".join(chunks), b"" in chunks
