"""Who is signed in, in which browser.

The token is kept in the browser's storage on this side (a file that only this process reads), so that a
restart of the dashboard signs nobody out; the `Session` that uses it is made when a page asks.
"""

from __future__ import annotations

import ssl
import time
from typing import Any, Final

import msgspec
from nicegui import app, background_tasks

from dashboard.hub_client import HubClient
from dashboard.session import Session
from protocol.access import TokenPair

_ARRIVAL_S: Final = 60.0
_KEY: Final = "signed_in"


class Doorman:
    """Knows the hub, every session, and who is on the way in."""

    def __init__(self, hub_url: str, tls: ssl.SSLContext | None = None) -> None:
        self._hub_url = hub_url
        self._tls = tls
        self._sessions: dict[str, Session] = {}
        self._arriving: dict[str, tuple[TokenPair, float]] = {}

    async def sign_in(
        self, tenant_id: str, email: str, password: str, forwarded_for: str | None = None
    ) -> TokenPair:
        """Exchange credentials for a token. Raises HubError."""
        client = HubClient(self._hub_url, tls=self._tls)
        try:
            return await client.login(tenant_id, email, password, forwarded_for)
        finally:
            await client.close()

    def expect(self, browser_id: str, token: TokenPair) -> None:
        """Hold the token for the browser that is about to come back with this id: its next page takes it."""
        now = time.time()
        self._arriving = {known: came for known, came in self._arriving.items() if came[1] > now}
        self._arriving[browser_id] = (token, now + _ARRIVAL_S)

    def current(self) -> Session | None:
        """The session of the browser that asks, or None when nobody is signed in there."""
        storage = app.storage.user
        arrived = self._arriving.pop(str(app.storage.browser["id"]), None)
        if arrived is not None:
            token, _ = arrived
            storage[_KEY] = {**msgspec.to_builtins(token), "until": time.time() + token.expires_in}
        kept: dict[str, Any] | None = storage.get(_KEY)
        if kept is None:
            return None
        session = self._sessions.get(kept["access_token"])
        if kept["until"] <= time.time() or (session is not None and session.signed_out):
            del storage[_KEY]
            return None
        if session is None:
            token = msgspec.convert({key: kept[key] for key in kept if key != "until"}, TokenPair)
            session = Session(self._hub_url, token, self._unwatched, self._tls)
            self._sessions[token.access_token] = session
        return session

    async def sign_out(self, session: Session) -> None:
        """End the session, and forget its token in the browser that asks."""
        session.end()
        # Only its own token: somebody may have signed in again in another tab.
        if app.storage.user.get(_KEY, {}).get("access_token") == session.token.access_token:
            del app.storage.user[_KEY]
        await self._drop(session)

    async def close(self) -> None:
        """End every connection; the tokens stay kept."""
        for session in list(self._sessions.values()):
            await self._drop(session)

    def _unwatched(self, session: Session) -> None:
        # The token stays kept: the next page makes a new session of it.
        background_tasks.create(self._drop(session), name="drop a session that no page watches")

    async def _drop(self, session: Session) -> None:
        if self._sessions.pop(session.token.access_token, None) is not None:
            await session.close()


_doorman: Doorman | None = None


def doorman() -> Doorman:
    """The one of this process."""
    if _doorman is None:
        raise RuntimeError("place_doorman() comes first")
    return _doorman


def place_doorman(placed: Doorman) -> None:
    """Called once, when the process starts."""
    global _doorman
    _doorman = placed
