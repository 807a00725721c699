"""Contents and their approval in a real Chromium: submitted by one, decided by another, retired."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, expect

from persistence.embedded import EmbeddedPostgres
from protocol.vocabulary import RoleName
from tests.dashboard.browsing import Visit
from tests.dashboard.conftest import new_context
from tests.dashboard.files import add_page, add_version, picture, step
from tests.dashboard.houses import add, api_of
from tests.dashboard.published import approve_own, approved_page, put_in
from tests.hub.hub_process import HubProcess
from tests.hub.tenants import add_person, make_tenant
from tests.patience import PATIENCE_MS


def version(page: Page, number: int) -> Locator:
    return page.locator(f"[data-testid=version][data-number='{number}']")


def test_one_submits_another_rejects_with_a_reason_and_approves_the_next_beside_it(
    visitor: Visit,
    browser: Browser,
    dashboard_url: str,
    hub: HubProcess,
    postgres: EmbeddedPostgres,
    tmp_path: Path,
) -> None:
    url = postgres.url("dashboard")
    house = make_tenant(url, "Approvers")
    maker = add_person(url, house, RoleName.CONTENT_CREATOR, email="maker@approvers.example")
    with api_of(hub, maker.email) as api:
        add_version(api, add(api, "/contents", name="Menu"), picture(tmp_path, "dark.png", "black"))
    theirs = new_context(browser)
    making = Visit(theirs.new_page(), dashboard_url)
    making.enter(maker.email, "/contents")
    making.page.get_by_test_id("content-link").click()
    making.page.get_by_test_id("version-submit").click()
    expect(version(making.page, 1).get_by_test_id("version-standing")).to_have_text("Waits for approval")
    expect(making.page.get_by_test_id("version-approve")).to_have_count(0)

    page = visitor.page
    visitor.enter(house.admin.email, "/media-approvals")
    expect(page.get_by_test_id("queue-count")).to_have_text("1 version waits for approval.")
    expect(page.get_by_test_id("queue-before")).to_contain_text("Screens have not shown this content yet.")
    expect(page.get_by_test_id("queue-new").get_by_test_id("looked-image")).to_be_visible()
    page.get_by_test_id("queue-reject").click()
    page.get_by_test_id("form-submit").click()
    expect(page.get_by_test_id("form-problem")).to_contain_text("Say why")
    page.get_by_test_id("reject-reason").fill("Too dark to read")
    page.get_by_test_id("form-submit").click()
    expect(page.get_by_test_id("queue-empty")).to_contain_text("Nothing waits")

    making.page.reload()
    expect(making.page.get_by_test_id("version-reason")).to_have_text("“Too dark to read”")
    for number, colour in ((2, "white"), (3, "silver")):
        making.page.get_by_test_id("upload-input").set_input_files(picture(tmp_path, f"{colour}.png", colour))
        version(making.page, number).get_by_test_id("version-submit").click()
        # It appears on the other one's page by itself.
        expect(page.get_by_test_id("queue-new")).to_contain_text(
            f"New: version {number}", timeout=PATIENCE_MS
        )
        if number == 3:
            expect(page.get_by_test_id("queue-before")).to_contain_text("Approved before: version 2")
            expect(page.get_by_test_id("queue-before").get_by_test_id("looked-image")).to_be_visible()
        page.get_by_test_id("queue-approve").click()
        expect(page.get_by_text("Menu is approved.").first).to_be_visible()
        expect(page.get_by_test_id("queue-empty")).to_be_visible()
        making.page.reload()
        expect(version(making.page, number).get_by_test_id("version-standing")).to_have_text("Approved")
    theirs.close()
    visitor.go("/audit")
    said = page.get_by_test_id("audit-sentence")
    expect(said.filter(has_text="rejected version 1 of Menu: Too dark to read")).to_have_count(1)
    expect(said.filter(has_text="approved version 3 of Menu")).to_have_count(1)
    assert visitor.complaints == [] and visitor.foreign == []


def test_nobody_approves_their_own_unless_the_rules_of_the_tenant_say_so(
    visitor: Visit, hub: HubProcess, postgres: EmbeddedPostgres
) -> None:
    page, url = visitor.page, postgres.url("dashboard")
    house = make_tenant(url, "Own words")
    with api_of(hub, house.admin.email) as api:
        step(api, add_page(api, "Canteen"), "submit")
    visitor.enter(house.admin.email, "/media-approvals")
    expect(page.get_by_test_id("queue-own")).to_contain_text("somebody else has to approve it")
    expect(page.get_by_test_id("queue-approve")).to_be_disabled()
    # A page elsewhere is asked for when somebody wants to see it, and not before.
    expect(page.get_by_test_id("queue-new")).to_contain_text("https://menu.example/today")
    assert visitor.foreign == []
    page.get_by_test_id("rules-approve-own").check()
    expect(page.get_by_test_id("queue-own")).to_have_count(0)
    page.get_by_test_id("queue-approve").click()
    expect(page.get_by_test_id("queue-empty")).to_be_visible()
    page.get_by_test_id("rules-approve-own").uncheck()
    expect(page.get_by_text("The rule is changed.").first).to_be_visible()
    with api_of(hub, house.admin.email) as api:
        assert api.get("/content-rules").json() == {"approve_own": False}
        step(api, add_page(api, "Menu"), "submit")
        site_id = add(api, "/sites", name="Annex")
    # What is approved is shown everywhere: somebody limited to a site looks, and reads why not to decide.
    limited = add_person(url, house, RoleName.CONTENT_ADMIN, sites=[site_id], email="limited@words.example")
    page.get_by_test_id("sign-out").click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    visitor.enter(limited.email, "/media-approvals")
    expect(page.get_by_test_id("queue-not-allowed")).to_contain_text("limited to some sites")
    expect(page.get_by_test_id("queue-new")).to_be_visible()
    for offered in ("queue-approve", "queue-reject"):
        expect(page.get_by_test_id(offered)).to_have_count(0)
    expect(page.get_by_test_id("rules-approve-own")).to_be_hidden()


def test_what_is_in_use_says_where_before_it_is_retired(
    visitor: Visit, hub: HubProcess, postgres: EmbeddedPostgres
) -> None:
    page = visitor.page
    house = make_tenant(postgres.url("dashboard"), "Retirements")
    with api_of(hub, house.admin.email) as api:
        api.put("/content-rules", json={"approve_own": True}).raise_for_status()
        media_id = add_page(api, "Canteen")
        step(api, media_id, "submit")
        step(api, media_id, "approve")
        lobby = api.post("/playlists", json={"name": "Lobby"})
        assert lobby.status_code == 201, lobby.text
        playlist_id = lobby.json()["id"]
        added = api.post(
            f"/playlists/{playlist_id}/items",
            json={"media_id": media_id, "duration_s": 10},
            headers={"If-Match": lobby.headers["ETag"]},
        )
        assert added.is_success, added.text
    visitor.enter(house.admin.email, "/contents")
    page.get_by_test_id("content-link").click()
    expect(page.get_by_test_id("content-usage")).to_contain_text("Lobby")
    page.get_by_test_id("content-delete").click()
    page.get_by_test_id("confirm-action").click()
    expect(page.locator(".q-notification")).to_contain_text("Lobby")
    page.get_by_test_id("version-retire").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_test_id("uses")).to_contain_text("Lobby")
    dialog.get_by_test_id("retire-reason").fill("The season is over")
    dialog.get_by_test_id("form-submit").click()
    expect(version(page, 1).get_by_test_id("version-standing")).to_have_text("Retired")
    expect(version(page, 1)).to_contain_text("The season is over")


def test_where_an_older_approved_version_is_used_is_said_beside_the_newest(
    visitor: Visit, hub: HubProcess, postgres: EmbeddedPostgres
) -> None:
    page = visitor.page
    house = make_tenant(postgres.url("dashboard"), "Keepers")
    with api_of(hub, house.admin.email) as api:
        approve_own(api)
        first = approved_page(api, "Timetable")
        put_in(api, add(api, "/playlists", name="Platform"), media_id=first)
        content_id = api.get(f"/media/{first}").json()["content_id"]
        newer = add(api, f"/contents/{content_id}/media", url="https://example.org/new")
        for word in ("submit", "approve"):
            step(api, newer, word)
    visitor.enter(house.admin.email, f"/contents/{content_id}")
    used = page.get_by_test_id("content-usage")
    expect(used.get_by_role("heading")).to_have_text(["Version 2", "Version 1"])
    expect(used.get_by_test_id("usage")).to_contain_text(["In no playlist.", "In 1 playlist"])
    expect(used.get_by_test_id("uses")).to_contain_text("Platform")


def test_the_library_is_searched_filtered_and_ordered(
    visitor: Visit, hub: HubProcess, postgres: EmbeddedPostgres
) -> None:
    page = visitor.page
    house = make_tenant(postgres.url("dashboard"), "Librarians")
    with api_of(hub, house.admin.email) as api:
        add_page(api, "Apples", category="Food", tags=["autumn"])
        step(api, add_page(api, "Zebra", tags=["zoo", "autumn"]), "submit")
        add_page(api, "Live", "https://tv.example/live.m3u8")
    visitor.enter(house.admin.email, "/contents")
    names = page.locator(".content-name")
    expect(names).to_have_text(["Live", "Zebra", "Apples"])
    page.get_by_test_id("contents-order").select_option("name")
    expect(names).to_have_text(["Apples", "Live", "Zebra"])
    page.get_by_test_id("contents-tag").select_option("autumn")
    expect(names).to_have_text(["Apples", "Zebra"])
    page.get_by_test_id("contents-status").select_option("submitted")
    expect(names).to_have_text(["Zebra"])
    page.get_by_test_id("contents-category").select_option("Food")
    expect(page.get_by_test_id("contents-empty")).to_contain_text("Nothing fits")
    visitor.go("/contents?kind=stream")
    expect(names).to_have_text(["Live"])
    page.get_by_test_id("contents-kind").select_option("")
    page.get_by_test_id("contents-search").fill("app")
    expect(names).to_have_text(["Apples"])
    expect(page.get_by_test_id("contents-count")).to_have_text("1 content")


def test_what_a_content_is_can_be_changed_and_all_of_it_deleted(
    visitor: Visit, hub: HubProcess, postgres: EmbeddedPostgres
) -> None:
    page = visitor.page
    house = make_tenant(postgres.url("dashboard"), "Changers")
    visitor.enter(house.admin.email, "/contents")
    page.get_by_test_id("address-add").click()
    page.get_by_test_id("address-url").fill("ftp://files.example/menu")
    page.get_by_test_id("form-submit").click()
    expect(page.get_by_test_id("form-problem")).to_contain_text("http")
    page.get_by_test_id("address-url").fill("https://www.menu.example/today")
    page.get_by_test_id("form-submit").click()
    expect(page.get_by_test_id("content-title")).to_have_text("menu.example/today")
    page.get_by_test_id("content-edit").click()
    page.get_by_test_id("content-name").fill("Menu of today")
    page.get_by_test_id("content-tags").fill("food, daily, Food")
    page.get_by_test_id("content-category").fill("Canteen")
    page.get_by_test_id("content-until").fill("2030-07-01T18:00")
    page.get_by_test_id("form-submit").click()
    expect(page.get_by_test_id("content-title")).to_have_text("Menu of today")
    expect(page.get_by_test_id("content-fact-may-be-shown")).to_have_text("Until 2030-07-01 18:00")
    with api_of(hub, house.admin.email) as api:
        (content,) = api.get("/contents").json()["items"]
        assert content["valid_until"] == "2030-07-01T16:00:00Z" and sorted(content["tags"]) == [
            "daily",
            "food",
        ]
        page.get_by_test_id("content-edit").click()
        api.patch(f"/contents/{content['id']}", json={"description": "By somebody else"}).raise_for_status()
        page.get_by_test_id("content-name").fill("Menu")
        page.get_by_test_id("form-submit").click()
        expect(page.get_by_test_id("form-problem")).to_be_visible()
        page.get_by_test_id("form-cancel").click()
    page.get_by_test_id("content-delete").click()
    page.get_by_test_id("confirm-action").click()
    expect(page.get_by_test_id("contents-empty")).to_be_visible()


def test_a_viewer_looks_and_is_offered_no_change_and_the_pages_fit_a_phone(
    visitor: Visit, hub: HubProcess, postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    page = visitor.page
    url = postgres.url("dashboard")
    house = make_tenant(url, "Lookers")
    with api_of(hub, house.admin.email) as api:
        long = add(api, "/contents", name="A content with a name that is rather long " * 3, tags=["a", "b"])
        add_version(api, long, picture(tmp_path, "tall.png", "teal", (100, 900)))
        step(api, add_page(api, "Canteen", "https://menu.example/" + "today" * 40), "submit")
    viewer = add_person(url, house, RoleName.VIEWER, email="viewer@lookers.example")
    page.set_viewport_size({"width": 390, "height": 844})
    visitor.enter(viewer.email, "/contents")
    expect(page.get_by_test_id("content")).to_have_count(2)
    for offered in ("upload-choose", "upload-input", "address-add"):
        expect(page.get_by_test_id(offered)).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for name in ("A content", "Canteen"):
        visitor.go("/contents")
        page.get_by_test_id("content").filter(has_text=name).get_by_test_id("content-link").click()
        expect(page.get_by_test_id("version")).to_have_count(1)
        for offered in (
            "content-edit",
            "content-delete",
            "version-submit",
            "version-withdraw",
            "version-delete",
        ):
            expect(page.get_by_test_id(offered).and_(page.locator(":visible"))).to_have_count(0)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    visitor.go("/media-approvals")
    expect(page.get_by_test_id("content-not-allowed")).to_contain_text("approve, reject and retire contents")
    visitor.go("/contents/00000000-0000-4000-8000-000000000001")
    expect(page.get_by_test_id("content-problem")).to_contain_text("no such content")
    page.get_by_test_id("sign-out").click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    visitor.enter(house.admin.email, "/media-approvals")
    expect(page.get_by_test_id("queue-row")).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert visitor.foreign == []
