"""The dialog in which one screen is changed: its name, its site and groups, its location, its tags."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from msgspec import UNSET
from nicegui import ui

from dashboard.components.dialogs import toast
from dashboard.components.form_dialog import Unfit, choice_of_many, form_dialog, labelled, text_field
from dashboard.components.markup import tag
from dashboard.components.tag_offers import TagOffers
from dashboard.session import Session
from dashboard.tags_typed import parse_tags, tags_text
from protocol.api import Device, DevicePatch
from protocol.places import Group, GroupRequest, Site, SiteRequest, TagInUse
from protocol.vocabulary import Permission

_BOX = "outlined dense"


async def edit_screen(
    session: Session,
    device: Device,
    sites: Sequence[Site],
    groups: Sequence[Group],
    tags: Sequence[TagInUse],
) -> Device | None:
    """Ask for what shall be otherwise; the changed device, or None when nothing was changed."""
    form = _Form(session, device, sites, groups, tags)
    changed = await form_dialog(session, "Edit screen", "Save", form.draw)
    if changed is not None:
        toast("Saved.")
    return changed


class _Form:
    def __init__(
        self,
        session: Session,
        device: Device,
        sites: Sequence[Site],
        groups: Sequence[Group],
        tags: Sequence[TagInUse],
    ) -> None:
        self._hub, self._device, self._in_use = session.hub, device, tags
        self._may_make = session.may_everywhere(Permission.PLACES_EDIT)
        self._sites = {place.id: place.name for place in sites}
        if device.site_id and device.site:
            self._sites.setdefault(device.site_id, device.site)
        self._names = {place.id: place.name for place in groups}
        # Those it is in by its tags, or by a group below them, are not chosen here.
        self._groups_before = sorted(key for key in self._names if key in device.group_ids)
        self._tags_before = tags_text(device.tags)

    def draw(self) -> Callable[[], Awaitable[Device]]:
        device = self._device
        self._name = text_field("Name", "edit-name", device.name, maxlength="200")
        with tag("div", "field-pair" if self._may_make else ""):
            with labelled("Site"):
                self._site = ui.select({"": "No site", **self._sites}, value=device.site_id or "").props(
                    f"{_BOX} options-dense popup-content-class=menu data-testid=edit-site"
                )
            self._new_site = self._field_of_new("Or a new site", "edit-new-site")
        with tag("div", "field-pair" if self._may_make else ""):
            self._groups = choice_of_many("Groups", "edit-groups", self._names, self._groups_before)
            self._new_group = self._field_of_new("Also in a new group", "edit-new-group")
        self._location = text_field(
            "Location",
            "edit-location",
            device.location,
            maxlength="500",
            placeholder="Main entrance, left of the desk",
        )
        with labelled("Tags, one a line"):
            self._tags = ui.textarea(value=self._tags_before, placeholder="floor=2").props(
                f"{_BOX} rows=3 spellcheck=false data-testid=edit-tags"
            )
        TagOffers(self._in_use, self._take)
        return self._save

    def _field_of_new(self, label: str, testid: str) -> Callable[[], str]:
        if not self._may_make:
            return lambda: ""
        return text_field(label, testid, maxlength="200", placeholder="Its name")

    def _take(self, key: str, value: str) -> None:
        """A screen has one value of a key: the one that was there goes."""
        tags = parse_tags(self._tags.value or "")
        self._tags.value = tags_text({**tags, key: value})

    async def _save(self) -> Device:
        """Make what is new, and change what is otherwise. Raises Unfit, HubError."""
        before, places = self._device, self._hub.places
        if not self._name():
            raise Unfit("A screen needs a name.")
        site_id: str | None = self._site.value or None
        if self._new_site():
            site_id = (await places.add_site(SiteRequest(self._new_site()))).id
        group_ids = sorted(self._groups())
        if self._new_group():
            group_ids.append((await places.add_group(GroupRequest(self._new_group()))).id)
        tags = self._tags.value or ""
        # What somebody else changed meanwhile stays, unless it was changed here too.
        return await self._hub.change_device(
            before.id,
            DevicePatch(
                name=UNSET if self._name() == before.name else self._name(),
                site_id=UNSET if site_id == before.site_id else site_id,
                group_ids=UNSET if group_ids == self._groups_before else group_ids,
                location=UNSET if self._location() == before.location else self._location(),
                tags=UNSET if tags == self._tags_before else parse_tags(tags),
            ),
        )
