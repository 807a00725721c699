"""Roles: the built-in ones stay as they are, a tenant composes its own."""

from __future__ import annotations

from typing import Any

import pytest

from hub.permissions import PERMISSIONS
from protocol.vocabulary import Permission, RoleName
from tests.hub.api.conftest import Api
from tests.hub.tenants import Tenant


async def test_the_built_in_roles_are_listed_with_what_they_allow_and_root_is_not(
    api: Api, tenant: Tenant
) -> None:
    roles = (await api.get("/api/v1/roles", tenant.admin)).body["items"]
    assert {role["name"]: role["permissions"] for role in roles} == {
        str(name): sorted(permissions)
        for name, permissions in PERMISSIONS.items()
        if name is not RoleName.ROOT
    }
    people = {role["name"]: role["people"] for role in roles}
    assert (people["TENANT_ADMIN"], people["VIEWER"]) == (1, 0)
    assert not any(role["is_custom"] for role in roles)


async def test_a_role_of_the_tenants_own_is_made_given_changed_and_deleted(api: Api, tenant: Tenant) -> None:
    body: dict[str, Any] = {
        "name": " Night shift ",
        "permissions": ["screens:view", "commands:send", "screens:view"],
        "description": "From ten to six.",
    }
    reply = await api.post("/api/v1/roles", body, tenant.admin)
    assert reply.status == 201, reply.body
    role = reply.body
    assert (role["name"], role["is_custom"], role["people"]) == ("Night shift", True, 0)
    assert role["permissions"] == ["commands:send", "screens:view"]

    person = api.person(tenant)
    put = f"/api/v1/users/{person.user_id}/roles"
    assert (await api.call("PUT", put, {"roles": ["Night shift"]}, tenant.admin)).status == 200
    (device_id,) = await api.provision(tenant, "hw-1")
    command = f"/api/v1/devices/{device_id}/command"
    assert (await api.post(command, {"command": "ping"}, person)).status == 202

    path = f"/api/v1/roles/{role['id']}"
    less = {"name": "Night watch", "permissions": ["screens:view"]}
    reply = await api.call("PUT", path, less, tenant.admin)
    assert (reply.status, reply.body["people"], reply.body["description"]) == (200, 1, "")
    assert (await api.post(command, {"command": "ping"}, person)).status == 403, "at once"
    assert (await api.get("/api/v1/devices", person)).status == 200
    ((*_, details),) = api.audited("role.changed")
    assert details["before"]["permissions"] == ["commands:send", "screens:view"]
    assert details["after"] == {"name": "Night watch", "permissions": ["screens:view"], "description": ""}

    reply = await api.call("DELETE", path, None, tenant.admin)
    assert (reply.status, reply.body) == (204, b"")
    assert (await api.get("/api/v1/devices", person)).status == 403
    user = (await api.get(f"/api/v1/users/{person.user_id}", tenant.admin)).body
    assert user["roles"] == []
    assert api.audited("role.deleted")[0][3]["people"] == 1
    assert (await api.call("DELETE", path, None, tenant.admin)).status == 404


async def test_a_name_is_taken_once_and_built_in_names_always_are(
    api: Api, tenant: Tenant, neighbour: Tenant
) -> None:
    body = {"name": "Night shift", "permissions": []}
    first = await api.post("/api/v1/roles", body, tenant.admin)
    assert first.status == 201
    assert (await api.post("/api/v1/roles", body, tenant.admin)).status == 409
    assert (await api.post("/api/v1/roles", body, neighbour.admin)).status == 201
    other = (await api.post("/api/v1/roles", {**body, "name": "Day"}, tenant.admin)).body["id"]
    assert (await api.call("PUT", f"/api/v1/roles/{other}", body, tenant.admin)).status == 409
    for name in ("ROOT", "root", "Tenant_Admin", "VIEWER"):
        assert (await api.post("/api/v1/roles", {**body, "name": name}, tenant.admin)).status == 409
        path = f"/api/v1/roles/{other}"
        assert (await api.call("PUT", path, {**body, "name": name}, tenant.admin)).status == 409


async def test_a_built_in_role_is_neither_changed_nor_deleted(api: Api, tenant: Tenant) -> None:
    roles = (await api.get("/api/v1/roles", tenant.admin)).body["items"]
    body = {"name": "Mine", "permissions": ["screens:view"]}
    for role in roles:
        path = f"/api/v1/roles/{role['id']}"
        assert (await api.call("PUT", path, body, tenant.admin)).status == 409
        assert (await api.call("DELETE", path, None, tenant.admin)).status == 409
    assert (await api.get("/api/v1/roles", tenant.admin)).body["items"] == roles


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"permissions": ["screens:burn"]}, "permissions[0]"),
        ({"permissions": ["tenants:manage"]}, "permissions"),
        ({"name": " "}, "name"),
        ({"name": "x" * 61}, "name"),
        ({"name": "a\nb"}, "name"),
    ],
)
async def test_a_role_that_cannot_be_meant_is_refused_by_field(
    api: Api, tenant: Tenant, wrong: dict[str, Any], field: str
) -> None:
    body = {"name": "Night shift", "permissions": ["screens:view"], **wrong}
    reply = await api.post("/api/v1/roles", body, tenant.admin)
    assert (reply.status, list(reply.body["fields"])) == (422, [field])


async def test_roles_of_another_tenant_are_not_there(api: Api, tenant: Tenant, neighbour: Tenant) -> None:
    body = {"name": "Theirs", "permissions": ["screens:view"]}
    theirs = (await api.post("/api/v1/roles", body, neighbour.admin)).body["id"]
    path = f"/api/v1/roles/{theirs}"
    assert (await api.call("PUT", path, body, tenant.admin)).status == 404
    assert (await api.call("DELETE", path, None, tenant.admin)).status == 404
    mine = f"/api/v1/users/{tenant.admin.user_id}/roles"
    reply = await api.call("PUT", mine, {"roles": ["TENANT_ADMIN", "Theirs"]}, tenant.admin)
    assert (reply.status, list(reply.body["fields"])) == (422, ["roles"])
    names = {role["name"] for role in (await api.get("/api/v1/roles", neighbour.admin)).body["items"]}
    assert Permission.SCREENS_VIEW in body["permissions"] and "Theirs" in names
