"""The map of sites: Leaflet as NiceGUI brings it. Nothing is asked of any other host unless tiles are set.

Rule 1: positions are always there; tiles lie on them if some can be reached, and if not, a sentence says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from typing import Any, Final, TypedDict

from nicegui import app, ui
from nicegui.events import GenericEventArguments

from dashboard.place_sentences import NO_TILES, TILES_NOT_SET

MAP_FEATURE: Final = "places.map"
"""The feature that decides whether somebody is offered the map, by the key that the hub has for it."""

_OPTIONS: Final = {"minZoom": 1, "maxZoom": 19, "zoomSnap": 0.5, "worldCopyJump": True}
_script = ""
_ground: dict[str, str] = {"note": TILES_NOT_SET}


def set_up_map(script: Path, tiles_url: str | None, attribution: str) -> None:
    """What maps are drawn with, and the tiles on them, if any; called once at start."""
    global _script, _ground
    # The name changes with what is in it: a browser that kept an older one takes the new one at once.
    _script = app.add_static_file(
        local_file=script, url_path=f"/site-map-{int(script.stat().st_mtime)}.js", max_cache_age=86_400
    )
    if tiles_url:
        # Leaflet takes the attribution for HTML; what is set is text.
        _ground = {"tiles": tiles_url, "attribution": escape(attribution), "note": NO_TILES}


class Mark(TypedDict):
    """One site on the map. `tone`: ok, warn, bad, pick or nothing; `at`: latitude and longitude."""

    id: str
    name: str
    count: str
    words: str
    tone: str
    at: tuple[float, float]


class SiteMap:
    """`on_chosen` hears the id of a site that was picked, `on_click` where the map itself was."""

    def __init__(
        self,
        marks: Sequence[Mark],
        label: str,
        *,
        chosen: str | None = None,
        on_chosen: Callable[[str], Any] | None = None,
        on_click: Callable[[float, float], Any] | None = None,
    ) -> None:
        self._shown = list(marks)
        self._map = ui.leaflet(center=(25.0, 8.0), zoom=1, options=_OPTIONS, additional_resources=[_script])
        self._map.clear_layers()  # its own tiles, from a host of its choice
        self._map.classes("map", remove="nicegui-leaflet")
        self._map.props(f'role=region aria-label="{label}" data-testid=map')
        self._map.generic_layer(name="clarion.ground", args=[_ground])
        self._sites = self._map.generic_layer(name="clarion.sites", args=[self._shown, chosen])
        if on_chosen is not None:
            self._map.on("site", lambda event: on_chosen(str(event.args)), js_handler="(e) => emit(e.detail)")
        if on_click is not None:

            def clicked(event: GenericEventArguments) -> None:
                at = event.args["latlng"]
                on_click(float(at["lat"]), (float(at["lng"]) + 180) % 360 - 180)

            self._map.on("map-click", clicked)

    def show(self, marks: Sequence[Mark]) -> None:
        """All of them as they are now; nothing is sent when nothing changed."""
        if list(marks) == self._shown:
            return
        self._shown = list(marks)
        self._sites.args[0] = self._shown  # for a map that is not drawn yet
        self._sites.run_method("show", self._shown)

    def choose(self, site_id: str | None) -> None:
        """Mark this one, and move to it if it lies outside of what is seen."""
        self._sites.args[1] = site_id
        self._sites.run_method("choose", site_id)
