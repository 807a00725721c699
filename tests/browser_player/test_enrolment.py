"""A browser becomes a screen, and stops being one: with a code on the glass, and a token that nobody sees."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from hub.use_cases.approval_address import approval_address
from tests.browser_player.conftest import DASHBOARD_URL
from tests.browser_player.screens import BrowserScreen
from tests.hub.hub_process import HubProcess


@pytest.fixture
def screen(hub: HubProcess, browser: Browser) -> Iterator[BrowserScreen]:
    with BrowserScreen(hub, browser) as opened:
        yield opened


def test_a_screen_shows_its_code_and_is_online_once_it_was_approved(screen: BrowserScreen) -> None:
    device_id = screen.enrol()
    expect(screen.page.locator("#pairing")).to_be_hidden()
    device = screen.device(device_id)
    assert device["player_version"].startswith("browser ") and device["hardware_id"].startswith("browser-")
    identity = screen.kept("identity")
    assert identity["deviceId"] == device_id and identity["tenantId"] == screen.hub.people.tenant_id
    published = screen.operator.get("/api/v1/signing-keys").json()["keys"]
    assert [key["kid"] for key in identity["signingKeys"]] == [key["kid"] for key in published]


def test_the_code_is_large_and_a_picture_beside_it_leads_a_phone_to_the_approvals(
    screen: BrowserScreen,
) -> None:
    screen.page.set_viewport_size({"width": 1920, "height": 1080})
    screen.open()
    code = screen.code
    height_px = screen.page.locator(".pairing-code").evaluate(
        "(it) => parseFloat(getComputedStyle(it).fontSize)"
    )
    assert height_px > 1080 / 6
    leads_to = approval_address(DASHBOARD_URL, code)
    expect(screen.page.locator(".pairing-url")).to_have_text(leads_to.url)
    picture = screen.page.locator(".pairing-qr")
    picture.evaluate("(it) => it.decode()")
    assert picture.get_attribute("src") == leads_to.picture
    box = picture.bounding_box()
    assert box is not None and min(box["width"], box["height"]) > 1080 / 5
    assert box["y"] + box["height"] <= 1080


def test_neither_token_nor_key_is_in_an_address_or_on_the_console(screen: BrowserScreen) -> None:
    screen.enrol()
    token = screen.kept("identity")["token"]
    key = screen.hub.people.enrolment_key
    assert key is not None
    screen.page.reload()
    screen.until(lambda: sum("/ws/device" in address for address in screen.addresses) == 2)
    for told in (*screen.addresses, *screen.said, screen.page.url, *screen.frames):
        assert token not in told
        # It came in the fragment of the first address, which no server is told, and is taken out at once.
        assert key not in told.split("#")[0]
    assert "#" not in screen.page.url
    assert token not in screen.page.evaluate("document.cookie + JSON.stringify({...localStorage})")
    assert token not in screen.hub.log.read_text()


def test_a_code_that_somebody_is_typing_outlives_a_reload(screen: BrowserScreen) -> None:
    screen.open()
    code = screen.code
    screen.page.reload()
    assert screen.code == code


def test_a_wrong_key_is_asked_for_on_the_glass(screen: BrowserScreen) -> None:
    screen.open("not-the-key")
    field = screen.page.get_by_label("Enrolment key")
    expect(screen.page.locator("#pairing")).to_contain_text("does not know this enrolment key")
    field.fill(screen.hub.people.enrolment_key or "")
    field.press("Enter")
    assert len(screen.code) >= 6


def test_a_screen_that_is_refused_says_so(screen: BrowserScreen) -> None:
    screen.open()
    device = screen.device_with_code(screen.code)
    assert screen.operator.post(f"/api/v1/devices/{device['id']}/reject", json={}).is_success
    expect(screen.page.locator("#pairing")).to_contain_text("refused this screen")


def test_a_revoked_screen_forgets_everything_and_shows_a_new_code(screen: BrowserScreen) -> None:
    device_id = screen.enrol()
    screen.page.evaluate(
        "caches.open('clarion-files').then((all) => all.put('/player/files/x', new Response('x')))"
    )
    hardware_id = screen.device(device_id)["hardware_id"]
    assert screen.operator.post(f"/api/v1/devices/{device_id}/revoke", json={}).is_success
    assert screen.code == screen.device(device_id)["pairing_code"]
    assert screen.device(device_id)["hardware_id"] == hardware_id
    for forgotten in ("identity", "manifest", "alerts", "settings"):
        assert screen.kept(forgotten) is None
    assert screen.page.evaluate("caches.match('/player/files/x').then((found) => found === undefined)")


def test_a_screen_that_was_revoked_while_it_was_away_finds_out_by_itself(screen: BrowserScreen) -> None:
    device_id = screen.begin()
    screen.page.goto("about:blank")
    assert screen.operator.post(f"/api/v1/devices/{device_id}/revoke", json={}).is_success
    screen.page.goto(f"{screen.hub.url}/player/")
    assert screen.code == screen.device(device_id)["pairing_code"]


def test_two_pages_of_one_browser_are_one_session(screen: BrowserScreen) -> None:
    device_id = screen.begin()
    other = screen.new_page()
    other.goto(f"{screen.hub.url}/player/")
    expect(other.locator("#pairing")).to_contain_text("Another page of this browser is this screen")
    assert sum("/ws/device" in address for address in screen.addresses) == 1
    screen.page.close()
    screen.page = other
    expect(other.locator("#pairing")).to_be_hidden()
    screen.until(lambda: sum("/ws/device" in address for address in screen.addresses) == 2)
    screen.until_online(device_id)


def test_a_screen_whose_token_another_uses_plays_on_and_stays_away_for_minutes(
    hub: HubProcess, browser: Browser, screen: BrowserScreen
) -> None:
    screen.page.clock.install()
    screen.begin()
    identity = screen.kept("identity")
    screen.page.keyboard.press("d")
    facts = screen.page.locator("#debug")
    expect(facts).to_contain_text("joined")
    twin = BrowserScreen(hub, browser)
    twin.keep(identity=identity)
    twin.open()
    expect(facts).to_contain_text("superseded")
    expect(screen.page.locator("#pairing")).to_be_hidden()
    twin.until_online(identity["deviceId"])
    assert sum("/ws/device" in address for address in screen.addresses) == 1
    twin.close()
    screen.page.clock.fast_forward("15:00")
    expect(facts).to_contain_text("joined")
    assert sum("/ws/device" in address for address in screen.addresses) == 2
