"""`/emergencies/{id}`: who shows the alert, and who does not, by name and reason; the all-clear, chased."""

from __future__ import annotations

from fastapi.responses import RedirectResponse
from nicegui import ui

from dashboard.clock import Clock, to_ms
from dashboard.components.alert import (
    all_clear_button,
    give_all_clear,
    severity_badge,
    sign_off,
    status_badge,
)
from dashboard.components.alert_preview import AlertPreview, Previewed, previewed_of
from dashboard.components.buttons import button
from dashboard.components.markup import set_text, switch_class, tag
from dashboard.components.missing_list import MissingList
from dashboard.components.navigation import Section
from dashboard.components.progress import ProgressPanel
from dashboard.components.proof_list import ProofList
from dashboard.frame import LivePage, frame, open_session
from dashboard.hub_http import HubError
from dashboard.sentences import presence
from dashboard.session import explain
from dashboard.subscription import Change
from protocol.api import Emergency
from protocol.live import EmergencyProgress
from protocol.vocabulary import EmergencyStatus, Permission, Presence


@ui.page("/emergencies/{emergency_id}")
async def progress_page(emergency_id: str) -> RedirectResponse | None:
    """One emergency, live while it is in force."""
    session = await open_session()
    if isinstance(session, RedirectResponse):
        return session
    progress = session.store.emergencies.get(emergency_id)
    problem = "This emergency is not known."
    if progress is None:
        try:
            progress = as_progress(await session.hub.emergency(emergency_id))
        except HubError as error:
            problem = error.sentence
    section: Section = (
        "emergency" if progress and progress.status is not EmergencyStatus.CLEARED else "history"
    )
    with frame(session, progress.title if progress else "Emergency", section) as page:
        if progress is None:
            with tag("div", "empty"):
                tag("h1", "empty-title", problem)
                tag("a", "btn", "All emergencies", href="/emergencies")
        else:
            shown = _Progress(page, progress)
    if progress is not None:
        await shown.load()
    return None


def as_progress(emergency: Emergency) -> EmergencyProgress:
    """An emergency from the database in the form of the live one, for those that are over."""
    missing = sum(emergency.missing.values())
    return EmergencyProgress(
        id=emergency.id,
        title=emergency.title,
        message=emergency.message,
        severity=emergency.severity,
        status=emergency.status,
        issued_ms=to_ms(emergency.issued_at),
        issued_by=emergency.issued_by,
        scope=emergency.scope_text,
        targeted=emergency.targeted,
        online=emergency.sent,
        sent=emergency.sent,
        received=emergency.received,
        rendered=emergency.rendered,
        waiting=max(0, emergency.targeted - emergency.rendered - missing),
        still_showing=emergency.still_showing,
        missing=emergency.missing,
        expires_ms=to_ms(emergency.expires_at) if emergency.expires_at else None,
        cleared_ms=to_ms(emergency.cleared_at) if emergency.cleared_at else None,
        cleared_by=emergency.cleared_by,
        p50_ms=emergency.p50_ms,
        p99_ms=emergency.p99_ms,
        slowest_ms=emergency.slowest_ms,
    )


class _Progress:
    def __init__(self, page: LivePage, progress: EmergencyProgress) -> None:
        self._page = page
        self._progress = progress
        self._badged: EmergencyStatus | None = None
        with tag("div", "page-head progress-head"):
            with tag("div", "page-head-words"):
                with tag("div", "badges"):
                    severity_badge(progress.severity)
                    self._status = tag("span", "status-holder", testid="emergency-status")
                tag("h1", "page-title", progress.title, testid="emergency-heading")
                self._lead = tag("p", "page-lead")
            with tag("div", "page-actions"):
                self._clear = all_clear_button(
                    self._all_clear, kind="primary big", testid="emergency-all-clear"
                )
                self._sign_off = button(
                    "Close the case…", self._close_case, kind="big", testid="emergency-sign-off"
                )
        self._may_not = tag("p", "note note-warn", page.session.may_not(Permission.EMERGENCIES_TRIGGER))
        with tag("div", "progress-grid"):
            with tag("div", "card progress-card"):
                self._panel = ProgressPanel()
            with tag("section", "card missing-card", aria_label="Who does not show it"):
                self._missing = MissingList(page.hub, progress, self._away)
            with tag("div", "card glass-card"):
                self._glass = AlertPreview(Previewed(progress.severity, progress.title, progress.message))
            with tag("section", "card proof-card", aria_label="Proof"):
                self._proof = ProofList(page, progress.id)
        self._show(progress)
        page.on_change(self._changed)
        page.on_beat(self._refresh)

    async def load(self) -> None:
        """What the live feed does not say of it: other languages, picture, sound, and what proves it."""
        try:
            emergency = await self._page.hub.emergency(self._progress.id)
        except HubError as error:
            # It is followed all the same, while the database is away too.
            if error.signed_out:
                explain(self._page.session, error)
            return
        self._glass.show(previewed_of(emergency))
        self._proof.proves(emergency.content_hash)

    def _changed(self, change: Change) -> None:
        now = self._page.store.emergencies.get(self._progress.id)
        if now is not None and self._progress.id in change.emergencies:
            self._show(now)
            self._missing.changed(now)

    def _show(self, progress: EmergencyProgress) -> None:
        self._progress = progress
        self._panel.show(progress)
        set_text(self._lead, issued(progress, self._page.clock, self._page.now_ms))
        may = self._page.session.may(Permission.EMERGENCIES_TRIGGER)
        clearing = progress.status is EmergencyStatus.CLEARING and progress.still_showing > 0
        switch_class(self._clear, "hidden", not (may and progress.status is EmergencyStatus.LIVE))
        switch_class(self._sign_off, "hidden", not (may and clearing))
        switch_class(self._may_not, "hidden", may or progress.status is EmergencyStatus.CLEARED)
        if progress.status is not self._badged:
            self._badged = progress.status
            self._status.clear()
            with self._status:
                status_badge(progress.status, progress.still_showing)

    def _away(self, device_id: str) -> str:
        row = self._page.store.screens.get(device_id)
        if row is None or row.presence is Presence.ONLINE:
            return ""
        return presence(row, self._page.clock, self._page.now_ms)

    async def _refresh(self) -> None:
        try:
            await self._missing.refresh()
        except HubError as error:
            # The hub-away strip says what is wrong, and the next beat tries again.
            if error.signed_out:
                explain(self._page.session, error)

    async def _all_clear(self) -> None:
        await give_all_clear(self._page.session, self._progress)

    async def _close_case(self) -> None:
        await sign_off(self._page.session, self._progress)


def issued(emergency: EmergencyProgress, clock: Clock, now_ms: int) -> str:
    """When, by whom and for whom; when it ends or how it ended."""
    said = (
        f"Issued {clock.precise(emergency.issued_ms, now_ms)} by {emergency.issued_by} for {emergency.scope}."
    )
    if emergency.cleared_ms is not None:
        by = f" by {emergency.cleared_by}" if emergency.cleared_by else ""
        return f"{said} Cleared {clock.precise(emergency.cleared_ms, now_ms)}{by}."
    if emergency.expires_ms is not None:
        return f"{said} Ends by itself {clock.moment(emergency.expires_ms, now_ms)}."
    return said
