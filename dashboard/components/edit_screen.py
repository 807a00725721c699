"""The dialog in which one screen is changed: its name, its site and groups, its location, its tags."""

from __future__ import annotations

from typing import Any, Final

from msgspec import UNSET
from nicegui import ui

from dashboard.components.buttons import button
from dashboard.components.dialogs import card_dialog, toast
from dashboard.components.markup import set_text, switch_class, tag
from dashboard.hub_client import HubClient
from dashboard.hub_http import HubError
from protocol.api import Device, DevicePatch
from protocol.places import Group, Site

_BOX: Final = "outlined dense"
_MENU: Final = "options-dense popup-content-class=menu"


def parse_tags(text: str) -> dict[str, str]:
    """`floor: 2` lines, or `floor=2, wing=north`, as a dictionary. A word alone is a tag with no value."""
    tags: dict[str, str] = {}
    for piece in text.replace("\n", ",").split(","):
        mark = ":" if ":" in piece else "="
        key, _, value = piece.partition(mark)
        if key.strip():
            tags[key.strip()] = value.strip()
    return tags


def tags_text(tags: dict[str, str]) -> str:
    """The inverse of `parse_tags`: one tag a line."""
    return "\n".join(f"{key}: {value}" if value else key for key, value in sorted(tags.items()))


async def edit_screen(
    hub: HubClient, device: Device, sites: list[Site], groups: list[Group]
) -> Device | None:
    """Ask for what shall be otherwise; the changed device, or None when nothing was changed."""
    dialog, card = card_dialog("Edit screen")
    with card:
        form = _Form(device, sites, groups)
        problem = tag("p", "note note-bad hidden", role="alert", testid="edit-problem")

        async def save() -> None:
            try:
                dialog.submit(await form.save(hub))
            except _Unfit as error:
                said = str(error)
            except HubError as error:
                said = error.sentence
            else:
                return
            set_text(problem, said)
            switch_class(problem, "hidden", False)

        with tag("div", "dialog-actions"):
            button("Cancel", lambda: dialog.submit(None), testid="edit-cancel")
            button("Save", save, kind="primary", testid="edit-save")
    try:
        changed: Device | None = await dialog
    finally:
        dialog.delete()
    if changed is not None:
        toast("Saved.")
    return changed


class _Unfit(Exception):
    """What is written cannot be saved; the message says why."""


class _Form:
    def __init__(self, device: Device, sites: list[Site], groups: list[Group]) -> None:
        self._device = device
        known = {place.id: place.name for place in sites}
        if device.site_id and device.site:
            known.setdefault(device.site_id, device.site)
        names = {place.id: place.name for place in groups}
        # Those it is in by its tags, or by a group below them, are not chosen here.
        self._groups_before = sorted(key for key in names if key in device.group_ids)
        with _field("Name"):
            self._name = ui.input(value=device.name).props(f"{_BOX} maxlength=200 data-testid=edit-name")
        with tag("div", "field-pair"):
            with _field("Site"):
                self._site = ui.select({"": "No site", **known}, value=device.site_id or "").props(
                    f"{_BOX} {_MENU} data-testid=edit-site"
                )
            with _field("Or a new site"):
                self._new_site = ui.input(placeholder="Name of the new site").props(
                    f"{_BOX} maxlength=200 data-testid=edit-new-site"
                )
        with tag("div", "field-pair"):
            with _field("Groups"):
                self._groups = ui.select(names, value=self._groups_before, multiple=True).props(
                    f"{_BOX} {_MENU} data-testid=edit-groups"
                )
            with _field("Also in a new group"):
                self._new_group = ui.input(placeholder="Name of the new group").props(
                    f"{_BOX} maxlength=200 data-testid=edit-new-group"
                )
        with _field("Location"):
            self._location = ui.input(
                value=device.location, placeholder="Main entrance, left of the desk"
            ).props(f"{_BOX} maxlength=500 data-testid=edit-location")
        with _field("Tags, one a line"):
            self._tags = ui.textarea(value=tags_text(device.tags), placeholder="floor: 2").props(
                f"{_BOX} rows=3 data-testid=edit-tags"
            )

    async def save(self, hub: HubClient) -> Device:
        """Make what is new, and change what is otherwise. Raises _Unfit, HubError."""
        before = self._device
        name = _typed(self._name.value)
        if not name:
            raise _Unfit("A screen needs a name.")
        site_id: str | None = self._site.value or None
        if _typed(self._new_site.value):
            site_id = (await hub.add_site(_typed(self._new_site.value))).id
        group_ids: list[str] = sorted(self._groups.value or [])
        if _typed(self._new_group.value):
            group_ids.append((await hub.add_group(_typed(self._new_group.value))).id)
        location, tags = _typed(self._location.value), parse_tags(self._tags.value or "")
        # What somebody else changed meanwhile stays, unless it was changed here too.
        return await hub.change_device(
            before.id,
            DevicePatch(
                name=UNSET if name == before.name else name,
                site_id=UNSET if site_id == before.site_id else site_id,
                group_ids=UNSET if group_ids == self._groups_before else group_ids,
                location=UNSET if location == before.location else location,
                tags=UNSET if tags == before.tags else tags,
            ),
        )


def _field(label: str) -> Any:
    field = tag("label", "field")
    with field:
        tag("span", "field-label", label)
    return field


def _typed(value: str | None) -> str:
    return (value or "").strip()
