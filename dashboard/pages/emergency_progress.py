"""`/emergencies/{id}`: who shows the alert and who does not, by name and reason; then the all-clear, chased."""

from __future__ import annotations

import time
from typing import Final

from fastapi.responses import RedirectResponse
from nicegui import ui

from dashboard.clock import to_ms
from dashboard.components.alert import (
    AlertPreview,
    all_clear_button,
    give_all_clear,
    severity_badge,
    status_badge,
)
from dashboard.components.markup import set_text, switch_class, tag
from dashboard.components.progress import ProgressPanel
from dashboard.frame import LivePage, Section, frame, signed_in_or_redirect
from dashboard.hub_client import HubError
from dashboard.sentences import count, why_missing
from dashboard.session import explain
from dashboard.store import Change
from protocol.api import Emergency, LedgerRow
from protocol.live import EmergencyProgress
from protocol.vocabulary import EmergencyStatus, LedgerState

_LEDGER_EVERY_S: Final = 0.8
_MOST_LISTED: Final = 300


@ui.page("/emergencies/{emergency_id}")
async def progress_page(emergency_id: str) -> RedirectResponse | None:
    """One emergency, live while it is in force."""
    session = signed_in_or_redirect()
    if isinstance(session, RedirectResponse):
        return session
    session.watch(ui.context.client)
    await session.first_picture()
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
    with frame(session, progress.title if progress else "Emergency", section, beat_s=0.1) as page:
        if progress is None:
            with tag("div", "empty"):
                tag("h1", "empty-title", problem)
                tag("a", "btn", "All emergencies", href="/emergencies")
        else:
            _Progress(page, progress)
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
        self._asked_at = 0.0
        self._asking = False
        self._stale = True
        self._listed: list[tuple[str, str, str]] | None = None
        with tag("div", "page-head"):
            with tag("div", "page-head-words"):
                with tag("div", "badges"):
                    severity_badge(progress.severity)
                    self._status = tag("span", "status-holder", testid="emergency-status")
                tag("h1", "page-title", progress.title, testid="emergency-heading")
                tag("p", "page-lead", self._issued())
            self._clear = all_clear_button(self._all_clear, kind="primary big", testid="emergency-all-clear")
        with tag("div", "progress-grid"):
            with tag("div", "card progress-card"):
                self._panel = ProgressPanel()
            with tag("section", "card missing-card", aria_label="Who does not show it"):
                self._list_title = tag("h2", "card-title", testid="missing-title")
                self._list = tag("ul", "missing", testid="missing-list")
            with tag("div", "card glass-card"):
                AlertPreview(progress.severity, progress.title, progress.message)
        self._show(progress)
        page.on_change(self._changed)
        page.on_beat(self._beat)

    def _issued(self) -> str:
        emergency, clock = self._progress, self._page.clock
        said = f"Issued {clock.precise(emergency.issued_ms, self._page.now_ms)} by {emergency.issued_by} "
        said += f"for {emergency.scope}."
        if emergency.expires_ms is not None:
            said += f" Ends by itself {clock.moment(emergency.expires_ms, self._page.now_ms)}."
        if emergency.cleared_ms is not None:
            said += f" Cleared {clock.precise(emergency.cleared_ms, self._page.now_ms)}"
            said += f" by {emergency.cleared_by}." if emergency.cleared_by else "."
        return said

    def _changed(self, change: Change) -> None:
        now = self._page.store.emergencies.get(self._progress.id)
        if now is not None and self._progress.id in change.emergencies:
            self._show(now)
        if self._progress.id in change.emergencies or change.screens:
            self._stale = True

    def _show(self, progress: EmergencyProgress) -> None:
        changed_status = (
            progress.status is not self._progress.status or not self._status.default_slot.children
        )
        self._progress = progress
        self._panel.show(progress)
        switch_class(self._clear, "hidden", progress.status is not EmergencyStatus.LIVE)
        if changed_status:
            self._status.clear()
            with self._status:
                status_badge(progress.status)
            self._listed = None

    async def _beat(self) -> None:
        """Read the ledger again when something changed, but not more often than a person can read."""
        if not self._stale or self._asking or time.monotonic() - self._asked_at < _LEDGER_EVERY_S:
            return
        self._asking, self._stale, self._asked_at = True, False, time.monotonic()
        try:
            live = self._progress.status is EmergencyStatus.LIVE
            rows = await self._page.hub.ledger(self._progress.id, missing=live)
        except HubError as error:
            if error.signed_out:
                explain(self._page.session, error)
            self._stale = True
            return
        finally:
            self._asking = False
        self._list_rows(rows if live else [row for row in rows if still_shows(row)], live)

    def _list_rows(self, rows: list[LedgerRow], live: bool) -> None:
        rows.sort(key=lambda row: (row.site or "", row.name.casefold()))
        lines = [(row.device_id, row.name, row.site or "") for row in rows]
        reasons = [why_missing(row) if live else "still shows it" for row in rows]
        fingerprint = [(key, name, why) for (key, name, _), why in zip(lines, reasons, strict=True)]
        if fingerprint == self._listed:
            return
        self._listed = fingerprint
        over = self._progress.status is EmergencyStatus.CLEARED
        title = "Not shown on" if live else "Still shown on"
        set_text(
            self._list_title,
            f"{title} {count(len(rows), 'screen')}"
            if rows
            else ("No screen shows it any more" if over or not live else "Shown on every screen"),
        )
        self._list.clear()
        with self._list:
            for (device_id, name, site), why in list(zip(lines, reasons, strict=True))[:_MOST_LISTED]:
                with tag("li", "missing-row", testid="missing-row"):
                    with tag("div", "missing-who"):
                        tag("a", "missing-name", name, href=f"/screens/{device_id}")
                        tag("span", "missing-site", site)
                    tag("span", "missing-why", why)
            if len(rows) > _MOST_LISTED:
                tag("li", "missing-more", f"and {len(rows) - _MOST_LISTED:,} more")

    async def _all_clear(self) -> None:
        await give_all_clear(self._page.session, self._progress)


def still_shows(row: LedgerRow) -> bool:
    """Whether the glass may still show it: it was painted, and nobody has seen it go."""
    return row.state in (LedgerState.RENDERED, LedgerState.HIDE_SENT) and row.rendered_at is not None
