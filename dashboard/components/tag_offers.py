"""The tags that screens have already, to be taken instead of typed: first a key, then one of its values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from dashboard.components.markup import Tag, set_attribute, switch_class, tag
from protocol.places import TagInUse

_KEYS: Final = 12
_VALUES: Final = 24


class TagOffers:
    """Calls `on_take` with key and value. Draws nothing where no screen has a tag."""

    def __init__(self, tags: Sequence[TagInUse], on_take: Callable[[str, str], Any]) -> None:
        self._on_take = on_take
        self._keys: dict[str, Tag] = {}
        self._open: str | None = None
        if not tags:
            return
        with tag("div", "offers", role="group", aria_label="Tags in use", testid="tag-offers"):
            tag("span", "field-hint", "In use:")
            for entry in tags[:_KEYS]:
                key = tag(
                    "button", "offer", entry.key, type="button", aria_expanded="false", testid="tag-key"
                )
                key.on("click", lambda entry=entry: self._press(entry), [])
                self._keys[entry.key] = key
        self._values = tag("div", "offers hidden", role="group", aria_label="Values in use")

    def _press(self, entry: TagInUse) -> None:
        self._open = None if self._open == entry.key else entry.key
        for name, key in self._keys.items():
            set_attribute(key, "aria-expanded", "true" if name == self._open else "false")
        self._values.clear()
        switch_class(self._values, "hidden", self._open is None)
        with self._values:
            for value in entry.values[:_VALUES] if self._open else ():
                offer = tag("button", "offer", type="button", testid="tag-value")
                with offer:
                    tag("span", "", f"{entry.key}={value.value}" if value.value else entry.key)
                    tag("span", "offer-note", f" {value.devices:,}")
                offer.on("click", lambda value=value.value: self._on_take(entry.key, value), [])
