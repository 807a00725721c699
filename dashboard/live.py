"""The live socket of one signed-in operator: connect, resume, follow, come back.

`Position` decides (pure); `LiveFeed` does the I/O. Reconnecting waits a uniformly random time up to a
doubling limit ("full jitter"), so a hundred dashboards do not return to a restarted hub in the same instant.
"""

from __future__ import annotations

import asyncio
import random
import ssl
import time
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit, urlunsplit

import structlog
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI
from websockets.typing import Subprotocol

from dashboard.browser import NO_BROWSER, Browser
from dashboard.hub_http import Credential, HubError
from dashboard.store import Store
from protocol.close_codes import CloseCode
from protocol.codec import MalformedFrame, UnknownFrame, decode_operator_downlink, encode
from protocol.frames import Goodbye
from protocol.live import Delta, Notice, OperatorDownlink, Recovered, Resume, Snapshot
from protocol.vocabulary import SUBPROTOCOL

_FIRST_DELAY_S: Final = 0.25
_LONGEST_DELAY_S: Final = 3.0
# A hub that answers nothing for about this long, twice, is away even if TCP has not noticed.
_PING_S: Final = 4.0
_UNKNOWN: Final = 401
_FORBIDDEN: Final = 403

_log = structlog.get_logger("dashboard.live")


class SequenceGap(Exception):
    """A delta is missing: what the store shows may not be whole any more. Begin with a snapshot."""


class Position:
    """How far this client has followed which stream."""

    def __init__(self) -> None:
        self.stream: str | None = None
        self.seq = 0

    def __repr__(self) -> str:
        return f"<Position {self.stream or 'nowhere'} {self.seq}>"

    def opening(self) -> Resume:
        """The first frame of a connection."""
        return Resume(stream=self.stream, seq=self.seq)

    def follow(self, frame: Snapshot | Recovered | Delta) -> bool:
        """Whether `frame` is news to be applied; False for a delta already seen.

        Raises SequenceGap when a delta in between was lost, or another stream than ours was resumed.
        """
        match frame:
            case Snapshot():
                self.stream, self.seq = frame.stream, frame.seq
                return True
            case Recovered():
                if frame.stream != self.stream:
                    raise SequenceGap
                return True
            case Delta():
                if frame.seq <= self.seq:
                    return False
                if frame.seq != self.seq + 1:
                    raise SequenceGap
                self.seq = frame.seq
                return True


def live_address(hub_url: str) -> str:
    """`http://hub:8000` → `ws://hub:8000/api/v1/ws/admin`."""
    parts = urlsplit(hub_url)
    scheme = "wss" if parts.scheme == "https" else "ws"
    return urlunsplit((scheme, parts.netloc, parts.path.rstrip("/") + "/api/v1/ws/admin", "", ""))


def reconnect_delay(attempt: int, chance: float) -> float:
    """Seconds to wait before attempt number `attempt` (from 0); `chance` is uniform in [0, 1)."""
    return chance * min(_LONGEST_DELAY_S, _FIRST_DELAY_S * 2.0 ** min(attempt, 16))


class LiveFeed:
    """Feeds one store until cancelled, or until nobody is signed in any more, or may see what it tells.

    Tokens come and go while it follows: one is needed to connect, not to stay. `on_doubt` is called with each
    connection: it may be that rights are others than they were, because then the hub closes the one before.
    """

    def __init__(
        self,
        hub_url: str,
        credential: Credential,
        store: Store,
        on_doubt: Callable[[], None],
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.browser: Browser = NO_BROWSER
        self._address = live_address(hub_url)
        self._credential = credential
        self._tls = tls
        self._store = store
        self._on_doubt = on_doubt
        self._position = Position()
        self._attempt = 0
        # Set once it is known how things stand: a first frame came, or the hub did not answer.
        self.first_news = asyncio.Event()

    async def run(self) -> None:
        """Never returns while somebody is signed in who may see it, and nobody cancels it."""
        while True:
            try:
                await self._connect_once()
            except SequenceGap:
                _log.warning("live_sequence_gap", position=repr(self._position))
                self._position = Position()
            except HubError as error:
                if error.signed_out or error.status == _FORBIDDEN:
                    self.first_news.set()
                    return
            except (OSError, InvalidHandshake, InvalidURI, MalformedFrame, ConnectionClosed) as error:
                # TimeoutError is an OSError: a hub that hangs and one that is gone are one to an operator.
                _log.debug("live_connection_failed", error=repr(error))
            if self._store.away_since_ms is None:
                _log.warning("hub_away", hub=self._address)
            self._store.lost(int(time.time() * 1000))
            self.first_news.set()
            delay = reconnect_delay(self._attempt, random.random())  # noqa: S311 -- jitter, not a secret
            self._attempt += 1
            await asyncio.sleep(delay)

    async def _connect_once(self) -> None:
        """Follow one connection to its end. Raises HubError when no token is to be had, or none is enough."""
        token = await self._credential.access()
        try:
            await self._follow_once(token)
        except InvalidStatus as refused:
            status = refused.response.status_code
            if status == _FORBIDDEN:
                self._on_doubt()
                raise HubError("You may not see screens.", status) from None
            if status != _UNKNOWN:
                raise
            await self._credential.renewed(token)
        except ConnectionClosed as closed:
            if closed.rcvd is None or closed.rcvd.code != CloseCode.TOKEN_REVOKED:
                raise
            await self._credential.renewed(token)

    async def _follow_once(self, token: str) -> None:
        async with connect(
            self._address,
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            additional_headers={"Authorization": f"Bearer {token}", **self._forwarded()},
            user_agent_header=self.browser.user_agent,
            compression=None,
            ssl=self._tls,
            proxy=None,
            open_timeout=5,
            close_timeout=1,
            ping_interval=_PING_S,
            ping_timeout=_PING_S,
            max_size=64 * 1024 * 1024,
        ) as socket:
            await socket.send(encode(self._position.opening()), text=True)
            # Whether it was the hub that restarted, or what one may that changed, is the same from here.
            self._on_doubt()
            async for message in socket:
                payload = message.encode() if isinstance(message, str) else message
                try:
                    frame = decode_operator_downlink(payload)
                except UnknownFrame as error:
                    # A newer hub may say things this dashboard does not know yet.
                    _log.info("live_unknown_frame", error=str(error))
                    continue
                self._take(frame)

    def _forwarded(self) -> dict[str, str]:
        return {"X-Forwarded-For": self.browser.forwarded_for} if self.browser.forwarded_for else {}

    def _take(self, frame: OperatorDownlink) -> None:
        if isinstance(frame, Notice):
            _log.warning("live_notice", code=frame.code, message=frame.message)
            return
        if isinstance(frame, Goodbye):
            _log.info("hub_says_goodbye", code=frame.code, reason=frame.reason)
            return
        if self._position.follow(frame):
            if self._store.away_since_ms is not None:
                _log.info("hub_back", hub=self._address)
            self._store.apply(frame)
            self.first_news.set()
        self._attempt = 0
