"""The schedule, and where each screen stands, in a real Chromium."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
from playwright.sync_api import Page, expect

from persistence.embedded import EmbeddedPostgres
from protocol.vocabulary import RoleName
from tests.dashboard.browsing import Visit
from tests.dashboard.houses import add, add_screens, api_of
from tests.dashboard.own_screen import OwnScreen
from tests.dashboard.published import approve_own, published_playlist
from tests.end_to_end.test_first_emergency import picture
from tests.hub.hub_process import HubProcess
from tests.hub.tenants import Tenant, add_person, make_tenant

BERLIN = {"latitude": 52.52, "longitude": 13.405, "time_zone": "Europe/Berlin"}


@dataclass(frozen=True)
class House:
    """One site in Berlin, two screens there, and three playlists, of which one is the default."""

    tenant: Tenant
    api: httpx.Client
    site: str
    screens: dict[str, str]
    playlists: dict[str, str]

    @property
    def lobby(self) -> str:
        return next(iter(self.screens))


@pytest.fixture(scope="module")
def house(hub: HubProcess, postgres: EmbeddedPostgres) -> Iterator[House]:
    tenant = make_tenant(postgres.url("dashboard"), "Schedulers")
    with api_of(hub, tenant.admin.email) as api:
        approve_own(api)
        site = add(api, "/sites", name="Berlin", **BERLIN)
        screens = add_screens(api, 2, "scheduled", site="Berlin")
        for device, name in zip(screens, ("Lobby", "Stairs"), strict=True):
            api.patch(f"/devices/{device}", json={"name": name}).raise_for_status()
        playlists = {
            name: published_playlist(api, name, is_default=name == "Welcome")
            for name in ("Welcome", "Night watch", "Visiting hours")
        }
        yield House(tenant, api, site, screens, playlists)


@pytest.fixture
def alone(house: House) -> House:
    """Without any entry."""
    for entry in house.api.get("/schedule").json()["items"]:
        house.api.delete(f"/schedule/{entry['id']}").raise_for_status()
    return house


def pick(page: Page, testid: str, option: str) -> None:
    """Choose in one of the fields that open a list."""
    page.get_by_test_id(testid).click()
    page.get_by_role("option", name=option, exact=True).click()


def next_week(page: Page) -> None:
    """One week on, and drawn."""
    title = page.get_by_test_id("week-title")
    before = title.inner_text()
    page.get_by_test_id("week-after").click()
    expect(title).not_to_have_text(before)


def press(page: Page, day: int, hour: int) -> None:
    """Press this hour of a day in the calendar."""
    column = page.get_by_test_id(f"week-day-{day}")
    box = column.bounding_box()
    assert box is not None
    column.click(position={"x": box["width"] / 2, "y": box["height"] * (hour + 0.5) / 24})


def test_the_week_of_a_screen_says_what_plays_at_any_moment_and_why(visitor: Visit, alone: House) -> None:
    page = visitor.page
    night, visits = alone.playlists["Night watch"], alone.playlists["Visiting hours"]
    weekdays = {"first_day": "2026-01-01", "recurrence": "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"}
    open_hours = {**weekdays, "dayparts": [["08:00", "12:00"], ["13:00", "18:30"]]}
    add(alone.api, "/schedule", playlist_id=visits, target={"site_id": alone.site}, priority=5, **open_hours)
    add(
        alone.api,
        "/schedule",
        playlist_id=night,
        target={"device_id": alone.lobby},
        dayparts=[["22:00", "05:00"]],
    )
    visitor.enter(alone.tenant.admin.email, "/schedule")
    page.get_by_test_id("schedule-subject").fill("lob")
    page.get_by_test_id("schedule-subject-choice").filter(has_text="Lobby").click()
    expect(page.get_by_test_id("explain-sentence")).to_contain_text("plays")
    expect(page.get_by_test_id("week-zone")).to_have_text("clock of Europe/Berlin")
    next_week(page)
    late = page.get_by_test_id("week-day-2").get_by_test_id("week-block").filter(has_text="Night watch")
    expect(late).to_have_count(2)
    expect(late.last).to_have_attribute(
        "aria-label", re.compile("^Night watch, Wednesday 22:00–05:00, because")
    )
    picture(page, "schedule")
    press(page, 2, 23)
    expect(page.get_by_test_id("explain-sentence")).to_contain_text("Night watch")
    expect(page.get_by_test_id("explain-at")).to_have_value(re.compile("T23:30$"))
    expect(page.get_by_test_id("candidate")).to_contain_text(["Plays"])
    press(page, 2, 12)
    expect(page.get_by_test_id("explain-sentence")).to_contain_text("Welcome")
    expect(page.get_by_test_id("candidate")).to_contain_text(["Not then", "Not then"])
    assign = {"playlist_id": alone.playlists["Welcome"]}
    alone.api.put(f"/devices/{alone.lobby}/playlist", json=assign).raise_for_status()
    press(page, 2, 10)
    expect(page.get_by_test_id("explain-sentence")).to_contain_text("Visiting hours")
    expect(page.get_by_test_id("candidate")).to_contain_text(["Plays", "Beaten", "Not then"])
    page.get_by_role("heading", name="Schedule").scroll_into_view_if_needed()
    picture(page, "explain")
    at = page.get_by_test_id("explain-at").input_value()
    page.get_by_test_id("explain-at").fill(at[:-5] + "04:59")
    expect(page.get_by_test_id("explain-sentence")).to_contain_text("Night watch")
    assert visitor.complaints == [] and visitor.foreign == []


def test_an_entry_is_made_in_plain_words_changed_and_deleted(visitor: Visit, alone: House) -> None:
    page = visitor.page
    visitor.enter(alone.tenant.admin.email, f"/schedule?screen={alone.lobby}")
    page.get_by_test_id("entry-add").click()
    page.get_by_test_id("form-submit").click()
    expect(page.get_by_test_id("form-problem")).to_have_text("Choose a playlist.")
    pick(page, "entry-playlist", "Visiting hours")
    pick(page, "entry-days", "On days of the week")
    page.get_by_test_id("form-submit").click()
    expect(page.get_by_test_id("form-problem")).to_contain_text("at least one day of the week")
    page.get_by_test_id("entry-screen").fill("Sta")
    # What has that name comes in between, and moves the button.
    expect(page.get_by_role("group", name="What has that name")).not_to_be_empty()
    page.get_by_test_id("form-submit").click()
    expect(page.get_by_test_id("form-problem")).to_have_text("Choose a screen.")
    page.get_by_test_id("entry-screen").fill("lob")
    page.get_by_test_id("entry-screen-choice").filter(has_text="Lobby").click()
    for day in ("MO", "FR"):
        page.get_by_test_id(f"entry-weekday-{day}").click()
    page.get_by_test_id("entry-dayparts").fill("nine to five")
    page.get_by_test_id("form-submit").click()
    expect(page.get_by_test_id("form-problem")).to_contain_text("Times of day: write hours like")
    page.get_by_test_id("entry-dayparts").fill("9-17")
    page.get_by_test_id("form-submit").click()
    entry = page.get_by_test_id("entry")
    expect(entry.get_by_test_id("entry-words")).to_contain_text("Lobby")
    expect(entry.get_by_test_id("entry-words")).to_contain_text("09:00–17:00")
    next_week(page)
    for number in (0, 4):
        slots = page.get_by_test_id(f"week-day-{number}").get_by_test_id("week-block")
        expect(slots.filter(has_text="Visiting hours")).to_have_count(1)
    tuesday = page.get_by_test_id("week-day-1").get_by_test_id("week-block")
    expect(tuesday.filter(has_text="Visiting hours")).to_have_count(0)

    entry.get_by_test_id("entry-edit").click()
    expect(page.get_by_test_id("entry-dayparts")).to_have_value("09:00–17:00")
    pick(page, "entry-where", "Every screen")
    page.get_by_test_id("entry-more").get_by_text("Name, priority").click()
    page.get_by_test_id("entry-name").fill("Visits")
    page.get_by_test_id("entry-priority").fill("7")
    page.get_by_test_id("form-submit").click()
    expect(entry).to_contain_text("priority 7")
    expect(entry).to_contain_text("Every screen")
    [kept] = alone.api.get("/schedule").json()["items"]
    assert kept["recurrence"] == "FREQ=WEEKLY;BYDAY=MO,FR" and kept["dayparts"] == [["09:00", "17:00"]]

    entry.get_by_test_id("entry-delete").click()
    expect(page.get_by_role("alertdialog")).to_contain_text("Delete Visits?")
    page.get_by_test_id("confirm-action").click()
    expect(page.get_by_text("Nothing is scheduled.")).to_be_visible()


def test_what_somebody_else_changed_meanwhile_is_not_written_over(visitor: Visit, alone: House) -> None:
    page = visitor.page
    welcome = alone.playlists["Welcome"]
    entry_id = add(alone.api, "/schedule", playlist_id=welcome, name="Mine")
    visitor.enter(alone.tenant.admin.email, "/schedule")
    page.get_by_test_id("entry-edit").click()
    alone.api.patch(f"/schedule/{entry_id}", json={"name": "Theirs"}).raise_for_status()
    page.get_by_test_id("entry-name").fill("Ours")
    page.get_by_test_id("form-submit").click()
    expect(page.get_by_test_id("form-problem")).to_be_visible()
    assert alone.api.get(f"/schedule/{entry_id}").json()["name"] == "Theirs"


def test_a_group_has_a_week_of_its_own(visitor: Visit, alone: House) -> None:
    page = visitor.page
    group = add(alone.api, "/groups", name="Upstairs")
    night = alone.playlists["Night watch"]
    visitor.enter(alone.tenant.admin.email, f"/schedule?group={group}")
    expect(page.get_by_test_id("schedule-lead")).to_contain_text("the group Upstairs")
    expect(page.get_by_test_id("explain")).to_be_hidden()
    add(alone.api, "/schedule", playlist_id=night, target={"group_id": group})
    page.get_by_test_id("week-today").click()
    expect(page.get_by_test_id("week-block").filter(has_text="Night watch")).to_have_count(7)
    alone.api.delete(f"/groups/{group}").raise_for_status()


def test_a_playlist_is_assigned_on_a_screens_page_and_taken_away(visitor: Visit, alone: House) -> None:
    page = visitor.page
    visitor.enter(alone.tenant.admin.email, f"/screens/{alone.lobby}")
    expect(page.get_by_test_id("plays-should")).to_have_text("Welcome #1")
    page.get_by_test_id("plays-assign").click()
    pick(page, "assign-playlist", "Visiting hours")
    page.get_by_test_id("form-submit").click()
    expect(page.get_by_test_id("plays-should")).to_have_text("Visiting hours #1")
    expect(page.get_by_test_id("plays-why")).to_contain_text("Visiting hours")
    expect(page.get_by_test_id("plays-next")).to_have_text("No change within a week")
    page.get_by_test_id("plays-assign").click()
    expect(page.get_by_test_id("assign-playlist")).to_have_value("Visiting hours")
    pick(page, "assign-playlist", "None: as scheduled for others")
    page.get_by_test_id("form-submit").click()
    expect(page.get_by_test_id("plays-should")).to_have_text("Welcome #1")
    assert alone.api.get("/schedule").json()["items"] == []
    page.get_by_test_id("plays-schedule").click()
    expect(page.get_by_test_id("schedule-lead")).to_contain_text("Lobby")


def test_the_table_says_who_is_behind_until_the_screen_plays_it(
    visitor: Visit, hub: HubProcess, alone: House
) -> None:
    page = visitor.page
    visitor.enter(alone.tenant.admin.email, "/")
    with OwnScreen(hub, alone.screens[alone.lobby]) as own:
        page.get_by_test_id("counter-lagging").click()
        lobby = page.get_by_role("row").filter(has_text="Lobby")
        expect(lobby).to_contain_text("behind")
        version = alone.api.get(f"/devices/{alone.lobby}/playlist").json()["version"]
        own.plays(version)
        expect(lobby).to_have_count(0)
        page.get_by_test_id("counter-lagging").click()
        expect(lobby).to_contain_text("Welcome#1")
        expect(lobby).not_to_contain_text("behind")


def test_who_may_only_look_sees_the_schedule_without_a_button(
    visitor: Visit, postgres: EmbeddedPostgres, alone: House
) -> None:
    page = visitor.page
    add(alone.api, "/schedule", playlist_id=alone.playlists["Welcome"])
    viewer = add_person(postgres.url("dashboard"), alone.tenant, RoleName.VIEWER)
    visitor.enter(viewer.email, "/schedule")
    expect(page.get_by_test_id("entry")).to_have_count(1)
    expect(page.get_by_test_id("entry-add")).to_have_count(0)
    expect(page.get_by_test_id("entry-edit")).to_have_count(0)
    visitor.go(f"/screens/{alone.lobby}")
    expect(page.get_by_test_id("plays-should")).to_have_text("Welcome #1")
    expect(page.get_by_test_id("plays-assign")).to_have_count(0)


def test_who_is_limited_to_a_site_changes_only_what_is_for_it(
    visitor: Visit, postgres: EmbeddedPostgres, alone: House
) -> None:
    page = visitor.page
    night, welcome = alone.playlists["Night watch"], alone.playlists["Welcome"]
    add(alone.api, "/schedule", playlist_id=welcome)
    add(alone.api, "/schedule", playlist_id=night, target={"site_id": alone.site})
    url = postgres.url("dashboard")
    limited = add_person(url, alone.tenant, RoleName.CONTENT_ADMIN, sites=[alone.site])
    visitor.enter(limited.email, f"/schedule?screen={alone.lobby}")
    expect(page.get_by_test_id("entry")).to_have_count(2)
    own = page.get_by_test_id("entry").filter(has_text="Night watch")
    expect(own.get_by_test_id("entry-edit")).to_be_visible()
    expect(page.get_by_test_id("entry-edit")).to_have_count(1)
    page.get_by_test_id("entry-add").click()
    page.get_by_test_id("entry-where").click()
    expect(page.get_by_role("option")).to_have_text(["One screen", "A site"])
