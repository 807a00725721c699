"""`/places/groups`: groups of screens as a tree: by hand, by a tag query, and of other groups."""

from __future__ import annotations

import asyncio
from urllib.parse import quote

from fastapi.responses import RedirectResponse
from nicegui import ui

from dashboard.components.buttons import button
from dashboard.components.dialogs import confirm, toast
from dashboard.components.group_form import add_group, edit_group, screens_of_group
from dashboard.components.manage import attempt, managed
from dashboard.components.markup import tag
from dashboard.components.rows_page import RowsPage
from dashboard.frame import LivePage, open_session
from dashboard.group_tree import Branch, in_order
from dashboard.hub_http import HubError
from dashboard.place_sentences import delete_words
from dashboard.sentences import count
from dashboard.session import explain
from protocol.places import Group, TagInUse
from protocol.vocabulary import Permission


@ui.page("/places/groups")
async def screen_groups_page() -> RedirectResponse | None:
    """Every group of screens of the tenant."""
    session = await open_session()
    if isinstance(session, RedirectResponse):
        return session
    title = "Screen groups"
    with managed(session, title, "screen-groups", Permission.SCREENS_VIEW, everywhere=False) as page:
        groups = _ScreenGroups(page) if page is not None else None
    if groups is not None:
        await groups.load()
    return None


class _ScreenGroups:
    def __init__(self, page: LivePage) -> None:
        self._page = page
        self._groups: list[Group] = []
        self._tags: list[TagInUse] = []
        self._may_edit = page.session.may_everywhere(Permission.PLACES_EDIT)
        self._rows = RowsPage[Branch](
            page,
            "Screen groups",
            "Alerts and commands go to groups. A group has the screens of the groups inside it, too.",
            ("New group", self._add) if self._may_edit else None,
            self._read,
            self._row,
            "There is no group yet.",
        )
        self.load = self._rows.load

    async def _read(self) -> list[Branch]:
        places = self._page.hub.places
        self._groups, self._tags = await asyncio.gather(places.groups(), places.tags())
        return in_order(self._groups)

    def _row(self, branch: Branch) -> None:
        group, depth, _ = branch
        classes = "row branch branch-in" if depth else "row branch"
        with tag("li", classes, style=f"--depth:{depth}", testid="screen-group"):
            with tag("div", "row-words"):
                with tag("strong", "row-title"):
                    tag("span", "", group.name)
                    if group.tag_query:
                        tag("span", "chip", "by tags", testid="group-by-tags")
                if group.tag_query:
                    with tag("span", "row-note"):
                        tag("code", "", group.tag_query)
            with tag("div", "site-side"):
                address = f"/?search={quote(group.name)}"
                tag("a", "", count(group.devices, "screen"), href=address, testid="group-count")
            if self._may_edit:
                with tag("div", "row-actions"):
                    button("Screens", lambda: self._put(group), kind="small", testid="group-screens")
                    button("Edit", lambda: self._edit(group), kind="small", testid="group-edit")
                    button(
                        "",
                        lambda: self._add(group.id),
                        kind="small icon",
                        icon="add",
                        aria_label=f"New group inside {group.name}",
                        title="New group inside it",
                        testid="group-add-inside",
                    )
                    button(
                        "Delete",
                        lambda: self._delete(group),
                        kind="small danger-quiet",
                        testid="group-delete",
                    )

    async def _add(self, parent_id: str | None = None) -> None:
        if await add_group(self._page, self._groups, self._tags, parent_id) is not None:
            await self.load()

    async def _edit(self, group: Group) -> None:
        if await edit_group(self._page, group, self._groups, self._tags) is not None:
            await self.load()

    async def _put(self, group: Group) -> None:
        try:
            inside = await self._page.hub.places.screens_of_group(group.id)
        except HubError as error:
            explain(self._page.session, error)
            return
        if await screens_of_group(self._page, group, inside):
            toast("Saved.")
            await self.load()

    async def _delete(self, group: Group) -> None:
        names = {other.id: other.name for other in self._groups}
        inside = [other.name for other in self._groups if other.parent_id == group.id]
        if await confirm(f"Delete the group {group.name}?", delete_words(group, inside, names), "Delete"):
            await attempt(
                self._page.session, lambda: self._page.hub.places.remove_group(group.id), "Deleted."
            )
            await self.load()
