"""Finding, reading and changing devices; sites and groups; history."""

from __future__ import annotations

from typing import Any

import pytest

from tests.hub.api.conftest import Api
from tests.hub.tenants import Tenant


async def names(api: Api, tenant: Tenant, query: str) -> list[str]:
    reply = await api.get(f"/api/v1/devices?{query}", tenant.admin)
    assert reply.status == 200, reply.body
    return [device["name"] for device in reply.body["items"]]


async def test_the_list_goes_on_from_cursor_to_cursor_until_it_ends(api: Api, tenant: Tenant) -> None:
    await api.provision(tenant, *(f"hw-{n:02}" for n in range(25)))
    seen: list[str] = []
    path = "/api/v1/devices?limit=10"
    for _ in range(3):
        page = (await api.get(path, tenant.admin)).body
        seen += [device["hardware_id"] for device in page["items"]]
        path = f"/api/v1/devices?limit=10&cursor={page['next_cursor']}"
    assert seen == [f"hw-{n:02}" for n in range(25)]
    assert page["next_cursor"] is None


async def test_devices_of_one_name_are_not_lost_between_pages(api: Api, tenant: Tenant) -> None:
    ids = await api.provision(tenant, "a", "b", "c", name="Same")
    first = (await api.get("/api/v1/devices?limit=2", tenant.admin)).body
    second = (await api.get(f"/api/v1/devices?limit=2&cursor={first['next_cursor']}", tenant.admin)).body
    assert {device["id"] for device in first["items"] + second["items"]} == set(ids)


async def test_filters_narrow_the_list(api: Api, tenant: Tenant) -> None:
    (lobby,) = await api.provision(
        tenant,
        "hw-1",
        name="Lobby 100%",
        site="Main",
        group="Ground",
        location="By the door",
        tags={"floor": "0"},
    )
    await api.provision(tenant, "hw-2", name="Ward 7", tags={"floor": "7"})
    await api.register(tenant, "hw-3", name="New")
    device = (await api.get(f"/api/v1/devices/{lobby}", tenant.admin)).body
    group_id = (await api.get("/api/v1/groups", tenant.admin)).body["items"][0]["id"]
    api.rows("UPDATE devices SET presence = 'online' WHERE id = %s", lobby)

    assert await names(api, tenant, "status=pending") == ["New"]
    assert await names(api, tenant, "status=approved") == ["Lobby 100%", "Ward 7"]
    assert await names(api, tenant, "status=online") == ["Lobby 100%"]
    assert await names(api, tenant, "status=offline") == ["Ward 7"]
    assert await names(api, tenant, f"site={device['site_id']}") == ["Lobby 100%"]
    assert await names(api, tenant, f"group={group_id}") == ["Lobby 100%"]
    assert await names(api, tenant, "tag=floor") == ["Lobby 100%", "Ward 7"]
    assert await names(api, tenant, "tag=floor:7") == ["Ward 7"]
    assert await names(api, tenant, "q=DOOR") == ["Lobby 100%"]
    assert await names(api, tenant, "q=hw-2") == ["Ward 7"]
    # What means something in a pattern is looked for as it is.
    assert await names(api, tenant, "q=0%25") == ["Lobby 100%"]
    assert await names(api, tenant, "q=_") == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("satus=online", "satus"),
        ("status=on", "status"),
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("limit=many", "limit"),
        ("site=here", "site"),
        ("cursor=made-up", "cursor"),
        ("cursor=%00", "cursor"),
        ("q=%00", "q"),
    ],
)
async def test_a_query_that_cannot_be_meant_is_refused_by_field(
    api: Api, tenant: Tenant, query: str, field: str
) -> None:
    reply = await api.get(f"/api/v1/devices?{query}", tenant.admin)
    assert (reply.status, list(reply.body["fields"])) == (422, [field])


async def test_a_patch_changes_what_it_says_and_leaves_the_rest(api: Api, tenant: Tenant) -> None:
    (device_id,) = await api.provision(tenant, "hw-1", name="Old", location="Hall", tags={"a": "1"})
    site = (await api.post("/api/v1/sites", {"name": "Main"}, tenant.admin)).body
    group = (await api.post("/api/v1/groups", {"name": "Ground"}, tenant.admin)).body
    patch: dict[str, Any] = {
        "name": " New ",
        "site_id": site["id"].upper(),
        "group_ids": [group["id"]],
        "settings": {"volume": 3},
    }
    device = (await api.patch(f"/api/v1/devices/{device_id}", patch, tenant.admin)).body
    assert (device["name"], device["site"], device["groups"]) == ("New", "Main", ["Ground"])
    assert (device["location"], device["tags"], device["settings"]) == ("Hall", {"a": "1"}, {"volume": 3})
    assert api.audited("device.changed")[0][2:] == (
        device_id,
        {
            "before": {"name": "Old", "site_id": None, "group_ids": [], "settings": {}},
            "after": {
                "name": "New",
                "site_id": site["id"],
                "group_ids": [group["id"]],
                "settings": {"volume": 3},
            },
        },
    )
    assert api.realtime.refreshed[-1] == device_id

    out = (
        await api.patch(f"/api/v1/devices/{device_id}", {"site_id": None, "group_ids": []}, tenant.admin)
    ).body
    assert (out["site"], out["groups"], out["name"]) == (None, [], "New")


async def test_an_empty_patch_is_no_change_and_no_audit_row(api: Api, tenant: Tenant) -> None:
    (device_id,) = await api.provision(tenant, "hw-1")
    patches: tuple[dict[str, Any], ...] = ({}, {"name": "hw-1", "tags": {}, "site_id": None})
    for nothing in patches:
        assert (await api.patch(f"/api/v1/devices/{device_id}", nothing, tenant.admin)).status == 200
    assert api.audited("device.changed") == []


async def test_a_device_does_not_go_into_a_site_or_group_of_another_tenant(
    api: Api, tenant: Tenant, neighbour: Tenant
) -> None:
    (device_id,) = await api.provision(tenant, "hw-1")
    site = (await api.post("/api/v1/sites", {"name": "Theirs"}, neighbour.admin)).body
    group = (await api.post("/api/v1/groups", {"name": "Theirs"}, neighbour.admin)).body
    for patch in ({"site_id": site["id"]}, {"group_ids": [group["id"]]}):
        reply = await api.patch(f"/api/v1/devices/{device_id}", {"name": "X", **patch}, tenant.admin)
        assert (reply.status, list(reply.body["fields"])) == (422, list(patch))
    device = (await api.get(f"/api/v1/devices/{device_id}", tenant.admin)).body
    assert device["name"] == "hw-1", "nothing of a refused patch is kept"


async def test_a_name_is_taken_once_in_a_tenant(api: Api, tenant: Tenant, neighbour: Tenant) -> None:
    for kind in ("sites", "groups"):
        created = await api.post(f"/api/v1/{kind}", {"name": "Main"}, tenant.admin)
        assert (created.status, created.body["devices"]) == (201, 0)
        assert (await api.post(f"/api/v1/{kind}", {"name": " Main "}, tenant.admin)).status == 409
        assert (await api.post(f"/api/v1/{kind}", {"name": "Main"}, neighbour.admin)).status == 201
    assert len(api.audited("site.created")) == 2


async def test_the_timeline_tells_what_happened_the_newest_first(api: Api, tenant: Tenant) -> None:
    registered = (await api.register(tenant, "hw-1")).body
    path = f"/api/v1/devices/{registered['device_id']}"
    await api.post(f"{path}/approve", None, tenant.admin)
    await api.post(f"{path}/revoke", None, tenant.admin)
    newest = (await api.get(f"{path}/timeline?limit=2", tenant.admin)).body
    assert [item["kind"] for item in newest["items"]] == ["revoked", "approved"]
    assert newest["items"][1]["text"] == f"let in by {tenant.admin.email}"
    rest = (await api.get(f"{path}/timeline?cursor={newest['next_cursor']}", tenant.admin)).body
    assert ([item["kind"] for item in rest["items"]], rest["next_cursor"]) == (["registered"], None)


@pytest.mark.parametrize(
    ("method", "rest", "body"),
    [
        ("GET", "", None),
        ("PATCH", "", {"name": "Mine now"}),
        ("GET", "/timeline", None),
        ("GET", "/commands", None),
        ("POST", "/approve", None),
        ("POST", "/reject", None),
        ("POST", "/revoke", None),
        ("POST", "/rotate-token", None),
        ("POST", "/command", {"command": "reboot"}),
    ],
)
async def test_a_device_of_another_tenant_is_not_found(
    api: Api, tenant: Tenant, neighbour: Tenant, method: str, rest: str, body: Any
) -> None:
    (device_id,) = await api.provision(neighbour, "hw-1")
    before = api.rows("SELECT * FROM devices")
    reply = await api.call(method, f"/api/v1/devices/{device_id}{rest}", body, tenant.admin)
    assert reply.status == 404
    assert api.rows("SELECT * FROM devices") == before
    assert api.realtime.cuts == []
