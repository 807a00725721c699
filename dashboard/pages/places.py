"""`/places`: the sites beside their map, each with how many of its screens are online now."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from functools import partial
from urllib.parse import quote

from fastapi.responses import RedirectResponse
from nicegui import ui

from dashboard import rights
from dashboard.components.buttons import button
from dashboard.components.dialogs import confirm
from dashboard.components.manage import attempt, managed
from dashboard.components.markup import set_text, tag
from dashboard.components.problem_note import ProblemNote
from dashboard.components.search_box import search_box
from dashboard.components.site_form import add_site, edit_site, people_of_site
from dashboard.components.site_map import MAP_FEATURE, Mark, SiteMap
from dashboard.components.site_row import SiteRow
from dashboard.frame import LivePage, open_session
from dashboard.hub_http import HubError
from dashboard.place_sentences import fits, tally_words, tone
from dashboard.sentences import count_of
from dashboard.session import explain
from dashboard.site_tally import SiteTally
from dashboard.subscription import Change
from protocol.places import Site
from protocol.vocabulary import Permission


@ui.page("/places")
async def places_page(site: str = "") -> RedirectResponse | None:
    """Every site that one may see. `site`: the id of the one that is chosen at first."""
    session = await open_session()
    if isinstance(session, RedirectResponse):
        return session
    with managed(session, "Sites", "places", Permission.SCREENS_VIEW, everywhere=False) as page:
        places = _Places(page, site or None) if page is not None else None
    if places is not None:
        await places.load()
    return None


class _Places:
    def __init__(self, page: LivePage, chosen: str | None) -> None:
        self._page, self._chosen = page, chosen
        session = page.session
        self._may_edit = session.may(Permission.PLACES_EDIT)
        self._may_make = session.may_everywhere(Permission.PLACES_EDIT)
        self._may_limit = session.may_everywhere(Permission.PEOPLE_MANAGE)
        self._has_map = rights.has_feature(session.me, MAP_FEATURE)
        self._sites: dict[str, Site] = {}
        self._rows: dict[str, SiteRow] = {}
        self._tally = SiteTally()
        self._wanted, self._minute = "", -1
        self._map: SiteMap | None = None
        self._tally.take(page.store.screens.values())
        with tag("div", "page-head"):
            with tag("div", "page-head-words"):
                tag("h1", "page-title", "Sites")
                self._count = tag("p", "page-lead", role="status", testid="sites-count")
            if self._may_make:
                button("New site", self._add, kind="primary", icon="add", testid="site-add")
        self._problem = ProblemNote("sites-problem")
        with tag("div", "places" if self._has_map else "places places-alone"):
            with tag("section", "card rows-card", aria_label="Sites"):
                search_box(
                    "Search sites",
                    "Search name, address, time zone…",
                    "sites-search",
                    self._search,
                    classes="search places-search",
                )
                self._list = tag("ul", "rows", testid="sites")
            if self._has_map:
                self._card = tag("section", "card map-card", aria_label="Map")
        page.on_change(self._changed)
        page.on_beat(self._beat)

    async def load(self) -> None:
        """Ask the hub, and draw."""
        try:
            sites = await self._page.hub.places.sites()
        except HubError as error:
            self._problem.refused(self._page.session, error)
            return
        self._problem.say("")
        self._sites = {site.id: site for site in sites}
        if self._chosen not in self._sites:
            self._chosen = None
        self._draw()
        if self._map is not None:
            self._map.show(self._marks())
        elif self._has_map:
            with self._card:
                self._map = SiteMap(
                    self._marks(), "Map of sites", chosen=self._chosen, on_chosen=self._picked_on_map
                )

    # ---- what is seen ----

    def _draw(self) -> None:
        # The chosen one stays, also when it was picked on the map and is not what was searched for.
        every = self._sites.values()
        found = [site for site in every if fits(site, self._wanted) or site.id == self._chosen]
        set_text(self._count, count_of(len(found), len(self._sites), "site"))
        self._list.clear()
        self._rows = {}
        with self._list:
            for site in found:
                row = SiteRow(site, self._has_map, partial(self._pick, site.id), partial(self._more, site))
                row.count(self._tally.of(site.id))
                row.stand(datetime.now(UTC))
                row.choose(site.id == self._chosen)
                self._rows[site.id] = row
            if not found:
                tag("li", "row row-none", "No site fits." if self._sites else "There is no site yet.")

    def _more(self, site: Site) -> None:
        """What can be done with the chosen site."""
        with tag("div", "row-actions"):
            tag(
                "a",
                "btn btn-small",
                "Its screens",
                href=f"/?search={quote(site.name)}",
                testid="site-screens",
            )
            if self._may_edit:
                button("Edit", lambda: self._edit(site), kind="small", testid="site-edit")
            if self._may_limit:
                button("People", lambda: self._limit(site), kind="small", testid="site-limit")
            if self._may_make:
                button("Delete", lambda: self._delete(site), kind="small danger-quiet", testid="site-delete")

    def _marks(self) -> list[Mark]:
        marks: list[Mark] = []
        for site in self._sites.values():
            if site.latitude is None or site.longitude is None:
                continue
            tally = self._tally.of(site.id)
            marks.append(
                {
                    "id": site.id,
                    "name": site.name,
                    "count": f"{tally.online:,}/{tally.screens:,}" if tally.screens else "",
                    "words": tally_words(tally),
                    "tone": tone(tally),
                    "at": (site.latitude, site.longitude),
                }
            )
        return marks

    def _search(self, wanted: str) -> None:
        self._wanted = wanted
        self._draw()

    def _choose(self, site_id: str | None) -> None:
        before, self._chosen = self._chosen, site_id
        for key, row in self._rows.items():
            if key in (before, site_id):
                row.choose(key == site_id)
        if self._map is not None:
            self._map.choose(site_id)

    def _pick(self, site_id: str) -> None:
        self._choose(None if site_id == self._chosen else site_id)

    def _picked_on_map(self, site_id: str) -> None:
        self._choose(site_id)
        if site_id in self._sites:
            if site_id not in self._rows:
                self._draw()
            self._rows[site_id].scroll_to()

    def _changed(self, change: Change) -> None:
        screens = self._page.store.screens
        rows = (screens[key] for key in change.screens if key in screens)
        changed = self._tally.take(rows, change.removed)
        for site_id in changed & self._rows.keys():
            self._rows[site_id].count(self._tally.of(site_id))
        if changed and self._map is not None:
            self._map.show(self._marks())

    def _beat(self) -> None:
        now = datetime.now(UTC)
        if now.minute == self._minute:
            return
        self._minute = now.minute
        for row in self._rows.values():
            row.stand(now)

    # ---- what is done ----

    def _places_of_others(self, site_id: str | None) -> list[tuple[float, float]]:
        return [mark["at"] for mark in self._marks() if mark["id"] != site_id]

    async def _add(self) -> None:
        site = await add_site(self._page, self._has_map, self._places_of_others(None))
        if site is not None:
            self._chosen = site.id
            await self.load()
            if self._map is not None:
                self._map.choose(site.id)

    async def _edit(self, site: Site) -> None:
        if await edit_site(self._page, site, self._has_map, self._places_of_others(site.id)) is not None:
            await self.load()

    async def _limit(self, site: Site) -> None:
        hub = self._page.hub
        try:
            people, has = await asyncio.gather(hub.people.everybody(), hub.places.people_of_site(site.id))
        except HubError as error:
            explain(self._page.session, error)
            return
        await people_of_site(self._page, site, people, has)

    async def _delete(self, site: Site) -> None:
        if await confirm(
            f"Delete {site.name}?",
            "A site can be deleted when no screen is in it. Who is limited to it loses it.",
            "Delete",
        ):
            await attempt(self._page.session, lambda: self._page.hub.places.remove_site(site.id), "Deleted.")
            await self.load()
