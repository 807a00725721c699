"""`/commands/new`: one command for many screens: what, for whom, and how many that are."""

from __future__ import annotations

import asyncio
from typing import Final

from fastapi.responses import RedirectResponse
from nicegui import ui

from dashboard.command_sentences import COMMAND_EFFECTS, command_button, command_reach
from dashboard.components.buttons import button
from dashboard.components.command_choice import CommandChoice
from dashboard.components.dialogs import confirm
from dashboard.components.markup import set_attribute, set_text, switch_class, tag
from dashboard.components.problem_note import ProblemNote
from dashboard.components.scope_picker import ScopePicker
from dashboard.frame import LivePage, frame, open_session
from dashboard.hub_http import HubError
from dashboard.once import Once
from dashboard.scope_reach import Reached, reached
from dashboard.session import explain
from dashboard.subscription import Change
from protocol.api import BulkCommandRequest
from protocol.vocabulary import CommandName

_SEEN_BY_PEOPLE: Final = frozenset({CommandName.REBOOT, CommandName.STOP, CommandName.PAUSE})
"""What takes something off the screens is asked about once more."""


@ui.page("/commands/new")
async def command_to_many_page() -> RedirectResponse | None:
    """Choose, see how many it goes to, send; then its progress."""
    session = await open_session()
    if isinstance(session, RedirectResponse):
        return session
    with frame(session, "Send a command", "commands") as page:
        composer = _Composer(page)
    await composer.load()
    return None


class _Composer:
    def __init__(self, page: LivePage) -> None:
        self._page = page
        self._once = Once[BulkCommandRequest]()
        self._sending = False
        self._may_not = page.session.may_not_send_to_many()
        with tag("div", "page-head"), tag("div", "page-head-words"):
            tag("a", "crumb", "Commands", href="/commands")
            tag("h1", "page-title", "Send to many screens")
        if self._may_not:
            tag("p", "note note-warn", self._may_not, testid="command-not-allowed")
        with tag("div", "compose"):
            with tag("div", "compose-form"):
                self._choice = CommandChoice(self._refresh)
                self._scope = ScopePicker("Which screens", page.store.choices, self._refresh)
            with tag("div", "compose-side"):
                self._choice.waiting()
                self._told = tag("p", "reach", role="status", testid="command-reach")
                self._button = button(
                    "", self._send, kind="primary big wide", icon="send", testid="command-send"
                )
                with self._button:
                    self._words = tag("span", "btn-text")
                self._problem = ProblemNote("command-problem")
        self._refresh()
        page.on_change(self._fleet_changed)

    async def load(self) -> None:
        """Sites and groups."""
        try:
            sites, groups = await asyncio.gather(
                self._page.hub.places.sites(), self._page.hub.places.groups()
            )
        except HubError:
            return  # the hub-away strip says why
        self._scope.offer(sites, groups)

    def _fleet_changed(self, change: Change) -> None:
        if change.screens or change.removed or change.hub:
            self._refresh()

    def _reached(self) -> Reached:
        return reached(self._page.store.approved(), self._scope.scope, self._scope.names)

    def _refresh(self) -> None:
        targeted, online = self._reached()
        command = self._choice.command
        told = "Choose which screens." if self._scope.empty else command_reach(targeted, online)
        set_text(self._told, told)
        switch_class(self._told, "reach-none", targeted == 0)
        words = "Choose a command" if command is None else command_button(command, targeted)
        set_text(self._words, "Sending…" if self._sending else words)
        set_attribute(self._button, "aria-disabled", "true" if self._problem_now() else "false")

    def _problem_now(self) -> str:
        """Why it cannot be sent as it is, or nothing."""
        if self._may_not:
            return self._may_not
        if self._sending:
            return "It is being sent."
        if self._choice.command is None:
            return "Choose what the screens shall do."
        if self._scope.empty or self._reached().targeted == 0:
            return "This goes to no screen. Choose which screens."
        return ""

    async def _send(self) -> None:
        problem, command = self._problem_now(), self._choice.command
        self._problem.say("" if self._sending else problem)
        if problem or command is None:
            return
        targeted, online = self._reached()
        words = command_button(command, targeted)
        if command in _SEEN_BY_PEOPLE and not await confirm(
            f"{words}?", f"Each: {COMMAND_EFFECTS[command]}. {command_reach(targeted, online)}", words
        ):
            return
        request = BulkCommandRequest(command, self._choice.args, self._scope.scope, self._choice.expires_in_s)
        self._sending = True
        self._refresh()
        try:
            accepted = await self._page.hub.send_to_many(request, self._once.key(request))
        except HubError as error:
            self._sending = False
            self._refresh()
            lost = " Pressing again is safe: it is sent once." if error.status is None else ""
            self._problem.say(error.sentence + lost)
            if error.signed_out:
                explain(self._page.session, error)
            return
        ui.navigate.to(f"/commands/many/{accepted.bulk_id}")
