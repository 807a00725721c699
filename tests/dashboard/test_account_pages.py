"""Oneself in a real Chromium: name and address, password, second factor, where one is signed in."""

from __future__ import annotations

import re
import time

import pyotp
from playwright.sync_api import Page, expect

from persistence.embedded import EmbeddedPostgres
from tests.dashboard.browsing import Visit
from tests.dashboard.houses import api_of
from tests.hub.hub_process import HubProcess
from tests.hub.tenants import PASSWORD, make_tenant

LONG = "seven green ladders by the sea"


def on_the_account_page(visitor: Visit, postgres: EmbeddedPostgres, name: str) -> str:
    """Somebody with a tenant of their own, who is on their account page; their address."""
    email = make_tenant(postgres.url("dashboard"), name).admin.email
    visitor.go("/sign-in?next=/account")
    visitor.fill_sign_in_as(email, PASSWORD)
    expect(visitor.page.get_by_test_id("account-fact-email")).to_have_text(email)
    return email


def prove(page: Page, password: str = PASSWORD) -> None:
    page.get_by_test_id("proof-password").fill(password)
    page.get_by_test_id("form-submit").click()


def test_a_new_name_is_kept_and_a_new_address_needs_the_password(
    visitor: Visit, postgres: EmbeddedPostgres
) -> None:
    page = visitor.page
    on_the_account_page(visitor, postgres, "Renamed")
    page.get_by_test_id("account-edit").click()
    page.get_by_test_id("account-name").fill("Ada <b>Byron</b>")
    page.get_by_test_id("account-email").fill("ada@renamed.example")
    page.get_by_test_id("form-submit").click()
    expect(page.get_by_test_id("form-problem")).to_contain_text("Type your password")
    page.get_by_test_id("account-password").fill("not it")
    page.get_by_test_id("form-submit").click()
    expect(page.get_by_test_id("form-problem")).to_contain_text(re.compile("password", re.IGNORECASE))
    page.get_by_test_id("account-password").fill(PASSWORD)
    page.get_by_test_id("form-submit").click()
    expect(page.get_by_test_id("account-fact-name")).to_have_text("Ada <b>Byron</b>")
    expect(page.get_by_test_id("account-fact-email")).to_have_text("ada@renamed.example")
    assert visitor.complaints == []


def test_a_password_is_changed_and_only_this_session_goes_on(
    visitor: Visit, hub: HubProcess, postgres: EmbeddedPostgres
) -> None:
    page = visitor.page
    email = on_the_account_page(visitor, postgres, "Password change")
    with api_of(hub, email) as elsewhere:
        page.get_by_test_id("account-change-password").click()
        page.get_by_test_id("password-old").fill(PASSWORD)
        page.get_by_test_id("password-new").fill("password1234")
        page.get_by_test_id("password-again").fill("password123")
        page.get_by_test_id("form-submit").click()
        expect(page.get_by_test_id("form-problem")).to_contain_text("not the same")
        page.get_by_test_id("password-again").fill("password1234")
        page.get_by_test_id("form-submit").click()
        expect(page.get_by_test_id("form-problem")).not_to_contain_text("not the same")
        for field in ("password-new", "password-again"):
            page.get_by_test_id(field).fill(LONG)
        page.get_by_test_id("form-submit").click()
        expect(page.get_by_text("Your password is changed.")).to_be_visible()
        assert elsewhere.get("/users/me").status_code == 401
    page.reload()
    expect(page.get_by_test_id("session")).to_have_count(1)
    api_of(hub, email, LONG).close()


def test_a_second_factor_is_set_up_asked_for_and_switched_off(
    visitor: Visit, hub: HubProcess, postgres: EmbeddedPostgres
) -> None:
    page = visitor.page
    email = on_the_account_page(visitor, postgres, "Second factor")
    page.get_by_test_id("account-factor-on").click()
    prove(page, "not it")
    expect(page.get_by_test_id("form-problem")).to_be_visible()
    prove(page)
    expect(page.get_by_test_id("second-factor-qr")).to_be_visible()
    app = pyotp.TOTP(page.get_by_test_id("second-factor-secret").inner_text())
    page.get_by_test_id("second-factor-code").fill("000000")
    page.get_by_test_id("form-submit").click()
    expect(page.get_by_test_id("form-problem")).to_be_visible()
    page.get_by_test_id("second-factor-code").fill(app.now())
    page.get_by_test_id("form-submit").click()
    codes = page.get_by_test_id("recovery-codes").inner_text().split()
    assert len(codes) == 10
    page.get_by_test_id("codes-kept").click()
    expect(page.get_by_test_id("account-factor")).to_have_text("On")

    page.get_by_test_id("sign-out").click()
    expect(page.get_by_test_id("sign-in-email")).to_be_visible()
    visitor.go("/sign-in?next=/account")
    visitor.fill_sign_in_as(email, PASSWORD)
    page.get_by_test_id("sign-in-code").fill("000000")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("sign-in-error")).to_contain_text("code")
    assert PASSWORD not in page.content()
    page.get_by_test_id("sign-in-code").fill(app.at(int(time.time()) + 30))  # each is good once: the next one
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("account-factor")).to_have_text("On")

    page.get_by_test_id("sign-out").click()
    expect(page.get_by_test_id("sign-in-email")).to_be_visible()
    visitor.go("/sign-in?next=/account")
    visitor.fill_sign_in_as(email, PASSWORD)
    page.get_by_test_id("sign-in-code").fill(codes[0])
    page.keyboard.press("Enter")
    page.get_by_test_id("account-factor-codes").click()
    prove(page)
    expect(page.get_by_test_id("recovery-codes")).not_to_contain_text(codes[1])
    page.get_by_test_id("codes-kept").click()
    page.get_by_test_id("account-factor-off").click()
    prove(page)
    expect(page.get_by_test_id("account-factor")).to_have_text("Off")
    assert visitor.foreign == []


def test_whoever_began_with_another_address_begins_again(visitor: Visit, postgres: EmbeddedPostgres) -> None:
    page = visitor.page
    email = on_the_account_page(visitor, postgres, "Begun again")
    page.get_by_test_id("account-factor-on").click()
    prove(page)
    app = pyotp.TOTP(page.get_by_test_id("second-factor-secret").inner_text())
    page.get_by_test_id("second-factor-code").fill(app.now())
    page.get_by_test_id("form-submit").click()
    page.get_by_test_id("codes-kept").click()
    page.get_by_test_id("sign-out").click()
    expect(page.get_by_test_id("sign-in-email")).to_be_visible()
    visitor.fill_sign_in_as(email, PASSWORD)
    page.get_by_test_id("sign-in-again").click()
    expect(page.get_by_test_id("sign-in-email")).to_be_visible()


def test_where_one_is_signed_in_is_listed_and_ended(
    visitor: Visit, hub: HubProcess, postgres: EmbeddedPostgres
) -> None:
    page = visitor.page
    email = on_the_account_page(visitor, postgres, "Many sessions")
    with api_of(hub, email) as one, api_of(hub, email) as two:
        page.reload()
        expect(page.get_by_test_id("session")).to_have_count(4)  # with the one that came with the tenant
        expect(page.get_by_test_id("session").first).to_contain_text("This one")
        expect(page.get_by_test_id("session").first).to_contain_text("Chrome on Linux")
        expect(page.get_by_test_id("session").nth(1)).to_contain_text("A Python program")
        page.get_by_test_id("session-end").first.click()
        expect(page.get_by_test_id("session")).to_have_count(3)
        page.get_by_test_id("sessions-end-others").click()
        page.get_by_test_id("confirm-action").click()
        expect(page.get_by_test_id("session")).to_have_count(1)
        assert [api.get("/users/me").status_code for api in (one, two)] == [401, 401]
    expect(page.get_by_test_id("sessions-end-others")).to_be_hidden()
