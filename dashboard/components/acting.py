"""ROOT acts in a tenant: only when asked for, with a reason, and never without seeing so."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from nicegui import ui

from dashboard.components.buttons import button
from dashboard.components.form_dialog import Unfit, form_dialog, text_field
from dashboard.components.icons import icon
from dashboard.components.markup import tag
from dashboard.session import Session
from dashboard.signed_in import doorman
from protocol.access import TenantRow, TokenPair


async def act_in(session: Session, tenant: TenantRow) -> None:
    """Ask why, and go there."""

    def draw() -> Callable[[], Awaitable[TokenPair]]:
        tag(
            "p",
            "dialog-text",
            f"You will see and do what an administrator of {tenant.name} can. Its audit log says that it was "
            "you, and why.",
        )
        reason = text_field("Why", "act-reason", maxlength="500", autofocus=True, hint="Such as a ticket.")

        async def send() -> TokenPair:
            if len(reason()) < 3:
                raise Unfit("Say why: the tenant's audit log shows it.")
            return await session.hub.tenants.act_in(tenant.id, reason())

        return send

    pair = await form_dialog(session, f"Act in {tenant.name}", "Act there", draw)
    if pair is not None:
        doorman().act(pair)
        ui.navigate.to("/")


def acting_strip(session: Session, stop: Callable[[], Awaitable[None]]) -> None:
    """Above every page of a ROOT that acts in a tenant: where, and the way back, which `stop` takes."""
    if session.me is None or session.me.acts_from is None:
        return

    with tag("div", "away acting", role="status", testid="acting"):
        icon("shield")
        tag("span", "", f"You act in {session.me.tenant_name}, and its audit log says so.")
        button("Stop acting", stop, kind="small", testid="stop-acting")
