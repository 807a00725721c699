"""`/keys`: what integrations show to the hub, what each may do, and when it was used last."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from fastapi.responses import RedirectResponse
from nicegui import ui

from dashboard.components.buttons import button
from dashboard.components.dialogs import confirm
from dashboard.components.form_dialog import Unfit, choice_of_many, form_dialog, text_field, tick_list
from dashboard.components.manage import attempt, managed, site_names
from dashboard.components.markup import tag
from dashboard.components.permission_list import permission_list, to_give
from dashboard.components.rows_page import RowsPage
from dashboard.components.show_once import show_once
from dashboard.frame import LivePage, open_session
from dashboard.key_sentences import end_of_day, key_standing, key_uses
from dashboard.place_sentences import sites_words
from protocol.access import ApiKey, ApiKeyCreated, ApiKeyRequest
from protocol.vocabulary import Permission


@ui.page("/keys")
async def api_keys_page() -> RedirectResponse | None:
    """Every key of the tenant."""
    session = await open_session()
    if isinstance(session, RedirectResponse):
        return session
    with managed(session, "API keys", "keys", Permission.KEYS_MANAGE, everywhere=False) as page:
        keys = _ApiKeys(page) if page is not None else None
    if keys is not None:
        await keys.load()
    return None


class _ApiKeys:
    def __init__(self, page: LivePage) -> None:
        self._page = page
        self._sites: dict[str, str] = {}
        self._rows = RowsPage[ApiKey](
            page,
            "API keys",
            "For programs that use the API by themselves. A key does no more than its maker may.",
            ("New key", self._add),
            self._read,
            self._row,
            "There is no key yet.",
        )
        self.load = self._rows.load

    async def _read(self) -> list[ApiKey]:
        session = self._page.session
        keys, self._sites = await asyncio.gather(session.hub.keys.of_integrations(), site_names(session))
        return sorted(keys, key=lambda key: (key.revoked_at is not None, key.name.casefold()))

    def _row(self, key: ApiKey) -> None:
        page = self._page
        word, tone = key_standing(key, page.now_ms)
        with tag("li", "row" + (" row-off" if word else ""), testid="api-key"):
            with tag("div", "row-words"):
                with tag("strong", "row-title"):
                    tag("span", "", key.name)
                    tag("code", "", f"{key.prefix}…")
                    if word:
                        tag("span", f"pill pill-{tone}", word)
                uses = key_uses(key, page.clock, page.now_ms)
                tag("span", "row-note", f"{sites_words(key.sites, self._sites)} · {uses}")
                with tag("details", "more row-more"):
                    tag("summary", "", "What it may do")
                    permission_list(key.permissions)
            if key.revoked_at is None:
                with tag("div", "row-actions"):
                    button(
                        "Revoke", lambda: self._revoke(key), kind="small danger-quiet", testid="key-revoke"
                    )

    async def _add(self) -> None:
        made = await form_dialog(self._page.session, "New API key", "Make it", self._form)
        if made is None:
            return
        await self.load()
        await show_once(
            f"Key {made.key.name}",
            "Put this key into the program now: it goes into the header Authorization, after Bearer. "
            "It is shown only this once.",
            made.secret,
            testid="new-key",
        )

    async def _revoke(self, key: ApiKey) -> None:
        if await confirm(
            f"Revoke {key.name}?",
            "Whatever uses it is refused from now on. It cannot be taken back: make another key.",
            "Revoke",
        ):
            hub = self._page.hub
            await attempt(self._page.session, lambda: hub.keys.revoke(key.id), f"{key.name} is revoked.")
            await self.load()

    def _form(self) -> Callable[[], Awaitable[ApiKeyCreated]]:
        session = self._page.session
        offered = to_give(session.me)
        all_of_them = "All" if session.me is None or session.me.sites is None else "All of yours"
        name = text_field(
            "Name", "key-name", maxlength="200", autofocus=True, hint="Such as the program that has it."
        )
        tag("span", "field-label", "It may")
        ticked = tick_list(offered, [Permission.SCREENS_VIEW], "key-may")
        sites = choice_of_many(
            "Only these sites", "key-sites", self._sites, [], hint=f"{all_of_them}, if none is chosen."
        )
        until = text_field("Good until the end of", "key-until", type_="date", hint="Empty: for ever.")

        async def send() -> ApiKeyCreated:
            if not name():
                raise Unfit("A key needs a name.")
            if not ticked():
                raise Unfit("Choose what it may do.")
            try:
                expires_at = end_of_day(until(), self._page.clock, self._page.now_ms)
            except ValueError:
                raise Unfit("It must be good for a day that is not over yet.") from None
            request = ApiKeyRequest(
                name(), [Permission(key) for key in ticked()], sites() or None, expires_at
            )
            return await self._page.hub.keys.add(request)

        return send
