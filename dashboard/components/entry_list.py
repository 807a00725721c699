"""The entries of a schedule, and what can be done with them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial

from dashboard.components.dialogs import confirm, toast
from dashboard.components.entry_form import add_entry, edit_entry
from dashboard.components.entry_row import entry_row
from dashboard.components.entry_target import Offers
from dashboard.components.manage import attempt
from dashboard.components.markup import set_text, tag
from dashboard.frame import LivePage
from dashboard.hub_http import HubError
from dashboard.schedule_sentences import entries_words
from dashboard.session import explain
from protocol.places import Group
from protocol.schedule import Entry, Target
from protocol.vocabulary import Permission


class EntryList:
    """Calls `on_changed` after something was made, changed or deleted. `groups`: all there are."""

    def __init__(
        self, page: LivePage, groups: Mapping[str, Group], on_changed: Callable[[], Awaitable[None]]
    ) -> None:
        self._page, self._groups, self._on_changed = page, groups, on_changed
        self._target = Target()
        with tag("section", "card rows-card schedule-entries", aria_label="Entries"):
            with tag("div", "card-head"):
                tag("h2", "card-title", "Entries")
                self._count = tag("span", "row-note", testid="entries-count")
            self._list = tag("ul", "rows", testid="entries")

    def show(self, entries: Sequence[Entry], tones: Mapping[str, int], target: Target) -> None:
        """`target`: whom a new one is for at first."""
        self._target = target
        set_text(self._count, entries_words(len(entries)))
        self._list.clear()
        with self._list:
            for entry in entries:
                may = self._may_change(entry)
                entry_row(
                    entry,
                    tones[entry.playlist_id],
                    on_edit=partial(self._edit, entry) if may else None,
                    on_remove=partial(self._remove, entry) if may else None,
                )
            if not entries:
                tag(
                    "li", "row row-none", "Nothing is scheduled. The default playlist plays, if there is one."
                )

    async def add(self) -> None:
        """Ask for a new one."""
        offers = await self._offers()
        if offers is not None and await add_entry(self._page, offers, self._target) is not None:
            toast("Scheduled.")
            await self._on_changed()

    async def _edit(self, entry: Entry) -> None:
        offers = await self._offers()
        if offers is not None and await edit_entry(self._page, offers, entry) is not None:
            toast("Saved.")
            await self._on_changed()

    async def _remove(self, entry: Entry) -> None:
        what = entry.name or f"{entry.playlist_name}, {entry.when_text}"
        text = f"{entry.playlist_name} does not play by this entry any more, within seconds."
        if await confirm(f"Delete {what}?", text, "Delete"):
            remove = self._page.hub.schedule.remove
            await attempt(self._page.session, lambda: remove(entry.id), "Deleted.")
            await self._on_changed()

    async def _offers(self) -> Offers | None:
        hub = self._page.hub
        try:
            playlists, sites, tags = await asyncio.gather(
                hub.playlists.all(), hub.places.sites(), hub.places.tags()
            )
        except HubError as error:
            explain(self._page.session, error)
            return None
        return Offers(playlists, sites, list(self._groups.values()), tags)

    def _may_change(self, entry: Entry) -> bool:
        """Who is limited to sites changes what is for those, or for a screen there."""
        me, target = self._page.session.me, entry.target
        if me is None or not self._page.session.may(Permission.CONTENT_PUBLISH):
            return False
        if me.sites is None:
            return True
        return target.site_id in me.sites or target.device_id in self._page.store.screens
