"""`/audit`: who did what, when and from where; found, opened, exported, verified."""

from __future__ import annotations

import asyncio
from typing import Final

from fastapi.responses import RedirectResponse
from nicegui import ui

from dashboard import rights
from dashboard.audit_filter import Wanted
from dashboard.audit_names import Names
from dashboard.components.audit_entry import AuditEntry
from dashboard.components.audit_filters import AuditFilters
from dashboard.components.audit_names import read_names
from dashboard.components.audit_verdict import AuditVerification
from dashboard.components.buttons import button
from dashboard.components.dialogs import card_dialog, put_away
from dashboard.components.manage import managed
from dashboard.components.markup import set_text, switch_class, tag
from dashboard.components.problem_note import ProblemNote
from dashboard.flash import said
from dashboard.frame import LivePage, open_session
from dashboard.hub_http import HubError
from protocol.audit import AuditAction
from protocol.vocabulary import Permission

_PAGE: Final = "50"
_FORMATS: Final = (
    ("csv", "CSV", "For a spreadsheet: a column for each field."),
    ("jsonl", "JSON Lines", "For programs, and as proof: clarion audit verify --file checks it."),
)


@ui.page("/audit")
async def audit_page() -> RedirectResponse | None:
    """The newest entries that fit the address."""
    session = await open_session()
    if isinstance(session, RedirectResponse):
        return session
    wanted = Wanted.of(ui.context.client.request.query_params)
    with managed(session, "Audit log", "audit", Permission.AUDIT_READ) as page:
        log = _AuditLog(page, wanted) if page is not None else None
    if log is not None:
        await log.open()
    return None


class _AuditLog:
    def __init__(self, page: LivePage, wanted: Wanted) -> None:
        self._page = page
        self._names = Names()
        self._cursor: str | None = None
        self._shown = self._loading = 0
        with tag("div", "page-head"):
            with tag("div", "page-head-words"):
                tag("h1", "page-title", "Audit log")
                tag("p", "page-lead", "Who did what, when and from where. Nothing in it is ever changed.")
            actions = tag("div", "page-actions")
        verification = AuditVerification(page)
        with actions:
            if rights.has_feature(page.session.me, rights.AUDIT_EXPORT):
                button("Export", self._export, icon="export", testid="audit-export")
            verification.draw_button()
        self._problem = ProblemNote("audit-problem")
        self._filters = AuditFilters(wanted, self._changed)
        with tag("section", "card entries-card", aria_label="Entries"):
            with tag("div", "card-head"):
                self._count = tag("p", "row-note", role="status", testid="audit-count")
                with tag("div", "entries-tools"):
                    self._clear = tag("a", "btn btn-small", "Clear filters", href="/audit")
                    self._clear.props["data-testid"] = "audit-clear"
                    button("Refresh", self._load, kind="small", icon="reload", testid="audit-refresh")
            self._list = tag("ul", "entries", testid="audit-entries")
            self._older = button("Load more", self._load_more, kind="wide", testid="audit-older")
        switch_class(self._older, "hidden", True)
        self._problem.say(said().get("problem", ""))

    async def open(self) -> None:
        """Names first: the sentences are made of them."""
        self._names, actions = await asyncio.gather(read_names(self._page), self._actions())
        self._filters.offer(actions)
        await self._load()

    async def _actions(self) -> list[AuditAction]:
        try:
            return await self._page.hub.audit.actions()
        except HubError:
            return []  # the entries, which are asked for next, say why

    async def _changed(self, wanted: Wanted) -> None:
        ui.navigate.history.replace(wanted.address())
        self._problem.say("")
        await self._load()

    async def _load(self) -> None:
        await self._read(None)

    async def _load_more(self) -> None:
        if self._cursor is not None:
            await self._read(self._cursor)

    async def _read(self, cursor: str | None) -> None:
        self._loading += 1
        mine, wanted = self._loading, self._filters.wanted
        question = {**wanted.question(self._page.clock), "limit": _PAGE}
        if cursor is not None:
            question["cursor"] = cursor
        try:
            found = await self._page.hub.audit.find(question)
        except HubError as error:
            self._problem.refused(self._page.session, error)
            return
        if mine != self._loading:
            return  # the question is another one by now
        if cursor is None:
            self._list.clear()
            self._shown = 0
        self._cursor = found.next_cursor
        self._shown += len(found.items)
        self._names.learn(found.items)
        with self._list:
            for row in found.items:
                AuditEntry(self._page, row, self._names, opened=bool(wanted.seq))
        self._tell(wanted)

    def _tell(self, wanted: Wanted) -> None:
        more = self._cursor is not None
        entries = f"{self._shown:,} {'entry' if self._shown == 1 else 'entries'}"
        if self._shown:
            words = f"The newest {entries}" if more else entries
        elif more:
            words = "None fits among the newest million entries. Older ones may."
        else:
            words = "No entry fits." if wanted.asked else "There is no entry yet."
        set_text(self._count, words + (", filtered" if wanted.asked and self._shown else ""))
        switch_class(self._older, "hidden", not more)
        switch_class(self._clear, "hidden", not wanted.asked)

    async def _export(self) -> None:
        wanted = self._filters.wanted
        dialog, card = card_dialog("Export the audit log")
        with card:
            what = "What the filters find" if wanted.asked else "All entries"
            tag(
                "p",
                "dialog-text",
                f"{what}, the oldest first. A file holds at most 100,000 entries: if there may be more, "
                "choose days, and take one file after the other.",
            )
            for key, name, words in _FORMATS:
                address = wanted.address("/audit/export")
                link = f"{address}{'&' if '?' in address else '?'}format={key}"
                with tag("a", "export-choice", href=link, testid=f"audit-export-{key}") as choice:
                    tag("strong", "", name)
                    tag("span", "row-note", words)
                choice.on("click", lambda: dialog.submit(None), [])
            with tag("div", "dialog-actions"):
                button("Close", lambda: dialog.submit(None))
        try:
            await dialog
        finally:
            put_away(dialog)
