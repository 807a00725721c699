"""`/emergencies`: every emergency there was, the newest first."""

from __future__ import annotations

from fastapi.responses import RedirectResponse
from nicegui import ui

from dashboard.clock import to_ms
from dashboard.components.alert import severity_badge, status_badge
from dashboard.components.icons import icon
from dashboard.components.markup import tag
from dashboard.components.problem_note import ProblemNote
from dashboard.frame import LivePage, frame, open_session
from dashboard.hub_http import HubError
from dashboard.sentences import took
from dashboard.subscription import Change
from protocol.api import Emergency
from protocol.vocabulary import EmergencyStatus, Permission


@ui.page("/emergencies")
async def emergencies_page() -> RedirectResponse | None:
    """The history, read again when an emergency changes its status."""
    session = await open_session()
    if isinstance(session, RedirectResponse):
        return session
    with frame(session, "Emergencies", "history") as page:
        history = _History(page)
    await history.load()
    return None


class _History:
    def __init__(self, page: LivePage) -> None:
        self._page = page
        self._statuses: dict[str, EmergencyStatus] = {}
        with tag("div", "page-head"):
            tag("h1", "page-title", "Emergencies")
            if page.session.may(Permission.EMERGENCIES_TRIGGER):
                tag("a", "btn btn-danger", "New emergency", href="/emergency")
        self._problem = ProblemNote()
        self._list = tag("ul", "history", testid="emergency-history")
        page.on_change(self._changed)

    async def load(self) -> None:
        try:
            emergencies = await self._page.hub.emergencies()
        except HubError as error:
            self._problem.refused(self._page.session, error)
            return
        self._problem.say("")
        self._statuses = {emergency.id: emergency.status for emergency in emergencies}
        self._list.clear()
        with self._list:
            for emergency in emergencies:
                self._row(emergency)
            if not emergencies:
                with tag("li", "empty"):
                    icon("history", "empty-icon")
                    tag("h2", "empty-title", "There has been no emergency")
                    tag("p", "", "Send a test to one screen to see how it goes.")

    async def _changed(self, change: Change) -> None:
        live = self._page.store.emergencies
        if change.hub or any(
            key not in live or self._statuses.get(key) is not live[key].status for key in change.emergencies
        ):
            await self.load()

    def _row(self, emergency: Emergency) -> None:
        issued = self._page.clock.moment(to_ms(emergency.issued_at), self._page.now_ms)
        with tag("li", "history-row"), tag("a", "history-link", href=f"/emergencies/{emergency.id}"):
            severity_badge(emergency.severity)
            with tag("div", "history-words"):
                tag("strong", "history-title", emergency.title)
                tag("span", "history-note", f"{issued} · {emergency.issued_by} · {emergency.scope_text}")
            with tag("div", "history-figures"):
                tag("span", "history-count", f"{emergency.rendered:,} of {emergency.targeted:,}")
                slowest = f"slowest {took(emergency.slowest_ms)}" if emergency.slowest_ms is not None else ""
                tag("span", "history-note", slowest)
            status_badge(emergency.status, emergency.still_showing)
