"""Which screens proved that they showed the alert: when, after how long, and that the words were those."""

from __future__ import annotations

from typing import Final

from dashboard.clock import to_ms
from dashboard.components.buttons import button
from dashboard.components.markup import set_text, switch_class, tag
from dashboard.emergency_sentences import proven
from dashboard.frame import LivePage
from dashboard.hub_http import HubError
from dashboard.sentences import took
from dashboard.session import explain
from protocol.api import LedgerRow

_PAGE: Final = 100


class ProofList:
    """Read when somebody asks for it: a ledger has a line for every screen."""

    def __init__(self, page: LivePage, emergency_id: str) -> None:
        self._page, self._emergency_id = page, emergency_id
        self._content_hash = ""
        self._cursor: str | None = None
        with tag("div", "card-head"):
            tag("h2", "card-title", "Proof")
            button("Screen by screen", self._first, kind="small", testid="proof-show")
        tag(
            "p",
            "row-note",
            "When a screen has painted the alert, it reads the words from its glass and sends their hash.",
        )
        self._hash = tag("code", "proof-hash hidden", testid="proof-hash", title="SHA-256 of the words")
        self._list = tag("ul", "lines proof-lines hidden", testid="proof-list")
        self._more = button("More", self._next, kind="wide quiet", testid="proof-more")
        switch_class(self._more, "hidden", True)

    def proves(self, content_hash: str) -> None:
        """What every screen's hash is compared with."""
        self._content_hash = content_hash
        set_text(self._hash, content_hash)
        switch_class(self._hash, "hidden", not content_hash)

    async def _first(self) -> None:
        self._list.clear()
        await self._read(None)

    async def _next(self) -> None:
        await self._read(self._cursor)

    async def _read(self, cursor: str | None) -> None:
        try:
            page = await self._page.hub.ledger(self._emergency_id, cursor, _PAGE)
        except HubError as error:
            explain(self._page.session, error)
            return
        self._cursor = page.next_cursor
        switch_class(self._more, "hidden", page.next_cursor is None)
        switch_class(self._list, "hidden", False)
        with self._list:
            for row in page.items:
                if row.rendered_at is not None:
                    self._line(row)
            if not self._list.default_slot.children:
                tag("li", "line line-none", "No screen has proved it yet.")

    def _line(self, row: LedgerRow) -> None:
        words, tone = proven(row, self._content_hash)
        after = f"after {took(row.elapsed_ms)}" if row.elapsed_ms is not None else ""
        with tag("li", "line", testid="proof-row"):
            shown_ms = to_ms(row.rendered_at) if row.rendered_at is not None else 0
            tag("time", "line-time", self._page.clock.precise(shown_ms, self._page.now_ms))
            with tag("span", "line-words"):
                tag("a", "line-link", row.name, href=f"/screens/{row.device_id}")
                tag("span", "line-note", " · ".join(part for part in (row.site or "", after) if part))
            tag("span", f"pill pill-{tone}", words)
