"""Features: what a tenant decides about is offered to everybody, or to some groups of users."""

from __future__ import annotations

from typing import Any

from hub.features import KNOWN_FEATURES
from hub.operator import Operator
from protocol.vocabulary import Permission
from tests.hub.api.conftest import Api
from tests.hub.tenants import Tenant

BULK: dict[str, Any] = {"command": "ping", "args": {}, "scope": {}}


async def feature(api: Api, tenant: Tenant, key: str, **more: Any) -> Any:
    reply = await api.post("/api/v1/features", {"key": key, **more}, tenant.admin)
    assert reply.status == 201, reply.body
    return reply.body


async def group(api: Api, tenant: Tenant, name: str, *members: Operator) -> str:
    reply = await api.post("/api/v1/user-groups", {"name": name}, tenant.admin)
    assert reply.status == 201, reply.body
    group_id = str(reply.body["id"])
    body = {"user_ids": [member.user_id for member in members]}
    reply = await api.call("PUT", f"/api/v1/user-groups/{group_id}/members", body, tenant.admin)
    assert reply.status == 200, reply.body
    return group_id


async def test_commands_to_many_screens_are_for_whom_the_tenant_says(api: Api, tenant: Tenant) -> None:
    (device_id,) = await api.provision(tenant, "hw-1")
    anna, ben = (api.person(tenant, "DEVICE_ADMIN") for _ in range(2))

    async def may(person: Operator) -> bool:
        status = (await api.post("/api/v1/commands", BULK, person)).status
        assert status in (202, 403)
        return status == 202

    assert await may(anna), "a feature that nobody has named is on for everybody"
    bulk = await feature(api, tenant, "commands.bulk")
    assert bulk["known"] == KNOWN_FEATURES["commands.bulk"]
    assert not await may(anna)
    assert "commands.bulk" in (await api.post("/api/v1/commands", BULK, anna)).body["detail"]
    one = f"/api/v1/devices/{device_id}/command"
    assert (await api.post(one, {"command": "ping"}, anna)).status == 202, "one screen is no feature"

    night = await group(api, tenant, "Night shift", anna)
    path = f"/api/v1/user-groups/{night}/features"
    reply = await api.call("PUT", path, {"features": ["commands.bulk"]}, tenant.admin)
    assert (reply.body["features"], reply.body["user_ids"]) == (["commands.bulk"], [anna.user_id])
    assert (await may(anna), await may(ben)) == (True, False)
    listed = (await api.get("/api/v1/features", tenant.admin)).body["items"]
    assert [(each["key"], each["group_ids"]) for each in listed] == [("commands.bulk", [night])]
    user = (await api.get(f"/api/v1/users/{anna.user_id}", tenant.admin)).body
    assert user["groups"] == ["Night shift"]

    members = f"/api/v1/user-groups/{night}/members"
    assert (await api.call("PUT", members, {"user_ids": [ben.user_id]}, tenant.admin)).status == 200
    assert (await may(anna), await may(ben)) == (False, True)

    path = f"/api/v1/features/{bulk['id']}"
    body = {"key": "commands.bulk", "for_everybody": True}
    assert (await api.call("PUT", path, body, tenant.admin)).status == 200
    assert (await may(anna), await may(ben)) == (True, True)
    body = {"key": "commands.bulk", "for_everybody": False}
    assert (await api.call("PUT", path, body, tenant.admin)).status == 200
    assert (await api.call("DELETE", f"/api/v1/user-groups/{night}", None, tenant.admin)).status == 204
    assert (await may(anna), await may(ben)) == (False, False)
    assert (await api.call("DELETE", path, None, tenant.admin)).status == 204
    assert (await may(anna), await may(ben)) == (True, True)


async def test_an_emergency_can_never_be_switched_off(api: Api, tenant: Tenant) -> None:
    other = f"/api/v1/features/{(await feature(api, tenant, 'lobby'))['id']}"
    for key in ("emergencies", "emergencies.trigger", "emergency-button", "alerts", "alert_big"):
        for method, path in (("POST", "/api/v1/features"), ("PUT", other)):
            reply = await api.call(method, path, {"key": key}, tenant.admin)
            assert (reply.status, list(reply.body["fields"])) == (422, ["key"]), key
    # Even where a row says so, past the API: nothing that leads to an emergency asks for a feature.
    for each in ("emergencies.trigger", *KNOWN_FEATURES):
        api.rows("INSERT INTO features (tenant_id, key) VALUES (%s, %s)", tenant.id, each)
    await api.provision(tenant, "hw-1")
    body = {"title": "Fire", "message": "", "severity": "extreme"}
    person = api.person(tenant, "EMERGENCY_OPERATOR")
    assert (await api.post("/api/v1/emergencies", body, person)).status == 201


async def test_the_audit_says_who_was_given_what(api: Api, tenant: Tenant) -> None:
    anna = api.person(tenant, "VIEWER")
    made = await feature(api, tenant, "lobby.weather", description="Rain or shine.")
    night = await group(api, tenant, "Night shift", anna)
    path = f"/api/v1/user-groups/{night}"
    await api.call("PUT", f"{path}/features", {"features": ["lobby.weather"]}, tenant.admin)
    await api.call("PUT", f"{path}/features", {"features": ["lobby.weather"]}, tenant.admin)
    await api.call("PUT", path, {"name": "Night watch"}, tenant.admin)
    await api.call("DELETE", path, None, tenant.admin)
    assert api.audited("feature.created")[0][2:] == (
        made["id"],
        {"key": "lobby.weather", "description": "Rain or shine.", "for_everybody": False, "group_ids": []},
    )
    assert api.audited("user_group.members_changed")[0][3]["after"] == {"user_ids": [anna.user_id]}
    ((*_, details),) = api.audited("user_group.features_changed")
    assert (details["before"], details["after"]) == ({"features": []}, {"features": ["lobby.weather"]})
    assert api.audited("user_group.renamed")[0][3]["after"] == {"name": "Night watch"}
    assert api.audited("user_group.deleted")[0][3]["user_ids"] == [anna.user_id]


async def test_names_are_taken_once(api: Api, tenant: Tenant, neighbour: Tenant) -> None:
    await feature(api, tenant, "lobby")
    other = await feature(api, tenant, "hall")
    assert (await api.post("/api/v1/features", {"key": "lobby"}, tenant.admin)).status == 409
    path = f"/api/v1/features/{other['id']}"
    assert (await api.call("PUT", path, {"key": "lobby"}, tenant.admin)).status == 409
    await feature(api, neighbour, "lobby")
    await group(api, tenant, "Night")
    day = await group(api, tenant, "Day")
    assert (await api.post("/api/v1/user-groups", {"name": " Night"}, tenant.admin)).status == 409
    path = f"/api/v1/user-groups/{day}"
    assert (await api.call("PUT", path, {"name": "Night"}, tenant.admin)).status == 409
    await group(api, neighbour, "Night")


async def test_groups_and_features_of_another_tenant_are_not_there(
    api: Api, tenant: Tenant, neighbour: Tenant
) -> None:
    theirs = await feature(api, neighbour, "lobby")
    their_group = f"/api/v1/user-groups/{await group(api, neighbour, 'Night')}"
    asked: list[tuple[str, str, Any]] = [
        ("PUT", f"/api/v1/features/{theirs['id']}", {"key": "mine"}),
        ("DELETE", f"/api/v1/features/{theirs['id']}", None),
        ("PUT", their_group, {"name": "Mine"}),
        ("DELETE", their_group, None),
        ("PUT", f"{their_group}/members", {"user_ids": []}),
        ("PUT", f"{their_group}/features", {"features": []}),
    ]
    for method, path, body in asked:
        assert (await api.call(method, path, body, tenant.admin)).status == 404, path
    mine = f"/api/v1/user-groups/{await group(api, tenant, 'Mine')}"
    for path, body, field in (
        (f"{mine}/members", {"user_ids": [neighbour.admin.user_id]}, "user_ids"),
        (f"{mine}/features", {"features": ["lobby"]}, "features"),
    ):
        reply = await api.call("PUT", path, body, tenant.admin)
        assert (reply.status, list(reply.body["fields"])) == (422, [field])
    for path in ("/api/v1/features", "/api/v1/user-groups"):
        assert len((await api.get(path, neighbour.admin)).body["items"]) == 1


async def test_whoever_only_manages_people_gives_no_features_by_way_of_a_group(
    api: Api, tenant: Tenant
) -> None:
    porter = api.person(tenant, permissions={Permission.PEOPLE_MANAGE})
    await feature(api, tenant, "commands.bulk")
    night = f"/api/v1/user-groups/{await group(api, tenant, 'Night')}"
    members = {"user_ids": [porter.user_id]}
    assert (await api.call("PUT", f"{night}/members", members, porter)).status == 200
    assert (await api.call("PUT", f"{night}/members", {"user_ids": []}, porter)).status == 200
    assert (await api.call("PUT", f"{night}/features", {"features": []}, porter)).status == 403
    await api.call("PUT", f"{night}/features", {"features": ["commands.bulk"]}, tenant.admin)
    assert (await api.call("PUT", f"{night}/members", members, porter)).status == 403
    assert (await api.call("DELETE", night, None, porter)).status == 403
    assert (await api.get("/api/v1/features", porter)).status == 403
