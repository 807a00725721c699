"""One connection from its first byte to its last, whatever comes in, in whatever pieces.

Nothing is raised, what the hub answers is RFC 6455, the session hears of its end once, what is kept is
bounded, and in the end the connection is let go. `MemoryTransport` and `RecordingSession` fail by themselves
when they are told something after their end.
"""

from __future__ import annotations

from typing import NamedTuple

from websockets.protocol import CLIENT, Protocol

from hub.gateway.connection import Stage
from protocol.close_codes import CloseCode
from protocol.vocabulary import PresenceReason
from tests.fuzz.entropy import Entropy
from tests.fuzz.websocket_bytes import MAX_MESSAGE_BYTES, conversation
from tests.hub.gateway.client import Wired, upgrade

LARGEST_FRAME_HEAD_BYTES = 14
LARGEST_READ_BYTES = 65_536
"""What came in one read with the end of the head is kept as it is until the client is let in."""

OFFERS = (
    (),
    ("Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=8; server_no_context_takeover",),
    ("Sec-WebSocket-Extensions: permessage-deflate, permessage-deflate; server_max_window_bits=99, x",),
)


class Step(NamedTuple):
    """One thing that happens to a connection: bytes come in, or what `event` says."""

    event: str
    data: bytes = b""


class Heard(NamedTuple):
    """What a conversation came to: the messages of the session, why it ended, the close code of the hub."""

    messages: tuple[bytes, ...]
    reasons: tuple[PresenceReason, ...]
    close_code: int | None


class ConnectionTarget:
    """Fulfils `Target`. What a client says is heard the same in one piece and in many."""

    name = "connections"
    entropy_bytes = 160

    def run(self, entropy: Entropy) -> str:
        """See `Target`."""
        steps = script(entropy)
        heard = self.judge(steps)
        if any(step.event != "received" for step in steps[2:]):
            return _outcome(heard)
        whole = self.judge([*steps[:2], Step("received", b"".join(step.data for step in steps[2:]))])
        _agree(heard, whole)
        return _outcome(heard)

    def show(self, entropy: Entropy) -> str:
        """See `Target`."""
        return "[" + ", ".join(f"Step({step.event!r}, {step.data!r})" for step in script(entropy)) + "]"

    def judge(self, steps: list[Step]) -> Heard:
        """Let the steps happen to a new connection, then let the client vanish."""
        wired = Wired()
        for step in steps:
            _happen(wired, step)
            _is_bounded(wired, step)
        heard = _heard(wired)
        wired.connection.ended()
        assert wired.connection.stage is Stage.GONE and wired.within_s is None
        assert wired.transport.aborted or wired.transport.handed_over is not None, "let go of in the end"
        assert len(wired.session.reasons) == (wired.status == 101), "told of its end exactly once"
        return heard


def script(entropy: Entropy) -> list[Step]:
    """A handshake, most often let in at once, and what follows it."""
    data = conversation(entropy)
    early = entropy.below(len(data) + 1) if entropy.one_in(6) else 0
    steps = [
        Step("received", upgrade("/api/v1/ws/device", *entropy.pick(OFFERS)) + data[:early]),
        Step("admit"),
    ]
    data = data[early:]
    while data:
        # Most reads are small, so that a read ends anywhere within a frame.
        size = 1 + (entropy.below(24) if entropy.one_in(2) else entropy.below(len(data)))
        steps.append(Step("received", data[:size] if not entropy.spent else data))
        data = data[len(steps[-1].data) :]
        if entropy.one_in(12):
            steps.append(Step(entropy.pick(("send", "close", "overdue", "refuse", "ended", "stops reading"))))
    if entropy.one_in(24):
        steps[1] = Step(entropy.pick(("turn away", "overdue", "ended", "send")))
    return steps


def _agree(pieces: Heard, whole: Heard) -> None:
    """Where the network cuts what a client sends decides nothing it is heard of."""
    assert pieces[:2] == whole[:2], f"in pieces {pieces}, in one {whole}"
    # What came in the same read as a binary message was parsed with it: its own fault may be the close code.
    assert pieces.close_code == whole.close_code or CloseCode.MALFORMED in (
        pieces.close_code,
        whole.close_code,
    )


def _happen(wired: Wired, step: Step) -> None:
    connection = wired.connection
    match step.event:
        case "received":
            if not wired.transport.aborted:
                wired.received(step.data)
        case "admit":
            wired.admit()
        case "turn away":
            connection.turn_away(401, "Nobody knows this token.")
        case "overdue":
            if wired.within_s is not None:
                wired.overdue()
        case "send":
            for _ in range(4):
                connection.send(b"s" * 1_000)
        case "close":
            connection.close(CloseCode.SUPERSEDED, PresenceReason.NETWORK_CLOSED)
        case "refuse":  # the session does not like the next message
            wired.session.on_message = lambda payload: connection.close(
                CloseCode.MALFORMED, PresenceReason.PROTOCOL_ERROR
            )
        case "stops reading":
            wired.transport.reads = False
        case _:
            connection.ended()


def _is_bounded(wired: Wired, last: Step) -> None:
    """What a client can make the hub keep, but for the read of the moment."""
    wire = wired.connection.wire
    if wire is not None:
        library = wire._protocol
        kept = (0 if library is None else len(library.reader.buffer)) + len(wire._parts or b"")
        assert kept <= 2 * MAX_MESSAGE_BYTES + LARGEST_FRAME_HEAD_BYTES, f"{kept} bytes are kept"
    assert len(wired.connection._buffer) <= LARGEST_READ_BYTES
    # All the pings of one read are answered before anybody looks.
    most = 2 * wired.session.outbox_limit_bytes + max(len(last.data), wired.session.outbox_limit_bytes)
    assert wired.transport.backlog_bytes <= most, "more waits than the outbox may hold"


def _heard(wired: Wired) -> Heard:
    """What the session heard; what the hub wrote is read as a client of RFC 6455 would read it."""
    head, _, frames = bytes(wired.transport.written).partition(b"\r\n\r\n")
    assert b"\r\nSec-WebSocket-Extensions:" not in head, "no compression is ever agreed on"
    code = None
    if head.startswith(b"HTTP/1.1 101"):
        client = Protocol(CLIENT)
        client.receive_data(frames)
        assert client.parser_exc is None, f"the hub breaks RFC 6455: {client.parser_exc!r}"
        code = None if client.close_rcvd is None else client.close_rcvd.code
    return Heard(tuple(wired.session.messages), tuple(wired.session.reasons), code)


def _outcome(heard: Heard) -> str:
    reasons = [reason.value for reason in heard.reasons]
    return " ".join([*reasons, "open" if heard.close_code is None else str(heard.close_code)])


CONNECTIONS = ConnectionTarget()
