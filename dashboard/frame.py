"""What every page has around it: navigation, who is signed in, the emergency and the hub-away strips.

A page is drawn inside `with frame(...) as page:` and asks `page` to be told what changed. One timer a page
takes the changes from the store; it and the subscription end with the browser tab.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Final
from urllib.parse import quote

from fastapi.responses import RedirectResponse
from nicegui import Client, background_tasks, ui
from nicegui.elements.skip_link import SkipLink

from dashboard.clock import ZONE_COOKIE, Clock
from dashboard.components.acting import acting_strip
from dashboard.components.alert import give_all_clear
from dashboard.components.attention import AttentionBanner
from dashboard.components.banner import EmergencyBanner, HubAwayBanner
from dashboard.components.icons import icon
from dashboard.components.markup import set_text, switch_class, tag
from dashboard.components.navigation import Section, account_link, first_page, navigation
from dashboard.components.own_notices import draw_anew, rights_changed_strip, weak_password_strip
from dashboard.components.theme import dress, theme_toggle
from dashboard.emergency_sentences import tab_title
from dashboard.flash import say_next
from dashboard.session import Session
from dashboard.signed_in import doorman
from dashboard.subscription import Change, Subscription
from protocol.live import EmergencyProgress
from protocol.vocabulary import Permission

_BEAT_S: Final = 0.1
"""As often as the hub speaks: a change is on the page within a fifth of a second (`browser_change` in
docs/performance.md), where a quarter of a second a beat made it half a second."""


class LivePage:
    """One open page: its session, its clock, and who wants to hear of changes."""

    def __init__(self, session: Session, clock: Clock) -> None:
        self.session = session
        self.store = session.store
        self.hub = session.hub
        self.clock = clock
        self._left = False
        self._drawn_for = session.rights_changed
        self._listeners: list[Callable[[Change], Any]] = []
        self._beats: list[Callable[[], Any]] = []

    @property
    def now_ms(self) -> int:
        return int(time.time() * 1000)

    async def sign_out(self) -> None:
        """Sign out, and go to the sign-in page."""
        self._left = True
        await doorman().sign_out(self.session)
        ui.navigate.to("/sign-in?why=left")

    async def stop_acting(self) -> None:
        """ROOT acts here no more, and is back at its tenants."""
        self._left = True
        await doorman().stop_acting(self.session)
        ui.navigate.to("/tenants")

    async def _ended(self) -> None:
        self._left = True
        say_next(ended=self.session.why_ended)
        await doorman().forget(self.session)
        ui.navigate.to("/sign-in?why=ended")

    def on_change(self, listener: Callable[[Change], Any]) -> None:
        """Call `listener` with what changed, at most once a beat, and only when something did."""
        self._listeners.append(listener)

    def on_beat(self, listener: Callable[[], Any]) -> None:
        """Call `listener` every beat: for what changes with time alone."""
        self._beats.append(listener)

    def start(self) -> None:
        """Begin the beats; everything ends with the browser tab."""
        subscription = self.store.subscribe()
        client = ui.context.client
        client.on_delete(subscription.close)
        ui.timer(_BEAT_S, partial(self.beat, client, subscription))

    async def beat(self, client: Client, subscription: Subscription) -> None:
        """Tell what changed, and that time goes on."""
        if self._left:
            return
        if self.session.signed_out:
            await self._ended()
            return
        if self.session.rights_changed != self._drawn_for:
            self._drawn_for = self.session.rights_changed
            draw_anew()
        if not client.has_socket_connection:
            # Its browser has gone to another page, or comes back in a moment: until it is known which, what
            # changes waits as a set of ids. To make rows for nobody was a quarter of the work while an alert
            # ran through five thousand screens.
            return

        def run(result: object) -> None:
            # What asks the hub runs beside the beat, so that a slow answer does not hold up the next one.
            if inspect.isawaitable(result):
                background_tasks.create(result, name="page listener", context=client.content)

        change = subscription.take()
        if change is not None:
            for tell in self._listeners:
                run(tell(change))
        for tick in self._beats:
            run(tick())


def browser_clock() -> Clock:
    """The clock of the browser that asks for the page."""
    return Clock.from_cookie(ui.context.client.request.cookies.get(ZONE_COOKIE))


async def open_session() -> Session | RedirectResponse:
    """The session of the browser that asks, with its first picture; or the way to the sign-in page."""
    session = doorman().current()
    request = ui.context.client.request
    if session is not None:
        session.watch(ui.context.client)
        await session.first_picture()
        if not session.signed_out:
            home = first_page(session) if request.url.path == "/" else "/"
            return session if home == "/" else RedirectResponse(home, 303)
        say_next(ended=session.why_ended)
        await doorman().forget(session)
    if request.url.path == "/":
        return RedirectResponse("/sign-in" + (f"?{request.url.query}" if request.url.query else ""), 303)
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(f"/sign-in?next={quote(asked, safe='')}", 303)


@contextmanager
def frame(session: Session, title: str, section: Section, *, wide: bool = False) -> Iterator[LivePage]:
    """The frame around a page. `wide`: the page fills the window and scrolls inside itself."""
    page = LivePage(session, browser_clock())
    dress()
    with tag("div", "shell"):
        with tag("header", "top"):
            with tag("a", "brand", href="/", aria_label="Clarion, all screens"):
                tag("span", "brand-mark", aria_hidden="true")
                tag("span", "brand-name", "Clarion")
            badges = navigation(section, session)
            with tag("div", "top-right"):
                hub_dot = tag("span", "hub-dot", role="status", testid="hub-state")
                account_link(session, section)
                theme_toggle()
                with tag(
                    "button",
                    "btn btn-quiet btn-icon",
                    type="button",
                    aria_label="Sign out",
                    title="Sign out",
                    testid="sign-out",
                ).on("click", page.sign_out, []):
                    icon("leave")

        async def all_clear(emergency: EmergencyProgress) -> None:
            await give_all_clear(session, emergency)

        emergency_banner = EmergencyBanner(all_clear if session.may(Permission.EMERGENCIES_TRIGGER) else None)
        attention = AttentionBanner()
        away_banner = HubAwayBanner(page.store, page.clock)
        acting_strip(session, page.stop_acting)
        rights_changed_strip()
        weak_password_strip(session)
        with tag("main", "main main-wide" if wide else "main", tabindex="-1") as main:
            yield page
    SkipLink("Skip to the page", target=main)

    def show(_: Change | None = None) -> None:
        in_force = page.store.in_force()
        emergency_banner.show(in_force)
        new_title = tab_title(title, in_force[0] if in_force else None)
        if ui.context.client.title != new_title:
            ui.page_title(new_title)
        attention.show(page.store)
        waiting = len(page.store.waiting(page.now_ms))
        marks = {"approvals": f"{waiting:,}" if waiting else "", "emergency": "!" if in_force else ""}
        for key in marks.keys() & badges.keys():
            set_text(badges[key], marks[key])

    def tick() -> None:
        away_banner.show(page.now_ms)
        away = page.store.away_since_ms is not None
        state = "away" if away else "live" if page.store.known else "connecting"
        switch_class(hub_dot, "hub-dot-live", state == "live")
        # Who may see no screens has no live picture, and nothing to wait for.
        switch_class(hub_dot, "hidden", session.me is not None and not session.may(Permission.SCREENS_VIEW))
        set_text(hub_dot, {"away": "Hub away", "live": "Live", "connecting": "Connecting"}[state])

    show()
    tick()
    page.on_change(show)
    page.on_beat(tick)
    page.start()
