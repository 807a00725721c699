"""Who is signed in, in which browser.

The tokens are kept in files that only this process reads (`kept_pairs`), and the browser's storage on this
side names which, so that a restart of the dashboard signs nobody out; the `Session` that uses them is made
when a page asks.
"""

from __future__ import annotations

import contextlib
import ssl
import time
from functools import partial
from typing import Final

from nicegui import app, background_tasks

from dashboard.held import Held
from dashboard.hub_files import HubFiles
from dashboard.hub_http import HubError, HubHttp
from dashboard.hub_sign_in import HubSignIn
from dashboard.kept_pairs import KeptPair, KeptPairs
from dashboard.session import Session
from dashboard.tokens import Tokens
from protocol.access import TokenPair, UserLogin

_ARRIVAL_S: Final = 60.0
_STEP_S: Final = 300.0
_KEY: Final = "signed_in"
_HOME: Final = "at_home"


class Doorman:
    """Knows the hub, every session, and who is on the way in."""

    def __init__(self, hub_url: str, kept: KeptPairs, tls: ssl.SSLContext | None = None) -> None:
        self.hub = HubSignIn(HubHttp(hub_url, tls=tls))
        self.files = HubFiles(hub_url, tls)
        # Between two steps: who has still to give a code, and whose link is being used.
        self.half_way: Held[UserLogin] = Held(_STEP_S)
        self.links: Held[str] = Held(_STEP_S)
        self._hub_url = hub_url
        self._tls = tls
        self._kept = kept
        self._sessions: dict[str, Session] = {}
        self._arriving: Held[str] = Held(_ARRIVAL_S)
        kept.sweep(time.time())

    def expect(self, browser_id: str, pair: TokenPair) -> None:
        """Keep the pair for the browser that is about to come back with this id. Raises OSError."""
        now_s = time.time()
        self._arriving.put(browser_id, self._kept.add(KeptPair.of(pair, now_s)), now_s)

    def current(self) -> Session | None:
        """The session of the browser that asks, or None when nobody is signed in there."""
        storage = app.storage.user
        arrived = self._arriving.take(str(app.storage.browser["id"]), time.time())
        if arrived is not None:
            storage[_KEY] = arrived
        name = storage.get(_KEY)
        if not isinstance(name, str):
            return None
        session = self._sessions.get(name)
        if session is None:
            kept = self._kept.get(name, time.time())
            if kept is None:
                del storage[_KEY]
                return None
            session = self._sessions[name] = self._session(name, kept)
        elif session.signed_out:
            del storage[_KEY]
            return None
        return session

    async def sign_out(self, session: Session) -> None:
        """End the session here and at the hub, and forget it in the browser that asks."""
        session.end()
        await self.forget(session)

        async def tell_the_hub() -> None:
            # A hub that is away is not waited for: the session ends there by itself.
            with contextlib.suppress(HubError):
                await self.hub.logout(session.tokens.pair.refresh_token, session.browser)

        background_tasks.create(tell_the_hub(), name="end the session at the hub")

    def act(self, pair: TokenPair) -> None:
        """The browser that asks goes on with this pair, by which ROOT acts in a tenant, and can come back to
        the session it has now. Raises OSError."""
        storage = app.storage.user
        storage[_HOME] = storage.get(_KEY)
        storage[_KEY] = self._kept.add(KeptPair.of(pair, time.time()))

    async def stop_acting(self, session: Session) -> None:
        """End the session by which ROOT acts, and come back to the one before."""
        home = app.storage.user.pop(_HOME, None)
        await self.sign_out(session)
        if home is not None:
            app.storage.user[_KEY] = home

    async def forget(self, session: Session) -> None:
        """The session is over: nothing of it stays here."""
        # Only its own name: somebody may have signed in again in another tab.
        if app.storage.user.get(_KEY) == session.name:
            del app.storage.user[_KEY]
        await self._drop(session)
        self._kept.forget(session.name)

    async def close(self) -> None:
        """End every connection; the tokens stay kept."""
        for session in list(self._sessions.values()):
            await self._drop(session)
        await self.hub.close()
        await self.files.close()

    def _session(self, name: str, kept: KeptPair) -> Session:
        tokens = Tokens(
            kept,
            renew=lambda refresh_token: self.hub.refresh(refresh_token, session.browser),
            keep=partial(self._kept.put, name),
            ended=lambda why: session.end(why),
        )
        session = Session(name, self._hub_url, tokens, self._unwatched, self._tls)
        return session

    def _unwatched(self, session: Session) -> None:
        # The tokens stay kept: the next page makes a new session of them.
        async def drop() -> None:
            await session.tokens.settle()
            if not session.watched:
                await self._drop(session)

        background_tasks.create(drop(), name="drop a session that no page watches")

    async def _drop(self, session: Session) -> None:
        # Settled before it is forgotten: another session made of the file now would renew with a token that
        # this one has just used.
        await session.tokens.settle()
        if self._sessions.get(session.name) is session:
            del self._sessions[session.name]
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
