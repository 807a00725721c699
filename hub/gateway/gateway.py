"""The gateway: what every connection shares. It opens sessions for those who may have one and keeps the
deadlines.

The addresses are the user's: `/api/v1/ws/device` and `/api/v1/devices/{device_id}/ws` for screens,
`/api/v1/ws/admin` for operators. A token comes in `Authorization: Bearer`, or from a browser as a second
subprotocol; never in the URL.
"""

from __future__ import annotations

import logging
import random
import re
from collections.abc import Callable
from typing import NamedTuple, Protocol

import trio

from actors.device.fleet import Fleet
from actors.runtime import Deadlines
from hub.client_address import ClientAddresses
from hub.gateway.connection import Connection
from hub.gateway.credentials import DeviceCredentials, DeviceIdentity
from hub.gateway.operator_pages import OperatorPages
from hub.gateway.sessions import DeviceSession, OperatorSession
from hub.live.audience import Audience
from hub.live.feed import Feed
from hub.live.roster import Roster
from hub.use_cases.errors import NotAllowed
from protocol.close_codes import CloseCode
from protocol.vocabulary import BEARER_SUBPROTOCOL_PREFIX, PresenceReason

logger = logging.getLogger(__name__)

SWEEP_EVERY_S = 0.25
OPERATOR_OUTBOX_BYTES = 16 * 1024 * 1024
"""A snapshot of ten thousand screens is about four megabytes."""

SUSPENDED_RETRY_AFTER_S = "30"
"""A 401 would have the screen give up its token; so it keeps it, and is back soon after its tenant is."""

_DEVICE_PATH = re.compile(r"/api/v1/(?:ws/device|devices/(?P<device_id>[^/]+)/ws)")
_OPERATOR_PATH = "/api/v1/ws/admin"
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="clarion"'}


class Limits(NamedTuple):
    """Seconds and bytes; see `hub.settings`."""

    handshake_deadline_s: float
    authentication_deadline_s: float
    hello_deadline_s: float
    max_frame_bytes: int
    outbox_limit_bytes: int


class OperatorIdentity(NamedTuple):
    """Whose page it is. `sites`: ids of those they are limited to; None: all. `session_id`: of the sign-in or
    key by which they are here; the page lives as long as that does."""

    tenant_id: str
    sites: frozenset[str] | None
    session_id: str


class AskAgain(Exception):
    """Who it is is not known yet, and is being looked for."""


class OperatorTokens(Protocol):
    """Checks the access token, or the key, of an operator's socket."""

    def __call__(self, token: str) -> OperatorIdentity | None:
        """Who it is, or None when the token is not good (any more).

        Raises NotAllowed for somebody who may not see what the socket tells; AskAgain.
        """


class Gateway:
    """Fulfils `Doorkeeper`. Shells call `arrived` for each new connection."""

    def __init__(
        self,
        limits: Limits,
        fleet: Fleet,
        feed: Feed,
        roster: Roster,
        credentials: DeviceCredentials,
        operator_tokens: OperatorTokens,
        addresses: ClientAddresses,
        clock_s: Callable[[], float] = trio.current_time,
    ) -> None:
        self._limits = limits
        self._fleet = fleet
        self._feed = feed
        self._roster = roster
        self._credentials = credentials
        self._operator_tokens = operator_tokens
        self._addresses = addresses
        self._clock_s = clock_s
        self._deadlines: Deadlines[Connection] = Deadlines(tick_s=0.5)
        self.max_frame_bytes = limits.max_frame_bytes
        self.authentication_deadline_s = limits.authentication_deadline_s
        self.pages = OperatorPages()
        self.accepted = 0
        self.turned_away = 0

    def arrived(self, connection: Connection) -> None:
        """A client connected; its head is due."""
        self.accepted += 1
        self.expect(connection, self._limits.handshake_deadline_s)

    def awaits_another(self, connection: Connection) -> None:
        """A request was answered; another head is due."""
        self.expect(connection, self._limits.handshake_deadline_s)

    @property
    def is_behind(self) -> bool:
        """Whether so many of those who were let in wait for their turn that the others shall wait outside."""
        return self._fleet.dispatcher.is_behind

    async def run(self) -> None:
        """Sweep the deadlines for ever."""
        while True:
            await trio.sleep(SWEEP_EVERY_S)
            for connection in self._deadlines.sweep(self._clock_s()):
                self._alone(connection, connection.overdue)

    def _alone(self, connection: Connection, step: Callable[[], None]) -> None:
        """G9, as in the shells: a fault in the code of one connection ends that connection only."""
        try:
            step()
        except Exception:
            # Whatever it was: many connections are served by the task that would die of it.
            logger.exception("a fault while serving %r", connection)
            connection.failed()

    # ---- Doorkeeper ----

    def expect(self, connection: Connection, within_s: float) -> None:
        """See `Doorkeeper`."""
        self._deadlines.set(connection, self._clock_s() + within_s)

    def forget(self, connection: Connection) -> None:
        """See `Doorkeeper`."""
        self._deadlines.cancel(connection)

    def identify(self, connection: Connection) -> None:
        """See `Doorkeeper`."""
        assert connection.wire is not None and connection.wire.request is not None
        request = connection.wire.request
        path = request.path.partition("?")[0]
        token = _token(
            request.headers.get_all("Authorization"), request.headers.get_all("Sec-WebSocket-Protocol")
        )
        device_path = _DEVICE_PATH.fullmatch(path)
        if device_path is None and path != _OPERATOR_PATH:
            self._turn_away(
                connection, 404, f"There is no WebSocket here. Screens use /api/v1/ws/device, not {path}."
            )
        elif token is None:
            self._turn_away(connection, 401, "Send the token as `Authorization: Bearer …`.", _CHALLENGE)
        elif device_path is not None:
            self._identify_device(connection, token, device_path["device_id"])
        else:
            self._identify_operator(connection, token)

    def _identify_device(self, connection: Connection, token: str, device_id: str | None) -> None:
        asked_s = self._clock_s()
        assert connection.wire is not None and connection.wire.request is not None
        forwarded_for = ", ".join(connection.wire.request.headers.get_all("X-Forwarded-For"))
        ip_address = self._addresses.client_of(connection.transport.peer_ip, forwarded_for)

        def answer(identity: DeviceIdentity | None) -> None:
            self._alone(connection, lambda: found(identity))

        def found(identity: DeviceIdentity | None) -> None:
            if identity is None or (device_id is not None and device_id.lower() != identity.device_id):
                detail = "This device token is not valid. Register the device again to get a new one."
                self._turn_away(connection, 401, detail, _CHALLENGE)
            elif identity.is_suspended:
                detail = "The tenant of this screen is suspended. The token is kept; try again later."
                self._turn_away(connection, 503, detail, {"Retry-After": SUSPENDED_RETRY_AFTER_S})
            else:
                self._admit_device(connection, identity, ip_address, asked_s)

        def failed() -> None:
            self._turn_away(
                connection, 503, "The hub cannot check tokens now. Try again soon.", {"Retry-After": "5"}
            )

        if not self._credentials.ask(token, answer, failed):
            self._turn_away(connection, 503, "Too many screens connect at once.", {"Retry-After": "10"})

    def _admit_device(
        self, connection: Connection, identity: DeviceIdentity, ip_address: str, looked_up_s: float
    ) -> None:
        screen = self._roster.get(identity.device_id)
        connection.admit(
            DeviceSession(
                connection,
                self._fleet,
                identity.device_id,
                identity.device_id if screen is None else screen.name,
                ip_address=ip_address,
                epoch=identity.epoch,
                has_open_commands=identity.has_open_commands,
                looked_up_s=looked_up_s,
                hello_deadline_s=self._limits.hello_deadline_s,
                outbox_limit_bytes=self._limits.outbox_limit_bytes,
            )
        )

    def _identify_operator(self, connection: Connection, token: str) -> None:
        try:
            identity = self._operator_tokens(token)
        except NotAllowed as refusal:
            self._turn_away(connection, 403, refusal.detail)
            return
        except AskAgain:
            self._turn_away(
                connection, 503, "The hub looks this session up. Try again.", {"Retry-After": "1"}
            )
            return
        if identity is None:
            detail = "This access token is not valid or has expired. Sign in again."
            self._turn_away(connection, 401, detail, _CHALLENGE)
            return
        connection.admit(
            OperatorSession(
                connection,
                self._feed,
                Audience(identity.tenant_id, identity.sites),
                self.pages,
                identity.session_id,
                hello_deadline_s=self._limits.hello_deadline_s,
                outbox_limit_bytes=OPERATOR_OUTBOX_BYTES,
            )
        )

    def _turn_away(
        self, connection: Connection, status: int, detail: str, headers: dict[str, str] | None = None
    ) -> None:
        self.turned_away += 1
        connection.turn_away(status, detail, headers)


def say_goodbye(connection: Connection, reconnect_after_s: float) -> None:
    """The hub stops: close this connection so that its client comes back after a while, not all at once."""
    spread_s = reconnect_after_s + random.random()  # noqa: S311 -- spreads load, guards nothing
    connection.close(CloseCode.SERVICE_RESTART, PresenceReason.HUB_RESTARTED, spread_s)


def _token(authorization: list[str], subprotocols: list[str]) -> str | None:
    """The bearer token of a handshake, from exactly one place."""
    if len(authorization) == 1:
        scheme, _, token = authorization[0].partition(" ")
        return token.strip() if scheme.lower() == "bearer" and token.strip() else None
    if authorization:
        return None
    offered = [name.strip() for line in subprotocols for name in line.split(",")]
    tokens = [
        name.removeprefix(BEARER_SUBPROTOCOL_PREFIX)
        for name in offered
        if name.startswith(BEARER_SUBPROTOCOL_PREFIX)
    ]
    return tokens[0] if len(tokens) == 1 and tokens[0] else None
