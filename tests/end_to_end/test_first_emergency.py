"""The product in one sitting: a real Chromium, a real hub, real PostgreSQL, simulated screens.

With CLARION_PICTURES set to a folder, the pictures of the README are taken on the way (`make pictures`).
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect, sync_playwright

from tests.end_to_end.companions import asking_screen, connected_screens, dashboard, fleet, wait_for
from tests.hub.hub_process import HubProcess
from tests.patience import PATIENCE_MS

SCREENS = 40
NEWCOMER = "lobby"
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture
def page(headless_shell: Path) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(headless_shell), args=["--no-sandbox", "--disable-gpu"]
        )
        context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme="light")
        context.set_default_timeout(PATIENCE_MS)
        yield context.new_page()
        browser.close()


def field(page: Page, testid: str) -> Locator:
    """The box in which one types: the element itself, or the one inside it."""
    found = page.get_by_test_id(testid)
    return found.locator("xpath=descendant-or-self::*[self::input or self::textarea]").first


def picture(page: Page, name: str) -> None:
    """Take a picture for the documentation, if somebody wants them."""
    folder = os.environ.get("CLARION_PICTURES")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        expect(page.locator(".q-notification")).to_have_count(0, timeout=PATIENCE_MS)
        page.wait_for_timeout(400)  # what moves has come to rest
        page.screenshot(path=str(Path(folder) / f"{name}.png"))


def sign_in(page: Page, url: str, hub: HubProcess, screens: int = SCREENS) -> None:
    page.goto(f"{url}/?tenant={hub.people.tenant_id}")
    field(page, "sign-in-email").fill(hub.people.operator_email)
    field(page, "sign-in-password").fill(hub.people.operator_password or "")
    picture(page, "sign-in")
    page.get_by_test_id("sign-in-submit").click()
    expect(page.get_by_test_id("counter-screens")).to_contain_text(str(screens))


def approve(page: Page, url: str, code: str) -> None:
    page.goto(f"{url}/approvals")
    expect(page.get_by_test_id("approvals-list")).to_contain_text(code[:3])
    picture(page, "approvals")
    field(page, "approvals-code").fill(code)
    page.get_by_test_id("approvals-code-submit").click()
    expect(page.get_by_test_id("approval-row")).to_have_count(0)


def alert_everybody(page: Page, url: str, reaches: int = SCREENS + 1) -> float:
    """Compose, hold the button, be on the progress page; the moment (monotonic) when the button let go."""
    page.goto(f"{url}/emergency")
    page.get_by_test_id("template-fire").click()
    expect(page.get_by_test_id("emergency-reach")).to_contain_text(f"{reaches} screen")
    picture(page, "emergency-compose")
    button = page.get_by_test_id("emergency-send").bounding_box()
    assert button is not None
    page.mouse.move(button["x"] + button["width"] / 2, button["y"] + button["height"] / 2)
    page.mouse.down()
    page.wait_for_url("**/emergencies/*", timeout=10_000)
    at = time.monotonic()
    page.mouse.up()
    return at


@pytest.mark.alone
def test_sign_in_approve_command_alert_everybody_in_two_seconds_and_all_clear(
    hub: HubProcess, page: Page, tmp_path: Path
) -> None:
    everybody = SCREENS + 1
    with (
        dashboard(hub, tmp_path) as url,
        fleet(hub, SCREENS, tmp_path, "--quiet"),
        asking_screen(hub, tmp_path, NEWCOMER),
        hub.sign_in() as api,
    ):
        wait_for(lambda: connected_screens(hub) == SCREENS, "the fleet is connected")
        waiting = wait_for(
            lambda: api.get("/api/v1/devices", params={"status": "pending"}).json()["items"], "a screen asks"
        )
        newcomer, code = waiting[0]["id"], waiting[0]["pairing_code"]

        # Sign in, and let the new screen in by the code that it shows.
        sign_in(page, url, hub)
        approve(page, url, code)

        # It comes online live.
        page.goto(f"{url}/screens/{newcomer}")
        expect(page.get_by_test_id("screen-presence")).to_contain_text("Online", timeout=PATIENCE_MS)

        # A command, and its receipt.
        page.get_by_test_id("command-ping").click()
        expect(page.get_by_test_id("command-status").first).to_contain_text("done")
        picture(page, "screen")

        # The whole fleet on one page.
        page.goto(url)
        expect(page.get_by_test_id("counter-online")).to_contain_text(str(everybody))
        picture(page, "screens")

        # The emergency: everybody shows it within two seconds.
        pressed = alert_everybody(page, url)
        expect(page.get_by_test_id("emergency-percent")).to_contain_text("100", timeout=2_000)
        assert time.monotonic() - pressed < 2.0
        expect(page.get_by_test_id("emergency-count")).to_contain_text(str(everybody))
        picture(page, "emergency-live")
        emergency = page.url.rsplit("/", 1)[1]
        ledger = api.get(f"/api/v1/emergencies/{emergency}").json()
        assert ledger["rendered"] == ledger["targeted"] == everybody and ledger["slowest_ms"] < 2000

        # It is unmissable on every page, also at night and on a phone.
        page.goto(url)
        expect(page.get_by_test_id("emergency-banner")).to_be_visible()
        picture(page, "screens-alert")
        page.emulate_media(color_scheme="dark")
        picture(page, "screens-alert-dark")
        page.set_viewport_size({"width": 390, "height": 844})
        picture(page, "phone-alert-dark")
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": 1440, "height": 900})

        # The all-clear, until nobody shows it.
        page.goto(f"{url}/emergencies/{emergency}")
        page.get_by_test_id("emergency-all-clear").click()
        page.get_by_test_id("confirm-action").click()
        wait_for(
            lambda: api.get(f"/api/v1/emergencies/{emergency}").json()["status"] == "cleared", "all is clear"
        )
        expect(page.get_by_test_id("emergency-banner")).to_be_hidden()
        picture(page, "emergency-cleared")
        assert api.get(f"/api/v1/emergencies/{emergency}").json()["still_showing"] == 0


def test_who_does_not_show_it_is_named_with_the_reason(hub: HubProcess, page: Page, tmp_path: Path) -> None:
    """Three screens never confirm, two are away: two seconds after the button all five are named, and why."""
    hub.provision(2, prefix="dark", site="Central Station")
    with (
        dashboard(hub, tmp_path) as url,
        fleet(hub, SCREENS, tmp_path, "--quiet", "--never-answer", "3"),
        hub.sign_in() as api,
    ):
        wait_for(lambda: connected_screens(hub) == SCREENS, "the fleet is connected")
        sign_in(page, url, hub, screens=SCREENS + 2)
        alert_everybody(page, url, reaches=SCREENS + 2)
        rows = page.get_by_test_id("missing-row")
        expect(rows).to_have_count(5, timeout=10_000)
        emergency = api.get(f"/api/v1/emergencies/{page.url.rsplit('/', 1)[1]}").json()
        assert emergency["missing"] == {"offline": 2, "silent": 3}
        assert emergency["rendered"] + 5 == emergency["targeted"] == SCREENS + 2
        texts = " ".join(rows.all_inner_texts())
        assert "never connected" in texts and "not confirmed" in texts
        expect(page.get_by_test_id("emergency-count")).to_contain_text(f"{SCREENS - 3} of {SCREENS + 2}")
        picture(page, "emergency-missing")
