"""The part of an entry's dialog that says on which screens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from nicegui import ui

from dashboard.components.form_dialog import Unfit, labelled
from dashboard.components.markup import Tag, switch_class, tag
from dashboard.components.subject_finder import Subject, SubjectFinder
from dashboard.components.tag_offers import TagOffers
from dashboard.frame import LivePage
from dashboard.group_tree import in_order
from dashboard.place_sentences import with_tag
from dashboard.schedule_sentences import TARGETS, target_kind
from protocol.places import Group, Site, TagInUse
from protocol.playlists import Playlist
from protocol.schedule import Target

_BOX: Final = "outlined dense options-dense popup-content-class=menu"
_LIMITED: Final = ("device", "site")
"""Which targets there are for somebody who is limited to sites."""


@dataclass(frozen=True, slots=True)
class Offers:
    """What an entry can name."""

    playlists: Sequence[Playlist]
    sites: Sequence[Site]
    groups: Sequence[Group]
    tags: Sequence[TagInUse]


class EntryTarget:
    """Drawn where it is made. `target`: what is chosen at first."""

    def __init__(self, page: LivePage, offers: Offers, target: Target) -> None:
        self._page = page
        self._device_id = target.device_id
        me = page.session.me
        limited = me is not None and me.sites is not None
        kinds = {key: words for key, words in TARGETS.items() if not limited or key in _LIMITED}
        kind = target_kind(target)
        with labelled("Where"):
            self._kind = ui.select(
                kinds, value=kind if kind in kinds else "device", on_change=self._show
            ).props(f"{_BOX} data-testid=entry-where")
        self._parts: dict[str, Tag] = {}
        with self._part("device"):
            row = page.store.screens.get(target.device_id or "")
            chosen = Subject("screen", row.id, row.name) if row is not None else None
            SubjectFinder(self._screens, self._meant, "Type part of a screen's name", "entry-screen", chosen)
        names = {b.group.id: " › ".join((*b.above, b.group.name)) for b in in_order(offers.groups)}
        with self._part("group"):
            self._group = _one_of(names, target.group_id, "entry-group")
        with self._part("site"):
            sites = {site.id: site.name for site in offers.sites}
            self._site = _one_of(sites, target.site_id, "entry-site")
        with self._part("tag"):
            self._query = ui.input(
                value=target.tag_query or "", placeholder="floor=2, kind!=kiosk, public, !private"
            ).props("outlined dense maxlength=1000 spellcheck=false data-testid=entry-query")
            TagOffers(offers.tags, self._take)
        self._show()

    def chosen(self) -> Target:
        """Raises Unfit."""
        match self._kind.value:
            case "device":
                if self._device_id is None:
                    raise Unfit("Choose a screen.")
                return Target(device_id=self._device_id)
            case "group":
                if not self._group.value:
                    raise Unfit("Choose a group of screens.")
                return Target(group_id=self._group.value)
            case "site":
                if not self._site.value:
                    raise Unfit("Choose a site.")
                return Target(site_id=self._site.value)
            case "tag":
                query = (self._query.value or "").strip()
                if not query:
                    raise Unfit("Write which tags.")
                return Target(tag_query=query)
            case _:
                return Target()

    def _part(self, kind: str) -> Tag:
        """What is asked beside the kind; only that of the chosen kind is seen."""
        self._parts[kind] = tag("div", "entry-part")
        return self._parts[kind]

    def _screens(self) -> list[Subject]:
        return [Subject("screen", key, name, site) for key, name, site in self._page.store.choices()]

    def _meant(self, subject: Subject | None) -> None:
        self._device_id = subject.id if subject is not None else None

    def _take(self, key: str, value: str) -> None:
        self._query.value = with_tag((self._query.value or "").strip(), key, value)

    def _show(self) -> None:
        for key, part in self._parts.items():
            switch_class(part, "hidden", key != self._kind.value)


def _one_of(offered: dict[str, str], key: str | None, testid: str) -> ui.select:
    return ui.select(offered, value=key if key in offered else None, with_input=True).props(
        f"{_BOX} data-testid={testid}"
    )
