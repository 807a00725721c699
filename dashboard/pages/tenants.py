"""`/tenants`: whom this hub serves; for ROOT alone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi.responses import RedirectResponse
from msgspec import UNSET
from nicegui import ui

from dashboard.components.acting import act_in
from dashboard.components.buttons import button
from dashboard.components.dialogs import confirm
from dashboard.components.form_dialog import Unfit, form_dialog, text_field
from dashboard.components.manage import attempt, managed
from dashboard.components.markup import tag
from dashboard.components.rows_page import RowsPage
from dashboard.components.show_once import show_once
from dashboard.frame import LivePage, open_session
from dashboard.key_sentences import tenant_words
from dashboard.people_sentences import link_words
from protocol.access import TenantCreate, TenantCreated, TenantLimits, TenantPatch, TenantRow
from protocol.vocabulary import SYSTEM_TENANT_ID, Permission

_SUSPEND = (
    "Its screens are cut off, its people signed out and its keys refused, at once and until it is resumed. "
    "An emergency that runs there ends on its screens as they lose their connection."
)


@ui.page("/tenants")
async def tenants_page() -> RedirectResponse | None:
    """Every tenant."""
    session = await open_session()
    if isinstance(session, RedirectResponse):
        return session
    with managed(session, "Tenants", "tenants", Permission.TENANTS_MANAGE) as page:
        tenants = _Tenants(page) if page is not None else None
    if tenants is not None:
        await tenants.load()
    return None


class _Tenants:
    def __init__(self, page: LivePage) -> None:
        self._page = page
        self._rows = RowsPage[TenantRow](
            page,
            "Tenants",
            "Each sees itself alone. What you do in one stands in its own audit log.",
            ("New tenant", self._add),
            page.hub.tenants.all,
            self._row,
            "There is no tenant.",
        )
        self.load = self._rows.load

    def _row(self, tenant: TenantRow) -> None:
        is_system, is_suspended = tenant.id == SYSTEM_TENANT_ID, tenant.status == "SUSPENDED"
        with tag("li", "row" + (" row-off" if is_suspended else ""), testid="tenant"):
            with tag("div", "row-words"):
                with tag("strong", "row-title"):
                    tag("span", "", tenant.name)
                    if is_system:
                        tag("span", "chip", "ROOT's own")
                    if is_suspended:
                        tag("span", "pill pill-bad", "Suspended")
                tag("span", "row-note", tenant_words(tenant))
                tag("code", "row-note", tenant.id)
            if is_system:
                return
            with tag("div", "row-actions"):
                if not is_suspended:
                    button("Act there", lambda: self._act(tenant), kind="small", testid="tenant-act")
                button("Edit", lambda: self._edit(tenant), kind="small", testid="tenant-edit")
                if is_suspended:
                    button("Resume", lambda: self._resume(tenant), kind="small", testid="tenant-resume")
                else:
                    button(
                        "Suspend",
                        lambda: self._suspend(tenant),
                        kind="small danger-quiet",
                        testid="tenant-suspend",
                    )

    async def _act(self, tenant: TenantRow) -> None:
        await act_in(self._page.session, tenant)

    async def _add(self) -> None:
        made = await form_dialog(self._page.session, "New tenant", "Make it", self._new_form)
        if made is None:
            return
        await self.load()
        page = self._page
        words = link_words(made.link, page.clock, page.now_ms)
        await show_once(
            f"The administrator of {made.tenant.name}", words, made.link.url, testid="tenant-link"
        )
        await show_once(
            f"The enrolment key of {made.tenant.name}",
            "Its screens show this key to ask to be let in. It is shown only this once; more are made there.",
            made.enrolment_key,
            testid="tenant-key",
        )

    async def _edit(self, tenant: TenantRow) -> None:
        if await form_dialog(self._page.session, "Edit tenant", "Save", lambda: self._edit_form(tenant)):
            await self.load()

    async def _suspend(self, tenant: TenantRow) -> None:
        if await confirm(f"Suspend {tenant.name}?", _SUSPEND, "Suspend"):
            tenants = self._page.hub.tenants
            done = f"{tenant.name} is suspended."
            await attempt(self._page.session, lambda: tenants.suspend(tenant.id), done)
            await self.load()

    async def _resume(self, tenant: TenantRow) -> None:
        tenants = self._page.hub.tenants
        done = f"{tenant.name} is active again; its screens come back by themselves."
        await attempt(self._page.session, lambda: tenants.resume(tenant.id), done)
        await self.load()

    def _new_form(self) -> Callable[[], Awaitable[TenantCreated]]:
        name = text_field("Name", "tenant-name", maxlength="200", autofocus=True)
        email = text_field(
            "Its first administrator", "tenant-email", type_="email", hint="The address they are invited at."
        )
        limit = _limit_field(None)

        async def send() -> TenantCreated:
            if not (name() and email()):
                raise Unfit("A tenant needs a name and an administrator.")
            return await self._page.hub.tenants.found(TenantCreate(name(), email(), limit()))

        return send

    def _edit_form(self, tenant: TenantRow) -> Callable[[], Awaitable[TenantRow]]:
        name = text_field("Name", "tenant-name", tenant.name, maxlength="200", autofocus=True)
        limit = _limit_field(tenant.limits.requests_per_minute)

        async def send() -> TenantRow:
            if not name():
                raise Unfit("A tenant needs a name.")
            patch = TenantPatch(
                UNSET if name() == tenant.name else name(), UNSET if limit() == tenant.limits else limit()
            )
            return await self._page.hub.tenants.change(tenant.id, patch)

        return send


def _limit_field(now: int | None) -> Callable[[], TenantLimits]:
    typed = text_field(
        "Requests a minute",
        "tenant-limit",
        "" if now is None else str(now),
        hint="At most, over HTTP. Empty: as the hub is set. Emergencies are never held back.",
        inputmode="numeric",
    )

    def limits() -> TenantLimits:
        text = typed().replace(",", "")
        if not text:
            return TenantLimits()
        if not text.isdecimal() or not 1 <= int(text) <= 10_000_000:
            raise Unfit("Requests a minute: write a number from 1 to 10,000,000, or nothing.")
        return TenantLimits(int(text))

    return limits
