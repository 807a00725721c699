"""One signed-in browser: its token, its client of the hub, its live picture. All its tabs share them.

Rule 1: the token stays on this side; the browser holds a signed cookie with a random id and nothing else.
Rule 2: the live socket is open while some page looks, and a little longer, so that going from page to page
        does not open it anew.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Final

import msgspec
from nicegui import Client, app, ui

from dashboard.hub_client import HubClient, HubError
from dashboard.live import LiveFeed
from dashboard.settings import DashboardSettings
from dashboard.store import Store
from protocol.api import Token

_LINGER_S: Final = 60.0
_FIRST_SNAPSHOT_S: Final = 1.5
_ARRIVAL_S: Final = 60.0
_KEY: Final = "signed_in"


class Session:
    """What the pages of one signed-in browser share."""

    def __init__(self, hub_url: str, token: Token) -> None:
        self.token = token
        self.hub = HubClient(hub_url, token.access_token)
        self.store = Store()
        self.signed_out = False
        # Screens picked in the table, on their way to the page that writes an emergency.
        self.chosen_screens: list[str] = []
        self._feed = LiveFeed(hub_url, token.access_token, self.store, self._refused)
        self._running: asyncio.Task[None] | None = None
        self._viewers = 0
        self._closing: asyncio.TimerHandle | None = None

    def __repr__(self) -> str:
        return f"<Session {self.token.email}, {self._viewers} pages, {self.store!r}>"

    def _refused(self) -> None:
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
            asyncio.get_running_loop().create_task(close_session(self))

    async def first_picture(self) -> None:
        """Wait a moment for the first snapshot: a page should open with what is, not with an empty frame."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._feed.first_news.wait(), _FIRST_SNAPSHOT_S)

    async def close(self) -> None:
        """Close the live socket and the connections of the HTTP client."""
        if self._running is not None:
            self._running.cancel()
            self._running = None
        await self.hub.close()


_sessions: dict[str, Session] = {}
_arriving: dict[str, tuple[Token, float]] = {}
_hub_url = DashboardSettings().hub_url


def use_hub(hub_url: str) -> None:
    """Which hub sessions speak to; called once, before the first page."""
    global _hub_url
    _hub_url = hub_url


async def sign_in(tenant_id: str, email: str, password: str) -> Token:
    """Exchange credentials for a token. Raises HubError."""
    client = HubClient(_hub_url)
    try:
        return await client.login(tenant_id, email, password)
    finally:
        await client.close()


def keep_for_next_request(browser_id: str, token: Token) -> None:
    """Hold the token for the browser that is about to come back with this id; its next page takes it over."""
    now = time.time()
    for stale in [known for known, (_, until) in _arriving.items() if until < now]:
        del _arriving[stale]
    _arriving[browser_id] = (token, now + _ARRIVAL_S)


def _keep(token: Token) -> None:
    app.storage.user[_KEY] = {**msgspec.to_builtins(token), "until": time.time() + token.expires_in}


def current_session() -> Session | None:
    """The session of the browser that asks, or None when nobody is signed in there."""
    arrived = _arriving.pop(str(app.storage.browser["id"]), None)
    if arrived is not None:
        _keep(arrived[0])
    kept = app.storage.user.get(_KEY)
    if kept is None:
        return None
    if kept["until"] <= time.time():
        forget()
        return None
    session = _sessions.get(kept["access_token"])
    if session is None:
        session = Session(_hub_url, Token(**{key: value for key, value in kept.items() if key != "until"}))
        _sessions[kept["access_token"]] = session
    if session.signed_out:
        forget()
        return None
    return session


def forget() -> None:
    """Sign the current browser out."""
    app.storage.user.pop(_KEY, None)


async def close_session(session: Session) -> None:
    """Drop the session's connections; a page that opens later makes a new one from the kept token."""
    _sessions.pop(session.token.access_token, None)
    await session.close()


async def close_every_session() -> None:
    """At the end of the process."""
    for session in list(_sessions.values()):
        await close_session(session)


def explain(session: Session, error: HubError) -> None:
    """Say a refusal on the page that asked; a token that is no longer good ends the session."""
    if error.signed_out:
        session.signed_out = True
        return
    ui.notify(
        error.sentence, position="bottom", classes="toast toast-bad", timeout=8_000, close_button="Dismiss"
    )
