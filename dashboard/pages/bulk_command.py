"""`/commands/many/{id}`: one command to many screens: how far it has come, and the way to take it back."""

from __future__ import annotations

import time
from typing import Final

from fastapi.responses import RedirectResponse
from nicegui import ui

from dashboard.clock import to_ms
from dashboard.command_sentences import COMMAND_WORDS, bulk_open, bulk_verdict
from dashboard.components.bulk_progress import BulkBar
from dashboard.components.buttons import button
from dashboard.components.command_finder import CommandFinder
from dashboard.components.dialogs import confirm, toast
from dashboard.components.markup import set_text, switch_class, tag
from dashboard.frame import LivePage, frame, open_session
from dashboard.hub_http import HubError
from dashboard.sentences import count
from dashboard.session import explain
from protocol.api import BulkCommand
from protocol.vocabulary import Permission

_ASK_EVERY_S: Final = 1.0


@ui.page("/commands/many/{bulk_id}")
async def bulk_command_page(bulk_id: str) -> RedirectResponse | None:
    """Its progress, asked for once a second until nothing of it is open any more."""
    session = await open_session()
    if isinstance(session, RedirectResponse):
        return session
    try:
        bulk, problem = await session.hub.bulk_command(bulk_id), ""
    except HubError as error:
        bulk, problem = None, error.sentence
    with frame(session, COMMAND_WORDS[bulk.command] if bulk else "Command", "commands") as page:
        if bulk is None:
            with tag("div", "empty"):
                tag("h1", "empty-title", problem)
                tag("a", "btn", "All commands", href="/commands")
            return None
        many = _Many(page, bulk)
    await many.finder.load()
    return None


class _Many:
    def __init__(self, page: LivePage, bulk: BulkCommand) -> None:
        self._page, self._bulk = page, bulk
        self._asking = False
        self._asked_at = time.monotonic()
        with tag("div", "page-head"):
            with tag("div", "page-head-words"):
                tag("a", "crumb", "Commands", href="/commands")
                tag("h1", "page-title", f"{COMMAND_WORDS[bulk.command]}: {bulk.scope_text}")
                self._lead = tag("p", "page-lead")
            self._cancel = button(
                "Cancel what is open", self._cancel_open, kind="big", icon="close", testid="bulk-cancel"
            )
        with tag("section", "card bulk-card", aria_label="Progress"):
            self._verdict = tag("p", "progress-count", role="status", testid="bulk-verdict")
            self._bar = BulkBar(legend=True)
        with tag("section", "card list-card", aria_label="Screen by screen"):
            tag("h2", "card-title", "Screen by screen")
            self.finder = CommandFinder(page, bulk_id=bulk.id)
        self._show(bulk)
        page.on_beat(self._ask)

    def _show(self, bulk: BulkCommand) -> None:
        self._bulk = bulk
        still_open = bulk_open(bulk)
        set_text(self._lead, self._sent(bulk))
        set_text(self._verdict, bulk_verdict(bulk))
        self._bar.show(bulk)
        may = self._page.session.may(Permission.COMMANDS_SEND)
        switch_class(self._cancel, "hidden", not (may and still_open))

    def _sent(self, bulk: BulkCommand) -> str:
        clock, now_ms = self._page.clock, self._page.now_ms
        by = f" by {bulk.created_by}" if bulk.created_by else ""
        said = f"Sent {clock.precise(to_ms(bulk.created_at), now_ms)}{by}."
        if not bulk_open(bulk):
            return said
        return f"{said} What is not done by {clock.moment(to_ms(bulk.expires_at), now_ms)} expires."

    async def _ask(self) -> None:
        due = time.monotonic() - self._asked_at >= _ASK_EVERY_S
        if self._asking or not due or not bulk_open(self._bulk):
            return
        self._asking = True
        try:
            before = self._bulk.counts
            self._show(await self._page.hub.bulk_command(self._bulk.id))
            if self._bulk.counts != before:
                await self.finder.refresh()
        except HubError as error:
            # The hub-away strip says what is wrong, and the next beat tries again.
            if error.signed_out:
                explain(self._page.session, error)
        finally:
            self._asking, self._asked_at = False, time.monotonic()

    async def _cancel_open(self) -> None:
        screens = count(bulk_open(self._bulk), "screen")
        sure = await confirm(
            f"Cancel it for {screens}?",
            "What has not been sent yet is not sent. A screen that has it already may do it all the same.",
            "Cancel the command",
        )
        if not sure:
            return
        try:
            bulk = await self._page.hub.cancel_bulk(self._bulk.id)
        except HubError as error:
            explain(self._page.session, error)
            return
        self._show(bulk)
        toast("What was open is cancelled.")
        await self.finder.load()
