"""Nobody gets more than they were given: not by a role, not by changing somebody mightier, not by removing
the last who could stop them."""

from __future__ import annotations

from typing import Any

import pytest
import trio

from hub.operator import Operator
from hub.permissions import PERMISSIONS
from persistence.owner import connect_as_owner
from protocol.vocabulary import Permission, RoleName
from tests.hub.api.conftest import Api
from tests.hub.tenants import Tenant, add_person, make_system_tenant
from tests.patience import PATIENCE_S

WAITING = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)
PORTER = {Permission.PEOPLE_MANAGE, Permission.SCREENS_VIEW, Permission.CONTENT_VIEW}


@pytest.fixture
def porter(api: Api, tenant: Tenant) -> Operator:
    """Manages people, and may otherwise only look."""
    return api.person(tenant, permissions=PORTER, email="porter@hospital.example")


async def put_roles(api: Api, user_id: str, by: Operator, *roles: str) -> int:
    path = f"/api/v1/users/{user_id}/roles"
    return (await api.call("PUT", path, {"roles": list(roles)}, by)).status


@pytest.mark.parametrize("role", [str(role) for role in RoleName if not PERMISSIONS[role] <= PORTER])
async def test_nobody_gives_a_role_that_allows_what_they_may_not(
    api: Api, tenant: Tenant, porter: Operator, role: str
) -> None:
    refused = 422 if role == "ROOT" else 403
    assert await put_roles(api, porter.user_id, porter, *porter.roles, role) == refused
    body = {"email": "mine@hospital.example", "roles": [role]}
    assert (await api.post("/api/v1/users", body, porter)).status == refused
    harmless = api.person(tenant)
    assert await put_roles(api, harmless.user_id, porter, "VIEWER") == 200
    assert await put_roles(api, harmless.user_id, porter, "VIEWER", role) == refused
    assert api.rows("SELECT count(*) FROM users") == [(3,)]
    user = (await api.get(f"/api/v1/users/{harmless.user_id}", porter)).body
    assert user["roles"] == ["VIEWER"], "all of it or nothing"


async def test_nobody_composes_a_role_of_what_they_may_not(
    api: Api, tenant: Tenant, porter: Operator
) -> None:
    body = {"name": "Mine", "permissions": ["screens:view", "commands:send"]}
    reply = await api.post("/api/v1/roles", body, porter)
    assert reply.status == 403
    assert "send commands" in reply.body["detail"]
    less = {"name": "Mine", "permissions": ["screens:view"]}
    mine = (await api.post("/api/v1/roles", less, porter)).body["id"]
    path = f"/api/v1/roles/{mine}"
    assert (await api.call("PUT", path, body, porter)).status == 403
    strong = (await api.post("/api/v1/roles", {**body, "name": "Strong"}, tenant.admin)).body["id"]
    path = f"/api/v1/roles/{strong}"
    assert (await api.call("PUT", path, less, porter)).status == 403, "nor takes it from others"
    assert (await api.call("DELETE", path, None, porter)).status == 403


async def test_nobody_changes_somebody_who_may_do_more(api: Api, tenant: Tenant, porter: Operator) -> None:
    device_admin = api.person(tenant, "DEVICE_ADMIN")
    # A second one, so that it is not the last administrator that is protected here.
    api.person(tenant, "TENANT_ADMIN")
    for target in (tenant.admin, device_admin):
        path = f"/api/v1/users/{target.user_id}"
        asked: list[tuple[str, str, Any]] = [
            # Whose address it is gets the next reset link.
            ("PATCH", path, {"email": "porter+admin@hospital.example"}),
            ("PATCH", path, {"full_name": "Nobody"}),
            ("PATCH", path, {"sites": []}),
            ("PATCH", path, {"is_active": False}),
            ("POST", f"{path}/deactivate", None),
            ("PUT", f"{path}/roles", {"roles": []}),
            ("DELETE", f"{path}/sessions", None),
            ("POST", f"{path}/reset-link", None),
            ("DELETE", f"{path}/second-factor", None),
            ("DELETE", path, None),
        ]
        before = (await api.get(path, porter)).body
        for method, where, body in asked:
            reply = await api.call(method, where, body, porter)
            assert reply.status == 403, (method, where, body)
            assert "only somebody who may" in reply.body["detail"]
        assert (await api.get(path, tenant.admin)).body == before
    equal = api.person(tenant, permissions=PORTER)
    path = f"/api/v1/users/{equal.user_id}"
    assert (await api.patch(path, {"full_name": "An equal"}, porter)).status == 200
    assert (await api.call("DELETE", path, None, porter)).status == 204


async def test_without_the_permission_nothing_about_people_is_open(api: Api, tenant: Tenant) -> None:
    viewer = api.person(tenant, *(role for role in RoleName if role not in ("ROOT", "TENANT_ADMIN")))
    asked: list[tuple[str, str, Any]] = [
        ("GET", "/api/v1/users", None),
        ("POST", "/api/v1/users", {"email": "a@b.example"}),
        ("GET", f"/api/v1/users/{viewer.user_id}", None),
        ("PATCH", f"/api/v1/users/{viewer.user_id}", {"full_name": "X"}),
        ("DELETE", f"/api/v1/users/{viewer.user_id}", None),
        ("PUT", f"/api/v1/users/{viewer.user_id}/roles", {"roles": []}),
        ("GET", f"/api/v1/users/{viewer.user_id}/sessions", None),
        ("DELETE", f"/api/v1/users/{viewer.user_id}/sessions", None),
        ("GET", "/api/v1/roles", None),
        ("POST", "/api/v1/roles", {"name": "X", "permissions": []}),
        ("GET", "/api/v1/user-groups", None),
        ("POST", "/api/v1/user-groups", {"name": "X"}),
        ("GET", "/api/v1/features", None),
        ("POST", "/api/v1/features", {"key": "x"}),
    ]
    for method, path, body in asked:
        assert (await api.call(method, path, body, viewer)).status == 403, (method, path)


async def test_an_administrator_limited_to_sites_manages_nobody(api: Api, tenant: Tenant) -> None:
    site = (await api.post("/api/v1/sites", {"name": "Main"}, tenant.admin)).body["id"]
    limited = api.person(tenant, "TENANT_ADMIN", sites=[site])
    for method, path, body in (
        ("GET", "/api/v1/users", None),
        ("POST", "/api/v1/users", {"email": "mine@hospital.example", "roles": ["TENANT_ADMIN"]}),
        ("PATCH", f"/api/v1/users/{limited.user_id}", {"sites": None}),
        ("POST", "/api/v1/roles", {"name": "X", "permissions": []}),
        ("POST", "/api/v1/features", {"key": "x"}),
    ):
        reply = await api.call(method, path, body, limited)
        assert (reply.status, "whole tenant" in reply.body["detail"]) == (403, True), (method, path)


async def test_root_is_a_role_of_the_tenant_system_alone(api: Api, tenant: Tenant) -> None:
    # There is such a row in this tenant, as in older databases: it is not to be had all the same.
    assert api.rows("SELECT count(*) FROM roles WHERE tenant_id = %s AND name = 'ROOT'", tenant.id) == [(1,)]
    root_here = api.rows("SELECT id FROM roles WHERE tenant_id = %s AND name = 'ROOT'", tenant.id)[0][0]
    for by in (tenant.admin, tenant.admin._replace(permissions=frozenset(Permission))):
        assert await put_roles(api, tenant.admin.user_id, by, "TENANT_ADMIN", "ROOT") == 422
        body = {"email": "mine@hospital.example", "roles": ["ROOT"]}
        assert (await api.post("/api/v1/users", body, by)).status == 422
    path = f"/api/v1/roles/{root_here}"
    assert (await api.call("PUT", path, {"name": "X", "permissions": []}, tenant.admin)).status == 404
    assert (await api.call("DELETE", path, None, tenant.admin)).status == 404


async def test_in_the_tenant_system_root_makes_a_second_root_and_the_last_one_stays(
    api: Api, system: Tenant
) -> None:
    root = system.admin
    body = {"email": "second@system.example", "roles": ["ROOT"], "password": "four horses in a boat"}
    second = (await api.post("/api/v1/users", body, root)).body["user"]
    assert second["roles"] == ["ROOT"]
    assert (await api.call("DELETE", f"/api/v1/users/{second['id']}", None, root)).status == 204
    for method, path, change in destructive(root.user_id)[:5]:
        assert (await api.call(method, path, change, root)).status == 409, (method, path)


def destructive(user_id: str) -> list[tuple[str, str, Any]]:
    """Every way to take the last administrator away."""
    path = f"/api/v1/users/{user_id}"
    return [
        ("DELETE", path, None),
        ("PATCH", path, {"is_active": False}),
        ("PATCH", path, {"sites": []}),
        ("POST", f"{path}/deactivate", None),
        ("PUT", f"{path}/roles", {"roles": []}),
        ("PUT", f"{path}/roles", {"roles": ["VIEWER"]}),
    ]


async def test_the_last_administrator_stays_whoever_tries(api: Api, tenant: Tenant) -> None:
    # None of these could take over: switched off, limited to sites, not signed in yet, another role.
    off = api.person(tenant, "TENANT_ADMIN")
    await api.post(f"/api/v1/users/{off.user_id}/deactivate", None, tenant.admin)
    api.person(tenant, "TENANT_ADMIN", sites=[])
    body = {"email": "invited@hospital.example", "roles": ["TENANT_ADMIN"]}
    assert (await api.post("/api/v1/users", body, tenant.admin)).status == 201
    nearly = api.person(tenant, permissions=PERMISSIONS[RoleName.TENANT_ADMIN])
    before = (await api.get(f"/api/v1/users/{tenant.admin.user_id}", nearly)).body
    for by in (tenant.admin, nearly):
        for method, path, change in destructive(tenant.admin.user_id):
            reply = await api.call(method, path, change, by)
            assert reply.status == 409, (method, path, change)
            assert "last" in reply.body["detail"]
    assert (await api.get(f"/api/v1/users/{tenant.admin.user_id}", nearly)).body == before
    assert api.rows(
        "SELECT count(*) FROM sessions WHERE revoked_at IS NOT NULL AND user_id = %s", nearly.user_id
    )

    await api.post(f"/api/v1/users/{off.user_id}/activate", None, tenant.admin)
    for method, path, change in destructive(off.user_id)[3:]:
        assert (await api.call(method, path, change, tenant.admin)).status == 200, (method, path)
        await put_roles(api, off.user_id, tenant.admin, "TENANT_ADMIN")
        await api.post(f"/api/v1/users/{off.user_id}/activate", None, tenant.admin)
    path = f"/api/v1/users/{tenant.admin.user_id}"
    assert (await api.patch(path, {"full_name": "Still here"}, tenant.admin)).status == 200
    assert (await api.call("DELETE", path, None, nearly)).status == 204, "there is another one now"


@pytest.mark.parametrize("way", range(6))
async def test_two_administrators_who_remove_each_other_at_once_leave_one(
    api: Api, tenant: Tenant, way: int
) -> None:
    other = api.person(tenant, "TENANT_ADMIN")
    statuses: list[int] = []

    async def remove(user_id: str, by: Operator) -> None:
        method, path, change = destructive(user_id)[way]
        statuses.append((await api.call(method, path, change, by)).status)

    # What raises the access version makes one wait for the other as well: this is about the lock of people.
    for table in ("users", "user_roles", "sessions"):
        api.rows(f"ALTER TABLE {table} DISABLE TRIGGER access_changed")
    api.rows("INSERT INTO audit_heads (tenant_id) VALUES (%s) ON CONFLICT DO NOTHING", tenant.id)
    with connect_as_owner(api.database_url) as gate:
        # Both have begun and neither has committed: each waits for the audit log, or for the other.
        gate.execute("SELECT FROM audit_heads WHERE tenant_id = %s FOR UPDATE", (tenant.id,))
        with trio.fail_after(PATIENCE_S):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(remove, other.user_id, tenant.admin)
                nursery.start_soon(remove, tenant.admin.user_id, other)
                while api.rows(WAITING) != [(2,)]:
                    await trio.sleep(0.01)
                gate.rollback()
    assert len([status for status in statuses if status in (200, 204)]) == 1, statuses
    administrators = api.rows(
        "SELECT u.email FROM users u JOIN user_roles x ON x.user_id = u.id"
        " JOIN roles r ON r.id = x.role_id"
        " WHERE r.name = 'TENANT_ADMIN' AND u.is_active AND u.all_sites"
    )
    assert len(administrators) == 1


@pytest.fixture
def system(api: Api) -> Tenant:
    """The tenant SYSTEM, with one ROOT."""
    bare = make_system_tenant(api.database_url)
    return bare._replace(admin=add_person(api.database_url, bare, "ROOT", email="root@system.example"))
