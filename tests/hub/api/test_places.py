"""Sites: what is said of them, who is limited to them; tags."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from protocol.vocabulary import Permission, RoleName
from tests.hub.api.conftest import Api
from tests.hub.tenants import Tenant

SITES = "/api/v1/sites"
WEEK = {"mon": [["08:00", "12:00"], ["13:00", "18:30"]], "sat": [["10:00", "24:00"]]}


async def new_site(api: Api, tenant: Tenant, name: str = "Main", **facts: Any) -> str:
    reply = await api.post(SITES, {"name": name, **facts}, tenant.admin)
    assert reply.status == 201, reply.body
    return str(reply.body["id"])


async def test_a_site_says_where_it_is_and_when_it_is_open(api: Api, tenant: Tenant) -> None:
    facts = {
        "name": "Main building",
        "address": "1 Hospital Road",
        "time_zone": "Europe/Berlin",
        "latitude": 52.52,
        "longitude": 13.4,
        "opening_hours": WEEK,
    }
    made = await api.post(SITES, facts, tenant.admin)
    assert (made.status, made.body) == (201, {"id": made.body["id"], **facts, "devices": 0})
    await api.provision(tenant, "hw-1", site="Main building")
    path = f"{SITES}/{made.body['id']}"
    assert (await api.get(path, tenant.admin)).body == {**made.body, "devices": 1}
    assert (await api.get(SITES, tenant.admin)).body["items"] == [{**made.body, "devices": 1}]

    bare = (await api.post(SITES, {"name": "Annex"}, tenant.admin)).body
    assert (bare["address"], bare["time_zone"], bare["latitude"], bare["opening_hours"]) == (
        "",
        "UTC",
        None,
        {},
    )
    assert api.audited("site.created")[0] == (tenant.id, tenant.admin.email, made.body["id"], facts)


async def test_a_patch_of_a_site_changes_what_it_says_and_the_audit_has_before_and_after(
    api: Api, tenant: Tenant
) -> None:
    site_id = await new_site(api, tenant, latitude=1, longitude=2, opening_hours=WEEK)
    inside = await api.provision(tenant, "hw-1", "hw-2", site="Main")
    api.realtime.refreshed.clear()
    patch = {"time_zone": "Asia/Tokyo", "latitude": None, "longitude": None}
    changed = (await api.patch(f"{SITES}/{site_id}", patch, tenant.admin)).body
    assert (changed["time_zone"], changed["latitude"], changed["opening_hours"]) == ("Asia/Tokyo", None, WEEK)
    assert api.audited("site.changed")[0][3] == {
        "name": "Main",
        "before": {"time_zone": "UTC", "latitude": 1, "longitude": 2},
        "after": {"time_zone": "Asia/Tokyo", "latitude": None, "longitude": None},
    }
    assert sorted(api.realtime.refreshed) == sorted(inside), "they are lit by that clock"
    api.realtime.refreshed.clear()

    await api.patch(f"{SITES}/{site_id}", {"name": " Mains "}, tenant.admin)
    assert sorted(api.realtime.refreshed) == sorted(inside), "screens show the name of their site"
    assert (await api.patch(f"{SITES}/{site_id}", {"name": "Mains"}, tenant.admin)).status == 200
    assert len(api.audited("site.changed")) == 2, "what is as it was is no change"


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"name": " "}, "name"),
        ({"time_zone": "Berlin"}, "time_zone"),
        ({"latitude": 91, "longitude": 0}, "latitude"),
        ({"latitude": 1}, "longitude"),
        ({"longitude": 1}, "latitude"),
        ({"opening_hours": {"mon": [["18:00", "08:00"]]}}, "opening_hours.mon"),
        ({"opening_hours": {"tue": [["08:00", "12:00"], ["11:00", "13:00"]]}}, "opening_hours.tue"),
        ({"opening_hours": {"wed": [["8:00", "12:00"]]}}, "opening_hours[...][0][0]"),
    ],
)
async def test_what_cannot_be_said_of_a_site_is_refused_by_field(
    api: Api, tenant: Tenant, facts: dict[str, Any], field: str
) -> None:
    made = await api.post(SITES, {"name": "Main", **facts}, tenant.admin)
    assert (made.status, list(made.body["fields"])) == (422, [field])
    site_id = await new_site(api, tenant)
    patched = await api.patch(f"{SITES}/{site_id}", facts, tenant.admin)
    assert (patched.status, list(patched.body["fields"])) == (422, [field])
    assert api.audited("site.changed") == []


async def test_the_name_of_a_site_is_taken_once(api: Api, tenant: Tenant, neighbour: Tenant) -> None:
    await new_site(api, tenant, "Main")
    annex = await new_site(api, tenant, "Annex")
    assert (await api.patch(f"{SITES}/{annex}", {"name": "Main"}, tenant.admin)).status == 409
    assert (await api.post(SITES, {"name": "Main"}, tenant.admin)).status == 409
    await new_site(api, neighbour, "Main")


async def test_a_site_goes_when_no_screen_is_in_it(api: Api, tenant: Tenant) -> None:
    site_id = await new_site(api, tenant)
    first, second = await api.provision(tenant, "hw-1", "hw-2", site="Main")
    await api.post(f"/api/v1/devices/{second}/revoke", None, tenant.admin)
    held = await api.call("DELETE", f"{SITES}/{site_id}", None, tenant.admin)
    assert held.status == 409 and "2 (1 of them not let in, or shut out)" in held.body["detail"]
    for device_id in (first, second):
        await api.patch(f"/api/v1/devices/{device_id}", {"site_id": None}, tenant.admin)
    gone = await api.call("DELETE", f"{SITES}/{site_id}", None, tenant.admin)
    assert (gone.status, gone.body) == (204, b"")
    assert (await api.get(f"{SITES}/{site_id}", tenant.admin)).status == 404
    ((_, _, target, details),) = api.audited("site.deleted")
    assert (target, details["name"]) == (site_id, "Main")


async def test_people_limited_to_sites_are_given_one_and_see_it_at_once(api: Api, tenant: Tenant) -> None:
    main, annex = await new_site(api, tenant, "Main"), await new_site(api, tenant, "Annex")
    here = api.person(tenant, RoleName.VIEWER, sites=[main])
    there = api.person(tenant, RoleName.VIEWER, sites=[])
    path = f"{SITES}/{annex}/people"
    assert (await api.get(path, tenant.admin)).body == {"user_ids": []}
    both = sorted([here.user_id, there.user_id])
    reply = await api.call("PUT", path, {"user_ids": [here.user_id.upper(), there.user_id]}, tenant.admin)
    assert (reply.status, reply.body) == (200, {"user_ids": both})
    assert (await api.get(path, tenant.admin)).body == {"user_ids": both}
    seen = (await api.get(SITES, there)).body["items"]
    assert [site["name"] for site in seen] == ["Annex"]
    assert len((await api.get(SITES, here)).body["items"]) == 2

    await api.call("PUT", path, {"user_ids": [here.user_id]}, tenant.admin)
    assert (await api.get(SITES, there)).body["items"] == [], "no site is no site, never all of them"
    assert [row[3] for row in api.audited("site.people_changed")] == [
        {"name": "Annex", "before": {"user_ids": []}, "after": {"user_ids": both}},
        {"name": "Annex", "before": {"user_ids": both}, "after": {"user_ids": [here.user_id]}},
    ]
    await api.call("DELETE", f"{SITES}/{annex}", None, tenant.admin)
    assert [site["name"] for site in (await api.get(SITES, here)).body["items"]] == ["Main"]


async def test_a_site_is_not_given_to_whoever_has_all_or_is_not_there(
    api: Api, tenant: Tenant, neighbour: Tenant
) -> None:
    site_id = await new_site(api, tenant)
    path = f"{SITES}/{site_id}/people"
    everywhere = api.person(tenant, RoleName.VIEWER)
    stranger = api.person(neighbour, RoleName.VIEWER, sites=[])
    for user_id in (everywhere.user_id, stranger.user_id, str(uuid.uuid4())):
        reply = await api.call("PUT", path, {"user_ids": [user_id]}, tenant.admin)
        assert (reply.status, list(reply.body["fields"])) == (422, ["user_ids"])
    mighty = api.person(tenant, RoleName.TENANT_ADMIN, sites=[])
    lesser = api.person(tenant, permissions=[Permission.PEOPLE_MANAGE])
    reply = await api.call("PUT", path, {"user_ids": [mighty.user_id]}, lesser)
    assert reply.status == 403, "nobody changes somebody who may do more"
    assert api.rows("SELECT count(*) FROM user_sites") == [(0,)]


async def test_who_is_limited_to_sites_sees_those_and_changes_what_is_said_of_them(
    api: Api, tenant: Tenant
) -> None:
    main, annex = await new_site(api, tenant, "Main"), await new_site(api, tenant, "Annex")
    limited = api.person(tenant, RoleName.DEVICE_ADMIN, sites=[main])
    assert [site["id"] for site in (await api.get(SITES, limited)).body["items"]] == [main]
    assert (await api.get(f"{SITES}/{main}", limited)).status == 200
    assert (await api.patch(f"{SITES}/{main}", {"address": "1 Road"}, limited)).body["address"] == "1 Road"
    assert (await api.get(f"{SITES}/{annex}", limited)).status == 404
    assert (await api.patch(f"{SITES}/{annex}", {"address": "mine"}, limited)).status == 404
    assert (await api.post(SITES, {"name": "New"}, limited)).status == 403
    assert (await api.call("DELETE", f"{SITES}/{main}", None, limited)).status == 403
    boss = api.person(tenant, RoleName.TENANT_ADMIN, sites=[main])
    assert (await api.get(f"{SITES}/{main}/people", boss)).status == 403
    assert (await api.call("PUT", f"{SITES}/{main}/people", {"user_ids": []}, boss)).status == 403


async def test_who_may_only_look_changes_no_place(api: Api, tenant: Tenant) -> None:
    site_id = await new_site(api, tenant)
    group_id = (await api.post("/api/v1/groups", {"name": "Doors"}, tenant.admin)).body["id"]
    viewer = api.person(tenant, RoleName.VIEWER)
    refused: list[tuple[str, str, Any]] = [
        ("POST", SITES, {"name": "X"}),
        ("PATCH", f"{SITES}/{site_id}", {"name": "X"}),
        ("DELETE", f"{SITES}/{site_id}", None),
        ("GET", f"{SITES}/{site_id}/people", None),
        ("PUT", f"{SITES}/{site_id}/people", {"user_ids": []}),
        ("POST", "/api/v1/groups", {"name": "X"}),
        ("PATCH", f"/api/v1/groups/{group_id}", {"name": "X"}),
        ("DELETE", f"/api/v1/groups/{group_id}", None),
        ("PUT", f"/api/v1/groups/{group_id}/devices", {"device_ids": []}),
    ]
    for method, path, body in refused:
        assert (await api.call(method, path, body, viewer)).status == 403, (method, path)
    for path in (SITES, "/api/v1/groups", f"/api/v1/groups/{group_id}/devices", "/api/v1/tags"):
        assert (await api.get(path, viewer)).status == 200


@pytest.mark.parametrize(
    ("method", "rest", "body"),
    [
        ("GET", "", None),
        ("PATCH", "", {"name": "Mine now"}),
        ("DELETE", "", None),
        ("GET", "/people", None),
        ("PUT", "/people", {"user_ids": []}),
    ],
)
async def test_a_site_of_another_tenant_is_not_found(
    api: Api, tenant: Tenant, neighbour: Tenant, method: str, rest: str, body: Any
) -> None:
    site_id = await new_site(api, neighbour)
    before = api.rows("SELECT * FROM sites")
    assert (await api.call(method, f"{SITES}/{site_id}{rest}", body, tenant.admin)).status == 404
    assert api.rows("SELECT * FROM sites") == before


async def test_tags_in_use_are_counted_over_approved_screens_of_ones_own(
    api: Api, tenant: Tenant, neighbour: Tenant
) -> None:
    await api.provision(tenant, "a", "b", site="Main", tags={"floor": "2", "public": ""})
    await api.provision(tenant, "c", site="Annex", tags={"floor": "3"})
    (gone,) = await api.provision(tenant, "d", tags={"floor": "4"})
    await api.post(f"/api/v1/devices/{gone}/revoke", None, tenant.admin)
    await api.provision(neighbour, "a", tags={"theirs": "1"})
    floor = {
        "key": "floor",
        "devices": 3,
        "values": [{"value": "2", "devices": 2}, {"value": "3", "devices": 1}],
        "more_values": 0,
    }
    public = {"key": "public", "devices": 2, "values": [{"value": "", "devices": 2}], "more_values": 0}
    assert (await api.get("/api/v1/tags", tenant.admin)).body["items"] == [floor, public]
    ((annex,),) = api.rows("SELECT id::text FROM sites WHERE name = 'Annex'")
    limited = api.person(tenant, RoleName.VIEWER, sites=[annex])
    (only,) = (await api.get("/api/v1/tags", limited)).body["items"]
    assert (only["devices"], only["values"]) == (1, [{"value": "3", "devices": 1}])


async def test_of_a_tag_with_many_values_the_most_frequent_are_listed(api: Api, tenant: Tenant) -> None:
    await api.provision(tenant, "twin-1", "twin-2", tags={"asset": "zz"})
    items = [{"hardware_id": f"hw-{n}", "tags": {"asset": f"{n:03}"}} for n in range(120)]
    await api.post("/api/v1/devices/provision", {"devices": items}, tenant.admin)
    (asset,) = (await api.get("/api/v1/tags", tenant.admin)).body["items"]
    assert (asset["devices"], len(asset["values"]), asset["more_values"]) == (122, 100, 21)
    assert asset["values"][0] == {"value": "zz", "devices": 2}
