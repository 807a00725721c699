"""One connection from its first byte to its last: head, credentials, session, farewell. Knows no sockets.

Rule 1: every stage has a deadline; nobody holds a connection by doing nothing.
Rule 2: a session is told exactly once that it has ended, and why.
Rule 3: what a client may make the hub remember is bounded: its head, what it sends before it is let in, one
        message, and its outbox. Overflow closes the connection with a resumable code.
"""

from __future__ import annotations

from enum import Enum
from typing import Protocol

from hub.gateway.farewell import away_s
from hub.gateway.head import Http, NeedMore, Refuse, Upgrade, judge
from hub.gateway.wire import Wire, problem_response, text_frame
from protocol.close_codes import MEANINGS, CloseCode
from protocol.codec import encode
from protocol.frames import Goodbye
from protocol.vocabulary import PresenceReason

CLOSING_DEADLINE_S = 2.0
"""How long a client may take to read its farewell and hang up."""


class Stage(Enum):
    """Where a connection is in its life."""

    HEAD = "head"
    CREDENTIALS = "credentials"
    OPEN = "open"
    CLOSING = "closing"
    GONE = "gone"


class Transport(Protocol):
    """A byte stream to one client, as a shell provides it. No call blocks, none raises."""

    @property
    def peer_ip(self) -> str:
        """The client's address."""

    @property
    def backlog_bytes(self) -> int:
        """What was written and the client has not read yet."""

    def write(self, data: bytes) -> None:
        """Send, or keep what does not fit now. An error shows up as the end of the connection."""

    def finish(self) -> None:
        """End the hub's side of the stream when everything is written."""

    def abort(self) -> None:
        """Let go of the connection now."""

    def hand_over(self, data: bytes) -> None:
        """Give the connection, with what was read of it, to the HTTP server."""


class Session(Protocol):
    """What an open connection means."""

    @property
    def hello_deadline_s(self) -> float:
        """How long the first message may take."""

    @property
    def outbox_limit_bytes(self) -> int:
        """How much may wait for this client to read."""

    def message(self, payload: bytes) -> None:
        """A complete text message came in."""

    def overdue(self) -> None:
        """The deadline of the session came up."""

    def ended(self, reason: PresenceReason) -> None:
        """The connection is over, or about to be. Called once."""


class Doorkeeper(Protocol):
    """The gateway, as a connection sees it."""

    @property
    def max_frame_bytes(self) -> int:
        """The largest message a client may send."""

    @property
    def authentication_deadline_s(self) -> float:
        """How long a look-up of credentials may take."""

    def identify(self, connection: Connection) -> None:
        """Find out who this is; later calls `admit` or `turn_away`."""

    def expect(self, connection: Connection, within_s: float) -> None:
        """Call `overdue` if it has not been moved or forgotten within that time."""

    def forget(self, connection: Connection) -> None:
        """The connection has no deadline any more."""


class Connection:
    """See the module's rules. A shell calls `received`, `ended` and `overdue`; a session `send` and
    `close`."""

    __slots__ = ("_buffer", "_door", "_largest", "session", "stage", "transport", "wire")

    def __init__(self, transport: Transport, door: Doorkeeper) -> None:
        self.transport = transport
        self.stage = Stage.HEAD
        self.wire: Wire | None = None
        self.session: Session | None = None
        self._door = door
        self._buffer = b""
        self._largest = 0  # What a frame had that found an empty outbox too small for it.

    def __repr__(self) -> str:
        return f"<Connection {self.transport.peer_ip} {self.stage.value}>"

    # ---- what the shell tells ----

    def received(self, data: bytes) -> None:
        """Bytes came in."""
        match self.stage:
            case Stage.OPEN:
                self._open_received(data)
            case Stage.HEAD:
                self._head_received(data)
            case Stage.CREDENTIALS:
                self._buffer += data
                if len(self._buffer) > self._door.max_frame_bytes:
                    self.turn_away(400, "Wait for the answer to the handshake before you send.")
            case Stage.CLOSING:
                self._closing_received(data)
            case Stage.GONE:
                pass

    def ended(self) -> None:
        """The client's side ended, or the connection broke."""
        self._over(PresenceReason.NETWORK_CLOSED)
        self._gone()

    def failed(self) -> None:
        """A fault of ours while this connection was served: nothing more is tried with it."""
        self._over(PresenceReason.HUB_FAULT)
        self._gone()

    def overdue(self) -> None:
        """The deadline of the stage came up."""
        match self.stage:
            case Stage.HEAD:
                self.turn_away(408, "Send the whole head of the request within ten seconds.")
            case Stage.CREDENTIALS:
                self.turn_away(503, "The hub is busy. Try again in a few seconds.", {"Retry-After": "3"})
            case Stage.OPEN:
                assert self.session is not None
                self.session.overdue()
            case Stage.CLOSING | Stage.GONE:
                self._gone()

    # ---- before it is open ----

    def _head_received(self, data: bytes) -> None:
        self._buffer += data
        match judge(self._buffer):
            case NeedMore():
                pass
            case Http(data=request):
                self.stage, self._buffer = Stage.GONE, b""
                self._door.forget(self)
                self.transport.hand_over(request)
            case Refuse(status=status, detail=detail):
                self.turn_away(status, detail)
            case Upgrade(head=head, rest=rest):
                self._handshake(head, rest)

    def _handshake(self, head: bytes, rest: bytes) -> None:
        self.wire = Wire(self._door.max_frame_bytes)
        self._buffer = rest
        refusal = self.wire.handshake(head)
        if refusal is not None:
            self.turn_away(*refusal)
            return
        self.stage = Stage.CREDENTIALS
        self._door.expect(self, self._door.authentication_deadline_s)
        self._door.identify(self)

    def turn_away(self, status: int, detail: str, headers: dict[str, str] | None = None) -> None:
        """Answer with a problem document instead of 101, and close."""
        if self.stage in (Stage.HEAD, Stage.CREDENTIALS):
            self.transport.write(problem_response(status, detail, headers))
            self._farewell()

    def admit(self, session: Session) -> None:
        """The credentials are good: answer 101; from now on messages go to `session`."""
        if self.stage is not Stage.CREDENTIALS:
            return
        assert self.wire is not None
        self.stage, self.session = Stage.OPEN, session
        self.transport.write(self.wire.accept())
        self._door.expect(self, session.hello_deadline_s)
        early, self._buffer = self._buffer, b""
        if early:
            self._open_received(early)

    # ---- open ----

    def _open_received(self, data: bytes) -> None:
        wire, session = self.wire, self.session
        assert wire is not None and session is not None
        for payload in wire.receive(data):
            if self.stage is not Stage.OPEN:
                return
            session.message(payload)
        if wire.is_plain:
            return  # nothing to answer, and nothing has ended
        if wire.has_binary:
            self.close(CloseCode.MALFORMED, PresenceReason.PROTOCOL_ERROR)
            return
        self._write_output()
        if not wire.is_open and self.stage is Stage.OPEN:
            self._client_closed()

    def _client_closed(self) -> None:
        assert self.wire is not None
        if self.wire.failed_with is not None:
            self._over(PresenceReason.PROTOCOL_ERROR)
        elif self.wire.close_code_received in (1000, 1001):
            self._over(PresenceReason.SAID_GOODBYE)
        else:
            self._over(PresenceReason.NETWORK_CLOSED)
        self._farewell()

    def send(self, payload: bytes) -> None:
        """Send one text message."""
        self.send_encoded(text_frame(payload))

    def send_encoded(self, frame: bytes) -> None:
        """Send the wire bytes of one text frame (see `text_frame`)."""
        if self.stage is not Stage.OPEN:
            return
        assert self.session is not None
        backlog_bytes = self.transport.backlog_bytes
        if backlog_bytes + len(frame) > self.session.outbox_limit_bytes + self._largest:
            if backlog_bytes:
                self.close(CloseCode.TOO_SLOW, PresenceReason.TOO_SLOW)
                return
            # Nothing waits, so nobody is slow: the alerts of a bad day, in many languages, are a large frame.
            self._largest = len(frame)
        self.transport.write(frame)

    def close(self, code: CloseCode, reason: PresenceReason, reconnect_after_s: float | None = None) -> None:
        """Say goodbye, close with `code`, and let go of the client at the latest two seconds later.
        Idempotent. Who may come back is told when: by the code, if the caller does not say."""
        if self.stage is not Stage.OPEN:
            return
        assert self.wire is not None
        meaning = MEANINGS[code]
        if reconnect_after_s is None and meaning.come_back:
            reconnect_after_s = away_s(code)
        self.transport.write(text_frame(encode(Goodbye(code, meaning.reason, reconnect_after_s))))
        self.wire.close(code, meaning.reason)
        self._write_output()
        self._over(reason)
        if self.stage is Stage.OPEN:
            self._closing()

    def move_deadline(self, within_s: float | None) -> None:
        """Set the session's deadline, or forget it."""
        if within_s is None:
            self._door.forget(self)
        else:
            self._door.expect(self, within_s)

    # ---- the end ----

    def _closing_received(self, data: bytes) -> None:
        """Only the client's close frame is of interest now. Pings are not answered any more: nothing would
        bound the pongs to a client that does not read."""
        if self.wire is None or not self.wire.is_closing:
            return
        self.wire.receive(data)
        _, is_last = self.wire.output()
        if is_last:
            self.transport.finish()

    def _write_output(self) -> None:
        assert self.wire is not None
        data, is_last = self.wire.output()
        if data:
            self.transport.write(data)
        if is_last:
            self.transport.finish()
        # Pongs come past `send_encoded`: a client that pings and never reads must not fill the outbox either.
        if self.session is None:
            return
        if self.transport.backlog_bytes > 2 * self.session.outbox_limit_bytes + self._largest:
            self._over(PresenceReason.TOO_SLOW)
            self._gone()

    def _over(self, reason: PresenceReason) -> None:
        session, self.session = self.session, None
        if session is not None:
            session.ended(reason)

    def _farewell(self) -> None:
        """Everything is said: end our side, and wait a moment for the client's."""
        self.transport.finish()
        self._closing()

    def _closing(self) -> None:
        self.stage, self._buffer = Stage.CLOSING, b""
        self._door.expect(self, CLOSING_DEADLINE_S)

    def _gone(self) -> None:
        if self.stage is not Stage.GONE:
            self.stage, self._buffer = Stage.GONE, b""
            self._door.forget(self)
            self.transport.abort()
