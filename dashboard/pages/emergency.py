"""`/emergency`: write an alert, see it as the screens will, see whom it reaches, and send it on purpose."""

from __future__ import annotations

import asyncio

from fastapi.responses import RedirectResponse
from nicegui import ui

from dashboard.components.alert import severity_badge
from dashboard.components.alert_form import AlertForm
from dashboard.components.alert_preview import AlertPreview
from dashboard.components.buttons import HoldButton
from dashboard.components.dialogs import confirm
from dashboard.components.markup import set_attribute, set_text, switch_class, tag
from dashboard.components.problem_note import ProblemNote
from dashboard.components.scope_picker import ScopePicker
from dashboard.emergency_sentences import alert_button, reach
from dashboard.frame import LivePage, frame, open_session
from dashboard.hub_http import HubError
from dashboard.once import Once
from dashboard.reach import Reach
from dashboard.session import explain
from dashboard.subscription import Change
from protocol.api import EmergencyRequest
from protocol.vocabulary import Permission


@ui.page("/emergency")
async def emergency_page(chosen: str = "") -> RedirectResponse | None:
    """Write an emergency. `chosen`: for the screens that were picked in the table."""
    session = await open_session()
    if isinstance(session, RedirectResponse):
        return session
    with frame(session, "Emergency", "emergency") as page:
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
        self._reach = Reach(page.hub, page.store)
        self._once = Once[EmergencyRequest]()
        self._sending = False
        self._may_not = page.session.may_not(Permission.EMERGENCIES_TRIGGER)
        tag("h1", "page-title", "New emergency")
        if self._may_not:
            tag("p", "note note-warn", self._may_not, testid="emergency-not-allowed")
        with tag("div", "compose"):
            with tag("div", "compose-form"):
                self._form = AlertForm(self._refresh)
                self.scope = ScopePicker("Who sees it", page.store.choices, self._scope_changed)
                self._form.ending()
            with tag("div", "compose-side"):
                tag("div", "field-label", "On the screens")
                self._glass = AlertPreview(self._form.previewed)
                self._told = tag("p", "reach", role="status", testid="emergency-reach")
                self._hold = HoldButton(
                    self._send, self._ask_and_send, classes="hold-alert", testid="emergency-send"
                )
                self._problem = ProblemNote("emergency-problem")
        self._refresh()
        page.on_change(self._fleet_changed)
        page.on_beat(self._measure)

    async def load(self) -> None:
        """Sites, groups and the first reach."""
        try:
            sites, groups = await asyncio.gather(
                self._page.hub.places.sites(), self._page.hub.places.groups()
            )
        except HubError:
            sites, groups = [], []  # the hub-away strip says why; everybody can still be alerted
        self.scope.offer(sites, groups)

    def _fleet_changed(self, change: Change) -> None:
        self._reach.fleet_changed(change.hub)

    def _scope_changed(self) -> None:
        self._reach.scope_changed()
        self._refresh()

    async def _measure(self) -> None:
        if self._may_not:
            return  # the hub would not say
        try:
            if await self._reach.measure(None if self.scope.empty else self.scope.scope):
                self._refresh()
        except HubError as error:
            explain(self._page.session, error)

    def _refresh(self) -> None:
        form, counting = self._form, self._reach.counting
        preview = None if counting else self._reach.preview
        self._glass.show(form.previewed)
        told = "Counting the screens…" if counting else reach(preview)
        set_text(self._told, "Choose who sees it." if self.scope.empty else "" if self._may_not else told)
        none = preview is not None and preview.targeted == 0
        switch_class(self._told, "reach-none", self.scope.empty or none)
        set_text(self._hold.text, alert_button(preview))
        hint = "Sending…" if self._sending else self._hint_of(form)
        set_text(self._hold.hint, "Not for your role" if self._may_not else hint)
        set_attribute(self._hold.element, "aria-disabled", "true" if self._problem_now() else "false")

    @staticmethod
    def _hint_of(form: AlertForm) -> str:
        if not form.title:
            return "Write a title first"
        return "Finish the other languages first" if form.problem else "Hold to send"

    def _problem_now(self) -> str:
        """Why it cannot be sent as it is, or nothing."""
        if self._may_not:
            return self._may_not
        if self._sending:
            return "It is being sent."
        if self._form.problem:
            return self._form.problem
        if self.scope.empty:
            return "This reaches no screen. Choose who sees it."
        if self._reach.counting:
            return "The screens are being counted. Press again in a moment."
        if self._reach.preview is not None and self._reach.preview.targeted == 0:
            return "This reaches no screen. Choose who sees it."
        return ""

    async def _ask_and_send(self) -> None:
        """A short press: a question instead of the hold."""
        if not self._check():
            return
        if await confirm(
            f"{alert_button(self._reach.preview)} now?",
            reach(self._reach.preview),
            "Send the alert",
            details=lambda: severity_badge(self._form.severity),
        ):
            await self._send()

    def _check(self) -> bool:
        problem = self._problem_now()
        self._problem.say("" if self._sending else problem)
        return not problem

    async def _send(self) -> None:
        if not self._check():
            return
        self._sending = True
        self._refresh()
        request = self._form.request(self.scope.scope)
        try:
            created = await self._page.hub.activate(request, self._once.key(request))
        except HubError as error:
            self._sending = False
            self._refresh()
            lost = " Pressing again is safe: it stays one alert." if error.status is None else ""
            self._problem.say(error.sentence + lost)
            if error.signed_out:
                explain(self._page.session, error)
            return
        ui.navigate.to(f"/emergencies/{created.id}")
