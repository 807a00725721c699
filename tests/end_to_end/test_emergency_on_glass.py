"""An emergency, from the dashboard in one browser to the glass of another, whatever comes in between."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Playwright, expect

from tests.dashboard.houses import signed_in
from tests.end_to_end.companions import dashboard
from tests.end_to_end.glass import Glass, enrolled, is_online
from tests.end_to_end.test_first_emergency import alert_everybody, sign_in
from tests.hub.hub_process import HubProcess

TWO_SECONDS_MS = 2000


@pytest.mark.alone
def test_from_the_button_to_the_glass_in_two_seconds_over_a_reload_and_a_power_cut_until_the_all_clear(
    hub: HubProcess, screen: Glass, playwright: Playwright, headless_shell: Path, tmp_path: Path
) -> None:
    device_id = enrolled(screen, hub)
    alerts = screen.page.locator("#alerts")
    expect(alerts).to_be_empty()
    desk = playwright.chromium.launch(
        executable_path=str(headless_shell), args=["--no-sandbox", "--disable-gpu"]
    )
    with dashboard(hub, tmp_path) as url, signed_in(hub) as api:
        operator = desk.new_page()
        sign_in(operator, url, hub, screens=1)
        pressed = alert_everybody(operator, url, reaches=1)
        expect(alerts).to_contain_text("Fire", timeout=TWO_SECONDS_MS)
        assert (time.monotonic() - pressed) * 1000 < TWO_SECONDS_MS
        emergency_id = operator.url.rsplit("/", 1)[1]
        row = ledger(api, emergency_id)
        assert row["device_id"] == device_id and row["rendered_at"] and row["elapsed_ms"] < TWO_SECONDS_MS
        expect(operator.get_by_test_id("emergency-percent")).to_contain_text("100")

        screen.page.reload()
        expect(alerts).to_contain_text("Fire")

        hub.kill()
        screen.power_off()
        alerts = screen.power_on().locator("#alerts")
        expect(alerts).to_contain_text("Fire")
        hub.start()

    with signed_in(hub) as api:
        screen.until(lambda: is_online(api, device_id), "it is back")
        screen.until(lambda: ledger(api, emergency_id)["rendered_at"], "it has proved it again")
        api.post(f"/emergencies/{emergency_id}/clear").raise_for_status()
        expect(alerts).to_be_empty()
        screen.until(lambda: status(api, emergency_id) == "cleared", "all is clear")
    desk.close()


def test_an_alert_that_was_tampered_with_on_its_way_is_refused_and_the_ledger_says_so(
    hub: HubProcess, screen: Glass
) -> None:
    screen.tamper = lambda frame: frame.replace("Leave the building", "Stay where you are")
    enrolled(screen, hub)
    with signed_in(hub) as api:
        emergency_id = alert(api, "Leave the building")
        row = screen.until(lambda: refused(api, emergency_id), "the ledger says that it was refused") or {}
        assert "signature" in row["explanation"]
        expect(screen.page.locator("#alerts")).to_be_empty()
        device_id = row["device_id"]
        screen.until(
            lambda: "signature" in api.get(f"/devices/{device_id}/timeline").text, "the screen reported it"
        )


def test_an_alert_that_ends_while_there_is_no_hub_goes_by_itself(hub: HubProcess, screen: Glass) -> None:
    enrolled(screen, hub)
    with signed_in(hub) as api:
        emergency_id = alert(api, "Water is cut off", expires_in_s=10)
        alerts = screen.page.locator("#alerts")
        expect(alerts).to_contain_text("Water is cut off")
    hub.kill()
    expect(alerts).to_contain_text("Water is cut off")
    expect(alerts).to_be_empty()
    hub.start()
    with signed_in(hub) as api:
        screen.until(lambda: status(api, emergency_id) == "cleared", "the hub knows")


def alert(api: httpx.Client, title: str, **facts: object) -> str:
    body = {"title": title, "message": "By order of the house.", "severity": "severe", **facts}
    answer = api.post("/emergencies", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def status(api: httpx.Client, emergency_id: str) -> str:
    return str(api.get(f"/emergencies/{emergency_id}").json()["status"])


def ledger(api: httpx.Client, emergency_id: str) -> dict[str, Any]:
    (row,) = api.get(f"/emergencies/{emergency_id}/ledger").json()["items"]
    return dict(row)


def refused(api: httpx.Client, emergency_id: str) -> dict[str, Any] | None:
    row = ledger(api, emergency_id)
    return row if row["explanation"] and "refused" in row["explanation"] else None
