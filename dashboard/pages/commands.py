"""`/commands`: what was ordered of the screens: to many at once, and every single command."""

from __future__ import annotations

import time
from typing import Final

from fastapi.responses import RedirectResponse
from nicegui import ui

from dashboard.clock import to_ms
from dashboard.command_sentences import COMMAND_WORDS, bulk_open, bulk_verdict
from dashboard.components.bulk_progress import BulkBar
from dashboard.components.command_finder import CommandFinder
from dashboard.components.icons import icon
from dashboard.components.markup import Tag, set_text, tag
from dashboard.frame import LivePage, frame, open_session
from dashboard.hub_http import HubError
from dashboard.session import explain
from dashboard.subscription import Change
from protocol.api import BulkCommand
from protocol.vocabulary import CommandStatus

_LISTED: Final = 5
_ASK_EVERY_S: Final = 1.0


@ui.page("/commands")
async def commands_page() -> RedirectResponse | None:
    """The newest orders to many, and a list of all commands with its filters."""
    session = await open_session()
    if isinstance(session, RedirectResponse):
        return session
    with frame(session, "Commands", "commands") as page:
        with tag("div", "page-head"):
            tag("h1", "page-title", "Commands")
            if not session.may_not_send_to_many():
                with tag("a", "btn btn-primary", href="/commands/new", testid="commands-new"):
                    icon("send")
                    tag("span", "", "Send to many screens")
        many = _SentToMany(page)
        with tag("section", "card list-card", aria_label="All commands"):
            tag("h2", "card-title", "All commands")
            finder = CommandFinder(page)
    await many.load()
    await finder.load()
    return None


class _SentToMany:
    """The newest ones; asked for again once a second while something of them is open."""

    def __init__(self, page: LivePage) -> None:
        self._page = page
        self._rows: dict[str, tuple[Tag, BulkBar]] = {}
        self._open = self._asking = False
        self._asked_at = time.monotonic()
        with tag("section", "card list-card", aria_label="Sent to many"):
            tag("h2", "card-title", "Sent to many")
            self._list = tag("ul", "lines many-lines", testid="bulk-list")
        page.on_change(self._changed)
        page.on_beat(self._ask)

    async def load(self) -> None:
        try:
            bulks = await self._page.hub.bulk_commands(_LISTED)
        except HubError as error:
            # The hub-away strip says what is wrong, and the next beat tries again.
            self._open = not error.signed_out
            if error.signed_out:
                explain(self._page.session, error)
            return
        finally:
            self._asked_at = time.monotonic()
        self._open = any(bulk_open(bulk) for bulk in bulks)
        if list(self._rows) != [bulk.id for bulk in bulks] or not bulks:
            self._draw(bulks)
        for bulk in bulks:
            verdict, bar = self._rows[bulk.id]
            set_text(verdict, bulk_verdict(bulk))
            bar.show(bulk)

    def _changed(self, change: Change) -> None:
        # A new command may be of a new order to many.
        self._open |= change.resynchronised or any(c.status is CommandStatus.QUEUED for c in change.commands)

    async def _ask(self) -> None:
        if not self._open or self._asking or time.monotonic() - self._asked_at < _ASK_EVERY_S:
            return
        self._asking = True
        try:
            await self.load()
        finally:
            self._asking = False

    def _draw(self, bulks: list[BulkCommand]) -> None:
        self._rows.clear()
        self._list.clear()
        with self._list:
            for bulk in bulks:
                self._rows[bulk.id] = self._row(bulk)
            if not bulks:
                tag("li", "line line-none", "Nothing was sent to many screens yet.")

    def _row(self, bulk: BulkCommand) -> tuple[Tag, BulkBar]:
        sent = self._page.clock.moment(to_ms(bulk.created_at), self._page.now_ms)
        by = f" · {bulk.created_by}" if bulk.created_by else ""
        with (
            tag("li", "many-row", testid="bulk-row"),
            tag("a", "many-link", href=f"/commands/many/{bulk.id}"),
        ):
            with tag("span", "many-words"):
                tag("strong", "", f"{COMMAND_WORDS[bulk.command]}: {bulk.scope_text}")
                tag("span", "line-note", f"{sent}{by}")
            with tag("span", "many-progress"):
                verdict = tag("span", "many-verdict")
                bar = BulkBar(legend=False)
        return verdict, bar
