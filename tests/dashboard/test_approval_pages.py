"""Letting screens in, on the page: by the code that the screen shows, and by no other."""

from __future__ import annotations

from pathlib import Path

import httpx
from playwright.sync_api import expect

from tests.dashboard.browsing import Visit
from tests.dashboard.own_screen import OwnScreen
from tests.end_to_end.companions import asking_screen
from tests.hub.hub_process import HubProcess
from tests.patience import PATIENCE_S


def test_a_waiting_screen_appears_by_itself_and_a_wrong_code_lets_nobody_in(
    visit: Visit, hub: HubProcess, tmp_path: Path
) -> None:
    page = visit.page
    visit.go("/approvals")
    expect(page.get_by_test_id("approvals-empty")).to_be_visible()
    with asking_screen(hub, tmp_path, "approvals"):
        expect(page.get_by_test_id("approval-row")).to_have_count(1)
        code = page.get_by_test_id("approval-code").inner_text()
        page.get_by_test_id("approvals-code").fill("ZZZZZZ")
        page.keyboard.press("Enter")
        expect(page.get_by_test_id("approvals-problem")).to_contain_text("No waiting screen shows the code")
        expect(page.get_by_test_id("approval-row")).to_have_count(1)
        page.get_by_test_id("approvals-code").fill(f"{code[:3].lower()} {code[3:].lower()}")
        page.keyboard.press("Enter")
        expect(page.get_by_test_id("approval-row")).to_have_count(0)
        with hub.sign_in() as api:
            approved = api.get("/api/v1/devices", params={"q": "approvals"}).json()["items"]
            assert [device["status"] for device in approved] == ["approved"]
            api.post(f"/api/v1/devices/{approved[0]['id']}/revoke").raise_for_status()


def test_a_code_that_changes_under_the_pointer_lets_nobody_in(visit: Visit, hub: HubProcess) -> None:
    body = {"enrolment_key": hub.people.enrolment_key, "hardware_id": "Lobby"}

    def register() -> dict[str, str]:
        asked = httpx.post(f"{hub.url}/api/v1/devices/register", json=body).raise_for_status()
        answer: dict[str, str] = asked.json()
        return answer

    page, code = visit.page, visit.page.get_by_test_id("approval-code")
    visit.go("/approvals")
    seen = register()
    expect(code).to_have_text(seen["pairing_code"])
    taken_over = register()
    expect(code).to_have_text(taken_over["pairing_code"])
    page.get_by_test_id("approval-approve").click()
    expect(page.get_by_test_id("approvals-problem")).to_contain_text("has another pairing code by now")
    expect(page.get_by_test_id("approval-row")).to_have_count(1)
    page.get_by_test_id("approvals-code").fill(taken_over["pairing_code"])
    page.get_by_test_id("approvals-code-submit").click()
    expect(page.get_by_test_id("approval-row")).to_have_count(0)
    expect(page.get_by_test_id("approvals-problem")).to_be_hidden()
    with hub.sign_in() as api:
        api.post(f"/api/v1/devices/{seen['device_id']}/revoke").raise_for_status()


def test_an_approved_screen_that_pairs_again_asks_and_the_old_player_goes_on(
    visit: Visit, hub: HubProcess
) -> None:
    page = visit.page
    device, token = next(iter(hub.provision(1, "twice").items()))
    body = {"enrolment_key": hub.people.enrolment_key, "hardware_id": "twice-0000"}
    with OwnScreen(hub, token):
        httpx.post(f"{hub.url}/api/v1/devices/register", json=body).raise_for_status()
        visit.go("/approvals")
        expect(page.get_by_test_id("approval-row")).to_have_count(1)
        expect(page.get_by_test_id("approval-again")).to_contain_text("the old one goes on until you approve")
        visit.go(f"/screens/{device}")
        expect(page.get_by_test_id("screen-presence")).to_have_text("Online")
        expect(page.get_by_test_id("screen-asks-again")).to_be_visible()
        visit.go("/approvals")
        page.get_by_test_id("approval-reject").click()
        expect(page.get_by_role("alertdialog")).to_contain_text("the old one goes on as it is")
        page.get_by_test_id("confirm-action").click()
        expect(page.get_by_test_id("approval-row")).to_have_count(0)
        visit.go(f"/screens/{device}")
        expect(page.get_by_test_id("screen-presence")).to_have_text("Online")
    with hub.sign_in() as api:
        api.post(f"/api/v1/devices/{device}/revoke").raise_for_status()


def test_the_address_in_a_qr_code_fills_the_code_in_and_lets_nobody_in(visit: Visit, hub: HubProcess) -> None:
    page = visit.page
    body = {"enrolment_key": hub.people.enrolment_key, "hardware_id": "By the door", "name": "By the door"}
    registered = httpx.post(f"{hub.url}/api/v1/devices/register", json=body, timeout=PATIENCE_S).json()
    code = registered["pairing_code"]
    visit.go(f"/approvals?code={code[:3]}-{code[3:].lower()}")
    expect(page.get_by_test_id("approvals-code")).to_have_value(code)
    expect(page.get_by_test_id("approvals-code-who")).to_contain_text("By the door shows this code.")
    expect(page.get_by_test_id("approval-row")).to_have_count(1)
    page.get_by_test_id("approvals-code-submit").click()
    expect(page.get_by_test_id("approval-row")).to_have_count(0)
    with hub.sign_in() as api:
        api.post(f"/api/v1/devices/{registered['device_id']}/revoke").raise_for_status()
    visit.go("/approvals?code=%3Cscript%3Ealert(1)%3C/script%3E")
    expect(page.get_by_test_id("approvals-code")).to_have_value("SCRIPTALERT1SCRIPT")
    assert visit.complaints == []
