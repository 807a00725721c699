"""Whom an emergency or a command is for: everybody, sites, groups, or single screens found by typing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, Literal

from dashboard.components.icons import icon
from dashboard.components.markup import Tag, set_attribute, set_text, switch_class, tag
from dashboard.sentences import count
from protocol.api import Scope
from protocol.places import Group, Site

Kind = Literal["all", "sites", "groups", "devices"]
_KINDS: Final[tuple[tuple[Kind, str], ...]] = (
    ("all", "All screens"),
    ("sites", "Sites"),
    ("groups", "Groups"),
    ("devices", "Single screens"),
)
_MOST_OFFERED: Final = 60


class ScopePicker:
    """Holds one `Scope`; calls `on_change` whenever it becomes another one.

    `screens` gives (id, name, site) of every approved screen when asked; sites and groups come with `offer`.
    """

    def __init__(
        self, legend: str, screens: Callable[[], Iterable[tuple[str, str, str]]], on_change: Callable[[], Any]
    ) -> None:
        self._screens = screens
        self._on_change = on_change
        self._kind: Kind = "all"
        self._chosen: dict[Kind, dict[str, str]] = {"sites": {}, "groups": {}, "devices": {}}
        self._places: dict[Kind, Sequence[Site | Group]] = {"sites": [], "groups": []}
        self._typed = ""
        self._tabs: dict[Kind, Tag] = {}
        with tag("fieldset", "scope", testid="scope"):
            tag("legend", "field-label", legend)
            with tag("div", "segments", role="group"):
                for kind, text in _KINDS:
                    self._tabs[kind] = tag("button", "segment", text, type="button", testid=f"scope-{kind}")
                    self._tabs[kind].on("click", lambda kind=kind: self._turn(kind), [])
            self._panel = tag("div", "scope-panel hidden")
            with self._panel:
                with tag("label", "search"):
                    icon("search")
                    self._search_label = tag("span", "sr-only", "Search")
                    self._box = tag(
                        "input", "input", type="search", autocomplete="off", testid="scope-search"
                    )
                self._box.on(
                    "input",
                    lambda event: self._type(str(event.args)),
                    js_handler="(e) => emit(e.target.value)",
                )
                self._list = tag("div", "scope-list", role="group", testid="scope-list")
                self._summary = tag("p", "scope-summary", role="status")
        self._mark()

    @property
    def scope(self) -> Scope:
        if self._kind == "all":
            return Scope()
        return Scope(self._kind, list(self._chosen[self._kind]))

    @property
    def names(self) -> list[str]:
        """What is chosen, by name; empty for everybody."""
        return [] if self._kind == "all" else list(self._chosen[self._kind].values())

    @property
    def empty(self) -> bool:
        return self._kind != "all" and not self._chosen[self._kind]

    def offer(self, sites: Sequence[Site], groups: Sequence[Group]) -> None:
        """The sites and groups there are."""
        self._places = {"sites": sites, "groups": groups}
        self._fill()

    def choose_devices(self, devices: dict[str, str]) -> None:
        """Begin with these screens (id to name)."""
        self._chosen["devices"] = dict(devices)
        self._turn("devices")

    def _turn(self, kind: Kind) -> None:
        self._kind, self._typed = kind, ""
        self._mark()
        self._on_change()

    def _mark(self) -> None:
        for kind, pressed in self._tabs.items():
            set_attribute(pressed, "aria-pressed", "true" if kind == self._kind else "false")
        switch_class(self._panel, "hidden", self._kind == "all")
        set_attribute(
            self._box, "placeholder", "Type part of a name" if self._kind == "devices" else "Search"
        )
        self._fill()

    def _type(self, text: str) -> None:
        self._typed = text.strip()
        self._fill()

    def _offered(self) -> list[tuple[str, str, str]]:
        """(id, name, note) of what can be chosen, the chosen first."""
        if self._kind == "devices":
            every = [(key, name, site) for key, name, site in self._screens()]
        else:
            places = self._places.get(self._kind, [])
            every = [(place.id, place.name, count(place.devices, "screen")) for place in places]
        wanted = self._typed.casefold()
        chosen = self._chosen.get(self._kind, {})
        fitting = [entry for entry in every if wanted in f"{entry[1]} {entry[2]}".casefold()]
        fitting.sort(key=lambda entry: (entry[0] not in chosen, entry[1].casefold()))
        return fitting

    def _fill(self) -> None:
        self._list.clear()
        if self._kind == "all":
            return
        offered = self._offered()
        chosen = self._chosen[self._kind]
        with self._list:
            for key, name, note in offered[:_MOST_OFFERED]:
                with tag("label", "check"):
                    box = tag("input", "", type="checkbox", checked=key in chosen, testid="scope-choice")
                    box.on(
                        "change",
                        lambda event, key=key, name=name: self._tick(key, name, bool(event.args)),
                        js_handler="(e) => emit(e.target.checked)",
                    )
                    tag("span", "check-name", name)
                    tag("span", "check-note", note)
            if len(offered) > _MOST_OFFERED:
                tag("p", "scope-more", f"{len(offered) - _MOST_OFFERED:,} more. Type part of a name.")
            if not offered:
                tag("p", "scope-more", "Nothing has that name." if self._typed else "There are none yet.")
        self._summarise()

    def _tick(self, key: str, name: str, on: bool) -> None:
        if on:
            self._chosen[self._kind][key] = name
        else:
            self._chosen[self._kind].pop(key, None)
        self._summarise()
        self._on_change()

    def _summarise(self) -> None:
        chosen = list(self._chosen[self._kind].values())
        shown = ", ".join(chosen[:4]) + (f" and {len(chosen) - 4:,} more" if len(chosen) > 4 else "")
        set_text(self._summary, f"Chosen: {shown}" if chosen else "Nothing chosen yet.")
