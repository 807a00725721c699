"""API keys, enrolment keys and tenants in a real Chromium."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import httpx
from playwright.sync_api import expect

from persistence.embedded import EmbeddedPostgres
from tests.dashboard.browsing import Visit
from tests.dashboard.houses import add, add_person, api_of
from tests.dashboard.test_people_pages import LONG, administrator
from tests.hub.hub_process import HubProcess
from tests.patience import PATIENCE_S

BIG = re.compile(r"^clk_[\w-]{43}$")


def sites(hub: HubProcess, secret: str) -> int:
    headers = {"Authorization": f"Bearer {secret}"}
    return httpx.get(f"{hub.url}/api/v1/sites", headers=headers, timeout=PATIENCE_S).status_code


def test_a_key_is_made_shown_once_used_and_revoked(
    visitor: Visit, postgres: EmbeddedPostgres, hub: HubProcess
) -> None:
    page = visitor.page
    administrator(visitor, postgres, "Keys", "/keys")
    expect(page.get_by_test_id("rows")).to_contain_text("There is no key yet.")
    page.get_by_test_id("rows-add").click()
    page.get_by_test_id("form-submit").click()
    expect(page.get_by_test_id("form-problem")).to_contain_text("A key needs a name.")
    page.get_by_test_id("key-name").fill("Fire panel")
    page.get_by_test_id("key-may-emergencies:trigger").click()
    page.get_by_test_id("key-until").fill("2020-01-01")
    page.get_by_test_id("form-submit").click()
    expect(page.get_by_test_id("form-problem")).to_contain_text("not over yet")
    page.get_by_test_id("key-until").fill(f"{datetime.now(UTC).year + 2}-12-31")
    page.get_by_test_id("form-submit").click()
    secret = page.get_by_test_id("new-key").inner_text()
    assert BIG.match(secret)
    page.get_by_test_id("new-key-done").click()
    row = page.get_by_test_id("api-key").filter(has_text="Fire panel")
    expect(row).to_contain_text("never used")
    expect(row).to_contain_text("good until")
    assert secret not in page.content()

    assert sites(hub, secret) == 200
    row.get_by_test_id("key-revoke").click()
    page.get_by_test_id("confirm-action").click()
    expect(row).to_contain_text("Revoked")
    assert sites(hub, secret) == 401
    assert visitor.complaints == [] and visitor.foreign == []


def test_an_enrolment_key_lets_a_screen_ask_until_it_is_revoked(
    visitor: Visit, postgres: EmbeddedPostgres, hub: HubProcess
) -> None:
    page = visitor.page
    administrator(visitor, postgres, "Enrolment", "/keys/enrolment")
    expect(page.get_by_test_id("enrolment-key")).to_have_count(1)
    page.get_by_test_id("rows-add").click()
    secret = page.get_by_test_id("new-enrolment-key").inner_text()
    page.get_by_test_id("new-enrolment-key-done").click()
    expect(page.get_by_test_id("enrolment-key")).to_have_count(2)

    def register(name: str) -> int:
        body = {"enrolment_key": secret, "hardware_id": name}
        return httpx.post(f"{hub.url}/api/v1/devices/register", json=body, timeout=PATIENCE_S).status_code

    assert register("hw-1") == 202
    for left in (1, 0):
        page.get_by_test_id("enrolment-revoke").first.click()
        page.get_by_test_id("confirm-action").click()
        expect(page.get_by_test_id("enrolment-revoke")).to_have_count(left)
    assert register("hw-2") == 403


def test_root_founds_a_tenant_acts_in_it_with_a_reason_and_comes_back(
    visitor: Visit, hub: HubProcess
) -> None:
    page = visitor.page
    visitor.go("/sign-in?next=/tenants")
    visitor.fill_sign_in_as(hub.people.root_email, hub.people.root_password or "")
    page.get_by_test_id("rows-add").click()
    page.get_by_test_id("tenant-name").fill("St. Barbara")
    page.get_by_test_id("tenant-email").fill("ada@barbara.example")
    page.get_by_test_id("tenant-limit").fill("many")
    page.get_by_test_id("form-submit").click()
    expect(page.get_by_test_id("form-problem")).to_contain_text("write a number")
    page.get_by_test_id("tenant-limit").fill("1200")
    page.get_by_test_id("form-submit").click()
    assert "/set-password#" in page.get_by_test_id("tenant-link").inner_text()
    page.get_by_test_id("tenant-link-done").click()
    assert page.get_by_test_id("tenant-key").inner_text()
    page.get_by_test_id("tenant-key-done").click()
    row = page.get_by_test_id("tenant").filter(has_text="St. Barbara")
    expect(row).to_contain_text("at most 1,200 requests a minute")

    row.get_by_test_id("tenant-act").click()
    page.get_by_test_id("act-reason").fill("Ticket 4711")
    page.get_by_test_id("form-submit").click()
    expect(page.get_by_test_id("acting")).to_contain_text("You act in St. Barbara")
    expect(page.get_by_test_id("nav-account")).to_contain_text("St. Barbara")
    visitor.go("/people")
    expect(page.get_by_test_id("person")).to_contain_text("ada@barbara.example")
    visitor.go("/tenants")
    expect(page.get_by_test_id("acting")).to_be_visible()
    page.get_by_test_id("stop-acting").click()
    expect(page).to_have_url(f"{visitor.url}/tenants")
    expect(page.get_by_test_id("acting")).to_have_count(0)
    expect(row).to_be_visible()


def test_a_tenant_is_suspended_and_resumed(
    visitor: Visit, hub: HubProcess, postgres: EmbeddedPostgres
) -> None:
    page = visitor.page
    visitor.go("/sign-in?next=/tenants")
    visitor.fill_sign_in_as(hub.people.root_email, hub.people.root_password or "")
    page.get_by_test_id("rows-add").click()
    page.get_by_test_id("tenant-name").fill("Harbour")
    page.get_by_test_id("tenant-email").fill("ada@harbour.example")
    page.get_by_test_id("form-submit").click()
    page.get_by_test_id("tenant-link-done").click()
    page.get_by_test_id("tenant-key-done").click()
    row = page.get_by_test_id("tenant").filter(has_text="Harbour")
    row.get_by_test_id("tenant-suspend").click()
    page.get_by_test_id("confirm-action").click()
    expect(row).to_contain_text("Suspended")
    expect(row.get_by_test_id("tenant-act")).to_have_count(0)
    row.get_by_test_id("tenant-resume").click()
    expect(row.get_by_test_id("tenant-suspend")).to_be_visible()


def test_who_may_not_is_offered_none_of_it_and_told_why(
    visitor: Visit, postgres: EmbeddedPostgres, hub: HubProcess
) -> None:
    page = visitor.page
    house = administrator(visitor, postgres, "No keys", "/keys")
    expect(page.get_by_test_id("tab-keys")).to_be_visible()
    expect(page.get_by_test_id("tab-tenants")).to_have_count(0)
    with api_of(hub, house.admin.email) as api:
        add_person(api, "eve@nokeys.example", "VIEWER", password=LONG)
    page.context.clear_cookies()
    visitor.go("/sign-in")
    visitor.fill_sign_in_as("eve@nokeys.example", LONG)
    expect(page.get_by_test_id("nav-screens")).to_be_visible()
    expect(page.get_by_test_id("nav-manage")).to_have_count(0)
    for address in ("/keys", "/keys/enrolment", "/tenants"):
        visitor.go(address)
        expect(page.get_by_test_id("manage-not-allowed")).to_contain_text("Your role (VIEWER) may not")


def test_who_is_limited_to_sites_makes_keys_for_those(
    visitor: Visit, postgres: EmbeddedPostgres, hub: HubProcess
) -> None:
    page = visitor.page
    house = administrator(visitor, postgres, "Keys of a site", "/keys")
    with api_of(hub, house.admin.email) as api:
        site = add(api, "/sites", name="Harbour")
        user_id = add_person(api, "kim@keysofasite.example", "TENANT_ADMIN", password=LONG)
        assert api.patch(f"/users/{user_id}", json={"sites": [site]}).status_code == 200
        assert api.post("/api-keys", json={"name": "All", "permissions": ["screens:view"]}).status_code == 201
    page.context.clear_cookies()
    visitor.go("/sign-in")
    visitor.fill_sign_in_as("kim@keysofasite.example", LONG)
    page.get_by_test_id("nav-manage").click()
    expect(page.get_by_test_id("tab-people")).to_have_count(0)
    page.get_by_test_id("tab-keys").click()
    expect(page.get_by_test_id("rows")).to_contain_text("There is no key yet.")
    page.get_by_test_id("rows-add").click()
    expect(page.get_by_test_id("key-may-tenants:manage")).to_have_count(0)
    page.get_by_test_id("key-name").fill("Door sign")
    page.get_by_test_id("form-submit").click()
    page.get_by_test_id("new-key-done").click()
    expect(page.get_by_test_id("api-key").filter(has_text="Door sign")).to_contain_text("Harbour")
    assert visitor.complaints == [] and visitor.foreign == []
