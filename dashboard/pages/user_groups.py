"""`/people/groups`: groups of people, and the features that each of them has."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from fastapi.responses import RedirectResponse
from nicegui import ui

from dashboard.components.buttons import button
from dashboard.components.dialogs import confirm
from dashboard.components.form_dialog import Unfit, choice_of_many, form_dialog, text_field
from dashboard.components.manage import attempt, managed
from dashboard.components.markup import tag
from dashboard.components.rows_page import RowsPage
from dashboard.frame import LivePage, open_session
from dashboard.people_sentences import title
from dashboard.sentences import count
from protocol.access import Feature, UserGroup, UserRow
from protocol.vocabulary import Permission


@ui.page("/people/groups")
async def user_groups_page() -> RedirectResponse | None:
    """Every group of people."""
    session = await open_session()
    if isinstance(session, RedirectResponse):
        return session
    with managed(session, "User groups", "groups", Permission.PEOPLE_MANAGE) as page:
        groups = _Groups(page) if page is not None else None
    if groups is not None:
        await groups.load()
    return None


class _Groups:
    def __init__(self, page: LivePage) -> None:
        self._page = page
        self._people: list[UserRow] = []
        self._features: list[Feature] = []
        self._may_features = page.session.may_everywhere(Permission.FEATURES_MANAGE)
        self._rows = RowsPage[UserGroup](
            page,
            "User groups",
            "Features are given to groups of people.",
            ("New group", self._add),
            self._read,
            self._row,
            "There is no group yet.",
        )
        self.load = self._rows.load

    async def _read(self) -> list[UserGroup]:
        people = self._page.hub.people
        groups, self._people = await asyncio.gather(people.groups(), people.everybody())
        self._features = await people.features() if self._may_features else []
        return groups

    def _row(self, group: UserGroup) -> None:
        names = {person.id: title(person) for person in self._people}
        members = sorted(names[user_id] for user_id in group.user_ids if user_id in names)
        with tag("li", "row", testid="user-group"):
            with tag("div", "row-words"):
                tag("strong", "row-title", group.name)
                tag("span", "row-note", ", ".join(members) or "Nobody is in it.")
            with tag("div", "row-side"):
                for key in group.features:
                    tag("span", "chip", key)
            with tag("div", "row-actions"):
                button("Edit", lambda: self._edit(group), kind="small", testid="user-group-edit")
                button(
                    "Delete",
                    lambda: self._delete(group),
                    kind="small danger-quiet",
                    testid="user-group-delete",
                )

    async def _add(self) -> None:
        if await form_dialog(self._page.session, "New group", "Make it", lambda: self._form(None)):
            await self.load()

    async def _edit(self, group: UserGroup) -> None:
        if await form_dialog(self._page.session, "Edit group", "Save", lambda: self._form(group)):
            await self.load()

    async def _delete(self, group: UserGroup) -> None:
        if await confirm(
            f"Delete the group {group.name}?",
            f"It has {count(len(group.user_ids), 'member')}; they lose the features that only it gives them.",
            "Delete",
        ):
            await attempt(
                self._page.session, lambda: self._page.hub.people.remove_group(group.id), "Deleted."
            )
            await self.load()

    def _form(self, group: UserGroup | None) -> Callable[[], Awaitable[UserGroup]]:
        people = self._page.hub.people
        name = text_field("Name", "user-group-name", group.name if group else "", maxlength="200")
        names = {person.id: title(person) for person in self._people}
        members = choice_of_many("Members", "user-group-members", names, group.user_ids if group else [])
        keys = {feature.key: feature.key for feature in self._features}
        features: Callable[[], list[str]] | None = None
        if keys:
            features = choice_of_many(
                "Features", "user-group-features", keys, group.features if group else []
            )

        async def send() -> UserGroup:
            if not name():
                raise Unfit("A group needs a name.")
            if group is None:
                changed = await people.add_group(name())
            else:
                changed = group if name() == group.name else await people.rename_group(group.id, name())
            if sorted(members()) != sorted(changed.user_ids):
                changed = await people.set_members(changed.id, members())
            if features is not None and sorted(features()) != sorted(changed.features):
                changed = await people.set_group_features(changed.id, features())
            return changed

        return send
