"""What the fast lane of frames takes, the library would have read the same: held against the library alone.

After every read both have heard the same, have the same to write, and are as open or closed as each other.
"""

from __future__ import annotations

from typing import NamedTuple

from websockets.frames import DATA_OPCODES, Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import CLOSING, OPEN
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from hub.gateway.wire import Wire
from protocol.vocabulary import SUBPROTOCOL
from tests.fuzz.entropy import Entropy
from tests.fuzz.websocket_bytes import CONTINUATION, MAX_MESSAGE_BYTES, PING, TEXT, conversation, frame
from tests.hub.gateway.client import upgrade


class State(NamedTuple):
    """What one read came to."""

    messages: tuple[bytes, ...]
    output: tuple[bytes, bool]
    has_binary: bool
    is_open: bool
    is_closing: bool
    close_code_received: int | None
    has_failed: bool


class LibraryAlone:
    """One connection by `ServerProtocol`, from its head to its end, as the documentation of it shows."""

    def __init__(self, head: bytes) -> None:
        self.protocol = ServerProtocol(subprotocols=[Subprotocol(SUBPROTOCOL)], max_size=MAX_MESSAGE_BYTES)
        self.protocol.receive_data(head)
        requests = [event for event in self.protocol.events_received() if isinstance(event, Request)]
        self.request = requests[0] if requests else None
        self.response = self.protocol.accept(requests[0]) if requests else None
        self._whole = b""
        self._has_binary = False

    def open(self) -> None:
        """Send the response, which is 101."""
        assert self.response is not None
        self.protocol.send_response(self.response)
        self.protocol.data_to_send()

    def receive(self, data: bytes) -> State:
        """One read."""
        self.protocol.receive_data(data)
        messages = []
        for event in self.protocol.events_received():
            assert isinstance(event, Frame)
            self._has_binary |= event.opcode is Opcode.BINARY
            if not self._has_binary and event.opcode in DATA_OPCODES:
                self._whole += event.data
                if event.fin:
                    messages.append(self._whole)
                    self._whole = b""
        return self.state(messages)

    def state(self, messages: list[bytes]) -> State:
        """What it is at now."""
        protocol, chunks = self.protocol, self.protocol.data_to_send()
        received = protocol.close_rcvd
        return State(
            tuple(messages),
            (b"".join(chunks), b"" in chunks),
            self._has_binary,
            protocol.state is OPEN,
            protocol.state is CLOSING and received is None,
            None if received is None else received.code,
            protocol.parser_exc is not None,
        )


class WireTarget:
    """Fulfils `Target`. `None` among the reads: the hub closes."""

    name = "wires"
    entropy_bytes = 120

    def run(self, entropy: Entropy) -> str:
        """See `Target`."""
        alone, wire = LibraryAlone(upgrade()), Wire(MAX_MESSAGE_BYTES)
        assert wire.handshake(upgrade()) is None
        alone.open()
        wire.accept()
        plain = 0
        for data in reads(entropy):
            if data is None:
                if alone.protocol.state is OPEN:
                    alone.protocol.send_close(1001, "bye")
                wire.close(1001, "bye")
                assert _state(wire, []) == alone.state([])
            else:
                assert _state(wire, wire.receive(data)) == alone.receive(data)
            plain += wire.is_plain
        return "plain" if wire.is_plain else "plain for a time" if plain else "by the library"

    def show(self, entropy: Entropy) -> str:
        """See `Target`."""
        return repr(reads(entropy))


def reads(entropy: Entropy) -> list[bytes | None]:
    """What one client sends, cut anywhere; now and then the hub closes in between."""
    data = conversation(entropy) if entropy.one_in(2) else _by_the_book(entropy)
    pieces: list[bytes | None] = []
    while data:
        size = len(data) if entropy.spent else 1 + entropy.below(len(data) if entropy.one_in(2) else 160)
        pieces.append(data[:size])
        data = data[size:]
        if entropy.one_in(24):
            pieces.append(None)
    return pieces


def _state(wire: Wire, messages: list[bytes]) -> State:
    return State(
        tuple(messages),
        wire.output(),
        wire.has_binary,
        wire.is_open,
        wire.is_closing,
        wire.close_code_received,
        wire.failed_with is not None,
    )


def _by_the_book(entropy: Entropy) -> bytes:
    """Nothing here is an error, so the lane changes again and again."""
    said = b""
    for _ in range(1 + entropy.below(12)):
        mask, size = entropy.take(4), entropy.pick((2, 0, 125, 126, 127, 1_000, MAX_MESSAGE_BYTES))
        match entropy.below(8):
            case 5:
                said += frame(PING, b"p" * (size % 126), mask)
            case 6:
                said += frame(TEXT, b"x" * (size // 2), mask, fin=False)
                said += frame(CONTINUATION, b"y" * (size // 2), mask)
            case 7:  # a length in more bytes than it needs, which the library lets pass
                said += b"\x81\xfe" + size.to_bytes(2, "big") + bytes(4) + b"z" * size
            case _:
                said += frame(TEXT, b"x" * size, mask)
    return said


WIRES = WireTarget()
