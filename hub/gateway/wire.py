"""RFC 6455 for one connection, by the sans-I/O `ServerProtocol` of `websockets`. Bytes in, messages out;
no sockets.

The fast lane: what the hub sends is never masked and never compressed, so one text frame is the same bytes
for every screen. `text_frame` makes them once; the connection writes them past this class while it is open.
"""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import NamedTuple

import msgspec
from websockets.datastructures import Headers
from websockets.exceptions import ProtocolError
from websockets.frames import DATA_OPCODES, Frame, Opcode
from websockets.http11 import Request, Response
from websockets.protocol import CLOSING, OPEN
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from protocol.api import Problem
from protocol.close_codes import CloseCode
from protocol.vocabulary import SUBPROTOCOL

# The library's own log says nothing that our counters do not, and would say it for every connection.
_silent = logging.getLogger("clarion.websockets")
_silent.setLevel(logging.CRITICAL)


def text_frame(payload: bytes) -> bytes:
    """The wire bytes of one unmasked, unfragmented text frame."""
    return Frame(Opcode.TEXT, payload).serialize(mask=False)


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


class Wire:
    """One WebSocket connection. After every call, write what `output` gives.

    has_binary: the client sent a binary message, which this protocol does not have; nothing is read after it.
    """

    __slots__ = ("_accepted", "_parts", "_protocol", "has_binary", "request")

    def __init__(self, max_message_bytes: int) -> None:
        self._protocol = ServerProtocol(
            subprotocols=[Subprotocol(SUBPROTOCOL)], max_size=max_message_bytes, logger=_silent
        )
        self._parts: bytearray | None = None
        self._accepted: Response | None = None
        self.request: Request | None = None
        self.has_binary = False

    # ---- handshake ----

    def handshake(self, head: bytes) -> Refusal | None:
        """Read the request head. None when it is a correct upgrade."""
        self._protocol.receive_data(head)
        for event in self._protocol.events_received():
            if isinstance(event, Request):
                self.request = event
                response = self._protocol.accept(event)
                if response.status_code == HTTPStatus.SWITCHING_PROTOCOLS:
                    self._accepted = response
                    return None
                said = {
                    name: response.headers[name] for name in ("Allow", "Upgrade") if name in response.headers
                }
                return Refusal(response.status_code, response.body.decode().partition("\n")[0], said)
        return Refusal(400, "This is no correct WebSocket handshake.", {})

    def accept(self) -> None:
        """Answer 101: the connection is open."""
        assert self._accepted is not None
        self._protocol.send_response(self._accepted)
        self._accepted = self.request = None

    # ---- messages ----

    def receive(self, data: bytes) -> list[bytes]:
        """The complete text messages in what was received, up to a binary one."""
        protocol = self._protocol
        protocol.receive_data(data)
        messages: list[bytes] = []
        for event in protocol.events_received():
            if self.has_binary or not isinstance(event, Frame) or event.opcode not in DATA_OPCODES:
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
        return messages

    def close(self, code: int, reason: str) -> None:
        """Begin the closing handshake, if it has not begun."""
        if self.is_open:
            self._protocol.send_close(code, reason)

    @property
    def is_open(self) -> bool:
        """Whether messages may be sent."""
        return self._protocol.state is OPEN

    @property
    def is_closing(self) -> bool:
        """Whether the closing handshake has begun and the client has not answered it yet."""
        return self._protocol.state is CLOSING and self._protocol.close_rcvd is None

    @property
    def close_code_received(self) -> int | None:
        """The client's close code, once it has closed."""
        received = self._protocol.close_rcvd
        return None if received is None else received.code

    @property
    def failed_with(self) -> CloseCode | None:
        """Set when the client broke RFC 6455 and the protocol closed the connection."""
        match self._protocol.parser_exc:
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
        chunks = self._protocol.data_to_send()
        if not chunks:
            return b"", False
        return b"".join(chunks), b"" in chunks
