"""The dialogs of a group of screens: its name, place and tag query, and the screens put into it by hand."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from msgspec import UNSET
from nicegui import background_tasks, ui

from dashboard.components.form_dialog import Unfit, form_dialog, labelled, text_field
from dashboard.components.markup import set_text, switch_class, tag
from dashboard.components.pick_list import PickList, choices_of
from dashboard.components.tag_offers import TagOffers
from dashboard.frame import LivePage
from dashboard.group_tree import below, in_order
from dashboard.hub_http import HubError
from dashboard.place_sentences import found_words, with_tag
from protocol.places import Group, GroupPatch, GroupRequest, TagInUse

_BOX: Final = "outlined dense"
_NO_QUERY: Final = (
    "Without a query only those are in it that are put in by hand, or are in a group inside it."
)


async def add_group(
    page: LivePage, groups: Sequence[Group], tags: Sequence[TagInUse], parent_id: str | None
) -> Group | None:
    """Make one, inside of `parent_id` at first; None when the operator let it be."""
    form = _Form(page, None, parent_id, groups, tags)

    async def send() -> Group:
        return await page.hub.places.add_group(form.request())

    return await form_dialog(page.session, "New group of screens", "Make it", lambda: form.draw(send))


async def edit_group(
    page: LivePage, group: Group, groups: Sequence[Group], tags: Sequence[TagInUse]
) -> Group | None:
    """Change what is otherwise; what somebody else changed meanwhile stays."""
    form = _Form(page, group, group.parent_id, groups, tags)

    async def send() -> Group:
        wanted = form.request()
        patch = GroupPatch(
            name=UNSET if wanted.name == group.name else wanted.name,
            parent_id=UNSET if wanted.parent_id == group.parent_id else wanted.parent_id,
            tag_query=UNSET if wanted.tag_query == group.tag_query else wanted.tag_query,
        )
        return await page.hub.places.change_group(group.id, patch)

    return await form_dialog(page.session, f"Edit {group.name}", "Save", lambda: form.draw(send))


async def screens_of_group(page: LivePage, group: Group, inside: Sequence[str]) -> bool:
    """Say which screens are in it by hand (`inside`: the ids of those that are). Whether that was done."""

    def draw() -> Callable[[], Awaitable[bool]]:
        if group.tag_query:
            tag("p", "dialog-text", "Beside these, those are in it whose tags fit its query.")
        picked = PickList(lambda: choices_of(page.store.choices()), lambda: None, "group-screens")
        names = {row.id: row.name for row in page.store.approved()}
        # One that is not let in at the moment keeps its place.
        picked.turn(
            {key: names.get(key, "a screen that is shut out") for key in inside}, "Type part of a name"
        )

        async def send() -> bool:
            await page.hub.places.put_screens_of_group(group.id, list(picked.chosen))
            return True

        return send

    return bool(await form_dialog(page.session, f"Screens in {group.name}", "Save", draw))


class _Form:
    def __init__(
        self,
        page: LivePage,
        group: Group | None,
        parent_id: str | None,
        groups: Sequence[Group],
        tags: Sequence[TagInUse],
    ) -> None:
        self._page, self._group, self._tags = page, group, tags
        own = {group.id, *below(groups, group.id)} if group else set()
        branches = [branch for branch in in_order(groups) if branch.group.id not in own]
        self._parents = {b.group.id: " › ".join((*b.above, b.group.name)) for b in branches}
        self._parent_id = parent_id
        self._asked = 0

    def draw(self, send: Callable[[], Awaitable[Group]]) -> Callable[[], Awaitable[Group]]:
        group = self._group
        self._name = text_field(
            "Name", "group-name", group.name if group else "", maxlength="200", autofocus=True
        )
        with labelled("Inside of"):
            self._parent = ui.select(
                {"": "No other group", **self._parents}, value=self._parent_id or "", with_input=True
            ).props(f"{_BOX} options-dense popup-content-class=menu data-testid=group-parent")
        with labelled("Tag query", "Screens whose tags fit are in it by themselves. All terms must hold."):
            self._query = ui.input(
                value=(group.tag_query or "") if group else "",
                placeholder="floor=2, kind!=kiosk, public, !private",
                on_change=self._preview,
            ).props(f"{_BOX} maxlength=1000 debounce=250 spellcheck=false data-testid=group-query")
        TagOffers(self._tags, self._take)
        self._found = tag("p", "preview", _NO_QUERY, role="status", testid="group-preview")
        self._preview()
        return send

    def request(self) -> GroupRequest:
        """What is written. Raises Unfit."""
        if not self._name():
            raise Unfit("A group needs a name.")
        return GroupRequest(self._name(), self._parent.value or None, self._written() or None)

    def _written(self) -> str:
        return (self._query.value or "").strip()

    def _take(self, key: str, value: str) -> None:
        self._query.value = with_tag(self._written(), key, value)

    def _preview(self) -> None:
        self._asked += 1
        background_tasks.create(self._ask(self._asked, self._written()), name="preview of a tag query")

    async def _ask(self, number: int, query: str) -> None:
        said, good = _NO_QUERY, True
        if query:
            try:
                said = found_words(await self._page.hub.places.preview_query(query))
            except HubError as error:
                why = error.fields.get("tag_query")
                said, good = f"The query {why}." if why else error.sentence, False
        # One that was overtaken says nothing about what is written now; nor does one to a closed dialog.
        if number == self._asked and not self._found.is_deleted:
            set_text(self._found, said)
            switch_class(self._found, "preview-bad", not good)
