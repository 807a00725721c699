"""Where somebody is signed in: browser, address, since when; each can be ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dashboard.account_sentences import browser_words
from dashboard.clock import Clock, to_ms
from dashboard.components.buttons import button
from dashboard.components.markup import tag
from protocol.access import SessionRow


class SessionList:
    """`on_end` is None where they are only to be seen."""

    def __init__(self, clock: Clock, on_end: Callable[[SessionRow], Any] | None = None) -> None:
        self._clock = clock
        self._on_end = on_end
        self._list = tag("ul", "rows", testid="sessions")

    def show(self, sessions: list[SessionRow], now_ms: int) -> None:
        """The one that asks first, then the one used last."""
        self._list.clear()
        with self._list:
            for row in sorted(sessions, key=lambda row: (not row.current, -to_ms(row.last_used_at))):
                self._row(row, now_ms)
            if not sessions:
                tag("li", "row row-none", "Not signed in anywhere.")

    def _row(self, row: SessionRow, now_ms: int) -> None:
        def moment(at: Any) -> str:
            return self._clock.moment(to_ms(at), now_ms)

        with tag("li", "row", testid="session"):
            with tag("div", "row-words"):
                with tag("strong", "row-title"):
                    tag("span", "", browser_words(row.user_agent))
                    if row.current:
                        tag("span", "pill pill-ok", "This one")
                    if row.acts_in:
                        tag("span", "chip", f"acts in {row.acts_in}")
                where = f"{row.ip_address or 'address unknown'} · since {moment(row.created_at)}"
                tag("span", "row-note", f"{where} · last used {moment(row.last_used_at)}")
            if self._on_end is not None and not row.current:
                on_end = self._on_end
                button("End", lambda: on_end(row), kind="small danger-quiet", testid="session-end")
