"""Being signed in: over restarts and renewals, until it is ended; and what one may, as it is now."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Browser, expect

from dashboard.hub_client import HubClient
from dashboard.hub_http import HubError, HubHttp
from dashboard.hub_sign_in import HubSignIn
from dashboard.kept_pairs import KeptPair
from dashboard.tokens import Tokens
from persistence.embedded import EmbeddedPostgres
from persistence.owner import connect_as_owner
from protocol.access import TokenPair
from tests.dashboard.browsing import Visit
from tests.dashboard.conftest import new_context
from tests.dashboard.credentials import pair_of
from tests.dashboard.houses import add_person, api_of
from tests.end_to_end.companions import dashboard, wait_for
from tests.hub.hub_process import HubProcess
from tests.hub.tenants import PASSWORD, make_tenant

OFFERED = "nav[aria-label=Pages] .nav-text"


@pytest.mark.asyncio
async def test_an_access_token_that_ran_out_is_renewed_behind_one_call(hub: HubProcess) -> None:
    good = await pair_of(hub)
    door, kept, ended = HubSignIn(HubHttp(hub.url)), list[KeptPair](), list[str]()

    async def renew(refresh_token: str) -> TokenPair:
        return await door.refresh(refresh_token, client.browser)

    ran_out = KeptPair.of(msgspec.structs.replace(good, access_token="ran out"), 1e12)
    tokens = Tokens(ran_out, renew, kept.append, ended.append, lambda: 1e12)
    client = HubClient(hub.url, tokens)
    assert (await client.account.me()).email == hub.people.operator_email
    assert [pair.pair.session_id for pair in kept] == [good.session_id] and tokens.pair == kept[0].pair
    await client.account.end_session(good.session_id)
    with pytest.raises(HubError) as refused:
        await client.account.me()
    assert refused.value.signed_out and len(ended) == 1 and ended[0]
    await client.close()
    await door.close()


def test_a_dashboard_that_starts_again_goes_on_and_renews_what_has_run_out(
    browser: Browser, hub: HubProcess, tmp_path: Path
) -> None:
    context = new_context(browser)
    page = context.new_page()
    with dashboard(hub, tmp_path) as url:
        visit = Visit(page, url)
        visit.sign_in(hub)
    (file,) = (tmp_path / "dashboard/dashboard/sign-ins").glob("*.json")
    before = msgspec.json.decode(file.read_bytes(), type=KeptPair)
    ran_out = msgspec.structs.replace(before.pair, access_token="ran out")
    file.write_bytes(
        msgspec.json.encode(msgspec.structs.replace(before, pair=ran_out, renew_at_s=0.0, access_until_s=0.0))
    )
    with dashboard(hub, tmp_path) as url:
        page.goto(f"{url}/account")
        expect(page.get_by_test_id("account-fact-email")).to_have_text(hub.people.operator_email)
        expect(page.get_by_test_id("hub-state")).to_have_text("Live")
    after = msgspec.json.decode(file.read_bytes(), type=KeptPair)
    assert after.pair.session_id == before.pair.session_id
    assert after.pair.refresh_token != before.pair.refresh_token
    context.close()


def test_a_session_that_is_ended_elsewhere_closes_its_pages_with_the_reason(
    visitor: Visit, hub: HubProcess, postgres: EmbeddedPostgres
) -> None:
    house = make_tenant(postgres.url("dashboard"), "Ended elsewhere")
    visitor.go("/sign-in")
    visitor.fill_sign_in_as(house.admin.email, PASSWORD)
    expect(visitor.page.get_by_test_id("hub-state")).to_have_text("Live")
    with api_of(hub, house.admin.email) as api:
        for row in api.get("/auth/sessions").json()["items"]:
            if not row["current"]:
                api.delete(f"/auth/sessions/{row['id']}").raise_for_status()
    expect(visitor.page.get_by_test_id("sign-in-submit")).to_be_visible()
    expect(visitor.page.get_by_test_id("sign-in-note")).not_to_be_empty()
    assert visitor.page.request.get(f"{visitor.url}/rows").status == 401


def test_signing_out_ends_the_session_at_the_hub(
    visitor: Visit, hub: HubProcess, postgres: EmbeddedPostgres
) -> None:
    house = make_tenant(postgres.url("dashboard"), "Signed out")
    visitor.go("/sign-in")
    visitor.fill_sign_in_as(house.admin.email, PASSWORD)
    expect(visitor.page.get_by_test_id("hub-state")).to_have_text("Live")
    visitor.page.get_by_test_id("sign-out").click()
    expect(visitor.page.get_by_text("You are signed out.")).to_be_visible()

    def ended() -> bool:
        with connect_as_owner(postgres.url("dashboard")) as connection:
            why = "SELECT revoked_because FROM sessions WHERE tenant_id = %s"
            return ("signed_out",) in connection.execute(why, (house.id,)).fetchall()

    wait_for(ended, "the session has ended at the hub")


def test_an_open_page_offers_what_one_may_now(
    visitor: Visit, hub: HubProcess, postgres: EmbeddedPostgres
) -> None:
    house = make_tenant(postgres.url("dashboard"), "Rights change")
    page = visitor.page
    with api_of(hub, house.admin.email) as api:
        user_id = add_person(api, "guard@rights.example", "EMERGENCY_OPERATOR")
        visitor.go("/sign-in")
        visitor.fill_sign_in_as("guard@rights.example", "a long enough secret")
        expect(page.locator(OFFERED)).to_have_text(["Screens", "Commands", "Emergency", "History"])
        api.put(f"/users/{user_id}/roles", json={"roles": ["DEVICE_ADMIN"]}).raise_for_status()
        expect(page.get_by_test_id("nav-emergency")).to_have_count(0)
        expect(page.get_by_test_id("nav-approvals")).to_be_visible()
        visitor.go("/account")
        expect(page.get_by_test_id("account-fact-roles")).to_have_text("DEVICE_ADMIN")


def test_a_change_of_rights_takes_nothing_from_who_is_writing(
    visitor: Visit, hub: HubProcess, postgres: EmbeddedPostgres
) -> None:
    house = make_tenant(postgres.url("dashboard"), "Rights change in a sentence")
    page = visitor.page
    with api_of(hub, house.admin.email) as api:
        user_id = add_person(api, "guard@sentence.example", "EMERGENCY_OPERATOR")
        visitor.go("/sign-in?next=/emergency")
        visitor.fill_sign_in_as("guard@sentence.example", "a long enough secret")
        page.get_by_test_id("emergency-title").fill("Fire in building B")
        roles = {"roles": ["EMERGENCY_OPERATOR", "DEVICE_ADMIN"]}
        api.put(f"/users/{user_id}/roles", json=roles).raise_for_status()
        expect(page.get_by_test_id("rights-changed")).to_be_visible()
        expect(page.get_by_test_id("emergency-title")).to_have_value("Fire in building B")
        expect(page.get_by_test_id("nav-approvals")).to_have_count(0)
        page.get_by_test_id("draw-anew").click()
        expect(page.get_by_test_id("nav-approvals")).to_be_visible()
        expect(page.get_by_test_id("rights-changed")).to_be_hidden()


def test_who_may_see_no_screens_begins_where_they_may(
    visitor: Visit, hub: HubProcess, postgres: EmbeddedPostgres
) -> None:
    house = make_tenant(postgres.url("dashboard"), "No screens")
    page = visitor.page
    with api_of(hub, house.admin.email) as api:
        role = {"name": "Personnel", "permissions": ["people:manage"]}
        api.post("/roles", json=role).raise_for_status()
        add_person(api, "hr@no-screens.example", "Personnel")
    visitor.go("/sign-in")
    visitor.fill_sign_in_as("hr@no-screens.example", "a long enough secret")
    expect(page).to_have_url(f"{visitor.url}/people")
    expect(page.locator(OFFERED)).to_have_text(["Manage"])
    expect(page.get_by_test_id("people-count")).to_have_text("2 people")
    visitor.go("/")
    expect(page).to_have_url(f"{visitor.url}/people")


def test_the_audit_has_the_browser_and_not_the_dashboard(
    visitor: Visit, hub: HubProcess, postgres: EmbeddedPostgres
) -> None:
    house = make_tenant(postgres.url("dashboard"), "Whose browser")
    visitor.page.set_extra_http_headers({"X-Forwarded-For": "203.0.113.77"})
    visitor.go("/sign-in?next=/account")
    visitor.fill_sign_in_as(house.admin.email, PASSWORD)
    visitor.page.get_by_test_id("account-edit").click()
    visitor.page.get_by_test_id("account-name").fill("Ada")
    visitor.page.get_by_test_id("form-submit").click()
    expect(visitor.page.get_by_test_id("account-fact-name")).to_have_text("Ada")
    with connect_as_owner(postgres.url("dashboard")) as connection:
        came = connection.execute(
            "SELECT DISTINCT host(ip_address), user_agent LIKE '%%Chrome/%%' FROM audit_log "
            "WHERE tenant_id = %s",
            (house.id,),
        ).fetchall()
    assert came == [("203.0.113.77", True)]
