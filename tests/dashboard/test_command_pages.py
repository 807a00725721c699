"""Commands on the pages: to one screen, to many, taken back, and found again."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.dashboard.browsing import Visit
from tests.dashboard.own_screen import OwnScreen
from tests.hub.hub_process import HubProcess


def test_a_command_for_all_selected_screens_counts_to_the_end(visit: Visit, screens: int) -> None:
    page = visit.page
    page.get_by_label("Column with Header Selection").first.click()
    expect(page.get_by_test_id("selected-count")).to_have_text(f"{screens} screens")
    page.get_by_test_id("bulk-ping").click()
    expect(page.get_by_test_id("bulk-progress")).to_have_text(f"Ping: Done on all {screens} screens.")
    expect(page.get_by_test_id("command-bar")).to_be_hidden()


def test_on_a_phone_every_command_of_the_bar_is_in_sight_with_its_word(visit: Visit) -> None:
    page = visit.page
    page.set_viewport_size({"width": 390, "height": 844})
    page.locator(".ag-row .ag-checkbox-input").first.check()
    words = page.get_by_test_id("command-bar").locator(".btn-text")
    expect(words.filter(has_text="Reboot")).to_be_in_viewport(ratio=1)
    for word in words.all():
        expect(word).to_be_in_viewport(ratio=1)
    assert page.get_by_test_id("command-bar").evaluate("(bar) => bar.scrollWidth <= bar.clientWidth")


def test_reboot_asks_first_and_escape_says_no(visit: Visit, hub: HubProcess) -> None:
    page = visit.page
    page.locator(".cell-link").first.click()
    page.get_by_test_id("command-reboot").click()
    expect(page.get_by_test_id("confirm-action")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("confirm-action")).to_be_hidden()
    device = page.url.rsplit("/", 1)[1]
    with hub.sign_in() as api:
        sent = [row["command"] for row in api.get(f"/api/v1/devices/{device}/commands").json()["items"]]
    assert "reboot" not in sent


def test_a_command_moves_on_live_until_it_is_done(visit: Visit) -> None:
    visit.page.locator(".cell-link").first.click()
    visit.page.get_by_test_id("command-ping").click()
    expect(visit.page.get_by_test_id("command-status").first).to_have_text("done")


def test_a_command_that_waits_is_cancelled_and_says_by_whom(visit: Visit, hub: HubProcess) -> None:
    page = visit.page
    device = next(iter(hub.provision(1, "cancel")))
    visit.go(f"/screens/{device}")
    page.get_by_test_id("command-ping").click()
    row = page.get_by_test_id("command-row")
    expect(row).to_contain_text("waits for the screen")
    expect(row).to_contain_text("not sent yet")
    page.get_by_test_id("command-cancel").click()
    expect(row.get_by_test_id("command-status")).to_have_text("cancelled")
    expect(row.get_by_test_id("command-outcome")).to_contain_text(f"cancelled by {hub.people.operator_email}")
    expect(page.get_by_test_id("command-cancel")).to_have_count(0)
    shut_out(hub, device)


def test_a_newer_order_replaces_one_that_still_waits(visit: Visit, hub: HubProcess) -> None:
    page = visit.page
    device = next(iter(hub.provision(1, "newer")))
    visit.go(f"/screens/{device}")
    for lines in (1, 2):
        page.get_by_test_id("command-reload_playlist").click()
        expect(page.get_by_test_id("command-row")).to_have_count(lines)
    expect(page.get_by_test_id("command-status")).to_have_text(["waits for the screen", "replaced"])
    shut_out(hub, device)


def test_a_button_is_not_made_anew_under_the_finger_that_presses_it(visit: Visit, hub: HubProcess) -> None:
    page = visit.page
    device, token = next(iter(hub.provision(1, "finger").items()))
    visit.go(f"/screens/{device}")
    page.get_by_test_id("command-ping").click()
    rows = page.get_by_test_id("command-row")
    expect(rows).to_have_count(1)
    page.evaluate("window.pressed = document.querySelector('[data-testid=command-cancel]')")
    page.get_by_test_id("command-pause").click()  # reads the whole list again
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("Pause")
    with OwnScreen(hub, token) as screen:  # and now the words of both change
        screen.hears("ping")
        expect(page.get_by_test_id("command-status")).to_have_text(["sent", "sent"])
        assert page.evaluate("window.pressed.isConnected")
        page.get_by_test_id("command-cancel").last.click()
        expect(page.get_by_test_id("command-status")).to_have_text(["sent", "cancelled"])
    shut_out(hub, device)


def test_one_order_to_many_is_followed_and_what_is_open_taken_back(visit: Visit, hub: HubProcess) -> None:
    page = visit.page
    (near, token), (far, _) = hub.provision(2, "many").items()
    verdict = page.get_by_test_id("bulk-verdict")
    with OwnScreen(hub, token) as screen:
        visit.go("/commands")
        page.get_by_test_id("commands-new").click()
        choose(page, "ping", "many-")
        expect(page.get_by_test_id("command-reach")).to_contain_text("Goes to 2 screens: 1 online now.")
        page.get_by_test_id("command-send").click()
        page.wait_for_url("**/commands/many/*")
        order = screen.hears("ping")
        expect(verdict).to_have_text("0 of 2 done, 1 waits for its screen, 1 sent.")
        screen.answers(order["command_id"], "succeeded")
        expect(verdict).to_have_text("1 of 2 done, 1 waits for its screen.")
    lines = page.get_by_test_id("command-row")
    expect(lines).to_have_count(2)
    page.get_by_test_id("finder-status").select_option("open")
    expect(lines).to_have_count(1)
    page.get_by_test_id("bulk-cancel").click()
    expect(page.get_by_role("alertdialog")).to_contain_text("Cancel it for 1 screen?")
    page.get_by_test_id("confirm-action").click()
    expect(verdict).to_have_text("1 of 2 done, 1 cancelled.")
    expect(page.get_by_test_id("bulk-cancel")).to_be_hidden()
    visit.go("/commands")
    expect(page.get_by_test_id("bulk-row").first).to_contain_text("1 of 2 done, 1 cancelled.")
    shut_out(hub, near, far)


def choose(page: Page, command: str, screens: str) -> None:
    """This command, for the two screens whose names begin so."""
    page.get_by_test_id(f"choose-{command}").click()
    page.get_by_test_id("scope-devices").click()
    page.get_by_test_id("scope-search").fill(screens)
    expect(page.get_by_test_id("scope-choice")).to_have_count(2)
    for place in range(2):
        page.get_by_test_id("scope-choice").nth(place).check()


def test_nothing_is_sent_before_it_is_said_what_and_to_whom(visit: Visit) -> None:
    page = visit.page
    visit.go("/commands/new")
    page.get_by_test_id("command-send").click(force=True)
    expect(page.get_by_test_id("command-problem")).to_contain_text("Choose what the screens shall do.")
    page.get_by_test_id("choose-reboot").click()
    page.get_by_test_id("scope-sites").click()
    expect(page.get_by_test_id("command-reach")).to_have_text("Choose which screens.")
    page.get_by_test_id("command-send").click(force=True)
    expect(page.get_by_test_id("command-problem")).to_contain_text("goes to no screen")
    assert page.url.endswith("/commands/new")


def test_commands_are_found_by_screen_and_status_page_by_page(visit: Visit, hub: HubProcess) -> None:
    page = visit.page
    device = next(iter(hub.provision(1, "findable")))
    with hub.sign_in() as api:
        for number in range(60):
            name = "ping" if number else "pause"
            body = {"command": name}
            api.post(f"/api/v1/devices/{device}/command", json=body).raise_for_status()
    visit.go("/commands")
    lines = page.get_by_test_id("command-row")
    page.get_by_test_id("finder-screen").fill("findable")
    expect(page.get_by_test_id("finder-older")).to_be_visible()
    expect(lines).to_have_count(50)
    page.get_by_test_id("finder-older").click()
    expect(lines).to_have_count(60)
    expect(page.get_by_test_id("finder-older")).to_be_hidden()
    page.get_by_test_id("finder-command").select_option("pause")
    expect(lines).to_have_count(1)
    expect(lines).to_contain_text("findable-0000")
    page.get_by_test_id("finder-status").select_option("succeeded")
    expect(page.get_by_test_id("command-list")).to_contain_text("No command fits.")
    page.get_by_test_id("finder-status").select_option("")
    expect(lines).to_have_count(1)
    with hub.sign_in() as api:
        body = {"command": "pause"}
        api.post(f"/api/v1/devices/{device}/command", json=body).raise_for_status()
    page.get_by_test_id("finder-newer").click()
    expect(lines).to_have_count(2)
    expect(page.get_by_test_id("finder-newer")).to_be_hidden()
    shut_out(hub, device)


def shut_out(hub: HubProcess, *devices: str) -> None:
    """The other tests count screens: leave none behind."""
    with hub.sign_in() as api:
        for device in devices:
            api.post(f"/api/v1/devices/{device}/revoke").raise_for_status()
