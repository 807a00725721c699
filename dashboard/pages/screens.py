"""`/`: every approved screen, live."""

from __future__ import annotations

import msgspec
from fastapi import Response
from fastapi.responses import RedirectResponse
from nicegui import app, ui

from dashboard.clock import Clock
from dashboard.components.command_bar import CommandBar
from dashboard.components.counters import CounterStrip
from dashboard.components.icons import icon
from dashboard.components.markup import set_text, switch_class, tag
from dashboard.components.screen_grid import ROWS_URL, STATES, ScreenGrid, grid_row
from dashboard.frame import LivePage, frame, open_session
from dashboard.sentences import count
from dashboard.signed_in import doorman
from dashboard.subscription import Change


@app.get(ROWS_URL)
def rows() -> Response:
    """Every row of the table, for the table itself, as one compressed answer."""
    session = doorman().current()
    if session is None:
        return Response(status_code=401)
    body = msgspec.json.encode([grid_row(row) for row in session.store.approved()])
    return Response(body, media_type="application/json", headers={"Cache-Control": "no-store"})


@ui.page("/")
async def screens_page(show: str = "all", search: str = "") -> RedirectResponse | None:
    """Counters, search and filters, the table, and a bar of commands for the selected screens.

    `show`: the state to filter by at first; `search`: what to search for at first.
    """
    session = await open_session()
    if isinstance(session, RedirectResponse):
        return session
    with frame(session, "Screens", "screens", wide=True) as page:
        _Screens(page, show if show in STATES else "all", search)
    return None


class _Screens:
    def __init__(self, page: LivePage, state: str, search: str) -> None:
        self._page = page
        self._state, self._site = state, ""
        self._offered: list[str] | None = None
        self._alerts = False
        tag("h1", "sr-only", "Screens")
        self._counters = CounterStrip(self._choose_state)
        self._counters.mark(state)
        self._toolbar(search)
        with tag("div", "grid-frame"):
            self._grid = ScreenGrid(_zone_name(page.clock), self._selected, self._counted, state, search)
            self._empty = tag("div", "empty empty-over hidden", testid="screens-empty")
            with self._empty:
                icon("screen", "empty-icon")
                tag("h2", "empty-title", "No screen yet")
                tag("p", "", "A screen appears here as soon as you approve it.")
                tag("a", "btn btn-primary", "Approve a screen", href="/approvals")
        self._bar = CommandBar(page, self._grid)
        self._show(None)
        page.on_change(self._show)

    def _toolbar(self, search: str) -> None:
        value = "(e) => emit(e.target.value)"
        with tag("div", "toolbar"):
            with tag("label", "search"):
                icon("search")
                tag("span", "sr-only", "Search screens")
                box = tag(
                    "input",
                    "input",
                    type="search",
                    value=search,
                    placeholder="Search name, site, group, what is playing…",
                    testid="screens-search",
                    autocomplete="off",
                )
            self._sites = tag("select", "input select", aria_label="Site", testid="screens-site")
            with tag("a", "btn btn-quiet", href="/places", testid="screens-places"):
                icon("place")
                tag("span", "btn-text", "Sites")
            self._count = tag("span", "toolbar-count", role="status", testid="screens-count")
        box.on("input", lambda event: self._grid.search(str(event.args)), js_handler=value)
        self._sites.on("change", lambda event: self._choose_site(str(event.args)), js_handler=value)

    def _choose_state(self, chosen: str) -> None:
        self._state = chosen
        self._counters.mark(chosen)
        self._grid.filter(self._state, self._site)

    def _choose_site(self, chosen: str) -> None:
        self._site = chosen
        self._grid.filter(self._state, self._site)

    def _selected(self, number: int) -> None:
        self._bar.selected(number)

    def _counted(self, number: int) -> None:
        set_text(self._count, count(number, "screen"))

    def _show(self, change: Change | None) -> None:
        store = self._page.store
        self._counters.show(store.counters, len(store.waiting(self._page.now_ms)))
        switch_class(self._empty, "hidden", not store.known or store.counters.screens > 0)
        if change is not None:
            changed = (store.screens[key] for key in change.screens if key in store.screens)
            self._grid.upsert(changed, change.removed)
        if change is None or change.screens or change.removed:
            self._offer_sites()
        if bool(store.in_force()) != self._alerts:
            self._alerts = not self._alerts
            self._grid.show_alerts(self._alerts)

    def _offer_sites(self) -> None:
        known = sorted(self._page.store.sites, key=str.casefold)
        if known == self._offered:
            return
        self._offered = known
        self._sites.clear()
        with self._sites:
            tag("option", "", "Every site", value="")
            for name in known:
                tag("option", "", name, value=name, selected=name == self._site)


def _zone_name(clock: Clock) -> str:
    """The zone's name for the browser; empty where only an offset is known: the browser uses its own then."""
    return str(getattr(clock.zone, "key", ""))
