"""One signed-in browser: its token, its client of the hub, its live picture. All its tabs share them.

Rule 1: the token stays on this side; the browser holds a signed cookie with a random id and nothing else.
Rule 2: the live socket is open while some page looks, and a little longer, so that going from page to page
        does not open it anew.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Callable
from typing import Final

from nicegui import Client, ui

from dashboard.hub_client import HubClient
from dashboard.hub_http import HubError
from dashboard.live import LiveFeed
from dashboard.roles import Right, may, may_not
from dashboard.store import Store
from protocol.access import TokenPair

_LINGER_S: Final = 60.0
_FIRST_SNAPSHOT_S: Final = 1.5


class Session:
    """What the pages of one signed-in browser share."""

    def __init__(
        self,
        hub_url: str,
        token: TokenPair,
        on_unwatched: Callable[[Session], None],
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.token = token
        self.hub = HubClient(hub_url, token.access_token, tls)
        self.store = Store()
        self.signed_out = False
        # Screens picked in the table, on their way to the page that writes an emergency.
        self.chosen_screens: list[str] = []
        self._feed = LiveFeed(hub_url, token.access_token, self.store, self.end, tls)
        self._on_unwatched = on_unwatched
        self._running: asyncio.Task[None] | None = None
        self._viewers = 0
        self._closing: asyncio.TimerHandle | None = None

    def __repr__(self) -> str:
        return f"<Session {self.token.email}, {self._viewers} pages, {self.store!r}>"

    def may(self, right: Right) -> bool:
        """Whether one of this operator's roles gives the right."""
        return may(self.token.roles, right)

    def may_not(self, right: Right) -> str:
        """Why a button for it is disabled; empty when it is not."""
        return "" if self.may(right) else may_not(self.token.roles, right)

    def end(self) -> None:
        """The token is no longer good, or the operator has left: every open page goes to the sign-in page."""
        self.signed_out = True

    def watch(self, client: Client) -> None:
        """Keep the live socket open for as long as `client` (one open page) lives."""
        self._viewers += 1
        if self._closing is not None:
            self._closing.cancel()
            self._closing = None
        if self._running is None:
            self._running = asyncio.create_task(self._feed.run(), name=f"live {self.token.email}")
        client.on_delete(self._unwatch)

    def _unwatch(self) -> None:
        self._viewers -= 1
        if self._viewers == 0 and self._closing is None:
            self._closing = asyncio.get_running_loop().call_later(_LINGER_S, self._close_unwatched)

    def _close_unwatched(self) -> None:
        self._closing = None
        if self._viewers == 0:
            self._on_unwatched(self)

    async def first_picture(self) -> None:
        """Wait a moment for the first snapshot: a page should open with what is, not with an empty frame."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._feed.first_news.wait(), _FIRST_SNAPSHOT_S)

    async def close(self) -> None:
        """Close the live socket and the connections of the HTTP client; the session is of no use after."""
        if self._closing is not None:
            self._closing.cancel()
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
            self._running = None
        await self.hub.close()


def explain(session: Session, error: HubError) -> None:
    """Say a refusal on the page that asked; a token that is no longer good ends the session."""
    if error.signed_out:
        session.end()
        return
    ui.notify(
        error.sentence, position="bottom", classes="toast toast-bad", timeout=8_000, close_button="Dismiss"
    )
