"""The dialogs of a site: what is said of it, and who is limited to it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from msgspec import UNSET
from nicegui import ui

from dashboard.components.form_dialog import Unfit, choice_of_many, form_dialog, labelled, text_field
from dashboard.components.markup import tag
from dashboard.components.site_map import Mark, SiteMap
from dashboard.frame import LivePage
from dashboard.opening_hours import DAYS, NotHours, typed_of, week_of
from dashboard.people_sentences import title
from dashboard.place_sentences import NotAPlace, degrees, position
from protocol.access import UserRow
from protocol.places import Day, Site, SitePatch, SiteRequest

_FACTS: Final = SiteRequest.__struct_fields__
_BOX: Final = "outlined dense"


async def add_site(page: LivePage, with_map: bool, others: list[tuple[float, float]]) -> Site | None:
    """Make one; None when the operator let it be. `others`: where the map begins."""
    zone = page.clock.zone
    form = _Form(None, zone.key if isinstance(zone, ZoneInfo) else "UTC", with_map, others)

    async def send() -> Site:
        return await page.hub.places.add_site(form.request())

    return await form_dialog(page.session, "New site", "Make it", lambda: form.draw(send))


async def edit_site(
    page: LivePage, site: Site, with_map: bool, others: list[tuple[float, float]]
) -> Site | None:
    """Change what is otherwise; what somebody else changed meanwhile stays."""
    form = _Form(site, site.time_zone, with_map, others)

    async def send() -> Site:
        wanted = form.request()
        same = {name for name in _FACTS if getattr(wanted, name) == getattr(site, name)}
        patch = SitePatch(**{name: UNSET if name in same else getattr(wanted, name) for name in _FACTS})
        return await page.hub.places.change_site(site.id, patch)

    return await form_dialog(page.session, f"Edit {site.name}", "Save", lambda: form.draw(send))


async def people_of_site(page: LivePage, site: Site, people: list[UserRow], has: list[str]) -> bool:
    """Say who is limited to it. Whether that was done."""
    limited = {person.id: title(person) for person in people if person.sites is not None}

    def draw() -> Callable[[], Awaitable[bool]]:
        tag(
            "p",
            "dialog-text",
            "People who are limited to sites see, and reach, only the screens there. Everybody else has this "
            "site anyway: limit them first, on their own page under People.",
        )
        chosen = choice_of_many("Limited to this site", "site-people", limited, has)

        async def send() -> bool:
            await page.hub.places.put_people_of_site(site.id, chosen())
            return True

        return send

    return bool(await form_dialog(page.session, f"People of {site.name}", "Save", draw))


class _Form:
    def __init__(
        self, site: Site | None, zone: str, with_map: bool, others: list[tuple[float, float]]
    ) -> None:
        self._site, self._zone = site, zone
        self._with_map, self._others = with_map, others
        self._map: SiteMap | None = None

    def draw(self, send: Callable[[], Awaitable[Site]]) -> Callable[[], Awaitable[Site]]:
        site = self._site
        self._name = text_field(
            "Name", "site-name", site.name if site else "", maxlength="200", autofocus=True
        )
        self._address = text_field("Address", "site-address", site.address if site else "", maxlength="500")
        zones = sorted({*available_timezones(), self._zone})
        with labelled("Time zone", "Type part of its name."):
            self._zones = ui.select(zones, value=self._zone, with_input=True).props(
                f"{_BOX} options-dense popup-content-class=menu data-testid=site-zone"
            )
        self._draw_position()
        self._draw_hours()
        return send

    def request(self) -> SiteRequest:
        """What is written. Raises Unfit."""
        if not self._name():
            raise Unfit("A site needs a name.")
        if not self._zones.value:
            raise Unfit("Choose a time zone: opening hours are of the clock there.")
        try:
            at = position(self._latitude.value or "", self._longitude.value or "")
            hours = week_of({day: box.value or "" for day, box in self._hours.items()})
        except (NotAPlace, NotHours) as error:
            raise Unfit(str(error)) from None
        latitude, longitude = at or (None, None)
        return SiteRequest(self._name(), self._address(), self._zones.value, latitude, longitude, hours)

    def _draw_position(self) -> None:
        site = self._site
        hint = "A click on the map fills them in." if self._with_map else ""
        with tag("div", "field-pair"):
            with labelled("Latitude"):
                self._latitude = ui.input(value=degrees(site.latitude if site else None), placeholder="52.52")
            with labelled("Longitude"):
                self._longitude = ui.input(
                    value=degrees(site.longitude if site else None), placeholder="13.405"
                )
        self._latitude.props(f"{_BOX} inputmode=decimal data-testid=site-latitude")
        self._longitude.props(f"{_BOX} inputmode=decimal data-testid=site-longitude")
        if not self._with_map:
            return
        tag("span", "field-hint", hint)
        self._map = SiteMap(self._marks(), "Where the site is", on_click=self._clicked)
        for box in (self._latitude, self._longitude):
            box.on_value_change(self._moved)

    def _draw_hours(self) -> None:
        said = self._site.opening_hours if self._site else {}
        self._hours: dict[Day, ui.input] = {}
        with tag("details", "more", open=bool(said), testid="site-hours"):
            tag("summary", "", "Opening hours")
            tag("p", "field-hint", "Like 08:00-12:00, 13:00-18:00. Empty means closed; all empty, not said.")
            with tag("div", "hours"):
                for day, name in DAYS.items():
                    with tag("label", "hours-line"):
                        tag("span", "field-label", name)
                        self._hours[day] = ui.input(value=typed_of(said.get(day, []))).props(
                            f"{_BOX} data-testid=site-hours-{day}"
                        )

    def _marks(self) -> list[Mark]:
        try:
            at = position(self._latitude.value or "", self._longitude.value or "")
        except NotAPlace:
            at = None
        marks = [_mark(f"other-{number}", "", place) for number, place in enumerate(self._others)]
        return [*marks, _mark("here", "pick", at)] if at else marks

    def _moved(self) -> None:
        if self._map is not None:
            self._map.show(self._marks())

    def _clicked(self, latitude: float, longitude: float) -> None:
        # To a metre: nobody points more exactly.
        self._latitude.value, self._longitude.value = (
            degrees(round(latitude, 5)),
            degrees(round(longitude, 5)),
        )


def _mark(key: str, tone: str, at: tuple[float, float]) -> Mark:
    return {"id": key, "name": "", "count": "", "words": "", "tone": tone, "at": at}
