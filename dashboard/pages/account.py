"""`/account`: oneself: name and e-mail, password, second factor, and where one is signed in."""

from __future__ import annotations

from fastapi.responses import RedirectResponse
from nicegui import ui

from dashboard.components.account_dialogs import change_password, edit_self
from dashboard.components.buttons import button
from dashboard.components.dialogs import confirm, toast
from dashboard.components.markup import Tag, set_text, switch_class, tag
from dashboard.components.permission_list import permission_lines
from dashboard.components.problem_note import ProblemNote
from dashboard.components.second_factor import end, renew_codes, set_up
from dashboard.components.session_list import SessionList
from dashboard.frame import LivePage, frame, open_session
from dashboard.hub_http import HubError
from dashboard.session import explain
from protocol.access import Me, SessionRow

_WEAK = "Your password is one that is easily guessed. Change it."


@ui.page("/account")
async def account_page() -> RedirectResponse | None:
    """What the hub keeps of whoever is signed in."""
    session = await open_session()
    if isinstance(session, RedirectResponse):
        return session
    with frame(session, "Your account", "account") as page:
        account = _Account(page)
    await account.load()
    return None


class _Account:
    def __init__(self, page: LivePage) -> None:
        self._page = page
        with tag("div", "page-head"), tag("div", "page-head-words"):
            tag("h1", "page-title", "Your account")
            self._lead = tag("p", "page-lead")
        self._problem = ProblemNote("account-problem")
        with tag("div", "screen-columns"):
            with tag("div", "screen-column"):
                self._self_card()
                self._password_card()
                self._factor_card()
            with tag("div", "screen-column"):
                self._sessions_card()

    async def load(self) -> None:
        """Ask the hub who this is, and where they are signed in."""
        session = self._page.session
        try:
            session.learn(await session.hub.account.me())
            sessions = await session.hub.account.sessions()
        except HubError as error:
            self._problem.refused(session, error)
            return
        self._problem.say("")
        self._sessions.show(sessions, self._page.now_ms)
        switch_class(self._end_others, "hidden", all(row.current for row in sessions))
        if session.me is not None:
            self._show(session.me)

    def _self_card(self) -> None:
        with tag("section", "card", aria_label="You"):
            with tag("div", "card-head"):
                tag("h2", "card-title", "You")
                button("Edit", self._edit, kind="small", icon="edit", testid="account-edit")
            self._facts: dict[str, Tag] = {}
            with tag("dl", "facts"):
                for key, label in (
                    ("name", "Name"),
                    ("email", "E-mail"),
                    ("roles", "Roles"),
                    ("sites", "Sites"),
                ):
                    with tag("div", "fact"):
                        tag("dt", "", label)
                        self._facts[key] = tag("dd", testid=f"account-fact-{key}")
            with tag("details", "more"):
                tag("summary", "", "What you may do")
                self._may = tag("ul", "may-list", testid="account-may")

    def _password_card(self) -> None:
        with tag("section", "card", aria_label="Password"):
            with tag("div", "card-head"):
                tag("h2", "card-title", "Password")
                button("Change", self._change_password, kind="small", testid="account-change-password")
            self._weak = tag("p", "note note-warn hidden", _WEAK, testid="account-weak")
            tag(
                "p",
                "card-text",
                "Change it when somebody else may know it. You stay signed in here and nowhere else.",
            )

    def _factor_card(self) -> None:
        with tag("section", "card", aria_label="Second factor"):
            with tag("div", "card-head"):
                tag("h2", "card-title", "Second factor")
                self._factor = tag("span", "pill", testid="account-factor")
            self._factor_text = tag("p", "card-text")
            with tag("div", "card-actions"):
                self._on = button("Set up", self._set_up, kind="primary", testid="account-factor-on")
                self._codes = button("New recovery codes", self._renew, testid="account-factor-codes")
                self._off = button("Switch off", self._end, kind="danger-quiet", testid="account-factor-off")

    def _sessions_card(self) -> None:
        with tag("section", "card rows-card", aria_label="Where you are signed in"):
            with tag("div", "card-head"):
                tag("h2", "card-title", "Where you are signed in")
                self._end_others = button(
                    "End all others", self._end_all_others, kind="small hidden", testid="sessions-end-others"
                )
            self._sessions = SessionList(self._page.clock, self._end_session)

    def _show(self, me: Me) -> None:
        set_text(self._lead, f"{me.email} in {me.tenant_name}")
        limited = "All" if me.sites is None else f"Limited to {len(me.sites)}"
        for key, words in (
            ("name", me.full_name or "Not said"),
            ("email", me.email),
            ("roles", ", ".join(me.roles) or "None"),
            ("sites", limited),
        ):
            set_text(self._facts[key], words)
        self._may.clear()
        with self._may:
            permission_lines(me.permissions)
        switch_class(self._weak, "hidden", not me.weak_password)
        set_text(self._factor, "On" if me.second_factor else "Off")
        switch_class(self._factor, "pill-ok", me.second_factor)
        set_text(
            self._factor_text,
            "Whoever signs in as you also needs the code that your app shows."
            if me.second_factor
            else "A code from an app on your phone, beside the password: one of them alone opens nothing.",
        )
        switch_class(self._on, "hidden", me.second_factor)
        for only_on in (self._codes, self._off):
            switch_class(only_on, "hidden", not me.second_factor)

    async def _edit(self) -> None:
        session = self._page.session
        if session.me is not None and await edit_self(session, session.me) is not None:
            await self.load()

    async def _change_password(self) -> None:
        if await change_password(self._page.session):
            await self.load()

    async def _set_up(self) -> None:
        if await set_up(self._page.session):
            await self.load()

    async def _renew(self) -> None:
        await renew_codes(self._page.session)

    async def _end(self) -> None:
        if await end(self._page.session):
            await self.load()

    async def _end_session(self, row: SessionRow) -> None:
        await self._end_sessions([row])

    async def _end_all_others(self) -> None:
        session = self._page.session
        if not await confirm(
            "Sign out everywhere else?",
            "You stay signed in here. Wherever else somebody is signed in as you, they must sign in again.",
            "Sign out everywhere else",
        ):
            return
        try:
            others = [row for row in await session.hub.account.sessions() if not row.current]
        except HubError as error:
            explain(session, error)
            return
        await self._end_sessions(others)

    async def _end_sessions(self, rows: list[SessionRow]) -> None:
        session = self._page.session
        try:
            for row in rows:
                await session.hub.account.end_session(row.id)
        except HubError as error:
            if error.status != 404:  # ended meanwhile, by itself or elsewhere
                explain(session, error)
        else:
            toast("Ended." if len(rows) == 1 else "Signed out everywhere else.")
        await self.load()
