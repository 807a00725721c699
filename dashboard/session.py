"""One signed-in browser: its tokens, its client, what it may do, its live picture. All its tabs share them.

Rule 1: tokens stay on this side; the browser holds a signed cookie with a random id and nothing else.
Rule 2: the live socket is open while some page looks, and a little longer, so that going from page to page
        does not open it anew.
Rule 3: what somebody may do is the hub's last word on it (`me`); when it changes, open pages are drawn anew.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Callable, Iterator
from typing import Final

from nicegui import Client, background_tasks, ui

from dashboard import rights
from dashboard.browser import Browser
from dashboard.hub_client import HubClient
from dashboard.hub_http import HubError
from dashboard.live import LiveFeed
from dashboard.store import Store
from dashboard.tokens import Tokens
from protocol.access import Me
from protocol.vocabulary import Permission

_LINGER_S: Final = 60.0
_FIRST_SNAPSHOT_S: Final = 1.5


class Session:
    """What the pages of one signed-in browser share. `name` is that of its kept pair."""

    def __init__(
        self,
        name: str,
        hub_url: str,
        tokens: Tokens,
        on_unwatched: Callable[[Session], None],
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.name = name
        self.tokens = tokens
        self.hub = HubClient(hub_url, tokens, tls)
        self.store = Store()
        self.me: Me | None = None
        # Counts how often what one may do became another: a page drawn for an older count is drawn anew.
        self.rights_changed = 0
        self.signed_out = False
        self.why_ended = ""
        # Screens picked in the table, on their way to the page that writes an emergency.
        self.chosen_screens: list[str] = []
        self._feed = LiveFeed(hub_url, tokens, self.store, self._doubt, tls)
        self._on_unwatched = on_unwatched
        self._running: asyncio.Task[None] | None = None
        self._renewing: asyncio.Task[None] | None = None
        self._viewers = 0
        self._closing: asyncio.TimerHandle | None = None

    def __repr__(self) -> str:
        return f"<Session {self.tokens.pair.email}, {self._viewers} pages, {self.store!r}>"

    @property
    def browser(self) -> Browser:
        """Whose browser asks."""
        return self.hub.browser

    @property
    def watched(self) -> bool:
        """Whether some page looks."""
        return self._viewers > 0

    def may(self, permission: Permission) -> bool:
        """Whether the hub gives this operator the permission."""
        return rights.may(self.me, permission)

    def may_everywhere(self, permission: Permission) -> bool:
        """The same, for what concerns the whole tenant."""
        return rights.may_everywhere(self.me, permission)

    def may_not_send_to_many(self) -> str:
        """Why one command cannot be sent to many screens; empty when it can."""
        return rights.may_not_send_to_many(self.me)

    def may_not(self, permission: Permission) -> str:
        """Why a button for it is not there; empty when it is."""
        return rights.may_not(self.me, permission)

    def end(self, why: str = "") -> None:
        """The session is over, or the operator has left: every open page goes to the sign-in page."""
        if not self.signed_out:
            self.signed_out, self.why_ended = True, why

    def learn(self, me: Me) -> None:
        """The hub's word on who this is, and what they may."""
        if rights.changed(self.me, me):
            self.rights_changed += 1
        self.me = me

    async def read_me(self) -> None:
        """Ask the hub who this is. When it does not answer, what is known stays."""
        try:
            self.learn(await self.hub.account.me())
        except HubError as error:
            if error.signed_out:
                self.end(error.sentence)

    def watch(self, client: Client) -> None:
        """Keep the live socket open for as long as `client` (one open page) lives."""
        self._viewers += 1
        if self._closing is not None:
            self._closing.cancel()
            self._closing = None
        self.hub.browser = self._feed.browser = Browser.of(client.request)
        if self._renewing is None:
            self._renewing = asyncio.create_task(self.tokens.stay_fresh(), name=f"tokens of {self.name[:6]}")
        client.on_delete(self._unwatch)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Keep the connections for as long as the block lasts, be its page there or gone."""
        self._viewers += 1
        try:
            yield
        finally:
            self._unwatch()

    def _unwatch(self) -> None:
        self._viewers -= 1
        if self._viewers == 0 and self._closing is None:
            self._closing = asyncio.get_running_loop().call_later(_LINGER_S, self._close_unwatched)

    def _close_unwatched(self) -> None:
        self._closing = None
        if self._viewers == 0:
            self._on_unwatched(self)

    async def first_picture(self) -> None:
        """Wait a moment for what one may do and the first snapshot: a page should open with what is, not with
        an empty frame."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_FIRST_SNAPSHOT_S):
                if self.me is None:
                    await self.read_me()
                if self._follow():
                    await self._feed.first_news.wait()

    def _follow(self) -> bool:
        """Follow the live socket from now on; False for who may not see what it tells."""
        if self.me is not None and not self.may(Permission.SCREENS_VIEW):
            return False
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._feed.run(), name=f"live {self.tokens.pair.email}")
        return True

    def _doubt(self) -> None:
        background_tasks.create(self.read_me(), name="read what one may do")

    async def close(self) -> None:
        """Close the live socket and the connections of the HTTP client; the session is of no use after."""
        if self._closing is not None:
            self._closing.cancel()
        tasks = [task for task in (self._running, self._renewing) if task is not None]
        self._running = self._renewing = None
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.tokens.settle()
        await self.hub.close()


def explain(session: Session, error: HubError) -> None:
    """Say a refusal on the page that asked; one that says that nobody is signed in ends the session."""
    if error.signed_out:
        session.end(error.sentence)
        return
    ui.notify(
        error.sentence, position="bottom", classes="toast toast-bad", timeout=8_000, close_button="Dismiss"
    )
