"""One screen, or one group of screens, found by typing part of its name."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterable
from typing import Any, Final, Literal, NamedTuple

from nicegui import ui

from dashboard.components.markup import tag
from dashboard.components.search_box import search_box

_MOST_OFFERED: Final = 10


class Subject(NamedTuple):
    """`note`: its site, or how many screens are in it."""

    kind: Literal["screen", "group"]
    id: str
    name: str
    note: str = ""


class SubjectFinder:
    """Calls `on_found` with what is meant, and with None while something else is typed. `offered` gives all
    there is when asked."""

    def __init__(
        self,
        offered: Callable[[], Iterable[Subject]],
        on_found: Callable[[Subject | None], Any],
        placeholder: str,
        testid: str,
        chosen: Subject | None = None,
    ) -> None:
        self._offered, self._on_found, self._testid = offered, on_found, testid
        with tag("div", "screen-finder"):
            name = chosen.name if chosen else ""
            self._box = search_box(placeholder, placeholder, testid, self._type, value=name)
            self._found = tag("div", "finder-offered", role="group", aria_label="What has that name")
        if chosen is None:
            self._offer("")

    async def _type(self, text: str) -> None:
        self._offer(text)
        await self._mean(None)

    def _offer(self, text: str) -> None:
        wanted = text.strip().casefold()
        fitting = [subject for subject in self._offered() if wanted in subject.name.casefold()]
        fitting.sort(key=lambda subject: (subject.kind, subject.name.casefold()))
        self._found.clear()
        with self._found:
            for subject in fitting[:_MOST_OFFERED]:
                choice = tag("button", "template", type="button", testid=f"{self._testid}-choice")
                with choice.on("click", lambda subject=subject: self._choose(subject), []):
                    tag("span", "", subject.name)
                    if subject.note:
                        tag("span", "offer-note", f" {subject.note}")
            if len(fitting) > _MOST_OFFERED:
                tag("span", "scope-more", f"{len(fitting) - _MOST_OFFERED:,} more. Type more of the name.")
            if not fitting:
                tag("span", "scope-more", "Nothing has that name." if wanted else "There is none yet.")

    async def _choose(self, subject: Subject) -> None:
        self._found.clear()
        ui.run_javascript(f"getHtmlElement({self._box.id}).value = {json.dumps(subject.name)}")
        await self._mean(subject)

    async def _mean(self, subject: Subject | None) -> None:
        result = self._on_found(subject)
        if inspect.isawaitable(result):
            await result
