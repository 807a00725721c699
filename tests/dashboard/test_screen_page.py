"""The page of one screen: what it shows and showed, how it is, what it proves, how it is set up."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.dashboard.browsing import Visit
from tests.dashboard.conftest import new_context
from tests.dashboard.files import add_version, picture
from tests.dashboard.houses import add, add_person, api_of
from tests.dashboard.own_screen import OwnScreen
from tests.end_to_end.companions import wait_for
from tests.hub.hub_process import HubProcess
from tests.patience import PATIENCE_S


@pytest.fixture
def api(hub: HubProcess) -> Iterator[httpx.Client]:
    with api_of(hub, hub.people.operator_email, hub.people.operator_password or "") as client:
        yield client


@pytest.fixture
def own(hub: HubProcess, api: httpx.Client, request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    """A screen of this test's own: its id and its token."""
    ((device, token),) = hub.provision(1, f"own {request.node.name[:60]}").items()
    yield device, token
    api.post(f"/devices/{device}/revoke").raise_for_status()


def is_loaded(image: Locator) -> bool:
    """Whether the browser has the picture."""
    return bool(image.evaluate("image => image.complete && image.naturalWidth > 0"))


def test_what_is_on_the_glass_is_shown_with_its_picture(
    visit: Visit, hub: HubProcess, api: httpx.Client, own: tuple[str, str], tmp_path: Path
) -> None:
    device, token = own
    media = add_version(api, add(api, "/contents", name="Canteen"), picture(tmp_path, "canteen.png"))
    wait_for(lambda: api.get(f"/media/{media}").json()["thumbnail_url"], "the picture is looked into")
    visit.go(f"/screens/{device}")
    expect(visit.page.get_by_test_id("screen-playing")).to_have_text("nothing reported yet")
    with OwnScreen(hub, token) as screen:
        screen.tells(state="playing", item="Canteen", position_s=2.0, media_id=media)
        expect(visit.page.get_by_test_id("screen-playing")).to_have_text("Canteen")
        expect(visit.page.get_by_test_id("now-note")).to_contain_text("Version 1 · PNG · 640 × 360")
        wait_for(lambda: is_loaded(visit.page.get_by_test_id("now-playing").locator("img")), "its picture")
    expect(visit.page.get_by_test_id("screen-playing")).to_have_text("Canteen, when it was last heard")
    assert visit.complaints == []


def test_a_screenshot_is_taken_on_demand_and_shown_when_it_comes(
    visit: Visit, hub: HubProcess, own: tuple[str, str], tmp_path: Path
) -> None:
    (device, token), page = own, visit.page
    with OwnScreen(hub, token) as screen:
        visit.go(f"/screens/{device}")
        expect(page.get_by_test_id("screenshot-none")).to_be_visible()
        page.get_by_test_id("screenshot-take").click()
        order = screen.hears("screenshot")["command_id"]
        expect(page.get_by_test_id("screenshot-said")).to_have_text("Waiting for the screen…")
        sent = httpx.post(
            f"{hub.url}/api/v1/devices/me/screenshots",
            params={"command_id": order, "note": "A page of another site is left out."},
            headers={"Authorization": f"Bearer {token}"},
            content=picture(tmp_path, "glass.jpg", "teal", (320, 180)).read_bytes(),
            timeout=PATIENCE_S,
        )
        assert sent.status_code == 201, sent.text
        screen.answers(order, "succeeded")
        expect(page.get_by_test_id("screenshot-words")).to_contain_text("320 × 180")
        expect(page.get_by_test_id("screenshot-note")).to_have_text("A page of another site is left out.")
        wait_for(lambda: is_loaded(page.get_by_test_id("screenshot-picture")), "the picture is there")
        expect(page.get_by_test_id("screenshot-said")).to_be_hidden()
        page.get_by_test_id("screenshot-take").click()
        screen.answers(screen.hears("screenshot")["command_id"], "failed", detail="nothing to draw on")
        expect(page.get_by_test_id("screenshot-said")).to_have_text(
            "No picture: failed, the screen says: nothing to draw on."
        )
    assert visit.complaints == []


def test_a_screenshot_is_shown_to_nobody_who_is_not_signed_in(visitor: Visit) -> None:
    for shot in ("26cfc077-1721-4fa1-b918-eba433cb7913", "..%2F..%2Fdevices"):
        answer = visitor.page.request.get(f"{visitor.url}/screenshots/{shot}/picture", max_redirects=0)
        assert answer.status in (401, 404)


def test_the_alert_path_is_proved_without_showing_anything_and_what_is_off_is_not_proven(
    visit: Visit, hub: HubProcess, own: tuple[str, str]
) -> None:
    (device, token), page = own, visit.page
    visit.go(f"/screens/{device}")
    expect(page.get_by_test_id("drill-last")).to_have_text("It was never proven.")
    page.get_by_test_id("drill").click()
    expect(page.get_by_test_id("drill-result")).to_contain_text("Not proven:")
    with OwnScreen(hub, token) as screen:
        expect(page.get_by_test_id("screen-presence")).to_have_text("Online")
        page.get_by_test_id("drill").click()
        order = screen.hears("emergency_show")
        assert order["args"]["alert"]["drill"] is True
        screen.shows(order)
        expect(page.get_by_test_id("drill-result")).to_contain_text("Proven: this screen would show an alert")
        expect(page.get_by_test_id("drill-last")).to_contain_text("Last proven")
        expect(page.get_by_test_id("drill-last")).to_contain_text("within")
        expect(page.get_by_test_id("emergency-banner")).to_be_hidden()


def test_a_drill_by_somebody_else_is_seen_at_once(
    visit: Visit, hub: HubProcess, api: httpx.Client, own: tuple[str, str]
) -> None:
    device, token = own
    visit.go(f"/screens/{device}")
    expect(visit.page.get_by_test_id("drill-last")).to_have_text("It was never proven.")
    with OwnScreen(hub, token) as screen, ThreadPoolExecutor(1) as elsewhere:
        expect(visit.page.get_by_test_id("screen-presence")).to_have_text("Online")
        asked = elsewhere.submit(api.post, f"/devices/{device}/drill")
        screen.shows(screen.hears("emergency_show"))
        assert asked.result().json()["proven"]
        expect(visit.page.get_by_test_id("drill-last")).to_contain_text("Last proven")


def test_how_a_screen_is_set_up_is_changed_on_its_page(
    visit: Visit, api: httpx.Client, own: tuple[str, str]
) -> None:
    (device, _), page = own, visit.page
    visit.go(f"/screens/{device}")
    expect(page.get_by_test_id("settings-volume")).to_have_text("100 %")
    page.get_by_test_id("settings-change").click()
    page.get_by_test_id("settings-set-volume").fill("40")
    page.get_by_test_id("settings-set-lit").click()
    page.get_by_role("option", name="In hours of its own").click()
    page.get_by_test_id("form-submit").click()
    expect(page.get_by_test_id("form-problem")).to_contain_text("Write when it is lit")
    page.get_by_test_id("settings-hours-mon").fill("8-18")
    page.get_by_test_id("form-submit").click()
    expect(page.get_by_test_id("settings-volume")).to_have_text("40 %")
    expect(page.get_by_test_id("settings-lit")).to_contain_text("Mon 08:00–18:00")
    kept = api.get(f"/devices/{device}/player-settings").json()
    assert kept["volume"] == 40 and kept["own_hours"] == {"mon": [["08:00", "18:00"]]}


def test_how_a_screen_was_and_what_it_played_is_on_its_page_and_in_the_report(
    visit: Visit, hub: HubProcess, api: httpx.Client, own: tuple[str, str]
) -> None:
    (device, token), page = own, visit.page
    now_ms = int(time.time() * 1000)
    with OwnScreen(hub, token) as screen:
        health = {"memory_bytes": 250_000_000, "memory_limit_bytes": 1_000_000_000, "uptime_s": 7_200}
        screen.tells(health=health, state="playing", item="Menu")
        menu = {"name": "Menu of the day", "shown_ms": 10_000, "completed": 1}
        screen.records(
            {**menu, "started_ms": now_ms - 20_000, "ended_ms": now_ms - 10_000},
            {**menu, "started_ms": now_ms - 10_000, "ended_ms": now_ms, "completed": 0},
        )
        wait_for(lambda: api.get(f"/devices/{device}/health").json()["items"], "the sample is kept")
        wait_for(lambda: len(api.get(f"/devices/{device}/plays").json()["items"]) == 2, "both are kept")
        visit.go(f"/screens/{device}")
        expect(page.get_by_test_id("health-memory")).to_have_text("250 MB of 1.0 GB (25 %)")
        expect(page.get_by_test_id("health-uptime")).to_have_text("2 h 0 min")
        expect(page.get_by_test_id("health-dropped")).to_have_text("not said")
        assert page.get_by_test_id("spark-memory").get_attribute("d")
        expect(page.get_by_test_id("played")).to_have_count(2)
        expect(page.get_by_test_id("played").first).to_contain_text("0:10, not to its end")
    page.get_by_test_id("plays-report").click()
    expect(page.get_by_test_id("report-sum")).to_have_text(
        "Played 2 times, 50 % of them to the end, 0:20 in all."
    )
    expect(page.get_by_test_id("report-line")).to_have_count(1)
    page.get_by_test_id("report-by-screen").click()
    expect(page.get_by_test_id("report-line")).to_contain_text("own test_how_a_screen_was")
    assert "by=day%2Cscreen%2Ccontent" in page.url
    with page.expect_download() as download:
        page.get_by_test_id("report-csv").click()
    lines = download.value.path().read_text("utf-8").splitlines()
    assert lines[0].lstrip("\ufeff").startswith("day,screen,device_id") and "Menu of the day" in lines[1]
    assert visit.complaints == []


def test_who_only_looks_is_offered_nothing_that_the_role_does_not_allow(
    browser: Browser, dashboard_url: str, api: httpx.Client, screens: int
) -> None:
    add_person(api, "looks@screen-page.example", "VIEWER", password="a long enough secret")
    device = api.get("/devices", params={"limit": 1}).json()["items"][0]["id"]
    context = new_context(browser)
    visit = Visit(context.new_page(), dashboard_url)
    visit.enter("looks@screen-page.example", f"/screens/{device}", "a long enough secret")
    for there in ("now-playing", "health", "play-history", "settings", "alert-path", "screenshots"):
        expect(visit.page.get_by_test_id(there)).to_be_visible()
    for hidden in ("screenshot-take", "drill", "settings-change", "command-identify"):
        expect(visit.page.get_by_test_id(hidden)).to_have_count(0)
    context.close()
