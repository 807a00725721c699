"""A strip above every page for what one must know of screens: quarantined ones, and many unstable ones."""

from __future__ import annotations

from typing import Final

from dashboard.components.icons import icon
from dashboard.components.markup import switch_class, tag
from dashboard.sentences import many_unstable, quarantined
from dashboard.store import Store

_MOST_NAMED: Final = 3


class AttentionBanner:
    """Names what is quarantined, and says it when many screens lose their connection again and again."""

    def __init__(self) -> None:
        self._shown: tuple[list[tuple[str, str]], str] = ([], "")
        self._strip = tag(
            "section", "attention hidden", role="status", aria_label="Needs attention", testid="attention"
        )

    def show(self, store: Store) -> None:
        rows = store.quarantined()
        unstable = many_unstable(store.counters.unstable, store.counters.screens)
        wanted = ([(row.id, row.name) for row in rows], unstable)
        if wanted == self._shown:
            return
        self._shown = wanted
        self._strip.clear()
        switch_class(self._strip, "hidden", not (rows or unstable))
        with self._strip:
            if rows:
                with tag("p", "attention-line attention-bad", testid="attention-quarantined"):
                    icon("alert")
                    tag("span", "", f"{quarantined(rows)} ")
                    for row in rows[:_MOST_NAMED]:
                        tag("a", "attention-link", row.name, href=f"/screens/{row.id}")
                    if len(rows) > _MOST_NAMED:
                        more = f"and {len(rows) - _MOST_NAMED:,} more"
                        tag("a", "attention-link", more, href="/?search=quarantined")
                    who = "It gets" if len(rows) == 1 else "They get"
                    tag("span", "attention-note", f" {who} nothing meanwhile, no alert either.")
            if unstable:
                with tag("p", "attention-line attention-warn", testid="attention-unstable"):
                    icon("unstable")
                    tag("span", "", f"{unstable} ")
                    tag("a", "attention-link", "Which?", href="/?show=unstable")
