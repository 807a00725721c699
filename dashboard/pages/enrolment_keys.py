"""`/keys/enrolment`: what screens show to ask to be let in."""

from __future__ import annotations

from fastapi.responses import RedirectResponse
from nicegui import ui

from dashboard.clock import to_ms
from dashboard.components.buttons import button
from dashboard.components.dialogs import confirm
from dashboard.components.manage import attempt, managed
from dashboard.components.markup import tag
from dashboard.components.rows_page import RowsPage
from dashboard.components.show_once import show_once
from dashboard.frame import LivePage, open_session
from dashboard.hub_http import HubError
from dashboard.session import explain
from protocol.access import EnrolmentKey
from protocol.vocabulary import Permission


@ui.page("/keys/enrolment")
async def enrolment_keys_page() -> RedirectResponse | None:
    """Every enrolment key of the tenant."""
    session = await open_session()
    if isinstance(session, RedirectResponse):
        return session
    with managed(session, "Enrolment keys", "enrolment", Permission.SCREENS_ENROL) as page:
        keys = _EnrolmentKeys(page) if page is not None else None
    if keys is not None:
        await keys.load()
    return None


class _EnrolmentKeys:
    def __init__(self, page: LivePage) -> None:
        self._page = page
        self._rows = RowsPage[EnrolmentKey](
            page,
            "Enrolment keys",
            "A screen shows one to ask to be let in; an operator still decides.",
            ("New key", self._add),
            page.hub.keys.of_enrolment,
            self._row,
            "There is no key: no new screen can ask to be let in.",
        )
        self.load = self._rows.load

    def _row(self, key: EnrolmentKey) -> None:
        page = self._page
        made = page.clock.moment(to_ms(key.created_at), page.now_ms)
        with tag("li", "row" + (" row-off" if key.revoked_at else ""), testid="enrolment-key"):
            with tag("div", "row-words"):
                with tag("strong", "row-title"):
                    tag("span", "", f"Made {made}")
                    if key.revoked_at is not None:
                        tag("span", "pill pill-bad", "Revoked")
                ended = (
                    "" if key.revoked_at is None else page.clock.moment(to_ms(key.revoked_at), page.now_ms)
                )
                tag("span", "row-note", f"Revoked {ended}." if ended else "Good until it is revoked.")
            if key.revoked_at is None:
                with tag("div", "row-actions"):
                    button(
                        "Revoke",
                        lambda: self._revoke(key),
                        kind="small danger-quiet",
                        testid="enrolment-revoke",
                    )

    async def _add(self) -> None:
        try:
            made = await self._page.hub.keys.add_enrolment()
        except HubError as error:
            explain(self._page.session, error)
            return
        await self.load()
        await show_once(
            "New enrolment key",
            "Put it into the players that are to ask. It is shown only this once; older keys stay good.",
            made.secret,
            testid="new-enrolment-key",
        )

    async def _revoke(self, key: EnrolmentKey) -> None:
        if await confirm(
            "Revoke this enrolment key?",
            "No further screen can ask with it. Those that are in stay in.",
            "Revoke",
        ):
            hub = self._page.hub
            await attempt(self._page.session, lambda: hub.keys.revoke_enrolment(key.id), "Revoked.")
            await self.load()
