"""What needs an operator's eye is on every page: quarantined and unstable screens; what a role may not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from persistence.embedded import EmbeddedPostgres
from persistence.owner import connect_as_owner
from protocol.vocabulary import RoleName
from tests.dashboard.browsing import Visit
from tests.dashboard.own_screen import OwnScreen
from tests.hub.hub_process import HubProcess
from tests.hub.tenants import PASSWORD, make_tenant

LOSSES = 4


@pytest.fixture
def quarantined(hub: HubProcess, postgres: EmbeddedPostgres) -> Iterator[str]:
    """The id of a screen that the hub finds quarantined in PostgreSQL: no screen makes it fail for real."""
    with connect_as_owner(postgres.url("dashboard")) as connection:
        row = connection.execute(
            "INSERT INTO devices (tenant_id, hardware_id, name, status, presence, presence_reason,"
            " presence_since) VALUES (%s, 'faulty', 'Faulty player', 'approved', 'offline', 'quarantined',"
            " now()) RETURNING id::text",
            (hub.people.tenant_id,),
        ).fetchone()
    assert row is not None
    with hub.sign_in() as api:
        # Whatever changes a device makes the hub read it.
        api.patch(f"/api/v1/devices/{row[0]}", json={"location": "Cellar"}).raise_for_status()
        yield row[0]
        api.post(f"/api/v1/devices/{row[0]}/revoke").raise_for_status()


def test_a_quarantined_screen_is_named_on_every_page(visit: Visit, quarantined: str) -> None:
    page = visit.page
    for path in ("/commands", "/emergency", "/"):
        visit.go(path)
        expect(page.get_by_test_id("attention-quarantined")).to_contain_text(
            "1 screen is quarantined after repeated faults in the hub: Faulty player"
        )
    page.get_by_test_id("attention-quarantined").get_by_role("link").click()
    page.wait_for_url(f"**/screens/{quarantined}")
    expect(page.get_by_test_id("screen-trouble")).to_contain_text("it is the hub's fault")
    visit.go("/?search=quarantined")
    expect(page.locator(".cell-link")).to_have_text(["Faulty player"])


def test_a_screen_that_comes_and_goes_is_shown_as_unstable_with_the_reason(
    visit: Visit, hub: HubProcess
) -> None:
    page = visit.page
    device, token = next(iter(hub.provision(1, "loose cable").items()))
    expect(page.get_by_test_id("attention")).to_be_hidden()
    for _ in range(LOSSES):
        with OwnScreen(hub, token) as screen:
            screen.lose()
    with OwnScreen(hub, token):
        expect(page.get_by_test_id("counter-unstable")).to_contain_text("1")
        page.get_by_test_id("counter-unstable").click()
        expect(page.locator(".cell-link")).to_have_text(["loose cable-0000"])
        expect(page.locator(".ag-row .pill")).to_have_text("Unstable")
        visit.go(f"/screens/{device}")
        expect(page.get_by_test_id("screen-presence")).to_have_text("Unstable")
        expect(page.get_by_test_id("screen-trouble")).to_contain_text(
            "lost its connection 4 times in 10 minutes"
        )
    with hub.sign_in() as api:
        api.post(f"/api/v1/devices/{device}/revoke").raise_for_status()


def test_many_unstable_screens_are_said_on_every_page(visit: Visit, hub: HubProcess) -> None:
    page = visit.page
    devices = hub.provision(3, "loose switch")
    for token in devices.values():
        for _ in range(LOSSES):
            with OwnScreen(hub, token) as screen:
                screen.lose()
    expect(page.get_by_test_id("attention-unstable")).to_contain_text("3 screens are unstable")
    page.get_by_test_id("attention-unstable").get_by_role("link").click()
    expect(page.get_by_test_id("counter-unstable")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_test_id("screens-count")).to_have_text("3 screens")
    with hub.sign_in() as api:
        for device in devices:
            api.post(f"/api/v1/devices/{device}/revoke").raise_for_status()
    expect(page.get_by_test_id("attention")).to_be_hidden()


def test_who_may_only_look_is_told_why_and_offered_nothing_else(
    visitor: Visit, hub: HubProcess, postgres: EmbeddedPostgres
) -> None:
    page = visitor.page
    house = make_tenant(postgres.url("dashboard"), "Only looking", RoleName.VIEWER)
    visitor.go("/sign-in")
    visitor.fill_sign_in_as(house.admin.email, PASSWORD)
    expect(page.get_by_test_id("screens-grid")).to_be_visible()
    offered = page.get_by_role("navigation", name="Pages").get_by_role("link")
    expect(offered).to_have_text(["Screens", "Commands", "History", "Content"])
    visitor.go("/emergency")
    expect(page.get_by_test_id("emergency-not-allowed")).to_contain_text("Your role (VIEWER) may not trigger")
    page.get_by_test_id("template-test").click()
    page.get_by_test_id("emergency-send").click(force=True)
    expect(page.get_by_test_id("emergency-problem")).to_contain_text("Your role (VIEWER) may not trigger")
    visitor.go("/commands")
    expect(page.get_by_test_id("command-list")).to_be_visible()
    expect(page.get_by_test_id("commands-new")).to_have_count(0)
    visitor.go("/approvals")
    expect(page.get_by_test_id("approvals-not-allowed")).to_contain_text("let screens in")
    expect(page.get_by_test_id("approvals-code")).to_have_count(0)
