"""The filters of proof of play: which days, which screens, which contents, and by what it is added up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from dashboard.components.markup import Tag, set_attribute, tag
from dashboard.report_filter import GROUPINGS, ReportWanted

_VALUE: Final = "(e) => emit(e.target.value)"
_NONE: Final = {"screen": "Every screen", "content": "Every content", "site": "Every site"}


class ReportFilters:
    """Calls `on_change` with what is wanted now."""

    def __init__(self, wanted: ReportWanted, on_change: Callable[[ReportWanted], Any]) -> None:
        self.wanted = wanted
        self._on_change = on_change
        self._boxes: dict[str, Tag] = {}
        self._groups: dict[str, Tag] = {}
        with tag("search", "card filters", aria_label="Filters"):
            with tag("div", "filters-line"):
                self._day("since", "From", wanted.since)
                self._day("until", "Until, with that day", wanted.until)
                for name, text in (("site", "Site"), ("screen", "Screen"), ("content", "Content")):
                    with tag("label", "field filters-wide"):
                        tag("span", "field-label", text)
                        box = tag("select", "input select", testid=f"report-{name}")
                    self._listen(box, name)
                    self._boxes[name] = box
                    self.offer(name, {})
            with tag("div", "templates report-groups", role="group", aria_label="One line for each"):
                tag("span", "field-label", "One line for each")
                for key, text in GROUPINGS.items():
                    chip = tag("button", "template", text, type="button", testid=f"report-by-{key}")
                    self._groups[key] = chip.on("click", lambda key=key: self._turn(key), [])
        self._mark()

    def offer(self, name: str, offered: Mapping[str, str]) -> None:
        """What there is to choose from, by id. What is asked for already stays chosen, known or not."""
        chosen = getattr(self.wanted, name)
        whole = dict(offered)
        if chosen:
            whole.setdefault(chosen, "The one that was chosen")
        box = self._boxes[name]
        box.clear()
        with box:
            tag("option", "", _NONE[name], value="", selected=not chosen)
            for key, words in sorted(whole.items(), key=lambda pair: pair[1].casefold()):
                tag("option", "", words, value=key, selected=key == chosen)

    def _day(self, name: str, text: str, value: str) -> None:
        with tag("label", "field"):
            tag("span", "field-label", text)
            box = tag("input", "input", type="date", value=value, required=True, testid=f"report-{name}")
        self._listen(box, name)

    def _listen(self, box: Tag, name: str) -> None:
        box.on("change", lambda event: self._say(**{name: str(event.args or "")}), js_handler=_VALUE)

    def _turn(self, key: str) -> Any:
        """At least one stays: a report of one line is the sum above it."""
        groups = set(self.wanted.groups) ^ {key}
        return self._say(by=",".join(groups)) if groups else None

    def _say(self, **said: str) -> Any:
        wanted = self.wanted.but(**said)
        if wanted == self.wanted:
            return None
        self.wanted = wanted
        self._mark()
        return self._on_change(wanted)

    def _mark(self) -> None:
        for key, chip in self._groups.items():
            set_attribute(chip, "aria-pressed", "true" if key in self.wanted.groups else "false")
