"""A browser as a screen, from its pairing code to the report: every page opens without a complaint.

With CLARION_PICTURES set to a folder, the pictures of the guides are taken on the way (`make pictures`).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import psycopg
import pytest
from playwright.sync_api import Browser, expect

from persistence.embedded import EmbeddedPostgres
from tests.browser_player.screens import BrowserScreen
from tests.dashboard.browsing import Visit
from tests.dashboard.conftest import new_context
from tests.dashboard.files import add_version
from tests.dashboard.houses import add, signed_in
from tests.dashboard.own_screen import OwnScreen
from tests.dashboard.published import approve_own, put_in
from tests.dashboard.test_content_pictures import POSTERS, approved, poster
from tests.end_to_end.companions import dashboard, wait_for
from tests.end_to_end.test_first_emergency import picture
from tests.hub.hub_process import HubProcess

SHOWN: Final = ("Visiting hours", "Donate blood", "Summer concert")
GLASS: Final = {"width": 1280, "height": 720}
DAY_MS: Final = 86_400_000
FIRE: Final = {
    "title": "Fire alarm",
    "message": "Leave the building now by the nearest exit. Do not use the lifts.",
    "severity": "extreme",
    "pictogram": "fire",
}
_DAY_OF_HEALTH: Final = """
INSERT INTO device_heartbeats (tenant_id, device_id, at, emergency_version, uptime_s, memory_bytes,
    memory_limit_bytes, storage_bytes, storage_limit_bytes, dropped_frames, files_missing)
SELECT tenant_id, id, now() - n * interval '1 minute', 0, (1440 - n) * 60,
    round(52e6 + 9e6 * sin(n / 50.0) + 5e6 * sin(n / 7.0)), 4.4e9, round(61e6 - n * 2e4), 11e9,
    (1500 - n) / 300, greatest(0, n - 1320) / 10
FROM devices, generate_series(1, 1430) n WHERE id = %s
"""


@pytest.fixture
def screen(hub: HubProcess, browser: Browser) -> Iterator[BrowserScreen]:
    with BrowserScreen(hub, browser) as opened:
        opened.page.set_viewport_size({"width": GLASS["width"], "height": GLASS["height"]})
        yield opened


def test_a_screen_in_a_browser_from_its_code_to_its_report_without_a_complaint(
    hub: HubProcess, browser: Browser, screen: BrowserScreen, postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    with dashboard(hub, tmp_path) as url, signed_in(hub) as api:
        screen.open()
        device = screen.device_with_code(screen.code)["id"]
        picture(screen.page, "player-pairing")
        screen.approve(device)
        screen.until_online(device)
        api.patch(f"/devices/{device}", json={"name": "Entrance, left"}).raise_for_status()
        screen.order(device, "identify", for_s=1)
        expect(screen.page.locator("#identify")).to_contain_text("Entrance, left")
        media = _plays(api, device, tmp_path)
        with psycopg.connect(postgres.url("browser_player")) as connection:
            connection.execute(_DAY_OF_HEALTH, [device])
        # Each of its pictures was there: there is something to report.
        screen.until(lambda: len(api.get(f"/devices/{device}/plays").json()["items"]) >= len(SHOWN))
        _last_week(hub, api, media)
        visit = _operator(browser, url, hub)
        _page_of_the_screen(visit, device)
        _report(visit)
        _alert(screen, api, device)
        assert visit.complaints == [] and visit.foreign == [] and screen.complaints == []
        visit.page.context.close()


def _plays(api: httpx.Client, device: str, folder: Path) -> dict[str, str]:
    """The screen has a playlist of three pictures; their versions by name."""
    approve_own(api)
    media: dict[str, str] = {}
    playlist_id = add(api, "/playlists", name="Entrance")
    for name in SHOWN:
        colour, line, category, tags = POSTERS[name]
        content_id = add(api, "/contents", name=name, category=category, tags=tags)
        media[name] = add_version(api, content_id, poster(folder, name, line, colour))
        approved(api, api, media[name])
        put_in(api, playlist_id, media_id=media[name], duration_s=2)
    api.post(f"/playlists/{playlist_id}/publish", json={}).raise_for_status()
    api.put(f"/devices/{device}/playlist", json={"playlist_id": playlist_id}).raise_for_status()
    return media


def _last_week(hub: HubProcess, api: httpx.Client, media: dict[str, str]) -> None:
    """What another screen played in the days before, told when it comes back."""
    ((device, token),) = hub.provision(1, "Ward").items()
    api.patch(f"/devices/{device}", json={"name": "Ward 3"}).raise_for_status()
    now_ms = int(time.time() * 1000)
    played: list[dict[str, Any]] = [
        {
            "name": name,
            "media_id": media[name],
            "started_ms": now_ms - ago * DAY_MS - 11_000_000 + row * 20_000,
            "ended_ms": now_ms - ago * DAY_MS - 11_000_000 + row * 20_000 + 10_000,
            "shown_ms": 10_000,
            "completed": int((row + ago) % 29 != 0),
        }
        for ago in (2, 1)
        for row, name in enumerate(SHOWN * 8)
    ]
    with OwnScreen(hub, token) as ward:
        ward.records(*played)
        wait_for(lambda: api.get(f"/devices/{device}/plays").json()["items"], "it is kept")


def _operator(browser: Browser, url: str, hub: HubProcess) -> Visit:
    context = new_context(browser)
    visit = Visit(context.new_page(), url)
    visit.enter(hub.people.operator_email, "/account", hub.people.operator_password or "")
    return visit


def _page_of_the_screen(visit: Visit, device: str) -> None:
    page = visit.page
    visit.go(f"/screens/{device}")
    page.get_by_test_id("screenshot-take").click()
    expect(page.get_by_test_id("screenshot-words")).to_contain_text("1280 × 720")
    page.get_by_test_id("drill").click()
    expect(page.get_by_test_id("drill-result")).to_contain_text("Proven: this screen would show an alert")
    expect(page.get_by_test_id("now-note")).to_contain_text("Version 1 · PNG")
    assert page.get_by_test_id("spark-memory").get_attribute("d")
    expect(page.get_by_test_id("played").first).to_be_visible()
    page.set_viewport_size({"width": 1120, "height": 1120})
    picture(page, "player-screen")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.get_by_test_id("health").evaluate("(card) => { card.scrollIntoView(); window.scrollBy(0, -72); }")
    picture(page, "player-health")
    page.set_viewport_size({"width": 1440, "height": 900})


def _report(visit: Visit) -> None:
    visit.go("/reports/proof-of-play?by=day%2Cscreen%2Ccontent")
    expect(visit.page.get_by_test_id("report-line").first).to_be_visible()
    expect(visit.page.get_by_test_id("report-line").filter(has_text="Ward 3").first).to_be_visible()
    picture(visit.page, "proof-of-play")


def _alert(screen: BrowserScreen, api: httpx.Client, device: str) -> None:
    body = {**FIRE, "scope": {"kind": "devices", "ids": [device]}}
    emergency_id = add(api, "/emergencies", **body)
    expect(screen.page.locator("#alerts")).to_contain_text("Fire alarm")
    picture(screen.page, "player-alert")
    api.post(f"/emergencies/{emergency_id}/clear").raise_for_status()
    expect(screen.page.locator("#alerts")).to_be_empty()
