"""What can be changed about one screen: name, place, tags; its token; its access."""

from __future__ import annotations

from nicegui import ui

from dashboard.components.buttons import button
from dashboard.components.dialogs import card_dialog, toast
from dashboard.components.markup import set_text, switch_class, tag
from dashboard.hub_client import HubClient, HubError
from protocol.api import Device, DevicePatch, DeviceToken, Place


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


async def edit_screen(hub: HubClient, device: Device, sites: list[Place]) -> Device | None:
    """Ask for name, site, location and tags; the changed device, or None when nothing was changed."""
    dialog, card = card_dialog("Edit screen")
    with card:
        with tag("label", "field"):
            tag("span", "field-label", "Name")
            name = ui.input(value=device.name).props("outlined dense maxlength=200 data-testid=edit-name")
        with tag("label", "field"):
            tag("span", "field-label", "Site")
            known = {place.id: place.name for place in sites}
            if device.site_id and device.site:
                known.setdefault(device.site_id, device.site)
            site = ui.select({"": "No site", **known}, value=device.site_id or "", with_input=False).props(
                "outlined dense data-testid=edit-site options-dense popup-content-class=menu"
            )
        with tag("label", "field"):
            tag("span", "field-label", "Or a new site")
            new_site = ui.input(placeholder="Name of the new site").props(
                "outlined dense maxlength=200 data-testid=edit-new-site"
            )
        with tag("label", "field"):
            tag("span", "field-label", "Location")
            location = ui.input(value=device.location, placeholder="Main entrance, left of the desk").props(
                "outlined dense maxlength=500 data-testid=edit-location"
            )
        with tag("label", "field"):
            tag("span", "field-label", "Tags, one a line")
            tags = ui.textarea(value=tags_text(device.tags), placeholder="floor: 2").props(
                "outlined dense rows=3 data-testid=edit-tags"
            )
        problem = tag("p", "note note-bad hidden", role="alert")

        async def save() -> None:
            if not (name.value or "").strip():
                set_text(problem, "A screen needs a name.")
                switch_class(problem, "hidden", False)
                return
            try:
                chosen = site.value or None
                if (new_site.value or "").strip():
                    chosen = (await hub.add_site(new_site.value.strip())).id
                changed = await hub.change_device(
                    device.id,
                    DevicePatch(
                        name=name.value.strip(),
                        site_id=chosen,
                        location=(location.value or "").strip(),
                        tags=parse_tags(tags.value or ""),
                    ),
                )
            except HubError as error:
                set_text(problem, error.sentence)
                switch_class(problem, "hidden", False)
                return
            dialog.submit(changed)

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


async def show_token(token: DeviceToken) -> None:
    """Show a new token, once."""
    dialog, card = card_dialog("New token")
    with card:
        tag(
            "p",
            "dialog-text",
            "Put this token into the player now. It is shown only once, and the old one has ended.",
        )
        tag("code", "token", token.device_token, testid="new-token", tabindex="0")
        with tag("div", "dialog-actions"):
            copied = button("Copy", kind="primary", testid="copy-token")
            copied.on(
                "click",
                js_handler="() => navigator.clipboard?.writeText("
                f"getHtmlElement({copied.id}).closest('.dialog-card').querySelector('.token').textContent)",
            )
            button("Done", lambda: dialog.submit(None))
    try:
        await dialog
    finally:
        dialog.delete()
