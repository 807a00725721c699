"""The part of an entry's dialog that says on which days, and at which times of them."""

from __future__ import annotations

from datetime import date
from typing import Final

from nicegui import ui

from dashboard.components.form_dialog import Unfit, labelled, text_field, tick_list
from dashboard.components.markup import set_text, switch_class, tag
from dashboard.schedule_typed import (
    KINDS,
    NTH,
    WEEKDAYS,
    Days,
    NotATime,
    dayparts_of,
    dayparts_text,
    days_of,
    kind_of,
    rule_of,
)
from protocol.schedule import Entry

_BOX: Final = "outlined dense options-dense popup-content-class=menu"
_EVERY: Final = {1: "Every week", 2: "Every second week", 3: "Every third week", 4: "Every fourth week"}
_MONTH_DAYS: Final = {**{day: f"The {day}." for day in range(1, 32)}, -1: "The last day"}


class EntryTimes:
    """Drawn where it is made. `today`: the first day of a rule for which none is said."""

    def __init__(self, entry: Entry | None, today: date) -> None:
        days = days_of(entry) if entry is not None else Days()
        self._today = today
        with labelled("Days"):
            self._kind = ui.select(dict(KINDS), value=days.kind, on_change=self._show).props(
                f"{_BOX} data-testid=entry-days"
            )
        with tag("div", "entry-part") as weekdays:
            short = {key: name[:3] for key, name in WEEKDAYS.items()}
            with tag("div", "weekday-ticks"):
                self._weekdays = tick_list(short, list(days.weekdays), "entry-weekday")
            every = _EVERY | {
                days.every_weeks: _EVERY.get(days.every_weeks, f"Every {days.every_weeks} weeks")
            }
            self._every = ui.select(every, value=days.every_weeks).props(f"{_BOX} data-testid=entry-every")
        with tag("div", "entry-part") as month_day:
            self._month_day = ui.select(dict(_MONTH_DAYS), value=days.month_day).props(
                f"{_BOX} data-testid=entry-month-day"
            )
        with tag("div", "field-pair") as month_weekday:
            self._nth = ui.select(dict(NTH), value=days.nth).props(f"{_BOX} data-testid=entry-nth")
            self._weekday = ui.select(dict(WEEKDAYS), value=days.weekday).props(
                f"{_BOX} data-testid=entry-nth-weekday"
            )
        with tag("div", "entry-part") as rule:
            self._rule = text_field(
                "Rule",
                "entry-rule",
                days.rule,
                hint="As calendars write it (RFC 5545), of days only.",
                placeholder="FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24",
                maxlength="500",
                spellcheck="false",
            )
        with tag("label", "field") as first:
            self._first_label = tag("span", "field-label")
            self._first = ui.input(value=days.first.isoformat() if days.first else "").props(
                "outlined dense type=date data-testid=entry-first-day"
            )
        self._parts = {
            "weekdays": weekdays,
            "month_day": month_day,
            "month_weekday": month_weekday,
            "rule": rule,
        }
        self._first_part = first
        self._dayparts = text_field(
            "Times of day",
            "entry-dayparts",
            dayparts_text(entry.dayparts) if entry is not None else "",
            hint="Like 08:00-12:00, 22:00-02:00. Empty means all day.",
            placeholder="All day",
        )
        self._show()

    def days(self) -> tuple[date | None, str | None]:
        """The first day and the rule. Raises Unfit."""
        typed = self._first.value or ""
        try:
            first = date.fromisoformat(typed) if typed else None
        except ValueError:
            raise Unfit("The first day is no day of the calendar.") from None
        chosen = Days(
            kind_of(self._kind.value),
            tuple(self._weekdays()),
            self._every.value,
            self._month_day.value,
            self._nth.value,
            self._weekday.value,
            self._rule(),
            first,
        )
        try:
            return rule_of(chosen, self._today)
        except NotATime as error:
            raise Unfit(str(error)) from None

    def dayparts(self) -> list[list[str]]:
        """Raises Unfit."""
        try:
            return dayparts_of(self._dayparts())
        except NotATime as error:
            raise Unfit(str(error)) from None

    def _show(self) -> None:
        kind = self._kind.value
        for key, part in self._parts.items():
            switch_class(part, "hidden", key != kind)
        switch_class(self._first_part, "hidden", kind == "every_day")
        set_text(self._first_label, "Day" if kind == "one_day" else "From (today, if empty)")
