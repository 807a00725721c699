"""One site in the list: its name, how its screens are, whether it is open; more when it is chosen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from nicegui import ui

from dashboard.components.markup import Tag, set_attribute, set_text, switch_class, tag
from dashboard.opening_hours import standing, week_words
from dashboard.place_sentences import NO_POSITION, degrees
from dashboard.site_tally import Tally
from protocol.places import Site


class SiteRow:
    """`on_pick` hears of a press; `draw_more` draws what can be done with the site, when it is chosen."""

    def __init__(
        self, site: Site, has_map: bool, on_pick: Callable[[], Any], draw_more: Callable[[], Any]
    ) -> None:
        self._site, self._draw_more = site, draw_more
        self._row = tag("li", "row site-row", testid="site")
        with self._row:
            with tag("div", "row-words"):
                self._pick = tag("button", "row-pick row-title", type="button", testid="site-pick")
                with self._pick:
                    tag("span", "", site.name)
                    if has_map and site.latitude is None:
                        tag("span", "chip", NO_POSITION)
                if site.address:
                    tag("span", "row-note", site.address)
                self._stands = tag("span", "row-note hidden", testid="site-stands")
            with tag("div", "site-side"):
                self._online = tag("span", "pill pill-ok hidden", testid="site-online")
                self._offline = tag("span", "pill pill-bad hidden", testid="site-offline")
                self._none = tag("span", "pill hidden", "No screens")
            self._more: Tag = tag("div", "site-more hidden", testid="site-more")
        self._pick.on("click", on_pick, [])

    def count(self, tally: Tally) -> None:
        for pill, number, word in (
            (self._online, tally.online, "online"),
            (self._offline, tally.offline, "offline"),
        ):
            set_text(pill, f"{number:,} {word}")
            switch_class(pill, "hidden", not number)
        switch_class(self._none, "hidden", tally.screens > 0)

    def stand(self, now: datetime) -> None:
        """Whether it is open, at this instant."""
        stands = standing(self._site.opening_hours, self._site.time_zone, now)
        switch_class(self._stands, "hidden", stands is None)
        if stands is not None:
            set_text(self._stands, stands.words)
            switch_class(self._stands, "open-now", stands.is_open)

    def choose(self, chosen: bool) -> None:
        switch_class(self._row, "row-here", chosen)
        set_attribute(self._pick, "aria-expanded", "true" if chosen else "false")
        switch_class(self._more, "hidden", not chosen)
        self._more.clear()
        if chosen:
            with self._more:
                self._facts()
                self._draw_more()

    def scroll_to(self) -> None:
        """Bring it into view."""
        ui.run_javascript(f"getHtmlElement({self._row.id}).scrollIntoView({{block: 'nearest'}})")

    def _facts(self) -> None:
        site = self._site
        hours = week_words(site.opening_hours)
        with tag("dl", "facts"):
            with tag("div", "fact"):
                tag("dt", "", "Time zone")
                tag("dd", "", site.time_zone)
            with tag("div", "fact"):
                tag("dt", "", "Position")
                at = (
                    f"{degrees(site.latitude)}, {degrees(site.longitude)}"
                    if site.latitude is not None
                    else ""
                )
                tag("dd", "num", at or "Not said")
            with tag("div", "fact fact-wide"):
                tag("dt", "", "Opening hours")
                with tag("dd", "hours-list"):
                    for days, said in hours:
                        tag("span", "", days)
                        tag("span", "num", said)
                    if not hours:
                        tag("span", "", "Not said")
