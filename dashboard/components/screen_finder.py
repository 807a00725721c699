"""One screen, found by typing part of its name."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any, Final

from nicegui import ui

from dashboard.components.markup import tag
from dashboard.components.search_box import search_box

_MOST_OFFERED: Final = 8


class ScreenFinder:
    """Calls `on_found` with the id of the screen that is meant, and with None when it is every one again.

    `screens` gives (id, name, site) of every approved screen when asked.
    """

    def __init__(
        self, screens: Callable[[], Iterable[tuple[str, str, str]]], on_found: Callable[[str | None], Any]
    ) -> None:
        self._screens = screens
        self._on_found = on_found
        self._found: str | None = None
        with tag("div", "screen-finder"):
            self._box = search_box("Screen", "Every screen; type part of a name", "finder-screen", self._type)
            self._offered = tag("div", "finder-offered", role="group", aria_label="Screens with that name")

    async def _type(self, text: str) -> None:
        wanted = text.strip().casefold()
        fitting = (
            [(key, name) for key, name, _ in self._screens() if wanted in name.casefold()] if wanted else []
        )
        exact = [key for key, name in fitting if name.casefold() == wanted]
        self._offered.clear()
        if len(fitting) == 1 or len(exact) == 1:
            await self._mean(exact[0] if exact else fitting[0][0])
            return
        await self._mean(None)
        with self._offered:
            for key, name in sorted(fitting, key=lambda pair: pair[1].casefold())[:_MOST_OFFERED]:
                choice = tag("button", "template", name, type="button", testid="finder-choice")
                choice.on("click", lambda key=key, name=name: self._choose(key, name), [])
            if len(fitting) > _MOST_OFFERED:
                tag("span", "scope-more", f"{len(fitting) - _MOST_OFFERED:,} more. Type more of the name.")
            if wanted and not fitting:
                tag("span", "scope-more", "No screen has that name.")

    async def _choose(self, device_id: str, name: str) -> None:
        self._offered.clear()
        ui.run_javascript(f"getHtmlElement({self._box.id}).value = {json.dumps(name)}")
        await self._mean(device_id)

    async def _mean(self, device_id: str | None) -> None:
        if device_id == self._found:
            return
        self._found = device_id
        await self._on_found(device_id)
