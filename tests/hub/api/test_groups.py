"""Groups of screens: by hand, by tags, of groups; whom they reach, and who is told of a change."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from hub.use_cases import groups as groups_use_cases
from protocol.vocabulary import RoleName
from tests.hub.api.conftest import Api
from tests.hub.tenants import Tenant

GROUPS = "/api/v1/groups"


async def new_group(api: Api, tenant: Tenant, name: str, **facts: Any) -> str:
    reply = await api.post(GROUPS, {"name": name, **facts}, tenant.admin)
    assert reply.status == 201, reply.body
    return str(reply.body["id"])


async def reached(api: Api, tenant: Tenant, group_id: str) -> list[str]:
    """Names of the screens that the list finds in the group."""
    reply = await api.get(f"/api/v1/devices?group={group_id}", tenant.admin)
    return [device["name"] for device in reply.body["items"]]


async def test_a_group_has_what_is_put_in_what_fits_its_query_and_what_is_below_it(
    api: Api, tenant: Tenant
) -> None:
    (by_hand,) = await api.provision(tenant, "by hand")
    await api.provision(tenant, "by tag", tags={"floor": "2", "kind": "lobby"})
    await api.provision(tenant, "kiosk", tags={"floor": "2", "kind": "kiosk"})
    campus = await new_group(api, tenant, "Campus")
    floor = await new_group(api, tenant, "Floor 2", parent_id=campus, tag_query="floor=2 , kind!=kiosk")
    doors = await new_group(api, tenant, "Doors", parent_id=campus)
    await api.call("PUT", f"{GROUPS}/{doors}/devices", {"device_ids": [by_hand.upper()]}, tenant.admin)

    assert await reached(api, tenant, campus) == ["by hand", "by tag"]
    assert await reached(api, tenant, floor) == ["by tag"]
    listed = {group["name"]: group for group in (await api.get(GROUPS, tenant.admin)).body["items"]}
    assert {name: group["devices"] for name, group in listed.items()} == {
        "Campus": 2,
        "Doors": 1,
        "Floor 2": 1,
    }
    assert listed["Floor 2"] == (await api.get(f"{GROUPS}/{floor}", tenant.admin)).body
    assert (listed["Floor 2"]["tag_query"], listed["Floor 2"]["parent_id"]) == (
        "floor=2, kind!=kiosk",
        campus,
    )

    device = (await api.get(f"/api/v1/devices/{by_hand}", tenant.admin)).body
    assert (device["groups"], device["group_ids"]) == (["Campus", "Doors"], [doors])
    scope = {"kind": "groups", "ids": [campus]}
    sent = await api.post("/api/v1/commands", {"command": "play", "scope": scope}, tenant.admin)
    assert (sent.status, sent.body["targeted"]) == (202, 2)


async def test_what_changes_who_is_in_a_group_is_told_for_the_screens_whose_groups_changed(
    api: Api, tenant: Tenant
) -> None:
    second, third = [(await api.provision(tenant, f"floor {n}", tags={"floor": str(n)}))[0] for n in (2, 3)]
    (loose,) = await api.provision(tenant, "loose")

    async def told(method: str, path: str, body: Any) -> set[str]:
        api.realtime.refreshed.clear()
        reply = await api.call(method, path, body, tenant.admin)
        assert reply.status < 300, reply.body
        return set(api.realtime.refreshed)

    campus = await new_group(api, tenant, "Campus")
    api.realtime.refreshed.clear()
    group = await new_group(api, tenant, "Floor", tag_query="floor=2")
    assert set(api.realtime.refreshed) == {second}
    path = f"{GROUPS}/{group}"
    assert await told("PATCH", path, {"tag_query": "floor=3"}) == {second, third}
    assert await told("PATCH", path, {"tag_query": "floor"}) == {second}
    assert await told("PATCH", path, {"tag_query": " floor "}) == set(), "the same query"
    assert await told("PATCH", path, {"name": "Floors"}) == {second, third}
    assert await told("PATCH", path, {"parent_id": campus}) == {second, third}
    assert await told("PUT", f"{path}/devices", {"device_ids": [loose, second]}) == {loose}
    assert await told("PUT", f"{path}/devices", {"device_ids": [second]}) == {loose}
    assert await told("PATCH", path, {"tag_query": None}) == {third}
    assert await told("DELETE", path, None) == {second}


async def test_changes_of_a_group_are_audited_with_before_and_after(api: Api, tenant: Tenant) -> None:
    first, second = await api.provision(tenant, "hw-1", "hw-2")
    group_id = await new_group(api, tenant, "Doors")
    path = f"{GROUPS}/{group_id}"
    await api.patch(path, {"name": "Gates", "tag_query": "gate"}, tenant.admin)
    for put in ([first], [second], [second]):
        await api.call("PUT", f"{path}/devices", {"device_ids": put}, tenant.admin)
    await api.call("DELETE", path, None, tenant.admin)
    assert api.audited("group.created")[0][2:] == (
        group_id,
        {"name": "Doors", "parent_id": None, "tag_query": None},
    )
    assert api.audited("group.changed")[0][3] == {
        "name": "Gates",
        "before": {"name": "Doors", "tag_query": None},
        "after": {"name": "Gates", "tag_query": "gate"},
    }
    assert [row[3] for row in api.audited("group.devices_changed")] == [
        {"name": "Gates", "put_in": [first], "taken_out": []},
        {"name": "Gates", "put_in": [second], "taken_out": [first]},
    ]
    assert api.audited("group.deleted")[0][3] == {
        "name": "Gates",
        "parent_id": None,
        "tag_query": "gate",
        "device_ids": [second],
        "groups_moved_up": [],
        "schedule_entries": [],
    }


async def test_the_groups_below_a_deleted_one_move_up(api: Api, tenant: Tenant) -> None:
    top = await new_group(api, tenant, "Top")
    middle = await new_group(api, tenant, "Middle", parent_id=top)
    below = [await new_group(api, tenant, name, parent_id=middle) for name in ("A", "B")]
    reply = await api.call("DELETE", f"{GROUPS}/{middle}", None, tenant.admin)
    assert (reply.status, reply.body) == (204, b"")
    for group_id in below:
        assert (await api.get(f"{GROUPS}/{group_id}", tenant.admin)).body["parent_id"] == top
    assert api.audited("group.deleted")[0][3]["groups_moved_up"] == sorted(below)


async def test_groups_go_neither_in_circles_nor_too_deep(api: Api, tenant: Tenant) -> None:
    chain = [await new_group(api, tenant, "0")]
    for n in range(1, 10):
        chain.append(await new_group(api, tenant, str(n), parent_id=chain[-1]))
    deeper = await api.post(GROUPS, {"name": "10", "parent_id": chain[-1]}, tenant.admin)
    round_about = await api.patch(f"{GROUPS}/{chain[0]}", {"parent_id": chain[5]}, tenant.admin)
    itself = await api.patch(f"{GROUPS}/{chain[0]}", {"parent_id": chain[0]}, tenant.admin)
    for refused in (deeper, round_about, itself):
        assert (refused.status, list(refused.body["fields"])) == (422, ["parent_id"])
    out = await api.patch(f"{GROUPS}/{chain[5]}", {"parent_id": None}, tenant.admin)
    assert out.body["parent_id"] is None


@pytest.mark.parametrize("query", ["floor=2,", "=", "!", "a=b=c", '"open', "floor\n=2"])
async def test_a_query_that_is_not_understood_is_refused_by_field(
    api: Api, tenant: Tenant, query: str
) -> None:
    made = await api.post(GROUPS, {"name": "G", "tag_query": query}, tenant.admin)
    tried = await api.post(f"{GROUPS}/preview", {"tag_query": query}, tenant.admin)
    for refused in (made, tried):
        assert (refused.status, list(refused.body["fields"])) == (422, ["tag_query"])


async def test_a_preview_finds_what_a_group_of_this_query_would(api: Api, tenant: Tenant) -> None:
    for n in range(12):
        await api.provision(
            tenant, f"hw-{n:02}", tags={"floor": str(n % 2)}, site="Main" if n < 2 else "Annex"
        )
    await api.register(tenant, "waiting")
    found = (await api.post(f"{GROUPS}/preview", {"tag_query": "!kiosk"}, tenant.admin)).body
    assert (found["devices"], found["first"]) == (12, [f"hw-{n:02}" for n in range(10)])
    none = (await api.post(f"{GROUPS}/preview", {"tag_query": "floor=7"}, tenant.admin)).body
    assert none == {"devices": 0, "first": []}
    ((main,),) = api.rows("SELECT id::text FROM sites WHERE name = 'Main'")
    limited = api.person(tenant, RoleName.VIEWER, sites=[main])
    mine = (await api.post(f"{GROUPS}/preview", {"tag_query": "floor=1"}, limited)).body
    assert mine == {"devices": 1, "first": ["hw-01"]}


async def test_a_tenant_has_only_so_many_queries(
    api: Api, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(groups_use_cases, "QUERIES_AT_MOST", 1)
    first = await new_group(api, tenant, "First", tag_query="a")
    second = await new_group(api, tenant, "Second")
    assert (await api.post(GROUPS, {"name": "Third", "tag_query": "b"}, tenant.admin)).status == 409
    assert (await api.patch(f"{GROUPS}/{second}", {"tag_query": "b"}, tenant.admin)).status == 409
    assert (await api.patch(f"{GROUPS}/{first}", {"tag_query": "b"}, tenant.admin)).status == 200


async def test_the_name_of_a_group_is_taken_once(api: Api, tenant: Tenant, neighbour: Tenant) -> None:
    await new_group(api, tenant, "Doors")
    other = await new_group(api, tenant, "Gates")
    assert (await api.post(GROUPS, {"name": "Doors"}, tenant.admin)).status == 409
    assert (await api.patch(f"{GROUPS}/{other}", {"name": "Doors"}, tenant.admin)).status == 409
    await new_group(api, neighbour, "Doors")


async def test_who_is_limited_to_sites_counts_their_screens_and_changes_no_group(
    api: Api, tenant: Tenant
) -> None:
    (here,) = await api.provision(tenant, "here", site="Main", group="Doors")
    await api.provision(tenant, "there", site="Annex", group="Doors")
    await api.provision(tenant, "nowhere", group="Doors")
    ((main,),) = api.rows("SELECT id::text FROM sites WHERE name = 'Main'")
    limited = api.person(tenant, RoleName.DEVICE_ADMIN, sites=[main])
    (group,) = (await api.get(GROUPS, limited)).body["items"]
    path = f"{GROUPS}/{group['id']}"
    assert (group["devices"], (await api.get(path, limited)).body["devices"]) == (1, 1)
    assert (await api.get(f"{path}/devices", limited)).body == {"device_ids": [here]}
    assert (await api.get(path, tenant.admin)).body["devices"] == 3
    refused = [
        ("POST", GROUPS, {"name": "New"}),
        ("PATCH", path, {"name": "Mine"}),
        ("DELETE", path, None),
        ("PUT", f"{path}/devices", {"device_ids": [here]}),
    ]
    for method, where, body in refused:
        assert (await api.call(method, where, body, limited)).status == 403, (method, where)


@pytest.mark.parametrize(
    ("method", "rest", "body"),
    [
        ("GET", "", None),
        ("PATCH", "", {"name": "Mine now"}),
        ("DELETE", "", None),
        ("GET", "/devices", None),
        ("PUT", "/devices", {"device_ids": []}),
    ],
)
async def test_a_group_of_another_tenant_is_not_found(
    api: Api, tenant: Tenant, neighbour: Tenant, method: str, rest: str, body: Any
) -> None:
    await api.provision(neighbour, "hw-1", group="Doors")
    ((group_id,),) = api.rows("SELECT id::text FROM device_groups")
    before = api.rows("SELECT * FROM device_groups, device_group_members")
    assert (await api.call(method, f"{GROUPS}/{group_id}{rest}", body, tenant.admin)).status == 404
    assert api.rows("SELECT * FROM device_groups, device_group_members") == before


async def test_what_is_of_another_tenant_goes_into_no_group(
    api: Api, tenant: Tenant, neighbour: Tenant
) -> None:
    (foreign,) = await api.provision(neighbour, "hw-1")
    theirs = await new_group(api, neighbour, "Theirs")
    ours = await new_group(api, tenant, "Ours")
    asked: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", GROUPS, {"name": "X", "parent_id": theirs}),
        ("PATCH", f"{GROUPS}/{ours}", {"parent_id": theirs}),
        ("PUT", f"{GROUPS}/{ours}/devices", {"device_ids": [foreign]}),
        ("PUT", f"{GROUPS}/{ours}/devices", {"device_ids": [str(uuid.uuid4())]}),
    ]
    for method, path, body in asked:
        reply = await api.call(method, path, body, tenant.admin)
        assert (reply.status, list(reply.body["fields"])) == (422, list(body)[-1:])
