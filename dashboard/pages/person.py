"""`/people/person/{id}`: one person: what they may do, where they are signed in, and what can be done."""

from __future__ import annotations

import asyncio

from fastapi.responses import RedirectResponse
from nicegui import ui

from dashboard.components.buttons import button
from dashboard.components.dialogs import confirm
from dashboard.components.manage import attempt, managed, site_names
from dashboard.components.markup import Tag, set_text, switch_class, tag
from dashboard.components.person_dialogs import edit_person, show_link
from dashboard.components.problem_note import ProblemNote
from dashboard.components.session_list import SessionList
from dashboard.frame import LivePage, open_session
from dashboard.hub_http import HubError
from dashboard.people_sentences import beyond, last_seen, standing, title
from dashboard.place_sentences import sites_words
from dashboard.sentences import begun
from dashboard.session import explain
from protocol.access import RoleRow, SessionRow, UserRow
from protocol.vocabulary import Permission

_TONES = ("warn", "bad")


@ui.page("/people/person/{user_id}")
async def person_page(user_id: str) -> RedirectResponse | None:
    """One person."""
    session = await open_session()
    if isinstance(session, RedirectResponse):
        return session
    with managed(session, "Person", "people", Permission.PEOPLE_MANAGE) as page:
        person = _Person(page, user_id) if page is not None else None
    if person is not None:
        await person.load()
    return None


class _Person:
    def __init__(self, page: LivePage, user_id: str) -> None:
        self._page, self._user_id = page, user_id
        self._person: UserRow | None = None
        self._roles: list[RoleRow] = []
        self._sites: dict[str, str] = {}
        with tag("div", "page-head"):
            with tag("div", "page-head-words"):
                tag("a", "crumb", "People", href="/people")
                with tag("div", "screen-title"):
                    self._name = tag("h1", "page-title", "Person", testid="person-title")
                    self._pill = tag("span", "pill hidden", testid="person-standing")
                self._lead = tag("p", "page-lead")
            with tag("div", "page-actions hidden") as self._actions:
                button("Edit", self._edit, icon="edit", testid="person-edit")
                self._link = button(
                    "New password link", self._make_link, icon="key", testid="person-link-new"
                )
                self._switch = button("", self._switch_over, testid="person-switch")
                button("Delete", self._delete, kind="danger-quiet", icon="ban", testid="person-delete")
        self._problem = ProblemNote("person-problem")
        self._beyond = tag("p", "note note-warn hidden", testid="person-beyond")
        with tag("div", "screen-columns"):
            with tag("div", "screen-column"), tag("section", "card", aria_label="About"):
                with tag("div", "card-head"):
                    tag("h2", "card-title", "About")
                    self._drop = button(
                        "End the second factor",
                        self._drop_factor,
                        kind="small danger-quiet",
                        testid="person-drop-factor",
                    )
                self._facts: dict[str, Tag] = {}
                with tag("dl", "facts"):
                    for key in ("Name", "E-mail", "Roles", "Sites", "Groups", "Second factor"):
                        with tag("div", "fact"):
                            tag("dt", "", key)
                            self._facts[key] = tag("dd", testid=f"person-fact-{key.lower()}")
            with (
                tag("div", "screen-column"),
                tag("section", "card rows-card", aria_label="Where they are signed in"),
            ):
                with tag("div", "card-head"):
                    tag("h2", "card-title", "Where they are signed in")
                    self._end = button(
                        "Sign them out", self._end_sessions, kind="small", testid="person-end-sessions"
                    )
                self._sessions = SessionList(page.clock)

    async def load(self) -> None:
        hub = self._page.hub
        try:
            person, self._roles, self._sites, sessions = await asyncio.gather(
                hub.people.person(self._user_id),
                hub.people.roles(),
                site_names(self._page.session),
                hub.people.sessions(self._user_id),
            )
        except HubError as error:
            self._problem.refused(self._page.session, error)
            switch_class(self._actions, "hidden", True)
            return
        self._person = person
        self._show(person, sessions)

    def _show(self, person: UserRow, sessions: list[SessionRow]) -> None:
        session, now_ms = self._page.session, self._page.now_ms
        self._problem.say("")
        set_text(self._name, title(person))
        word, tone = standing(person)
        set_text(self._pill, word)
        switch_class(self._pill, "hidden", not word)
        for other in _TONES:
            switch_class(self._pill, f"pill-{other}", other == tone)
        seen = last_seen(person, self._page.clock, now_ms)
        set_text(self._lead, f"{person.email} · {seen}")
        for key, words in (
            ("Name", person.full_name or "Not said"),
            ("E-mail", person.email),
            ("Roles", ", ".join(person.roles) or "None"),
            ("Sites", begun(sites_words(person.sites, self._sites))),
            ("Groups", ", ".join(person.groups) or "None"),
            ("Second factor", "On" if person.second_factor else "Off"),
        ):
            set_text(self._facts[key], words)
        mightier = beyond(person, self._roles, session.me) if session.me is not None else ""
        set_text(self._beyond, mightier)
        switch_class(self._beyond, "hidden", not mightier)
        switch_class(self._actions, "hidden", bool(mightier))
        switch_class(self._drop, "hidden", bool(mightier) or not person.second_factor)
        switch_class(self._end, "hidden", bool(mightier) or not sessions)
        switch_class(self._link, "hidden", not person.is_active)
        self._switch.clear()
        with self._switch:
            tag("span", "btn-text", "Switch off" if person.is_active else "Switch on")
        self._sessions.show(sessions, now_ms)

    async def _edit(self) -> None:
        if self._person is None:
            return
        if await edit_person(self._page.session, self._person, self._roles, self._sites) is not None:
            await self.load()

    async def _make_link(self) -> None:
        if self._person is None or not await confirm(
            f"Make a link for {title(self._person)}?",
            "With it they choose a new password. An older link opens nothing any more; "
            "the password that they have stays good until then.",
            "Make a link",
            kind="primary",
        ):
            return
        try:
            link = await self._page.hub.people.reset_link(self._person.id)
        except HubError as error:
            explain(self._page.session, error)
            return
        await show_link(link, self._page.clock, self._page.now_ms)

    async def _switch_over(self) -> None:
        person = self._person
        if person is None:
            return
        people = self._page.hub.people
        if not person.is_active:
            await attempt(self._page.session, lambda: people.activate(person.id), "Switched on.")
        elif await confirm(
            f"Switch {title(person)} off?",
            "They are signed out at once and cannot sign in. What they have done stays under their name.",
            "Switch off",
        ):
            await attempt(self._page.session, lambda: people.deactivate(person.id), "Switched off.")
        await self.load()

    async def _delete(self) -> None:
        person = self._person
        if person is None or not await confirm(
            f"Delete {title(person)}?",
            "They are signed out at once and are not listed any more. "
            "What they have done stays in the history under their name.",
            "Delete",
        ):
            return
        deleted = await attempt(
            self._page.session, lambda: self._page.hub.people.remove(person.id), "Deleted."
        )
        if deleted:
            ui.navigate.to("/people")

    async def _drop_factor(self) -> None:
        person = self._person
        if person is None or not await confirm(
            f"End the second factor of {title(person)}?",
            "Then their password alone opens, until they set up another one. "
            "Do it only when you know that it is they who ask.",
            "End it",
        ):
            return
        people = self._page.hub.people
        await attempt(
            self._page.session, lambda: people.drop_second_factor(person.id), "The second factor has ended."
        )
        await self.load()

    async def _end_sessions(self) -> None:
        person = self._person
        if person is None:
            return
        people = self._page.hub.people
        await attempt(
            self._page.session, lambda: people.end_sessions(person.id), "They are signed out everywhere."
        )
        await self.load()
