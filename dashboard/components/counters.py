"""The figures above the table of screens; each is a filter, pressed again it lets go."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from nicegui import ui

from dashboard.components.markup import Tag, set_attribute, set_text, switch_class, tag
from dashboard.store import Counters

_FILTERS: Final = (
    ("all", "screens", "Screens"),
    ("online", "online", "Online"),
    ("offline", "offline", "Offline"),
    ("unstable", "unstable", "Unstable"),
    ("playing", "playing", "Playing"),
    ("lagging", "lagging", "Behind"),
    ("alerted", "alerted", "Alert shown"),
)


class CounterStrip:
    """Eight counters of fixed width, so that a changing figure moves nothing."""

    def __init__(self, on_filter: Callable[[str], Any]) -> None:
        self._on_filter = on_filter
        self._chosen = "all"
        self._figures: dict[str, Tag] = {}
        self._buttons: dict[str, Tag] = {}
        with tag("div", "counters", role="group", aria_label="Filter by state"):
            for key, counter, text in _FILTERS:
                pressed = tag(
                    "button",
                    f"counter counter-{counter}",
                    type="button",
                    aria_pressed="false",
                    testid=f"counter-{counter}",
                )
                with pressed.on("click", lambda key=key: self._press(key), []):
                    self._figures[counter] = tag("span", "counter-figure", "0")
                    tag("span", "counter-text", text)
                self._buttons[key] = pressed
            waiting = tag("button", "counter counter-waiting", type="button", testid="counter-waiting")
            with waiting.on("click", lambda: ui.navigate.to("/approvals"), []):
                self._figures["waiting"] = tag("span", "counter-figure", "0")
                tag("span", "counter-text", "To approve")
        self.mark("all")

    def mark(self, chosen: str) -> None:
        """Show which filter is on."""
        self._chosen = chosen
        for key, pressed in self._buttons.items():
            set_attribute(pressed, "aria-pressed", "true" if key == chosen else "false")

    def show(self, counters: Counters, waiting: int) -> None:
        """`waiting`: how many devices ask to be let in."""
        for name, figure in self._figures.items():
            number = waiting if name == "waiting" else getattr(counters, name)
            set_text(figure, f"{number:,}")
            switch_class(figure, "counter-zero", number == 0)

    def _press(self, key: str) -> None:
        self._on_filter("all" if key == self._chosen else key)
