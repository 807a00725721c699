"""A house as its administrator sees it: every page behind "Manage" opens without a complaint.

With CLARION_PICTURES set to a folder, the pictures of the guides are taken on the way (`make pictures`).
"""

from __future__ import annotations

from playwright.sync_api import Browser, expect

from persistence.embedded import EmbeddedPostgres
from tests.dashboard.browsing import Visit
from tests.dashboard.conftest import new_context
from tests.dashboard.houses import add_person, api_of
from tests.end_to_end.test_first_emergency import picture
from tests.hub.hub_process import HubProcess
from tests.hub.tenants import make_tenant

PAGES = {
    "people": ("/people", "person"),
    "sites": ("/places", "site"),
    "api-keys": ("/keys", "api-key"),
    "audit": ("/audit", "audit-entry"),
}
VIENNA = (("Main hospital", 48.208, 16.370), ("North wing", 48.240, 16.400), ("Ambulance", 48.190, 16.420))
HOURS = {day: [["07:00", "19:30"]] for day in ("mon", "tue", "wed", "thu", "fri")}


def test_every_page_of_a_house_opens_for_its_administrator_without_a_complaint(
    browser: Browser, dashboard_url: str, hub: HubProcess, postgres: EmbeddedPostgres
) -> None:
    house = make_tenant(postgres.url("dashboard"), "St Anna")
    with api_of(hub, house.admin.email) as api:
        for name, latitude, longitude in VIENNA:
            site = {"name": name, "address": f"{name}, Vienna", "time_zone": "Europe/Vienna"}
            where = {"latitude": latitude, "longitude": longitude, "opening_hours": HOURS}
            api.post("/sites", json={**site, **where}).raise_for_status()
        add_person(api, "guard@anna.example", "EMERGENCY_OPERATOR")
        add_person(api, "ana@anna.example", "DEVICE_ADMIN")
        api.post("/roles", json={"name": "Night desk", "permissions": ["screens:view"]}).raise_for_status()
        key = {"name": "Fire panel", "permissions": ["emergencies:trigger"]}
        api.post("/api-keys", json=key).raise_for_status()
    context = new_context(browser)
    visit = Visit(context.new_page(), dashboard_url)
    visit.enter(house.admin.email, "/people")
    for name, (address, row) in PAGES.items():
        visit.go(address)
        expect(visit.page.get_by_test_id(row).first).to_be_visible()
        picture(visit.page, name)
    assert visit.complaints == [] and visit.foreign == []
    context.close()
