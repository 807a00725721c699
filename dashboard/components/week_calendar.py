"""A week as a calendar: seven days, their hours, and what plays in which of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from dashboard.components.markup import Tag, tag
from dashboard.schedule_sentences import block_words, hours
from dashboard.week import DAY_MIN, Block, Week, clock_change
from protocol.vocabulary import PlaysBecause

_HOURS: Final = range(0, 24, 3)
_TIMES_MIN: Final = 75
_NAME_MIN: Final = 35
"""A block that is shorter has no room for its times, or not even for a name."""

_WHERE: Final = (
    "(e) => { e.stopPropagation(); const d = e.currentTarget.closest('.week-day').getBoundingClientRect();"
    " emit(e.detail ? (e.clientY - d.top) / d.height : -1); }"
)
"""How far down the day was pressed; below nothing for a press by key."""


class WeekCalendar:
    """Calls `on_ask` with the day (0 is Monday) and the minute, by the clock there, that was pressed."""

    def __init__(self, on_ask: Callable[[int, int], Any]) -> None:
        self._on_ask = on_ask
        self._days: list[Tag] = []
        self._now: Tag | None = None
        self._mark: Tag | None = None
        self._frame = tag("div", "week", role="group", aria_label="Week", testid="week")

    def draw(self, week: Week, blocks: Sequence[Block], tones: Mapping[str, int], now: datetime) -> None:
        """Draw anew, without the mark."""
        self._now = self._mark = None
        self._days = []
        self._frame.clear()
        today = now.astimezone(week.zone).date()
        with self._frame, tag("div", "week-grid"):
            tag("span", "week-corner")
            for day in week.days:
                classes = "week-name week-today" if day == today else "week-name"
                with tag("div", classes):
                    tag("span", "", f"{day:%a}")
                    tag("span", "week-date", f"{day.day} {day:%b}")
                    turned = clock_change(day, week.zone)
                    if turned:
                        tag("span", "chip", "clocks change", title=turned, testid="week-clocks")
            with tag("div", "week-hours", aria_hidden="true"):
                for hour in _HOURS:
                    tag("span", "week-hour num", f"{hour:02}:00", style=f"top: {_percent(hour * 60)}")
            for number in range(7):
                column = tag("div", "week-day", testid=f"week-day-{number}")
                column.on(
                    "click",
                    lambda event, number=number: self._press(number, event.args, 0),
                    js_handler=_WHERE,
                )
                self._days.append(column)
                with column:
                    for block in blocks:
                        if block.day == number:
                            self._block(block, week, tones)
        self.tick(week, now)

    def tick(self, week: Week, now: datetime) -> None:
        """Move the line that shows what time it is there."""
        local = now.astimezone(week.zone)
        self._now = self._line(self._now, week, local, "week-now")

    def mark(self, week: Week, at: datetime) -> None:
        """Show at which moment was asked."""
        self._mark = self._line(self._mark, week, at.astimezone(week.zone), "week-mark")

    def _line(self, old: Tag | None, week: Week, local: datetime, classes: str) -> Tag | None:
        if old is not None:
            old.delete()
        day = (local.date() - week.monday).days
        if not 0 <= day < len(self._days):
            return None
        with self._days[day]:
            return tag(
                "div", classes, style=f"top: {_percent(local.hour * 60 + local.minute)}", testid=classes
            )

    def _block(self, block: Block, week: Week, tones: Mapping[str, int]) -> None:
        segment, length = block.segment, block.ends_min - block.begins_min
        fallback = segment.because is PlaysBecause.DEFAULT
        words = block_words(segment, week)
        pressed = tag(
            "button",
            f"week-slot tone-{tones.get(segment.playlist_id or '', 0)}"
            + (" week-slot-default" if fallback else ""),
            type="button",
            style=f"top: {_percent(block.begins_min)}; height: {_percent(length)}",
            title=words,
            aria_label=words,
            testid="week-block",
        )
        pressed.on(
            "click",
            lambda event: self._press(block.day, event.args, block.begins_min),
            js_handler=_WHERE,
        )
        with pressed:
            if length >= _NAME_MIN:
                short = "" if length >= _TIMES_MIN else " week-slot-short"
                tag("span", f"week-slot-name{short}", segment.playlist_name or "")
            if length >= _TIMES_MIN:
                tag("span", "week-slot-note num", hours(segment, week))

    def _press(self, day: int, part: Any, otherwise: int) -> Any:
        part = float(part)
        minute = otherwise if part < 0 else min(max(int(part * DAY_MIN) // 5 * 5, 0), DAY_MIN - 1)
        return self._on_ask(day, minute)


def _percent(minutes: int) -> str:
    return f"{minutes * 100 / DAY_MIN:.3f}%"
