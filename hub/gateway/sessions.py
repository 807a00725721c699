"""What an open connection means: a screen's session, which its actor owns, or an operator's page, which
the feed feeds.

Rule 1: a session decodes and passes on; it decides nothing about screens or emergencies.
Rule 2: a frame that is not JSON ends the session; a frame that nobody knows is answered and forgotten.
"""

from __future__ import annotations

import secrets

from actors.device.fleet import Fleet
from hub.gateway.connection import Connection
from hub.gateway.operator_pages import OperatorPages
from hub.live.audience import Audience
from hub.live.feed import Feed
from protocol.close_codes import CloseCode
from protocol.codec import MalformedFrame, UnknownFrame, decode_operator_uplink, decode_uplink, encode
from protocol.frames import Error, Hello
from protocol.live import Notice
from protocol.vocabulary import PresenceReason


def _close_code_for(payload: bytes) -> CloseCode:
    """RFC 6455 has a code of its own for text that is not UTF-8."""
    try:
        payload.decode()
    except UnicodeDecodeError:
        return CloseCode.INVALID_TEXT
    return CloseCode.MALFORMED


class DeviceSession:
    """One screen on one connection: a `Session` to the gateway and a `Link` to the actor."""

    __slots__ = (
        "_connection",
        "_fleet",
        "_greeted",
        "_has_open_commands",
        "_looked_up_s",
        "_name",
        "device_id",
        "emergency_version",
        "epoch",
        "hello_deadline_s",
        "ip_address",
        "outbox_limit_bytes",
        "session_id",
    )

    def __init__(
        self,
        connection: Connection,
        fleet: Fleet,
        device_id: str,
        name: str,
        *,
        ip_address: str,
        epoch: int,
        has_open_commands: bool,
        looked_up_s: float,
        hello_deadline_s: float,
        outbox_limit_bytes: int,
    ) -> None:
        self._connection = connection
        self._fleet = fleet
        self._greeted = False
        self.emergency_version = 0
        self.epoch = epoch
        self.ip_address = ip_address
        self._has_open_commands = has_open_commands
        self._looked_up_s = looked_up_s
        self._name = name
        self.device_id = device_id
        self.hello_deadline_s = hello_deadline_s
        self.outbox_limit_bytes = outbox_limit_bytes
        self.session_id = secrets.token_hex(8)

    def __repr__(self) -> str:
        return f"<DeviceSession {self._name!r} {self.session_id} on {self._connection!r}>"

    # ---- Session ----

    def message(self, payload: bytes) -> None:
        """See `Session`."""
        try:
            frame = decode_uplink(payload)
        except UnknownFrame as error:
            self._unknown(str(error))
        except MalformedFrame:
            self._fail(_close_code_for(payload))
        else:
            if self._greeted:
                if not self._fleet.heard(self.device_id, self, frame):
                    self._connection.close(CloseCode.TRY_AGAIN_LATER, PresenceReason.TOO_MUCH)
            elif isinstance(frame, Hello):
                self._greet(frame)
            else:
                self._fail(CloseCode.MALFORMED)

    def overdue(self) -> None:
        """See `Session`."""
        self._fail(CloseCode.NO_HELLO)

    def ended(self, reason: PresenceReason) -> None:
        """See `Session`."""
        if self._greeted:
            self._fleet.disconnected(self.device_id, self, reason)

    def _greet(self, hello: Hello) -> None:
        self._greeted = True
        self._connection.move_deadline(None)
        self._fleet.connected(
            self.device_id,
            self._name,
            self,
            hello,
            has_open_commands=self._has_open_commands,
            looked_up_s=self._looked_up_s,
        )

    def _unknown(self, detail: str) -> None:
        if self._greeted:
            self.send(encode(Error("unknown_frame", detail)))
        else:
            self._fail(CloseCode.MALFORMED)

    def _fail(self, code: CloseCode) -> None:
        self._connection.close(code, PresenceReason.PROTOCOL_ERROR)

    # ---- Link ----

    @property
    def stalled(self) -> bool:
        """See `Link`."""
        return self._connection.transport.backlog_bytes > 0

    @property
    def backlog_bytes(self) -> int:
        """See `Link`."""
        return self._connection.transport.backlog_bytes

    def send(self, payload: bytes) -> None:
        """See `Link`."""
        self._connection.send(payload)

    def send_encoded(self, frame: bytes) -> None:
        """See `Link`."""
        self._connection.send_encoded(frame)

    def close(self, code: CloseCode, reconnect_after_s: float | None = None) -> None:
        """See `Link`."""
        self._connection.close(code, PresenceReason.NETWORK_CLOSED, reconnect_after_s)


class OperatorSession:
    """One operator's page on one connection."""

    __slots__ = (
        "_audience",
        "_connection",
        "_feed",
        "_pages",
        "_session_id",
        "_subscribed",
        "hello_deadline_s",
        "outbox_limit_bytes",
    )

    def __init__(
        self,
        connection: Connection,
        feed: Feed,
        audience: Audience,
        pages: OperatorPages,
        session_id: str,
        *,
        hello_deadline_s: float,
        outbox_limit_bytes: int,
    ) -> None:
        self._connection = connection
        self._feed = feed
        self._audience = audience
        self._pages = pages
        self._session_id = session_id
        self._subscribed = False
        self.hello_deadline_s = hello_deadline_s
        self.outbox_limit_bytes = outbox_limit_bytes
        pages.add(session_id, self)

    # ---- Session ----

    def message(self, payload: bytes) -> None:
        """See `Session`."""
        try:
            resume = decode_operator_uplink(payload)
        except UnknownFrame as error:
            self.send(encode(Notice("unknown_frame", str(error))))
            return
        except MalformedFrame:
            self._connection.close(_close_code_for(payload), PresenceReason.PROTOCOL_ERROR)
            return
        if self._subscribed:
            self.send(encode(Notice("already_subscribed", "resume is the first frame of a session, once")))
            return
        self._subscribed = True
        self._connection.move_deadline(None)
        self._feed.subscribe(self._audience, self, resume.stream, resume.seq)

    def overdue(self) -> None:
        """See `Session`."""
        self._connection.close(CloseCode.NO_HELLO, PresenceReason.PROTOCOL_ERROR)

    def ended(self, reason: PresenceReason) -> None:
        """See `Session`."""
        self._pages.discard(self._session_id, self)
        self._feed.unsubscribe(self._audience, self)

    # ---- Page ----

    def close(self, code: CloseCode) -> None:
        """See `hub.gateway.operator_pages.Page`."""
        self._connection.close(code, PresenceReason.TOKEN_REVOKED)

    # ---- Subscriber ----

    def send(self, payload: bytes) -> None:
        """See `hub.live.feed.Subscriber`."""
        self._connection.send(payload)

    def send_encoded(self, frame: bytes) -> None:
        """See `hub.live.feed.Subscriber`."""
        self._connection.send_encoded(frame)
