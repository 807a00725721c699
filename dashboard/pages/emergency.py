"""`/emergency`: write an alert, see it as the screens will, see whom it reaches, and send it on purpose."""

from __future__ import annotations

import asyncio
import time
from typing import Final

from fastapi.responses import RedirectResponse
from nicegui import ui

from dashboard.components.alert import AlertPreview, severity_badge
from dashboard.components.buttons import HoldButton
from dashboard.components.dialogs import confirm
from dashboard.components.markup import Tag, set_attribute, set_text, switch_class, tag
from dashboard.components.scope_picker import ScopePicker
from dashboard.frame import LivePage, frame, open_session
from dashboard.hub_client import HubError
from dashboard.sentences import SEVERITY_MEANINGS, SEVERITY_WORDS, alert_button, reach
from dashboard.session import explain
from dashboard.store import Change
from protocol.api import EmergencyRequest, ScopePreview
from protocol.vocabulary import Severity

_TEMPLATES: Final[tuple[tuple[str, Severity, str, str], ...]] = (
    (
        "Fire",
        Severity.EXTREME,
        "Fire alarm",
        "Leave the building now by the nearest exit. Do not use the lifts.",
    ),
    (
        "Lockdown",
        Severity.EXTREME,
        "Lockdown",
        "Go into the nearest room and lock the door. Stay away from windows.",
    ),
    ("Weather", Severity.SEVERE, "Severe weather", "Stay inside and away from windows until the all-clear."),
    (
        "Outage",
        Severity.MODERATE,
        "Power failure",
        "Emergency power is on. Follow the instructions of the staff.",
    ),
    (
        "Test",
        Severity.MINOR,
        "Test of the emergency system",
        "This is only a test. You need not do anything.",
    ),
)
_EXPIRIES: Final[tuple[tuple[str, int], ...]] = (
    ("When I give the all-clear", 0),
    ("After 15 minutes", 900),
    ("After 1 hour", 3_600),
    ("After 4 hours", 14_400),
    ("After 24 hours", 86_400),
)
_MEASURE_EVERY_S: Final = 1.0


@ui.page("/emergency")
async def emergency_page(chosen: str = "") -> RedirectResponse | None:
    """Write an emergency. `chosen`: for the screens that were picked in the table."""
    session = await open_session()
    if isinstance(session, RedirectResponse):
        return session
    with frame(session, "Emergency", "emergency", beat_s=0.1) as page:
        composer = _Composer(page)
    screens = session.store.screens
    picked = {key: screens[key].name for key in session.chosen_screens if key in screens}
    if chosen and picked:
        composer.scope.choose_devices(picked)
    await composer.load()
    return None


class _Composer:
    def __init__(self, page: LivePage) -> None:
        self._page = page
        self._severity = Severity.EXTREME
        self._title = self._message = ""
        self._expires_in_s = 0
        self._preview: ScopePreview | None = None
        self._asking = 0
        self._measured_at = float("-inf")
        self._counting = self._stale = True
        self._counted = page.store.counters
        self._sending = False
        tag("h1", "page-title", "New emergency")
        with tag("div", "compose"):
            with tag("div", "compose-form"):
                self._templates()
                self._severities: dict[Severity, Tag] = {}
                self._severity_choice()
                self._fields()
                self.scope = ScopePicker(self._screens, self._scope_changed)
                self._expiry()
            with tag("div", "compose-side"):
                tag("div", "field-label", "On the screens")
                self._glass = AlertPreview(self._severity)
                self._reach = tag("p", "reach", role="status", testid="emergency-reach")
                self._hold = HoldButton(
                    self._send, self._ask_and_send, classes="hold-alert", testid="emergency-send"
                )
                self._problem = tag("p", "note note-bad hidden", role="alert", testid="emergency-problem")
        self._refresh()
        page.on_change(self._fleet_changed)
        page.on_beat(self._measure)

    async def load(self) -> None:
        """Sites, groups and the first reach."""
        try:
            sites, groups = await asyncio.gather(self._page.hub.sites(), self._page.hub.groups())
        except HubError:
            sites, groups = [], []  # the hub-away strip says why; everybody can still be alerted
        self.scope.offer(sites, groups)

    def _templates(self) -> None:
        with tag("div", "templates", role="group", aria_label="Begin with"):
            tag("span", "field-label", "Begin with")
            for name, severity, title, message in _TEMPLATES:
                chip = tag("button", "template", name, type="button", testid=f"template-{name.lower()}")
                chip.on("click", lambda s=severity, t=title, m=message: self._take(s, t, m), [])

    def _severity_choice(self) -> None:
        with tag("div", "severities", role="group", aria_label="Severity"):
            for severity in Severity:
                card = tag(
                    "button",
                    f"severity sev-{severity}",
                    type="button",
                    testid=f"severity-{severity}",
                )
                with card.on("click", lambda severity=severity: self._choose(severity), []):
                    tag("span", "severity-word", SEVERITY_WORDS[severity])
                    tag("span", "severity-meaning", SEVERITY_MEANINGS[severity])
                self._severities[severity] = card

    def _fields(self) -> None:
        with tag("label", "field"):
            tag("span", "field-label", "Title")
            self._title_box = ui.input(placeholder="Fire alarm", on_change=self._typed).props(
                "outlined dense maxlength=120 data-testid=emergency-title autocomplete=off"
            )
        with tag("label", "field"):
            tag("span", "field-label", "What people should do")
            self._message_box = ui.textarea(
                placeholder="Leave the building now by the nearest exit.", on_change=self._typed
            ).props("outlined dense rows=3 maxlength=1000 data-testid=emergency-message")

    def _expiry(self) -> None:
        with tag("label", "field"):
            tag("span", "field-label", "Ends")
            chooser = tag("select", "input select", testid="emergency-expiry")
            with chooser:
                for text, seconds in _EXPIRIES:
                    tag("option", "", text, value=seconds)
        chooser.on(
            "change", lambda event: self._expire(int(event.args)), js_handler="(e) => emit(e.target.value)"
        )

    def _take(self, severity: Severity, title: str, message: str) -> None:
        self._severity = severity
        self._title_box.value, self._message_box.value = title, message
        self._refresh()

    def _choose(self, severity: Severity) -> None:
        self._severity = severity
        self._refresh()

    def _typed(self) -> None:
        self._refresh()

    def _expire(self, seconds: int) -> None:
        self._expires_in_s = seconds

    def _screens(self) -> list[tuple[str, str, str]]:
        return [(row.id, row.name, row.site or "") for row in self._page.store.approved()]

    def _fleet_changed(self, change: Change) -> None:
        counters = self._page.store.counters
        if counters != self._counted or change.hub:
            self._counted, self._stale = counters, True

    def _scope_changed(self) -> None:
        self._counting = self._stale = True
        self._measured_at = float("-inf")
        self._refresh()

    async def _measure(self) -> None:
        """Ask the hub whom the scope reaches: at once when the scope is another, else once a second at most.

        Of several answers under way only the last one counts.
        """
        if not self._stale or time.monotonic() - self._measured_at < _MEASURE_EVERY_S:
            return
        self._stale, self._measured_at = False, time.monotonic()
        self._asking += 1
        mine = self._asking
        preview: ScopePreview | None = ScopePreview(0, 0, 0)
        if not self.scope.empty:
            try:
                preview = await self._page.hub.preview(self.scope.scope)
            except HubError as error:
                preview = None
                if error.signed_out:
                    explain(self._page.session, error)
        if mine == self._asking:
            self._counting, self._preview = False, preview
            self._refresh()

    def _refresh(self) -> None:
        self._title = (self._title_box.value or "").strip()
        self._message = (self._message_box.value or "").strip()
        for severity, card in self._severities.items():
            set_attribute(card, "aria-pressed", "true" if severity is self._severity else "false")
        self._glass.show(self._severity, self._title, self._message)
        counted = None if self._counting else self._preview
        told = "Counting the screens…" if self._counting else reach(self._preview)
        set_text(self._reach, "Choose who sees it." if self.scope.empty else told)
        none = not self._counting and (counted is None or counted.targeted == 0)
        switch_class(self._reach, "reach-none", self.scope.empty or none)
        set_text(self._hold.text, alert_button(counted))
        hint = "Sending…" if self._sending else "Hold to send" if self._title else "Write a title first"
        set_text(self._hold.hint, hint)
        set_attribute(self._hold.element, "aria-disabled", "true" if self._problem_now() else "false")

    def _problem_now(self) -> str:
        """Why it cannot be sent as it is, or nothing."""
        if self._sending:
            return "It is being sent."
        if not self._title:
            return "Write a title: it is what people read first."
        if self.scope.empty:
            return "This reaches no screen. Choose who sees it."
        if self._counting:
            return "The screens are being counted. Press again in a moment."
        if self._preview is not None and self._preview.targeted == 0:
            return "This reaches no screen. Choose who sees it."
        return ""

    async def _ask_and_send(self) -> None:
        """A short press: a question instead of the hold."""
        if not self._check():
            return
        if await confirm(
            f"{alert_button(self._preview)} now?",
            reach(self._preview),
            "Send the alert",
            details=lambda: severity_badge(self._severity),
        ):
            await self._send()

    def _check(self) -> bool:
        problem = self._problem_now()
        self._say("" if self._sending else problem)
        return not problem

    def _say(self, problem: str) -> None:
        set_text(self._problem, problem)
        switch_class(self._problem, "hidden", not problem)

    async def _send(self) -> None:
        if not self._check():
            return
        self._sending = True
        self._refresh()
        try:
            created = await self._page.hub.activate(
                EmergencyRequest(
                    self._title, self._message, self._severity, self.scope.scope, self._expires_in_s or None
                )
            )
        except HubError as error:
            self._sending = False
            self._refresh()
            self._say(error.sentence)
            if error.signed_out:
                explain(self._page.session, error)
            return
        ui.navigate.to(f"/emergencies/{created.id}")
