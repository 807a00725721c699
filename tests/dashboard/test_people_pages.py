"""People, roles, groups of people and features in a real Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, expect

from persistence.embedded import EmbeddedPostgres
from protocol.vocabulary import RoleName
from tests.dashboard.browsing import Visit
from tests.dashboard.conftest import new_context
from tests.dashboard.houses import add_person, api_of
from tests.hub.hub_process import HubProcess
from tests.hub.tenants import PASSWORD, Tenant, make_tenant

LONG = "seven green ladders by the sea"
MANAGED = ("/people", "/people/roles", "/people/groups", "/people/features")


def administrator(visitor: Visit, postgres: EmbeddedPostgres, name: str, at: str = "/people") -> Tenant:
    """The administrator of a tenant of their own, on one of the pages."""
    house = make_tenant(postgres.url("dashboard"), name)
    visitor.go(f"/sign-in?next={at}")
    visitor.fill_sign_in_as(house.admin.email, PASSWORD)
    expect(visitor.page).to_have_url(visitor.url + at)
    return house


def choose(page: Page, field: str, *options: str) -> None:
    """Choose these in a select of many, and close it."""
    page.get_by_test_id(field).click()
    for option in options:
        page.get_by_role("option", name=option, exact=True).click()
    page.get_by_role("dialog").get_by_role("heading").click()


@contextmanager
def drawn_anew(page: Page) -> Iterator[None]:
    """What is done in the block changes what the one who looks may do: the page comes anew by itself."""
    page.evaluate("window.drawnBefore = true")
    yield
    page.wait_for_function("!window.drawnBefore")


def test_somebody_is_invited_chooses_a_password_by_the_link_and_signs_in(
    visitor: Visit, browser: Browser, postgres: EmbeddedPostgres
) -> None:
    page = visitor.page
    administrator(visitor, postgres, "Invitations")
    page.get_by_test_id("people-add").click()
    page.get_by_test_id("person-email").fill("ada@invitations.example")
    page.get_by_test_id("person-name").fill("Ada Byron")
    page.get_by_test_id("form-submit").click()
    expect(page.get_by_test_id("form-problem")).to_contain_text("Choose a role")
    choose(page, "person-roles", "VIEWER")
    page.get_by_test_id("form-submit").click()
    link = page.get_by_test_id("one-time-link").inner_text()
    assert "/set-password#" in link
    page.get_by_test_id("one-time-link-done").click()
    row = page.get_by_test_id("person").filter(has_text="Ada Byron")
    expect(row).to_contain_text("Invited")

    context = new_context(browser)
    guest = Visit(context.new_page(), visitor.url)
    asked: list[str] = []
    guest.page.on("request", lambda request: asked.append(request.url))
    guest.go("/set-password#" + link.partition("#")[2])
    expect(guest.page).to_have_url(f"{visitor.url}/set-password")
    for attempt, said in (("password1234", "Password: "), (LONG, "")):
        guest.page.get_by_test_id("set-password").fill(attempt)
        guest.page.get_by_test_id("set-again").fill(attempt)
        guest.page.get_by_test_id("set-submit").click()
        if said:
            expect(guest.page.get_by_test_id("sign-in-error")).to_contain_text(said)
    expect(guest.page.get_by_test_id("sign-in-note")).to_contain_text("new password is set")
    assert not any(link.partition("#")[2] in address for address in asked)
    guest.fill_sign_in_as("ada@invitations.example", LONG)
    expect(guest.page.locator(".nav-text")).to_have_text(["Screens", "Commands", "History", "Content"])
    context.close()
    page.reload()
    expect(row).not_to_contain_text("Invited")


def test_roles_and_sites_of_a_person_are_changed_and_nothing_else(
    visitor: Visit, hub: HubProcess, postgres: EmbeddedPostgres
) -> None:
    page = visitor.page
    house = administrator(visitor, postgres, "Changed people")
    with api_of(hub, house.admin.email) as api:
        user_id = add_person(api, "bob@changed.example", "VIEWER")
        api.post("/sites", json={"name": "North wing"}).raise_for_status()
    visitor.go(f"/people/person/{user_id}")
    page.get_by_test_id("person-edit").click()
    choose(page, "person-roles", "DEVICE_ADMIN")
    choose(page, "person-sites", "North wing")
    page.get_by_test_id("form-submit").click()
    expect(page.get_by_test_id("person-fact-roles")).to_have_text("DEVICE_ADMIN, VIEWER")
    expect(page.get_by_test_id("person-fact-sites")).to_have_text("North wing")
    page.get_by_test_id("person-edit").click()
    choose(page, "person-sites", "North wing")
    page.get_by_test_id("form-submit").click()
    expect(page.get_by_test_id("person-fact-sites")).to_have_text("All sites")


def test_somebody_is_switched_off_and_signed_out_and_on_again_and_deleted(
    visitor: Visit, hub: HubProcess, postgres: EmbeddedPostgres
) -> None:
    page = visitor.page
    house = administrator(visitor, postgres, "Switched off")
    with api_of(hub, house.admin.email) as api:
        user_id = add_person(api, "cy@switched.example", "VIEWER", password=LONG)
    with api_of(hub, "cy@switched.example", LONG) as theirs:
        visitor.go(f"/people/person/{user_id}")
        expect(page.get_by_test_id("session")).to_have_count(1)
        page.get_by_test_id("person-switch").click()
        page.get_by_test_id("confirm-action").click()
        expect(page.get_by_test_id("person-standing")).to_have_text("Switched off")
        assert theirs.get("/users/me").status_code == 401
    page.get_by_test_id("person-switch").click()
    expect(page.get_by_test_id("person-standing")).to_be_hidden()
    page.get_by_test_id("person-link-new").click()
    page.get_by_test_id("confirm-action").click()
    expect(page.get_by_test_id("one-time-link")).to_contain_text("/set-password#")
    page.get_by_test_id("one-time-link-done").click()
    page.get_by_test_id("person-delete").click()
    page.get_by_test_id("confirm-action").click()
    expect(page.get_by_test_id("people-count")).to_have_text("1 person")


def test_the_last_administrator_stays_and_it_is_said_why(visitor: Visit, postgres: EmbeddedPostgres) -> None:
    house = administrator(visitor, postgres, "Last one")
    visitor.go(f"/people/person/{house.admin.user_id}")
    visitor.page.get_by_test_id("person-delete").click()
    visitor.page.get_by_test_id("confirm-action").click()
    expect(visitor.page.get_by_text("last active TENANT_ADMIN")).to_be_visible()


def test_a_role_of_ones_own_is_made_changed_and_deleted(visitor: Visit, postgres: EmbeddedPostgres) -> None:
    page = visitor.page
    administrator(visitor, postgres, "Own roles", "/people/roles")
    built_in = page.get_by_test_id("role").filter(has_text="VIEWER")
    expect(built_in).to_contain_text("built in")
    expect(built_in.get_by_test_id("role-edit")).to_have_count(0)
    page.get_by_test_id("rows-add").click()
    page.get_by_test_id("role-name").fill("Night shift")
    page.get_by_test_id("role-may-emergencies:trigger").click()
    page.get_by_test_id("form-submit").click()
    own = page.get_by_test_id("role").filter(has_text="Night shift")
    expect(own).to_contain_text("1 permission")
    expect(page.get_by_test_id("role-may-tenants:manage")).to_have_count(0)
    own.get_by_test_id("role-edit").click()
    page.get_by_test_id("role-may-screens:view").click()
    page.get_by_test_id("form-submit").click()
    expect(own).to_contain_text("2 permissions")
    page.get_by_test_id("rows-add").click()
    page.get_by_test_id("role-name").fill("Night shift")
    page.get_by_test_id("form-submit").click()
    expect(page.get_by_test_id("form-problem")).to_be_visible()
    page.get_by_test_id("form-cancel").click()
    own.get_by_test_id("role-delete").click()
    page.get_by_test_id("confirm-action").click()
    expect(own).to_have_count(0)


def test_a_feature_is_given_to_a_group_and_the_others_are_not_offered_it(
    visitor: Visit, hub: HubProcess, postgres: EmbeddedPostgres
) -> None:
    page = visitor.page
    administrator(visitor, postgres, "Features", "/people/features")
    page.get_by_test_id("rows-add").click()
    page.get_by_test_id("feature-key").fill("commands.bulk")
    with drawn_anew(page):
        page.get_by_test_id("form-submit").click()
    feature = page.get_by_test_id("feature")
    expect(feature).to_contain_text("For nobody")
    visitor.go("/commands")
    expect(page.get_by_test_id("commands-new")).to_have_count(0)
    visitor.go("/people/groups")
    page.get_by_test_id("rows-add").click()
    page.get_by_test_id("user-group-name").fill("Control room")
    choose(page, "user-group-members", "Test Admin")
    choose(page, "user-group-features", "commands.bulk")
    with drawn_anew(page):
        page.get_by_test_id("form-submit").click()
    group = page.get_by_test_id("user-group")
    expect(group).to_contain_text("Test Admin")
    expect(group).to_contain_text("commands.bulk")
    visitor.go("/commands")
    expect(page.get_by_test_id("commands-new")).to_be_visible()
    visitor.go("/people/features")
    expect(feature).to_contain_text("Control room")


def test_who_may_not_manage_people_is_offered_nothing_and_told_why(
    visitor: Visit, postgres: EmbeddedPostgres
) -> None:
    house = make_tenant(postgres.url("dashboard"), "No managers", RoleName.VIEWER)
    visitor.go("/sign-in")
    visitor.fill_sign_in_as(house.admin.email, PASSWORD)
    expect(visitor.page.get_by_test_id("nav-manage")).to_have_count(0)
    for path in MANAGED:
        visitor.go(path)
        expect(visitor.page.get_by_test_id("manage-not-allowed")).to_contain_text(
            "Your role (VIEWER) may not"
        )
    visitor.go(f"/people/person/{house.admin.user_id}")
    expect(visitor.page.get_by_test_id("manage-not-allowed")).to_be_visible()


def test_the_pages_fit_a_phone_and_complain_of_nothing(visitor: Visit, postgres: EmbeddedPostgres) -> None:
    house = administrator(visitor, postgres, "On a phone")
    page = visitor.page
    page.set_viewport_size({"width": 390, "height": 844})
    for path in (*MANAGED, f"/people/person/{house.admin.user_id}", "/account"):
        visitor.go(path)
        expect(page.get_by_test_id("hub-state")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
    assert visitor.complaints == [] and visitor.foreign == []
