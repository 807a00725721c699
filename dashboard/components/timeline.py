"""What happened to one screen, the newest on top."""

from __future__ import annotations

from typing import Final

from dashboard.clock import Clock, to_ms
from dashboard.components.markup import tag
from protocol.api import TimelineItem
from protocol.live import TimelineEntry

_MOST_SHOWN: Final = 100


class Timeline:
    """Shows the history from the database and puts live entries before it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._list = tag("ul", "lines timeline", testid="timeline")

    def show(self, items: list[TimelineItem], now_ms: int) -> None:
        """Show these instead of what is shown."""
        self._list.clear()
        with self._list:
            for item in sorted(items, key=lambda item: item.at, reverse=True)[:_MOST_SHOWN]:
                self._line(item.kind, item.text, to_ms(item.at), now_ms)
            if not items:
                tag("li", "line line-none", "Nothing has happened yet.")

    def add(self, entry: TimelineEntry, now_ms: int) -> None:
        """Something happened just now."""
        lines = self._list.default_slot.children
        if lines and "line-none" in lines[0].classes:
            lines[0].delete()
        with self._list:
            self._line(entry.kind, entry.text, entry.at_ms, now_ms)
        lines[-1].move(target_index=0)
        while len(lines) > _MOST_SHOWN:
            lines[-1].delete()

    def _line(self, kind: str, text: str, at_ms: int, now_ms: int) -> None:
        with tag("li", f"line line-{kind.replace('.', '-')}", testid="timeline-row", data_kind=kind):
            tag("time", "line-time", self._clock.precise(at_ms, now_ms), title=self._clock.full(at_ms))
            tag("span", "line-words", text)
