"""The pages in a real Chromium, on a real hub with simulated screens."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import ViewportSize, expect

from persistence.embedded import EmbeddedPostgres
from persistence.owner import connect_as_owner
from tests.dashboard.browsing import Visit
from tests.end_to_end.companions import connected_screens, wait_for
from tests.hub.hub_process import HubProcess
from tests.hub.tenants import PASSWORD, make_tenant

PATHS = ("/", "/approvals", "/commands", "/commands/new", "/emergency", "/emergencies", "/account")
PHONE: ViewportSize = {"width": 390, "height": 844}


def test_a_wrong_password_is_said_and_what_was_typed_stays(visitor: Visit, hub: HubProcess) -> None:
    visitor.go("/sign-in")
    visitor.fill_sign_in(hub, "wrong")
    expect(visitor.page.get_by_test_id("sign-in-error")).to_contain_text("do not belong together")
    expect(visitor.page.get_by_test_id("sign-in-tenant")).to_be_hidden()
    expect(visitor.page.get_by_test_id("sign-in-email")).to_have_value(hub.people.operator_email)
    expect(visitor.page.get_by_test_id("sign-in-password")).to_have_value("")


def test_the_hub_learns_whose_browser_signs_in(
    dashboard_url: str, hub: HubProcess, postgres: EmbeddedPostgres
) -> None:
    form = {
        "tenant_id": hub.people.tenant_id,
        "email": hub.people.operator_email,
        "password": "wrong",
    }
    came = {"X-Forwarded-For": "198.51.100.1, 203.0.113.9"}
    assert httpx.post(f"{dashboard_url}/sign-in", data=form, headers=came).status_code == 303
    with connect_as_owner(postgres.url("dashboard")) as connection:
        rows = connection.execute(
            "SELECT host(ip_address) FROM audit_log WHERE action = 'user.sign_in_refused'"
        ).fetchall()
    assert ("203.0.113.9",) in rows


def test_a_person_without_a_role_is_told_so_and_stays_outside(
    visitor: Visit, hub: HubProcess, postgres: EmbeddedPostgres
) -> None:
    stranger = make_tenant(postgres.url("dashboard"), "No roles")
    with connect_as_owner(postgres.url("dashboard")) as connection:
        connection.execute("DELETE FROM user_roles WHERE tenant_id = %s", (stranger.id,))
    visitor.go("/sign-in")
    visitor.fill_sign_in_as(stranger.admin.email, PASSWORD)
    expect(visitor.page.get_by_test_id("sign-in-error")).to_contain_text("no role in this tenant")


def test_who_is_not_signed_in_goes_on_where_they_wanted_to(visitor: Visit, hub: HubProcess) -> None:
    visitor.go("/approvals")
    visitor.fill_sign_in(hub, hub.people.operator_password or "")
    expect(visitor.page).to_have_url(f"{visitor.url}/approvals")


@pytest.mark.parametrize("target", ["//evil.example/", "https://evil.example/", "/\\evil.example"])
def test_a_link_cannot_send_who_signs_in_to_another_site(
    visitor: Visit, hub: HubProcess, target: str
) -> None:
    visitor.page.goto(f"{visitor.url}/sign-in?next={target}")
    visitor.fill_sign_in(hub, hub.people.operator_password or "")
    expect(visitor.page).to_have_url(f"{visitor.url}/")


def test_the_link_of_up_fills_in_the_tenant(visitor: Visit, hub: HubProcess) -> None:
    visitor.go(f"/?tenant={hub.people.tenant_id}")
    expect(visitor.page.get_by_test_id("sign-in-tenant")).to_have_value(hub.people.tenant_id)
    expect(visitor.page.get_by_test_id("sign-in-email")).to_be_focused()


def test_the_token_stays_on_the_servers_side(visit: Visit, dashboard_folder: Path) -> None:
    kept = json.dumps(visit.page.context.cookies())
    kept += visit.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    # A JSON web token begins with the base64 of '{"'; the signed session cookie holds only an id.
    assert "access_token" not in kept and "eyJhbGci" not in kept
    cookie = next(c for c in visit.page.context.cookies() if c.get("name") == "clarion_dashboard")
    assert cookie.get("httpOnly") and cookie.get("sameSite") == "Lax"
    folder = dashboard_folder / "dashboard/dashboard"
    stored = "".join(file.read_text() for file in folder.glob("storage-user-*.json"))
    assert stored and "access_token" not in stored and "eyJhbGci" not in stored
    files = [*folder.glob("*.json"), *folder.glob("sign-ins/*.json")]
    assert len(files) > 1 and all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in files)


def test_signing_out_closes_every_page(visitor: Visit, hub: HubProcess) -> None:
    visit = visitor
    visit.sign_in(hub)
    other = visit.page.context.new_page()
    other.goto(f"{visit.url}/emergency")
    visit.page.bring_to_front()
    visit.page.get_by_test_id("sign-out").click()
    expect(visit.page.get_by_text("You are signed out.")).to_be_visible()
    expect(other.get_by_test_id("sign-in-submit")).to_be_visible()
    for path in PATHS:
        visit.go(path)
        expect(visit.page.get_by_test_id("sign-in-submit")).to_be_visible()
    assert visit.page.request.get(f"{visit.url}/rows").status == 401


def test_counters_filter_and_the_search_finds(visit: Visit, screens: int) -> None:
    page, counted = visit.page, visit.page.get_by_test_id("screens-count")
    expect(counted).to_have_text(f"{screens} screens")
    page.get_by_test_id("counter-offline").click()
    expect(counted).to_have_text("0 screens")
    page.get_by_test_id("counter-offline").click()
    expect(counted).to_have_text(f"{screens} screens")
    name = page.locator(".cell-link").first.inner_text()
    page.get_by_test_id("screens-search").fill(name)
    expect(page.locator(".cell-link").first).to_have_text(name)
    page.get_by_test_id("screens-search").fill("no such screen anywhere")
    expect(counted).to_have_text("0 screens")
    expect(page.locator(".grid-empty")).to_be_visible()


def test_what_is_typed_into_the_search_stays_while_the_page_changes(visit: Visit, screens: int) -> None:
    page, box = visit.page, visit.page.get_by_test_id("screens-search")
    counted = page.get_by_test_id("screens-count")
    expect(counted).to_have_text(f"{screens} screens")
    box.press_sequentially("no such screen")
    expect(counted).to_have_text("0 screens")
    expect(box).to_have_value("no such screen")
    box.fill("")
    expect(counted).to_have_text(f"{screens} screens")


def test_rows_that_change_stay_in_order_and_equal_ones_are_in_the_order_of_their_names(
    visit: Visit, hub: HubProcess, screens: int
) -> None:
    page = visit.page
    page.get_by_text("Site", exact=True).first.click()
    devices = list(hub.provision(11, "ordered", group="Ordered"))
    page.get_by_test_id("screens-search").fill("Ordered")
    expect(page.get_by_test_id("screens-count")).to_have_text("11 screens")
    names = [f"Ordered {number}" for number in range(11)]
    with hub.sign_in() as api:
        # Against the order in which they came; each of these is one change among rows that are equal.
        for device, name in zip(reversed(devices), names, strict=True):
            api.patch(f"/api/v1/devices/{device}", json={"name": name}).raise_for_status()
        expect(page.locator(".ag-center-cols-container")).to_contain_text("Ordered 10")
        rows = "rows => rows.sort((a, b) => a.ariaRowIndex - b.ariaRowIndex).map(row => row.textContent)"
        shown = page.locator(".ag-row:has(.cell-link)").evaluate_all(rows)
        for device in devices:
            api.post(f"/api/v1/devices/{device}/revoke").raise_for_status()
    assert [text.split("O")[1] for text in shown] == [name.removeprefix("O") for name in names]


def test_a_changed_name_is_seen_live_on_another_page(visit: Visit) -> None:
    other = Visit(visit.page.context.new_page(), visit.url)
    address = visit.page.locator(".cell-link").last.get_attribute("href") or ""
    visit.go(address)
    other.go(address)
    before = other.page.get_by_test_id("screen-name").inner_text()
    visit.page.bring_to_front()  # Chromium paints a tab in the background once a second
    visit.page.get_by_test_id("screen-edit").click()
    visit.page.get_by_test_id("edit-name").fill("Front door <b>&</b>")
    visit.page.get_by_test_id("edit-tags").fill("floor=2")
    visit.page.get_by_test_id("form-submit").click()
    expect(other.page.get_by_test_id("screen-name")).to_have_text("Front door <b>&</b>")
    expect(visit.page.locator(".facts").last).to_contain_text("floor=2")
    visit.page.get_by_test_id("screen-edit").click()
    visit.page.get_by_test_id("edit-name").fill(before)
    visit.page.get_by_test_id("form-submit").click()
    expect(other.page.get_by_test_id("screen-name")).to_have_text(before)


def test_a_screen_is_put_into_groups_and_taken_out_on_its_page(visit: Visit, hub: HubProcess) -> None:
    page, about = visit.page, visit.page.get_by_test_id("screen-about")
    device = next(iter(hub.provision(1, "grouped", group="Day shift")))
    visit.go(f"/screens/{device}")
    page.get_by_test_id("screen-edit").click()
    page.get_by_test_id("edit-new-group").fill("Night shift")
    page.get_by_test_id("form-submit").click()
    expect(about).to_contain_text("Day shift, Night shift")
    page.get_by_test_id("screen-edit").click()
    page.get_by_test_id("edit-groups").click()
    page.get_by_role("option", name="Day shift").click()
    page.get_by_role("heading", name="Edit screen").click()
    page.get_by_test_id("form-submit").click()
    expect(about).not_to_contain_text("Day shift")
    expect(about).to_contain_text("Night shift")
    with hub.sign_in() as api:
        api.post(f"/api/v1/devices/{device}/revoke").raise_for_status()


def test_pages_ask_nobody_else_and_complain_of_nothing(visit: Visit) -> None:
    visit.go(visit.page.locator(".cell-link").first.get_attribute("href") or "")
    expect(visit.page.get_by_test_id("screen-name")).to_be_visible()
    for path in PATHS:
        visit.go(path)
        expect(visit.page.get_by_test_id("hub-state")).to_have_text("Live")
    assert visit.foreign == [] and visit.complaints == []


def test_nothing_is_wider_than_a_phone(visit: Visit) -> None:
    page = visit.page
    screen = page.locator(".cell-link").first.get_attribute("href") or ""
    page.set_viewport_size(PHONE)
    for path in (*PATHS, screen):
        visit.go(path)
        expect(page.get_by_test_id("hub-state")).to_be_visible()
        wide = page.evaluate(
            "[...document.querySelectorAll('main *')].filter(e => !e.closest('.screen-grid, .sr-only') && "
            "e.getBoundingClientRect().right > innerWidth + 1 && getComputedStyle(e).position !== 'absolute')"
            ".map(e => e.className)"
        )
        assert wide == [] and page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_the_keyboard_reaches_the_page_past_the_navigation(visit: Visit) -> None:
    page = visit.page
    page.keyboard.press("Tab")
    expect(page.locator(".nicegui-skip-link")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_test_id("counter-screens")).to_be_focused()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_light_and_dark_follow_the_system_until_the_operator_chooses(visitor: Visit, hub: HubProcess) -> None:
    page = visitor.page
    visitor.sign_in(hub)
    body = page.locator("body")
    page.emulate_media(color_scheme="dark")
    expect(body).to_contain_class("body--dark")
    page.get_by_test_id("theme").click()
    expect(body).to_contain_class("body--light")
    page.reload()
    expect(body).to_contain_class("body--light")


def test_while_figures_run_nothing_on_the_page_moves(visit: Visit, hub: HubProcess) -> None:
    page = visit.page
    expect(page.locator(".ag-row").first).to_be_visible()
    page.evaluate(
        "window.moved = 0; new PerformanceObserver(list => list.getEntries().forEach("
        "entry => { if (!entry.hadRecentInput) window.moved += entry.value; }))"
        ".observe({type: 'layout-shift', buffered: false})"
    )
    counter = page.get_by_test_id("counter-screens").locator(".counter-figure")
    before = counter.inner_text()
    devices = list(hub.provision(3, "shifting"))
    expect(counter).not_to_have_text(before)
    with hub.sign_in() as api:
        for device in devices:
            api.post(f"/api/v1/devices/{device}/revoke").raise_for_status()
    expect(counter).to_have_text(before)
    assert page.evaluate("window.moved") < 0.01


def test_a_hub_that_dies_is_said_and_the_page_recovers_by_itself(
    visit: Visit, hub: HubProcess, screens: int
) -> None:
    page = visit.page
    page.evaluate("window.neverReloaded = true")
    hub.kill()
    banner = page.get_by_test_id("hub-away-banner")
    expect(banner).to_be_visible()
    expect(banner).to_contain_text("The hub does not answer since")
    expect(page.get_by_test_id("hub-state")).to_have_text("Hub away")
    expect(page.get_by_test_id("screens-count")).to_have_text(f"{screens} screens")
    hub.start()
    expect(banner).to_be_hidden()
    wait_for(lambda: connected_screens(hub) == screens, "the screens are back")
    expect(page.get_by_test_id("counter-online")).to_contain_text(str(screens))
    assert page.evaluate("window.neverReloaded")
