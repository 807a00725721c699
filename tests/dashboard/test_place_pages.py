"""Sites with their map, groups of screens, and tags in a real Chromium."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Locator, Page, expect

from persistence.embedded import EmbeddedPostgres
from protocol.vocabulary import RoleName
from tests.dashboard.browsing import Visit
from tests.dashboard.conftest import new_context
from tests.dashboard.houses import add_screens, api_of
from tests.dashboard.own_screen import OwnScreen
from tests.end_to_end.companions import dashboard
from tests.hub.hub_process import HubProcess
from tests.hub.tenants import PASSWORD, Tenant, make_tenant
from tests.hub.tenants import add_person as add_operator

BERLIN = {"latitude": 52.52, "longitude": 13.405, "time_zone": "Europe/Berlin"}
POTSDAM = {"latitude": 52.399, "longitude": 13.066, "time_zone": "Europe/Berlin"}
DAY_AND_NIGHT = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
# One white pixel.
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c63f8ffffff7f0009fb03fd"
    "05c8f7e60000000049454e44ae426082"
)


def administrator(visitor: Visit, postgres: EmbeddedPostgres, name: str, at: str = "/places") -> Tenant:
    """The administrator of a tenant of their own, on one of the pages."""
    house = make_tenant(postgres.url("dashboard"), name)
    sign_in(visitor, house.admin.email, at)
    return house


def sign_in(visitor: Visit, email: str, at: str) -> None:
    visitor.go(f"/sign-in?next={at}")
    visitor.fill_sign_in_as(email, PASSWORD)
    expect(visitor.page).to_have_url(visitor.url + at)


def add(api: httpx.Client, path: str, **body: object) -> str:
    """Its id."""
    answer = api.post(path, json=body)
    assert answer.status_code == 201, answer.text
    made: str = answer.json()["id"]
    return made


def site(page: Page, name: str) -> Locator:
    return page.get_by_test_id("site").filter(has=page.get_by_role("button", name=name))


def group(page: Page, name: str) -> Locator:
    return page.get_by_test_id("screen-group").filter(has=page.get_by_text(name, exact=True))


def mark(page: Page, name: str) -> Locator:
    return page.locator(f'[data-testid=site-mark][aria-label^="{name}"]')


def test_a_site_is_made_with_a_click_on_the_map_changed_and_deleted(
    visitor: Visit, postgres: EmbeddedPostgres
) -> None:
    page = visitor.page
    administrator(visitor, postgres, "Site makers")
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
    sign_in(visitor, house.admin.email, "/places")
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
        sign_in(visitor, house.admin.email, "/places")
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
    limited = add_operator(url, house, RoleName.DEVICE_ADMIN, sites=[potsdam], email="limited@places.example")
    sign_in(visitor, house.admin.email, "/places")
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
    sign_in(visitor, limited.email, "/places")
    expect(page.get_by_test_id("site")).to_have_count(1)
    expect(page.get_by_test_id("site-add")).to_have_count(0)
    mark(page, "Potsdam").click()
    expect(page.get_by_test_id("site-edit")).to_be_visible()
    expect(page.get_by_test_id("site-delete")).to_have_count(0)
    expect(page.get_by_test_id("site-limit")).to_have_count(0)
    page.get_by_test_id("tab-screen-groups").click()
    expect(group(page, "Doors")).to_be_visible()
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
    viewer = add_operator(url, house, RoleName.VIEWER, email="viewer@places.example")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    sign_in(visitor, viewer.email, "/places")
    expect(page.get_by_test_id("nav-manage")).to_have_count(0)
    site(page, "Berlin").get_by_test_id("site-pick").click()
    expect(page.get_by_test_id("site-screens")).to_be_visible()
    for button in ("site-add", "site-edit", "site-delete", "site-limit"):
        expect(page.get_by_test_id(button)).to_have_count(0)
    # The feature is given to nobody here: neither the map nor what it is drawn with.
    expect(page.get_by_test_id("map")).to_have_count(0)
    assert not any("leaflet.css" in address or "site-map" in address for address in asked)


def test_groups_are_made_inside_of_others_filled_by_hand_and_by_tags_and_deleted(
    visitor: Visit, hub: HubProcess, postgres: EmbeddedPostgres
) -> None:
    page = visitor.page
    house = make_tenant(postgres.url("dashboard"), "Group makers")
    with api_of(hub, house.admin.email) as api:
        for number, device in enumerate(add_screens(api, 4, "grouped")):
            tags = {"floor": str(number % 2), "kind": "kiosk" if number == 3 else "sign"}
            body = {"name": f"Sign {number}", "tags": tags}
            api.patch(f"/devices/{device}", json=body).raise_for_status()
    sign_in(visitor, house.admin.email, "/places/groups")
    page.get_by_test_id("rows-add").click()
    page.get_by_test_id("group-name").fill("Building")
    page.get_by_test_id("form-submit").click()
    expect(group(page, "Building")).to_contain_text("0 screens")

    group(page, "Building").get_by_test_id("group-add-inside").click()
    page.get_by_test_id("group-name").fill("Upstairs")
    page.get_by_test_id("group-query").fill("floor=")
    page.get_by_test_id("tag-key").filter(has_text="floor").click()
    page.get_by_test_id("tag-value").filter(has_text="floor=1").click()
    expect(page.get_by_test_id("group-preview")).to_have_text("Fits 2 screens now: Sign 1, Sign 3.")
    page.get_by_test_id("group-query").fill("floor=1, kind!=kiosk")
    expect(page.get_by_test_id("group-preview")).to_have_text("Fits 1 screen now: Sign 1.")
    page.get_by_test_id("group-query").fill("floor=1, , kind")
    expect(page.get_by_test_id("group-preview")).to_contain_text("The query has nothing in term 2")
    page.get_by_test_id("form-submit").click()
    expect(page.get_by_test_id("form-problem")).to_contain_text("nothing in term 2")
    page.get_by_test_id("group-query").fill("floor=1, kind!=kiosk")
    page.get_by_test_id("form-submit").click()
    expect(group(page, "Upstairs")).to_have_attribute("style", "--depth: 1;")
    expect(group(page, "Upstairs").get_by_test_id("group-by-tags")).to_be_visible()
    expect(group(page, "Building")).to_contain_text("1 screen")

    group(page, "Building").get_by_test_id("group-screens").click()
    page.get_by_test_id("group-screens-search").fill("sign 0")
    expect(page.get_by_test_id("group-screens-choice")).to_have_count(1)
    page.get_by_test_id("group-screens-choice").check()
    expect(page.get_by_test_id("group-screens-summary")).to_have_text("Chosen: Sign 0")
    page.get_by_test_id("form-submit").click()
    expect(group(page, "Building")).to_contain_text("2 screens")
    group(page, "Building").get_by_test_id("group-screens").click()
    page.get_by_test_id("group-screens-choice").first.uncheck()
    page.get_by_test_id("form-submit").click()
    expect(group(page, "Building")).to_contain_text("1 screen")

    group(page, "Upstairs").get_by_test_id("group-edit").click()
    page.get_by_test_id("group-parent").click()
    expect(page.get_by_role("option")).to_have_text(["No other group", "Building"])
    page.get_by_role("option", name="No other group").click()
    page.get_by_test_id("form-submit").click()
    expect(group(page, "Upstairs")).to_have_attribute("style", "--depth: 0;")
    group(page, "Upstairs").get_by_test_id("group-edit").click()
    page.get_by_test_id("group-parent").click()
    page.get_by_role("option", name="Building").click()
    page.get_by_test_id("form-submit").click()
    expect(group(page, "Upstairs")).to_have_attribute("style", "--depth: 1;")
    group(page, "Building").get_by_test_id("group-delete").click()
    expect(page.get_by_text("What is inside it moves to the top: Upstairs.")).to_be_visible()
    page.get_by_test_id("confirm-action").click()
    expect(page.get_by_test_id("screen-group")).to_have_count(1)
    expect(group(page, "Upstairs")).to_have_attribute("style", "--depth: 0;")


def test_an_order_to_a_group_reaches_what_is_inside_it_and_the_count_says_so(
    visitor: Visit, hub: HubProcess, postgres: EmbeddedPostgres
) -> None:
    page = visitor.page
    house = make_tenant(postgres.url("dashboard"), "Nested scopes")
    with api_of(hub, house.admin.email) as api:
        building = add(api, "/groups", name="Building")
        floor = add(api, "/groups", name="Floor", parent_id=building)
        add(api, "/groups", name="Kiosks", parent_id=floor, tag_query="kind=kiosk")
        screens = list(add_screens(api, 3, "nested"))
        api.patch(f"/devices/{screens[0]}", json={"tags": {"kind": "kiosk"}}).raise_for_status()
        api.patch(f"/devices/{screens[1]}", json={"group_ids": [floor]}).raise_for_status()
    for path, told in (("/emergency", "emergency-reach"), ("/commands/new", "command-reach")):
        if path == "/emergency":
            sign_in(visitor, house.admin.email, path)
        visitor.go(path)
        page.get_by_test_id("scope-groups").click()
        choices = page.get_by_test_id("scope-list").locator(".check")
        expect(choices).to_have_text(["Building2 screens", "Floor2 screens", "Kiosksby tags1 screen"])
        left = [choices.nth(number).locator("input").bounding_box() for number in range(3)]
        assert [box["x"] for box in left if box] == sorted({box["x"] for box in left if box})
        choices.nth(0).click()
        expect(page.get_by_test_id(told)).to_contain_text("2 screens")
        page.get_by_test_id("scope-search").fill("kiosk")
        expect(choices).to_have_text(["Building › Floor › Kiosksby tags1 screen"])
        choices.nth(0).click()
        expect(page.get_by_test_id("scope-summary")).to_have_text("Chosen: Building, Kiosks")
        expect(page.get_by_test_id(told)).to_contain_text("2 screens")


def test_tags_in_use_are_offered_where_a_screen_is_edited(
    visitor: Visit, hub: HubProcess, postgres: EmbeddedPostgres
) -> None:
    page = visitor.page
    house = make_tenant(postgres.url("dashboard"), "Tag offers")
    with api_of(hub, house.admin.email) as api:
        one, other = add_screens(api, 2, "tagged")
        api.patch(f"/devices/{one}", json={"tags": {"floor": "2", "public": ""}}).raise_for_status()
        api.patch(f"/devices/{other}", json={"tags": {"floor": "1"}}).raise_for_status()
    sign_in(visitor, house.admin.email, f"/screens/{other}")
    page.get_by_test_id("screen-edit").click()
    page.get_by_test_id("tag-key").filter(has_text="floor").click()
    page.get_by_test_id("tag-value").filter(has_text="floor=2").click()
    page.get_by_test_id("tag-key").filter(has_text="public").click()
    page.get_by_test_id("tag-value").filter(has_text="public").click()
    expect(page.get_by_test_id("edit-tags")).to_have_value("floor=2\npublic")
    page.get_by_test_id("form-submit").click()
    expect(page.get_by_test_id("screen-about")).to_contain_text("floor=2, public")


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
    sign_in(visitor, house.admin.email, "/places")
    mark(page, "A site").click()
    page.get_by_test_id("site-edit").click()
    expect(page.get_by_role("dialog").get_by_test_id("site-zone")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    expect(page.get_by_test_id("map-note").first).to_have_text("Positions only")
    visitor.go("/places/groups")
    expect(page.get_by_test_id("screen-group")).to_have_count(6)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert visitor.foreign == [] and visitor.complaints == []


class _Tiles(ThreadingHTTPServer):
    """Map tiles, as long as `reachable`."""

    reachable = False
    asked: list[str]


class _Tile(BaseHTTPRequestHandler):
    server: _Tiles

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self.send_response(200 if self.server.reachable else 503)
        self.send_header("Content-Type", "image/png")
        self.end_headers()
        self.wfile.write(PNG if self.server.reachable else b"")

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@contextmanager
def tiles() -> Iterator[_Tiles]:
    server = _Tiles(("127.0.0.1", 0), _Tile)
    server.asked = []
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_tiles_lie_on_the_map_if_they_can_be_reached_and_a_sentence_if_not(
    browser: Browser, hub: HubProcess, postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    house = make_tenant(postgres.url("dashboard"), "Map tiles")
    with api_of(hub, house.admin.email) as api:
        add(api, "/sites", name="Berlin", **BERLIN)
    with tiles() as server:
        host = f"http://127.0.0.1:{server.server_port}"
        more = {
            "CLARION_MAP_TILES_URL": host + "/{z}/{x}/{y}.png",
            "CLARION_MAP_TILES_ATTRIBUTION": "© Tiles <b>& Sons",
        }
        with dashboard(hub, tmp_path, more) as url:
            context = new_context(browser)
            visitor = Visit(context.new_page(), url)
            page = visitor.page
            sign_in(visitor, house.admin.email, "/places")
            note, shown = page.get_by_test_id("map-note"), page.locator("img.leaflet-tile-loaded")
            expect(note).to_have_text("No map tiles reachable: positions only")
            expect(mark(page, "Berlin")).to_be_visible()
            expect(page.locator(".map-lines line")).not_to_have_count(0)
            expect(shown).to_have_count(0)
            server.reachable = True
            page.reload()
            expect(shown).not_to_have_count(0)
            expect(note).to_be_hidden()
            expect(page.locator(".leaflet-control-attribution")).to_have_text("© Tiles <b>& Sons")
            assert server.asked and all(address.startswith(host) for address in visitor.foreign)
            context.close()
