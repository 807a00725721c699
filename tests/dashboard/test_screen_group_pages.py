"""Groups of screens, and tags, in a real Chromium: on their page, in a scope, on a screen's page."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from persistence.embedded import EmbeddedPostgres
from tests.dashboard.browsing import Visit
from tests.dashboard.houses import add, add_screens, api_of
from tests.hub.hub_process import HubProcess
from tests.hub.tenants import make_tenant


def group(page: Page, name: str) -> Locator:
    return page.get_by_test_id("screen-group").filter(has=page.get_by_text(name, exact=True))


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
    visitor.enter(house.admin.email, "/places/groups")
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
    visitor.enter(house.admin.email, "/emergency")
    for path, told in (("/emergency", "emergency-reach"), ("/commands/new", "command-reach")):
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
    visitor.enter(house.admin.email, f"/screens/{other}")
    page.get_by_test_id("screen-edit").click()
    page.get_by_test_id("tag-key").filter(has_text="floor").click()
    page.get_by_test_id("tag-value").filter(has_text="floor=2").click()
    page.get_by_test_id("tag-key").filter(has_text="public").click()
    page.get_by_test_id("tag-value").filter(has_text="public").click()
    expect(page.get_by_test_id("edit-tags")).to_have_value("floor=2\npublic")
    page.get_by_test_id("form-submit").click()
    expect(page.get_by_test_id("screen-about")).to_contain_text("floor=2, public")
