"""The audit log in a real Chromium: read, filtered by the address, opened, exported, verified."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from playwright.sync_api import Locator, Page, expect

from hub.audit_files import follow_file
from hub.use_cases.audit import Done
from persistence.embedded import EmbeddedPostgres
from persistence.owner import Owner, connect_as_owner
from protocol.vocabulary import ActorKind, RoleName
from tests.dashboard.browsing import Visit
from tests.dashboard.houses import api_of
from tests.dashboard.test_people_pages import administrator
from tests.hub.hub_process import HubProcess
from tests.hub.tenants import PASSWORD, Tenant, make_tenant

EMAIL = "somebody@elsewhere.example"


def entries(page: Page, text: str = "") -> Locator:
    found = page.get_by_test_id("audit-entry")
    return found.filter(has_text=text) if text else found


def fill(postgres: EmbeddedPostgres, house: Tenant, number: int, at: datetime) -> None:
    """So many entries of somebody: groups made, numbered from 1, a second apart."""
    with connect_as_owner(postgres.url("dashboard")) as connection:
        Owner(connection).within(house.id).audit.add(
            [
                Done(
                    at + timedelta(seconds=each),
                    ActorKind.USER,
                    None,
                    EMAIL,
                    "group.created",
                    "group",
                    str(each),
                    {"name": f"Number {each}"},
                )
                for each in range(1, number + 1)
            ]
        )


def test_what_was_done_is_a_sentence_and_opens_with_before_and_after(
    visitor: Visit, hub: HubProcess, postgres: EmbeddedPostgres
) -> None:
    page = visitor.page
    house = administrator(visitor, postgres, "Audited")
    with api_of(hub, house.admin.email) as api:
        site = api.post("/sites", json={"name": "Annex"}).json()["id"]
        screens = {"devices": [{"hardware_id": "hw-audited"}]}
        device_id = api.post("/devices/provision", json=screens).json()["devices"][0]["device_id"]
        for name, site_id in (("Lobby 3", site), ("Lobby three", None)):
            body = {"name": name, "site_id": site_id}
            request_id = api.patch(f"/devices/{device_id}", json=body).headers["X-Request-ID"]
    page.get_by_test_id("tab-audit").click()
    entry = entries(page).first
    expect(entry.get_by_test_id("audit-sentence")).to_have_text(
        f"{house.admin.email} changed screen Lobby three"
    )
    expect(entry).to_contain_text("name, site · 127.0.0.1, A Python program")
    expect(entry).to_contain_text("Done")
    entry.locator("summary").focus()
    page.keyboard.press("Enter")
    changes = entry.get_by_test_id("audit-change")
    expect(changes).to_have_count(2)
    expect(changes.nth(0)).to_contain_text("changed")
    expect(changes.nth(0).locator("del")).to_have_text("− Lobby 3")
    expect(changes.nth(0).locator("ins")).to_have_text("+ Lobby three")
    expect(changes.nth(1)).to_contain_text("removed")
    expect(changes.nth(1).locator("del")).to_have_text("− Annex")
    expect(entry).to_contain_text(request_id)
    expect(entry).to_contain_text("python-httpx/")
    assert len(entry.get_by_test_id("audit-hash").inner_text()) == 64
    entry.get_by_role("link", name="Link to this entry").click()
    expect(entries(page)).to_have_count(1)
    expect(entry.get_by_test_id("audit-change")).to_have_count(2)  # it comes opened
    entry.get_by_role("link", name="Go to screen Lobby three").click()
    expect(page).to_have_url(f"{visitor.url}/screens/{device_id}")
    assert visitor.complaints == [] and visitor.foreign == []


def test_filters_live_in_the_address(visitor: Visit, hub: HubProcess, postgres: EmbeddedPostgres) -> None:
    page = visitor.page
    house = administrator(visitor, postgres, "Filtered")
    midnight = datetime(2030, 1, 2, tzinfo=ZoneInfo("Europe/Berlin"))
    fill(postgres, house, 2, midnight - timedelta(seconds=2))  # the second one is of the second day
    with api_of(hub, house.admin.email) as api:
        api.post("/groups", json={"name": "Doors"}).raise_for_status()
        assert api.get("/tenants").status_code == 403
    visitor.go("/audit")
    page.get_by_test_id("audit-action").select_option("group.")
    expect(entries(page)).to_have_count(3)
    expect(page).to_have_url(f"{visitor.url}/audit?action=group.")
    page.get_by_test_id("audit-until").fill("2030-01-01")
    page.get_by_test_id("audit-since").fill("2030-01-01")
    expect(entries(page)).to_have_count(1)
    expect(entries(page, "Number 1")).to_have_count(1)
    expect(page.get_by_test_id("audit-count")).to_have_text("1 entry, filtered")
    page.reload()
    expect(entries(page, "Number 1")).to_have_count(1)
    expect(page.get_by_test_id("audit-action")).to_have_value("group.")
    expect(page.get_by_test_id("audit-since")).to_have_value("2030-01-01")
    page.get_by_test_id("audit-clear").click()
    expect(page.get_by_test_id("audit-since")).to_have_value("")
    expect(page.get_by_test_id("audit-action")).to_have_value("")
    page.get_by_test_id("audit-more-filters").click()
    page.get_by_test_id("audit-actor").fill("elsewhere")
    page.keyboard.press("Enter")
    expect(entries(page)).to_have_count(2)
    expect(page).to_have_url(f"{visitor.url}/audit?actor=elsewhere")
    visitor.go("/audit?outcome=denied")
    expect(entries(page)).to_have_count(1)
    expect(entries(page, "was denied GET /api/v1/tenants")).to_contain_text("Denied")
    visitor.go("/audit?target_type=group&target_id=2")
    expect(entries(page)).to_have_count(1)
    visitor.go("/audit?text=no+such+thing")
    expect(page.get_by_test_id("audit-count")).to_have_text("No entry fits.")
    visitor.go("/audit?from=nonsense&outcome=perhaps&action=nothing.of_it")
    expect(page.get_by_test_id("audit-action")).to_have_value("nothing.of_it")
    expect(entries(page)).to_have_count(0)


def test_more_are_loaded_below(visitor: Visit, postgres: EmbeddedPostgres) -> None:
    page = visitor.page
    house = administrator(visitor, postgres, "Many entries")
    fill(postgres, house, 60, datetime.now(UTC))
    visitor.go("/audit?action=group.created")
    expect(page.get_by_test_id("audit-count")).to_have_text("The newest 50 entries, filtered")
    expect(entries(page).first).to_contain_text("Number 60")
    page.get_by_test_id("audit-older").click()
    expect(entries(page)).to_have_count(60)
    expect(entries(page).last).to_contain_text("Number 1")
    expect(page.get_by_test_id("audit-older")).to_be_hidden()


def test_what_is_filtered_comes_as_a_file_unless_the_feature_is_not_given(
    visitor: Visit, hub: HubProcess, postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    page = visitor.page
    house = administrator(visitor, postgres, "Exported")
    fill(postgres, house, 3, datetime(2030, 1, 1, 12, tzinfo=UTC))
    visitor.go("/audit?action=group.&from=2030-01-01&to=2030-01-01")
    files = {}
    for kind in ("csv", "jsonl"):
        page.get_by_test_id("audit-export").click()
        with page.expect_download() as download:
            page.get_by_test_id(f"audit-export-{kind}").click()
        assert download.value.suggested_filename.endswith(f".{kind}")
        files[kind] = tmp_path / f"log.{kind}"
        download.value.save_as(files[kind])
        expect(page.get_by_role("dialog")).to_have_count(0)
    chain = follow_file(files["jsonl"])
    assert (chain.entries, chain.faults) == (3, [])
    with files["csv"].open(encoding="utf-8", newline="") as file:
        assert [line["target_id"] for line in csv.DictReader(file)] == ["1", "2", "3"]

    with api_of(hub, house.admin.email) as api:
        api.post("/features", json={"key": "audit.export"}).raise_for_status()
    expect(page.get_by_test_id("audit-export")).to_have_count(0)
    visitor.go("/audit/export?format=csv&action=group.")
    expect(page).to_have_url(f"{visitor.url}/audit?action=group.")
    expect(page.get_by_test_id("audit-problem")).to_contain_text("audit.export")
    page.context.clear_cookies()
    visitor.go("/audit/export?format=csv&action=group.")
    expect(page.get_by_test_id("sign-in-email")).to_be_visible()


def test_verifying_says_that_all_is_whole_or_which_entry_is_not(
    visitor: Visit, postgres: EmbeddedPostgres
) -> None:
    page = visitor.page
    house = administrator(visitor, postgres, "Verified")
    fill(postgres, house, 6, datetime(2030, 1, 1, 12, tzinfo=UTC))
    visitor.go("/audit")
    expect(entries(page, "Number 6")).to_have_count(1)
    page.get_by_test_id("audit-verify").click()
    verdict = page.get_by_test_id("audit-verdict")
    expect(verdict).to_contain_text("none edited, removed or moved")
    edited, removed = (int(entries(page, f"Number {n}").get_attribute("data-seq") or "") for n in (2, 5))
    with connect_as_owner(postgres.url("dashboard")) as connection:
        connection.execute("ALTER TABLE audit_log DISABLE TRIGGER ALL")
        of = (house.id, edited)
        connection.execute("UPDATE audit_log SET user_email = 'x@y.z' WHERE tenant_id = %s AND seq = %s", of)
        connection.execute("DELETE FROM audit_log WHERE tenant_id = %s AND seq = %s", (house.id, removed))
        connection.execute("ALTER TABLE audit_log ENABLE TRIGGER ALL")
    page.get_by_test_id("audit-verify").click()
    expect(verdict).to_contain_text("2 things do not fit")
    faults = page.get_by_test_id("audit-fault")
    expect(faults).to_have_count(2)
    expect(faults.nth(0)).to_contain_text(f"Entry {edited} was edited")
    expect(faults.nth(1)).to_contain_text(f"Entry {removed} is missing")
    faults.nth(0).get_by_test_id("audit-fault-show").click()
    expect(faults.nth(0).get_by_test_id("audit-sentence")).to_have_text("x@y.z made group Number 2")
    faults.nth(1).get_by_test_id("audit-fault-show").click()
    expect(faults.nth(1)).to_contain_text(f"Entry {removed} is not here")
    assert visitor.complaints == []


def test_who_may_not_read_it_is_not_offered_it_and_told_why(
    visitor: Visit, postgres: EmbeddedPostgres
) -> None:
    house = make_tenant(postgres.url("dashboard"), "No auditors", RoleName.VIEWER)
    visitor.go("/sign-in")
    visitor.fill_sign_in_as(house.admin.email, PASSWORD)
    expect(visitor.page.get_by_test_id("nav-manage")).to_have_count(0)
    visitor.go("/audit")
    expect(visitor.page.get_by_test_id("manage-not-allowed")).to_contain_text("may not read the audit log")


def test_it_fits_a_phone_and_keeps_the_colours_that_were_chosen(
    visitor: Visit, postgres: EmbeddedPostgres
) -> None:
    page = visitor.page
    house = administrator(visitor, postgres, "Audited on a phone")
    page.set_viewport_size({"width": 390, "height": 844})
    fill(postgres, house, 1, datetime.now(UTC))
    visitor.go("/audit?actor=elsewhere")
    entries(page).locator("summary").click()
    expect(page.get_by_test_id("audit-hash")).to_be_visible()
    for _ in range(2):
        page.get_by_test_id("theme").click()
    expect(page.locator("body")).to_contain_class("body--dark")
    page.get_by_test_id("audit-verify").click()
    expect(page.get_by_test_id("audit-verdict")).to_be_visible()
    expect(page.locator("body")).to_contain_class("body--dark")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator(".entries-card, .filters, .verdict").evaluate_all(
        "cards => cards.every(card => card.scrollWidth <= card.clientWidth)"
    )
    assert visitor.complaints == [] and visitor.foreign == []
