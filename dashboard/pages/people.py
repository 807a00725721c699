"""`/people`: who may sign in, with which roles, and where."""

from __future__ import annotations

import asyncio

from fastapi.responses import RedirectResponse
from nicegui import ui

from dashboard.components.buttons import button
from dashboard.components.manage import managed, site_names
from dashboard.components.markup import set_text, tag
from dashboard.components.person_dialogs import add_person, show_link
from dashboard.components.problem_note import ProblemNote
from dashboard.components.search_box import search_box
from dashboard.frame import LivePage, open_session
from dashboard.hub_http import HubError
from dashboard.people_sentences import fits, last_seen, standing, title
from dashboard.place_sentences import sites_words
from dashboard.sentences import count_of
from protocol.access import RoleRow, UserRow
from protocol.vocabulary import Permission


@ui.page("/people")
async def people_page() -> RedirectResponse | None:
    """Everybody of the tenant."""
    session = await open_session()
    if isinstance(session, RedirectResponse):
        return session
    with managed(session, "People", "people", Permission.PEOPLE_MANAGE) as page:
        people = _People(page) if page is not None else None
    if people is not None:
        await people.load()
    return None


class _People:
    def __init__(self, page: LivePage) -> None:
        self._page = page
        self._people: list[UserRow] = []
        self._roles: list[RoleRow] = []
        self._sites: dict[str, str] = {}
        self._wanted = ""
        with tag("div", "page-head"):
            with tag("div", "page-head-words"):
                tag("h1", "page-title", "People")
                self._count = tag("p", "page-lead", role="status", testid="people-count")
            button("Add a person", self._add, kind="primary", icon="add", testid="people-add")
        self._problem = ProblemNote()
        with tag("section", "card rows-card", aria_label="Everybody"):
            with tag("div", "card-head"):
                search_box(
                    "Search people", "Search name, e-mail, role, group…", "people-search", self._search
                )
            self._list = tag("ul", "rows", testid="people-list")

    async def load(self) -> None:
        hub = self._page.hub
        try:
            self._people, self._roles, self._sites = await asyncio.gather(
                hub.people.everybody(), hub.people.roles(), site_names(self._page.session)
            )
        except HubError as error:
            self._problem.refused(self._page.session, error)
            return
        self._problem.say("")
        self._draw()

    def _search(self, wanted: str) -> None:
        self._wanted = wanted
        self._draw()

    def _draw(self) -> None:
        found = [person for person in self._people if fits(person, self._wanted)]
        set_text(self._count, count_of(len(found), len(self._people), "person", "people"))
        self._list.clear()
        with self._list:
            for person in found:
                self._row(person)
            if not found:
                tag("li", "row row-none", "Nobody fits.")

    def _row(self, person: UserRow) -> None:
        word, tone = standing(person)
        address = f"/people/person/{person.id}"
        with tag("li", "row row-link" + ("" if person.is_active else " row-off"), testid="person"):
            with tag("div", "row-words"):
                with tag("div", "row-title"):
                    tag("a", "cell-link", title(person), href=address, testid="person-link")
                    if word:
                        tag("span", f"pill pill-{tone}", word)
                    if person.second_factor:
                        tag("span", "chip", "second factor")
                seen = last_seen(person, self._page.clock, self._page.now_ms)
                address_note = f"{person.email} · " if person.full_name else ""
                tag("span", "row-note", f"{address_note}{sites_words(person.sites, self._sites)} · {seen}")
            with tag("div", "row-side"):
                for role in person.roles:
                    tag("span", "chip", role)

    async def _add(self) -> None:
        created = await add_person(self._page.session, self._roles, self._sites)
        if created is None:
            return
        await self.load()
        if created.link is not None:
            await show_link(created.link, self._page.clock, self._page.now_ms)
