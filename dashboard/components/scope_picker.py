"""Whom an emergency or a command is for: everybody, sites, groups, or single screens found by typing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, Literal

from dashboard.components.markup import Tag, set_attribute, switch_class, tag
from dashboard.components.pick_list import Choice, PickList, choices_of
from dashboard.group_tree import in_order
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
        self._places: dict[Kind, list[Choice]] = {"sites": [], "groups": []}
        self._tabs: dict[Kind, Tag] = {}
        with tag("fieldset", "scope", testid="scope"):
            tag("legend", "field-label", legend)
            with tag("div", "segments", role="group"):
                for kind, text in _KINDS:
                    self._tabs[kind] = tag("button", "segment", text, type="button", testid=f"scope-{kind}")
                    self._tabs[kind].on("click", lambda kind=kind: self._turn(kind), [])
            self._panel = tag("div", "scope-panel hidden")
            with self._panel:
                self._list = PickList(self._offered, on_change, "scope")
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
        self._places = {
            "sites": [Choice(site.id, site.name, count(site.devices, "screen")) for site in sites],
            "groups": [
                Choice(
                    group.id,
                    group.name,
                    count(group.devices, "screen"),
                    depth,
                    above,
                    "by tags" if group.tag_query else "",
                )
                for group, depth, above in in_order(groups)
            ],
        }
        if self._kind != "all":
            self._list.fill()

    def choose_devices(self, devices: dict[str, str]) -> None:
        """Begin with these screens (id to name)."""
        self._chosen["devices"] = dict(devices)
        self._turn("devices")

    def _turn(self, kind: Kind) -> None:
        self._kind = kind
        self._mark()
        self._on_change()

    def _mark(self) -> None:
        for kind, pressed in self._tabs.items():
            set_attribute(pressed, "aria-pressed", "true" if kind == self._kind else "false")
        switch_class(self._panel, "hidden", self._kind == "all")
        if self._kind != "all":
            placeholder = "Type part of a name" if self._kind == "devices" else "Search"
            self._list.turn(self._chosen[self._kind], placeholder)

    def _offered(self) -> Iterable[Choice]:
        return choices_of(self._screens()) if self._kind == "devices" else self._places[self._kind]
