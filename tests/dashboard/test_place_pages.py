"""Sites and their map in a real Chromium."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from persistence.embedded import EmbeddedPostgres
from protocol.vocabulary import RoleName
from tests.dashboard.browsing import Visit
from tests.dashboard.houses import add, add_screens, api_of
from tests.dashboard.own_screen import OwnScreen
from tests.hub.hub_process import HubProcess
from tests.hub.tenants import add_person, make_tenant

BERLIN = {"latitude": 52.52, "longitude": 13.405, "time_zone": "Europe/Berlin"}
POTSDAM = {"latitude": 52.399, "longitude": 13.066, "time_zone": "Europe/Berlin"}
DAY_AND_NIGHT = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}


def site(page: Page, name: str) -> Locator:
    return page.get_by_test_id("site").filter(has=page.get_by_role("button", name=name))


def mark(page: Page, name: str) -> Locator:
    return page.locator(f'[data-testid=site-mark][aria-label^="{name}"]')


def test_a_site_is_made_with_a_click_on_the_map_changed_and_deleted(
    visitor: Visit, postgres: EmbeddedPostgres
) -> None:
    page = visitor.page
    house = make_tenant(postgres.url("dashboard"), "Site makers")
    visitor.enter(house.admin.email, "/places")
    expect(page.get_by_text("There is no site yet.")).to_be_visible()
    page.get_by_test_id("site-add").click()
    page.get_by_test_id("form-submit").click()
    expect(page.get_by_test_id("form-problem")).to_have_text("A site needs a name.")
    page.get_by_test_id("site-name").fill("Annex")
    page.get_by_test_id("site-address").fill("Torstraße 4")
    expect(page.get_by_test_id("site-zone")).to_have_value("Europe/Berlin")
    page.get_by_test_id("site-zone").fill("Tokyo")
    page.get_by_role("option", name="Asia/Tokyo").click()
    page.get_by_test_id("site-latitude").fill("95")
    page.get_by_test_id("form-submit").click()
    expect(page.get_by_test_id("form-problem")).to_contain_text("Latitude")
    page.get_by_role("dialog").get_by_test_id("map").click(position={"x": 60, "y": 120})
    expect(page.get_by_test_id("site-longitude")).not_to_have_value("")
    page.get_by_test_id("site-hours").get_by_text("Opening hours").click()
    page.get_by_test_id("site-hours-mon").fill("nine to five")
    page.get_by_test_id("form-submit").click()
    expect(page.get_by_test_id("form-problem")).to_contain_text("Monday: write hours like")
    page.get_by_test_id("site-hours-mon").fill("8-12, 13-18")
    page.get_by_test_id("form-submit").click()
    annex = site(page, "Annex")
    expect(annex).to_contain_text("Asia/Tokyo")
    expect(annex).to_contain_text("08:00–12:00, 13:00–18:00")
    expect(annex.get_by_test_id("site-stands")).to_have_text(re.compile("^(Open now, closes|Closed, opens) "))
    expect(mark(page, "Annex")).to_be_visible()
    annex.get_by_test_id("site-edit").click()
    page.get_by_test_id("site-latitude").fill("")
    page.get_by_test_id("site-longitude").fill("")
    page.get_by_test_id("site-name").fill("Old annex")
    page.get_by_test_id("form-submit").click()
    expect(site(page, "Old annex")).to_contain_text("not on the map")
    expect(page.get_by_test_id("site-mark")).to_have_count(0)
    site(page, "Old annex").get_by_test_id("site-delete").click()
    page.get_by_test_id("confirm-action").click()
    expect(page.get_by_test_id("sites-count")).to_have_text("0 sites")


def test_a_site_is_chosen_in_the_list_or_on_the_map_also_by_keys(
    visitor: Visit, hub: HubProcess, postgres: EmbeddedPostgres
) -> None:
    page = visitor.page
    house = make_tenant(postgres.url("dashboard"), "Choosers")
    with api_of(hub, house.admin.email) as api:
        add(api, "/sites", name="Berlin", opening_hours=DAY_AND_NIGHT, **BERLIN)
        add(api, "/sites", name="Potsdam", **POTSDAM)
        add(api, "/sites", name="Depot")
    visitor.enter(house.admin.email, "/places")
    site(page, "Berlin").get_by_test_id("site-pick").click()
    expect(mark(page, "Berlin")).to_have_attribute("aria-pressed", "true")
    expect(site(page, "Berlin").get_by_test_id("site-stands")).to_have_text("Open day and night")
    mark(page, "Potsdam").focus()
    page.keyboard.press("Enter")
    expect(site(page, "Potsdam").get_by_test_id("site-pick")).to_have_attribute("aria-expanded", "true")
    expect(site(page, "Berlin").get_by_test_id("site-more")).to_be_hidden()
    expect(mark(page, "Berlin")).to_have_attribute("aria-pressed", "false")
    page.get_by_test_id("sites-search").fill("depot")
    expect(site(page, "Berlin")).to_have_count(0)
    mark(page, "Berlin").click()
    expect(site(page, "Berlin").get_by_test_id("site-more")).to_be_visible()
    site(page, "Depot").get_by_test_id("site-pick").focus()
    page.keyboard.press("Space")
    expect(site(page, "Depot")).to_contain_text("Not said")
    expect(mark(page, "Berlin")).to_have_attribute("aria-pressed", "false")


def test_a_site_says_live_how_many_of_its_screens_are_online(
    visitor: Visit, hub: HubProcess, postgres: EmbeddedPostgres
) -> None:
    page = visitor.page
    house = make_tenant(postgres.url("dashboard"), "Live sites")
    with api_of(hub, house.admin.email) as api:
        site_id = add(api, "/sites", name="Berlin", **BERLIN)
        screens = add_screens(api, 2, "live-site", site="Berlin")
        visitor.enter(house.admin.email, "/places")
        expect(mark(page, "Berlin: 2 offline")).to_contain_class("site-bad")
        with OwnScreen(hub, next(iter(screens.values()))):
            expect(mark(page, "Berlin: 1 online, 1 offline")).to_contain_class("site-warn")
            expect(site(page, "Berlin").get_by_test_id("site-online")).to_have_text("1 online")
            moved = api.patch(f"/devices/{list(screens)[1]}", json={"site_id": None})
            assert moved.is_success, moved.text
            expect(mark(page, "Berlin: 1 online")).to_contain_class("site-ok")
            expect(site(page, "Berlin").get_by_test_id("site-offline")).to_be_hidden()
        expect(mark(page, "Berlin: 1 offline")).to_contain_class("site-bad")
        refused = api.delete(f"/sites/{site_id}")
    site(page, "Berlin").get_by_test_id("site-pick").click()
    site(page, "Berlin").get_by_test_id("site-delete").click()
    page.get_by_test_id("confirm-action").click()
    expect(page.get_by_text(refused.json()["detail"])).to_be_visible()
    page.get_by_test_id("site-screens").click()
    expect(page.get_by_test_id("screens-count")).to_have_text("1 screen")


def test_somebody_limited_to_a_site_sees_it_alone_and_may_neither_make_nor_delete(
    visitor: Visit, hub: HubProcess, postgres: EmbeddedPostgres
) -> None:
    page = visitor.page
    url = postgres.url("dashboard")
    house = make_tenant(url, "Limited places")
    with api_of(hub, house.admin.email) as api:
        berlin = add(api, "/sites", name="Berlin", **BERLIN)
        potsdam = add(api, "/sites", name="Potsdam", **POTSDAM)
        add(api, "/groups", name="Doors")
    limited = add_person(url, house, RoleName.DEVICE_ADMIN, sites=[potsdam], email="limited@places.example")
    visitor.enter(house.admin.email, "/places")
    site(page, "Berlin").get_by_test_id("site-pick").click()
    page.get_by_test_id("site-limit").click()
    page.get_by_test_id("site-people").click()
    page.get_by_role("option", name="Test Person").click()
    page.get_by_role("dialog").get_by_role("heading").click()
    page.get_by_test_id("form-submit").click()
    expect(page.get_by_test_id("form-submit")).to_have_count(0)
    with api_of(hub, house.admin.email) as api:
        assert api.get(f"/sites/{berlin}/people").json()["user_ids"] == [limited.user_id]
        api.put(f"/sites/{berlin}/people", json={"user_ids": []}).raise_for_status()
    page.get_by_test_id("sign-out").click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    visitor.enter(limited.email, "/places")
    expect(page.get_by_test_id("site")).to_have_count(1)
    expect(page.get_by_test_id("site-add")).to_have_count(0)
    mark(page, "Potsdam").click()
    expect(page.get_by_test_id("site-edit")).to_be_visible()
    expect(page.get_by_test_id("site-delete")).to_have_count(0)
    expect(page.get_by_test_id("site-limit")).to_have_count(0)
    page.get_by_test_id("tab-screen-groups").click()
    expect(page.get_by_test_id("screen-group")).to_contain_text("Doors")
    expect(page.get_by_test_id("rows-add")).to_have_count(0)
    expect(page.get_by_test_id("group-edit")).to_have_count(0)


def test_a_viewer_looks_and_is_offered_no_change(
    visitor: Visit, hub: HubProcess, postgres: EmbeddedPostgres
) -> None:
    page = visitor.page
    url = postgres.url("dashboard")
    house = make_tenant(url, "Viewed places")
    with api_of(hub, house.admin.email) as api:
        add(api, "/sites", name="Berlin", **BERLIN)
        add(api, "/features", key="places.map")
    viewer = add_person(url, house, RoleName.VIEWER, email="viewer@places.example")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    visitor.enter(viewer.email, "/places")
    expect(page.get_by_test_id("nav-manage")).to_have_count(0)
    site(page, "Berlin").get_by_test_id("site-pick").click()
    expect(page.get_by_test_id("site-screens")).to_be_visible()
    for button in ("site-add", "site-edit", "site-delete", "site-limit"):
        expect(page.get_by_test_id(button)).to_have_count(0)
    # The feature is given to nobody here: neither the map nor what it is drawn with.
    expect(page.get_by_test_id("map")).to_have_count(0)
    assert not any("leaflet.css" in address or "site-map" in address for address in asked)


def test_the_pages_fit_a_phone_ask_nobody_else_and_complain_of_nothing(
    visitor: Visit, hub: HubProcess, postgres: EmbeddedPostgres
) -> None:
    page = visitor.page
    house = make_tenant(postgres.url("dashboard"), "Places on a phone")
    with api_of(hub, house.admin.email) as api:
        add(api, "/sites", name="A site with a name that is rather long", address="Torstraße 4", **BERLIN)
        parent = None
        for depth in range(6):
            parent = add(api, "/groups", name=f"Group {depth}", parent_id=parent, tag_query="a=1, b, !c")
    page.set_viewport_size({"width": 390, "height": 844})
    visitor.enter(house.admin.email, "/places")
    mark(page, "A site").click()
    page.get_by_test_id("site-edit").click()
    expect(page.get_by_role("dialog").get_by_test_id("site-zone")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    expect(page.get_by_test_id("map-note").first).to_have_text("Positions only")
    visitor.go("/places/groups")
    expect(page.get_by_test_id("screen-group")).to_have_count(6)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert visitor.foreign == [] and visitor.complaints == []
