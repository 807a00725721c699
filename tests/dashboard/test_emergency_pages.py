"""Emergencies on the pages: written, sent on purpose, followed, ended."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.dashboard.browsing import Visit
from tests.dashboard.own_screen import OwnScreen
from tests.end_to_end.companions import wait_for
from tests.end_to_end.test_first_emergency import picture
from tests.hub.hub_process import HubProcess


def compose_for_one(page: Page) -> None:
    """Write a test alert for the first screen of the list."""
    page.get_by_test_id("template-test").click()
    page.get_by_test_id("scope-devices").click()
    page.get_by_test_id("scope-choice").first.check()
    expect(page.get_by_test_id("emergency-reach")).to_contain_text("Reaches 1 screen")


def all_clear(page: Page) -> None:
    page.get_by_test_id("emergency-banner-all-clear").click()
    page.get_by_test_id("confirm-action").click()
    expect(page.get_by_test_id("emergency-banner")).to_be_hidden()


def test_an_alert_is_sent_with_the_keyboard_alone(visit: Visit) -> None:
    page = visit.page
    visit.go("/emergency")
    compose_for_one(page)
    page.get_by_test_id("emergency-send").focus()
    page.keyboard.down(" ")
    page.wait_for_url("**/emergencies/*")
    page.keyboard.up(" ")
    expect(page.get_by_test_id("emergency-percent")).to_have_text("100 %")
    expect(page).to_have_title("⚠ 1/1 Test of the emergency system · Clarion")
    for path in ("/", "/approvals", "/commands", "/emergencies"):
        visit.go(path)
        expect(page.get_by_test_id("emergency-banner-title")).to_have_text("Test of the emergency system")
    all_clear(page)


def test_a_short_press_asks_instead_of_sending(visit: Visit) -> None:
    page = visit.page
    visit.go("/emergency")
    compose_for_one(page)
    page.get_by_test_id("emergency-send").click()
    page.get_by_test_id("confirm-cancel").click()
    expect(page.get_by_test_id("confirm-action")).to_be_hidden()
    assert page.url.endswith("/emergency")
    page.get_by_test_id("emergency-send").click()
    page.get_by_test_id("confirm-action").click()
    page.wait_for_url("**/emergencies/*")
    expect(page.get_by_test_id("emergency-verdict")).to_contain_text("The screen shows it after")
    all_clear(page)
    expect(page.get_by_test_id("emergency-status")).to_have_text("Cleared")
    visit.go("/emergencies")
    expect(page.get_by_test_id("emergency-history")).to_contain_text("Test of the emergency system")


def test_without_a_title_or_a_screen_nothing_is_sent(visit: Visit) -> None:
    page = visit.page
    visit.go("/emergency")
    # Forced: the button says that it is disabled, and a person presses it all the same.
    page.get_by_test_id("emergency-send").click(force=True)
    expect(page.get_by_test_id("emergency-problem")).to_contain_text("Write a title")
    page.get_by_test_id("template-test").click()
    page.get_by_test_id("scope-sites").click()
    expect(page.get_by_test_id("emergency-reach")).to_have_text("Choose who sees it.")
    page.get_by_test_id("emergency-send").click(force=True)
    expect(page.get_by_test_id("emergency-problem")).to_contain_text("reaches no screen")
    assert page.url.endswith("/emergency")


def test_screens_picked_in_the_table_are_whom_the_alert_is_for(visit: Visit) -> None:
    page = visit.page
    page.locator(".ag-row .ag-checkbox-input").nth(0).check()
    page.locator(".ag-row .ag-checkbox-input").nth(1).check()
    page.get_by_test_id("bulk-alert").click()
    page.wait_for_url("**/emergency?chosen=1")
    expect(page.get_by_test_id("emergency-reach")).to_contain_text("Reaches 2 screens")


def test_a_screen_that_is_off_is_listed_by_name_and_reason(visit: Visit, hub: HubProcess) -> None:
    page = visit.page
    with hub.sign_in() as api:
        device = next(iter(hub.provision(1, "dark")))
        api.patch(f"/api/v1/devices/{device}", json={"name": "Dark corner"}).raise_for_status()
    visit.go("/emergency")
    page.get_by_test_id("template-test").click()
    page.get_by_test_id("scope-devices").click()
    page.get_by_test_id("scope-search").fill("dark cor")
    expect(page.get_by_test_id("scope-choice")).to_have_count(1)
    page.get_by_test_id("scope-choice").check()
    expect(page.get_by_test_id("emergency-reach")).to_contain_text("none of them online now")
    page.get_by_test_id("emergency-send").click()
    page.get_by_test_id("confirm-action").click()
    page.wait_for_url("**/emergencies/*")
    expect(page.get_by_test_id("missing-title")).to_have_text("Not shown on 1 screen")
    expect(page.get_by_test_id("missing-row")).to_contain_text("Dark corner")
    expect(page.locator(".missing-why")).not_to_be_empty()
    all_clear(page)
    with hub.sign_in() as api:
        api.post(f"/api/v1/devices/{device}/revoke").raise_for_status()


def test_a_case_is_closed_although_a_screen_may_still_show_the_alert(visit: Visit, hub: HubProcess) -> None:
    page = visit.page
    device, token = next(iter(hub.provision(1, "gone dark").items()))
    visit.go("/emergency")
    page.get_by_test_id("template-test").click()
    page.get_by_test_id("scope-devices").click()
    page.get_by_test_id("scope-search").fill("gone dark")
    expect(page.get_by_test_id("scope-choice")).to_have_count(1)
    page.get_by_test_id("scope-choice").check()
    expect(page.get_by_test_id("emergency-reach")).to_contain_text("Reaches 1 screen")
    with OwnScreen(hub, token) as screen:
        page.get_by_test_id("emergency-send").click()
        page.get_by_test_id("confirm-action").click()
        screen.shows(screen.hears("emergency_show"))
        expect(page.get_by_test_id("emergency-percent")).to_have_text("100 %")
    expect(page.get_by_test_id("emergency-sign-off")).to_be_hidden()
    page.get_by_test_id("emergency-all-clear").click()
    page.get_by_test_id("confirm-action").click()
    expect(page.get_by_test_id("emergency-verdict")).to_contain_text("1 screen still shows it")
    page.get_by_test_id("emergency-sign-off").click()
    expect(page.get_by_role("alertdialog")).to_contain_text("although 1 screen may still show it")
    expect(page.get_by_test_id("sign-off-names")).to_contain_text("gone dark-0000")
    page.get_by_test_id("confirm-cancel").click()
    expect(page.get_by_test_id("emergency-status")).to_have_text("Clearing")
    page.get_by_test_id("emergency-sign-off").click()
    page.get_by_test_id("confirm-action").click()
    expect(page.get_by_test_id("emergency-status")).to_have_text("Signed off")
    expect(page.get_by_test_id("emergency-verdict")).to_have_text("Signed off: 1 screen may still show it.")
    expect(page.get_by_test_id("missing-row")).to_contain_text("may still show it")
    expect(page.get_by_test_id("emergency-banner")).to_be_hidden()
    with hub.sign_in() as api:
        api.post(f"/api/v1/devices/{device}/revoke").raise_for_status()


def read_proof(page: Page) -> None:
    """It is asked for until the ledger, which is written a moment later, has the line."""

    def is_there() -> bool:
        page.get_by_test_id("proof-show").click()
        expect(page.get_by_test_id("proof-list").locator("li").first).to_be_visible()
        return page.get_by_test_id("proof-row").count() == 1

    wait_for(is_there, "the ledger has the proof")


def test_a_form_that_is_sent_twice_is_one_emergency(visit: Visit, hub: HubProcess) -> None:
    page = visit.page
    visit.go("/emergency")
    compose_for_one(page)
    keys: set[str] = set()
    with hub.sign_in() as api:
        before = {e["id"] for e in api.get("/api/v1/emergencies").json()["items"]}
        page.get_by_test_id("emergency-send").click()
        # Two clicks in one turn of the page: the second one comes before anything can have been answered.
        page.get_by_test_id("confirm-action").evaluate("button => { button.click(); button.click(); }")
        page.wait_for_url("**/emergencies/*")
        keys = {e["id"] for e in api.get("/api/v1/emergencies").json()["items"]} - before
    assert len(keys) == 1
    all_clear(page)


def test_an_alert_in_two_languages_is_looked_at_sent_and_proved(visit: Visit, hub: HubProcess) -> None:
    page = visit.page
    device, token = next(iter(hub.provision(1, "two languages").items()))
    with OwnScreen(hub, token) as screen:
        visit.go("/emergency")
        page.get_by_test_id("template-fire").click()
        page.get_by_test_id("scope-devices").click()
        page.get_by_test_id("scope-search").fill("two languages")
        expect(page.get_by_test_id("scope-choice")).to_have_count(1)
        page.get_by_test_id("scope-choice").check()
        expect(page.get_by_test_id("emergency-reach")).to_contain_text("Reaches 1 screen")
        page.get_by_test_id("language-add").click()
        expect(page.get_by_test_id("emergency-send")).to_contain_text("Finish the other languages first")
        page.get_by_test_id("language-code").fill("Deuts")
        page.get_by_role("option", name="Deutsch").click()
        page.get_by_test_id("language-title").fill("Feueralarm")
        page.get_by_test_id("language-message").fill("Verlassen Sie das Gebäude.")
        page.get_by_test_id("preview-in-de").click()
        expect(page.get_by_test_id("preview-title")).to_have_text("Feueralarm")
        expect(page.get_by_test_id("preview-more")).to_have_text(
            "The first language and Deutsch in turn. With a siren."
        )
        picture(page, "emergency-languages")
        page.get_by_test_id("emergency-send").click()
        page.get_by_test_id("confirm-action").click()
        order = screen.hears("emergency_show")
        alert = order["args"]["alert"]
        assert alert["texts"] == [
            {"language": "de", "title": "Feueralarm", "message": "Verlassen Sie das Gebäude."}
        ]
        assert (alert["pictogram"], alert["sound"]) == ("fire", "siren")
        screen.shows(order)
        expect(page.get_by_test_id("emergency-percent")).to_have_text("100 %")
        expect(page.get_by_test_id("proof-hash")).to_have_text(alert["content_hash"])
        expect(page.get_by_test_id("preview-in-de")).to_be_visible()
        read_proof(page)
        expect(page.get_by_test_id("proof-row")).to_contain_text("two languages-0000")
        expect(page.get_by_test_id("proof-row")).to_contain_text("the words that were sent")
        expect(page.get_by_test_id("proof-row")).to_contain_text("after")
        with hub.sign_in() as api:
            for path in ("clear", "sign-off"):
                api.post(f"/api/v1/emergencies/{alert['emergency_id']}/{path}").raise_for_status()
            api.post(f"/api/v1/devices/{device}/revoke").raise_for_status()
        expect(page.get_by_test_id("emergency-banner")).to_be_hidden()
