"""Several of many, found by typing: sites, groups or screens, each with a box to tick."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

from dashboard.components.markup import set_attribute, set_text, tag
from dashboard.components.search_box import search_box

_MOST_OFFERED: Final = 60


class Choice(NamedTuple):
    """What can be ticked. `depth`: how far it lies inside of others, `above`: their names; `mark`: a chip."""

    id: str
    name: str
    note: str = ""
    depth: int = 0
    above: tuple[str, ...] = ()
    mark: str = ""


class PickList:
    """`chosen` is id to name. Asks `offered` whenever the list is filled, calls `on_change` at each tick.

    The chosen come first, unless some lie inside of others: then the order is theirs.
    """

    def __init__(
        self, offered: Callable[[], Iterable[Choice]], on_change: Callable[[], Any], testid: str
    ) -> None:
        self._offered = offered
        self._on_change = on_change
        self._testid = testid
        self._typed = ""
        self.chosen: dict[str, str] = {}
        self._box = search_box("Search", "", f"{testid}-search", self._type)
        self._list = tag("div", "scope-list", role="group", testid=f"{testid}-list")
        self._summary = tag("p", "scope-summary", role="status", testid=f"{testid}-summary")

    def turn(self, chosen: dict[str, str], placeholder: str) -> None:
        """Offer anew, with these chosen; `chosen` is changed by ticks."""
        self.chosen, self._typed = chosen, ""
        set_attribute(self._box, "placeholder", placeholder)
        self.fill()

    def fill(self) -> None:
        """Draw what fits."""
        fitting = self._fitting()
        self._list.clear()
        with self._list:
            for choice in fitting[:_MOST_OFFERED]:
                self._draw(choice)
            if len(fitting) > _MOST_OFFERED:
                tag("p", "scope-more", f"{len(fitting) - _MOST_OFFERED:,} more. Type part of a name.")
            if not fitting:
                tag("p", "scope-more", "Nothing has that name." if self._typed else "There are none yet.")
        self._summarise()

    def _type(self, text: str) -> None:
        self._typed = text.strip()
        self.fill()

    def _fitting(self) -> list[Choice]:
        wanted = self._typed.casefold()
        every = list(self._offered())
        fitting = [choice for choice in every if wanted in f"{choice.name} {choice.note}".casefold()]
        if any(choice.depth for choice in every):
            return fitting
        fitting.sort(key=lambda choice: (choice.id not in self.chosen, choice.name.casefold()))
        return fitting

    def _draw(self, choice: Choice) -> None:
        # Found by typing, it is not below what it lies in: then it says where it lies.
        depth, place = (0, choice.above) if self._typed else (choice.depth, ())
        classes = "check check-in" if depth else "check"
        with tag("label", classes, style=f"--depth:{depth}" if depth else None):
            box = tag(
                "input",
                "",
                type="checkbox",
                checked=choice.id in self.chosen,
                testid=f"{self._testid}-choice",
            )
            box.on(
                "change",
                lambda event: self._tick(choice, bool(event.args)),
                js_handler="(e) => emit(e.target.checked)",
            )
            tag("span", "check-name", " › ".join((*place, choice.name)))
            if choice.mark:
                tag("span", "chip", choice.mark)
            tag("span", "check-note", choice.note)

    def _tick(self, choice: Choice, on: bool) -> None:
        if on:
            self.chosen[choice.id] = choice.name
        else:
            self.chosen.pop(choice.id, None)
        self._summarise()
        self._on_change()

    def _summarise(self) -> None:
        chosen = list(self.chosen.values())
        shown = ", ".join(chosen[:4]) + (f" and {len(chosen) - 4:,} more" if len(chosen) > 4 else "")
        set_text(self._summary, f"Chosen: {shown}" if chosen else "Nothing chosen yet.")


def choices_of(screens: Iterable[tuple[str, str, str]]) -> Iterable[Choice]:
    """Of (id, name, site) of each screen."""
    return (Choice(screen_id, name, site) for screen_id, name, site in screens)
