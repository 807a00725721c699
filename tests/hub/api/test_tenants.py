"""Tenants over the API: for ROOT at home, and as if there were none for everybody else."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
import trio

from hub.operator import Operator
from hub.use_cases.wiring import utc_now
from protocol.vocabulary import SYSTEM_TENANT_ID, RoleName
from tests.hub.api.conftest import Api
from tests.hub.tenants import Tenant, add_person, make_system_tenant

TENANTS = "/api/v1/tenants"
STRANGER = "00000000-0000-0000-0000-00000000abcd"


@pytest.fixture
def root(api: Api) -> Operator:
    system = make_system_tenant(api.database_url)
    return add_person(api.database_url, system, RoleName.ROOT, email="root@cms.local")


def acting(pair: dict[str, Any]) -> Operator:
    """Who has these tokens, as far as a token says."""
    return Operator(
        pair["user_id"],
        pair["tenant_id"],
        pair["tenant_name"],
        pair["email"],
        (),
        session_id=pair["session_id"],
    )


async def create(api: Api, root: Operator, name: str = "Harbour") -> dict[str, Any]:
    made = await api.post(TENANTS, {"name": name, "admin_email": "Ann@harbour.example"}, root)
    assert made.status == 201, made.body
    return dict(made.body)


async def test_a_new_tenant_has_roles_an_enrolment_key_and_an_administrator_who_is_invited(
    api: Api, root: Operator
) -> None:
    made = await create(api, root, " Harbour ")
    tenant, link = made["tenant"], made["link"]
    assert (tenant["name"], tenant["status"], tenant["users"], tenant["limits"]) == (
        "Harbour",
        "ACTIVE",
        1,
        {},
    )
    roles = api.rows("SELECT name FROM roles WHERE tenant_id = %s ORDER BY name", tenant["id"])
    assert [name for (name,) in roles] == sorted(role for role in RoleName if role is not RoleName.ROOT)

    harbour = Tenant(tenant["id"], "Harbour", root, made["enrolment_key"])
    assert (await api.register(harbour, "hw-1")).status == 202

    token = link["url"].partition("#")[2]
    password = "a long walk on the quay"
    chosen = await api.post("/api/v1/auth/set-password", {"token": token, "password": password})
    assert chosen.status in (200, 204), chosen.body
    signed_in = await api.post(
        "/api/v1/auth/login",
        {"email": "ann@harbour.example", "password": password, "tenant_id": tenant["id"]},
    )
    assert signed_in.status == 200, signed_in.body
    assert signed_in.body["roles"] == ["TENANT_ADMIN"]

    for home in (tenant["id"], SYSTEM_TENANT_ID):
        entries = [entry for entry in api.audited("tenant.created") if entry[0] == home]
        assert [(email, target) for _, email, target, _ in entries] == [("root@cms.local", tenant["id"])]
    told = api.rows("SELECT on_behalf_of, details::text FROM audit_log WHERE tenant_id = %s", tenant["id"])
    assert told[0][0] == "SYSTEM"
    assert not any(made["enrolment_key"] in text or token in text for _, text in told)


async def test_a_name_is_taken_once_whoever_is_first(api: Api, root: Operator) -> None:
    await create(api, root)
    twice = await api.post(TENANTS, {"name": "Harbour", "admin_email": "bob@harbour.example"}, root)
    assert twice.status == 409
    other = (await create(api, root, "Airport"))["tenant"]
    renamed = await api.patch(f"{TENANTS}/{other['id']}", {"name": "Harbour"}, root)
    assert renamed.status == 409
    assert api.rows("SELECT count(*) FROM tenants WHERE name IN ('Harbour', 'Airport')") == [(2,)]
    assert len(api.audited("tenant.changed")) == 0

    statuses: list[int] = []

    async def found() -> None:
        made = await api.post(TENANTS, {"name": "Race", "admin_email": "a@race.example"}, root)
        statuses.append(made.status)

    async with trio.open_nursery() as nursery:
        for _ in range(3):
            nursery.start_soon(found)
    assert sorted(statuses) == [201, 409, 409]


async def test_what_changes_is_in_both_audit_logs_with_before_and_after(api: Api, root: Operator) -> None:
    tenant_id = (await create(api, root))["tenant"]["id"]
    patch = {"name": "Port", "limits": {"requests_per_minute": 50}}
    changed = await api.patch(f"{TENANTS}/{tenant_id}", patch, root)
    assert changed.status == 200, changed.body
    assert {name: changed.body[name] for name in patch} == patch
    assert (await api.patch(f"{TENANTS}/{tenant_id}", patch, root)).body == changed.body
    assert (await api.get(f"{TENANTS}/{tenant_id}", root)).body == changed.body
    details = {"before": {"name": "Harbour", "limits": {}}, "after": patch}
    audited = api.audited("tenant.changed")
    assert sorted(entry[0] for entry in audited) == sorted([SYSTEM_TENANT_ID, tenant_id])
    assert [entry[3] for entry in audited] == [details, details]
    listed = (await api.get(TENANTS, root)).body["items"]
    assert [row["name"] for row in listed] == ["Port", "SYSTEM"]


async def test_suspending_signs_everybody_out_and_refuses_keys_and_screens_until_it_is_resumed(
    api: Api, root: Operator, tenant: Tenant
) -> None:
    body = {"name": "k", "permissions": ["screens:view"]}
    secret = (await api.post("/api/v1/api-keys", body, tenant.admin)).body["secret"]
    assert (await api.get("/api/v1/devices", X_API_Key=secret)).status == 200
    pair = (await api.post(f"{TENANTS}/{tenant.id}/act", {"reason": "to look"}, root)).body
    assert (await api.get("/api/v1/devices", acting(pair))).status == 200

    for _ in range(2):
        suspended = await api.post(f"{TENANTS}/{tenant.id}/suspend", None, root)
        assert (suspended.status, suspended.body["status"]) == (200, "SUSPENDED")
    assert len(api.audited("tenant.suspended")) == 2, "one in each log"
    assert (await api.get("/api/v1/devices", tenant.admin)).status == 401
    assert (await api.get("/api/v1/devices", X_API_Key=secret)).status == 401
    assert (await api.get("/api/v1/devices", acting(pair))).status == 401
    assert (await api.register(tenant, "hw-1")).status == 403
    ended = api.rows("SELECT DISTINCT revoked_because FROM sessions WHERE id <> %s", root.session_id)
    assert ended == [("tenant_suspended",)]
    assert (await api.post(f"{TENANTS}/{tenant.id}/act", {"reason": "to look"}, root)).status == 409

    resumed = await api.post(f"{TENANTS}/{tenant.id}/resume", None, root)
    assert (resumed.status, resumed.body["status"]) == (200, "ACTIVE")
    assert (await api.get("/api/v1/devices", tenant.admin)).status == 401, "signed out is signed out"
    assert (await api.get("/api/v1/devices", acting(pair))).status == 401
    assert (await api.get("/api/v1/devices", X_API_Key=secret)).status == 200
    assert (await api.register(tenant, "hw-1")).status == 202


async def test_root_acts_in_a_tenant_by_a_session_that_both_audit_logs_show(
    api: Api, root: Operator, tenant: Tenant
) -> None:
    (device_id,) = await api.provision(tenant, "hw-1")
    assert (await api.get(f"/api/v1/devices/{device_id}", root)).status == 404
    body = {"reason": "ticket 4711: the lobby is dark"}
    entered = await api.post(f"{TENANTS}/{tenant.id}/act", body, root)
    assert entered.status == 200, entered.body
    assert (entered.body["tenant_id"], entered.body["tenant_name"]) == (tenant.id, tenant.name)
    there = acting(entered.body)
    assert (await api.get(f"/api/v1/devices/{device_id}", there)).status == 200
    assert (await api.patch(f"/api/v1/devices/{device_id}", {"name": "Lobby"}, there)).status == 200
    audited = api.audited("tenant.entered")
    assert sorted(entry[0] for entry in audited) == sorted([SYSTEM_TENANT_ID, tenant.id])
    assert {(email, target, details["reason"]) for _, email, target, details in audited} == {
        ("root@cms.local", tenant.id, body["reason"])
    }
    (done,) = api.rows(
        "SELECT tenant_id, user_email, on_behalf_of FROM audit_log WHERE action LIKE 'device.%%'"
        " AND user_email = 'root@cms.local'"
    )
    assert done == (tenant.id, "root@cms.local", "SYSTEM")
    # Tenants are managed from home, and the session at home goes on as it was.
    assert (await api.get(TENANTS, there)).status == 403
    assert (await api.get(f"{TENANTS}/{tenant.id}", there)).status == 404
    assert (await api.get(TENANTS, root)).status == 200


async def test_nobody_acts_without_saying_why(api: Api, root: Operator, tenant: Tenant) -> None:
    for reason in ("", "  \t ", "x"):
        refused = await api.post(f"{TENANTS}/{tenant.id}/act", {"reason": reason}, root)
        assert (refused.status, list(refused.body["fields"])) == (422, ["reason"])
    assert api.rows("SELECT FROM sessions WHERE acts_in IS NOT NULL") == []
    assert api.audited("tenant.entered") == []


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "", None, 403),
        ("POST", "", {"name": "Mine", "admin_email": "a@b.example"}, 403),
        ("GET", "/{id}", None, 404),
        ("PATCH", "/{id}", {"name": "Mine"}, 404),
        ("POST", "/{id}/suspend", None, 404),
        ("POST", "/{id}/resume", None, 404),
        ("POST", "/{id}/act", {"reason": "because"}, 404),
    ],
)
async def test_to_an_administrator_there_are_no_tenants_not_even_their_own(
    api: Api,
    root: Operator,
    tenant: Tenant,
    neighbour: Tenant,
    method: str,
    path: str,
    body: Any,
    status: int,
) -> None:
    same = []
    for tenant_id in (tenant.id, neighbour.id, SYSTEM_TENANT_ID, STRANGER):
        payload = msgspec.json.encode(body) if body is not None else None
        reply = await api.call(method, TENANTS + path.format(id=tenant_id), payload, tenant.admin)
        same.append((reply.status, reply.body["detail"]))
    assert set(same) == {(status, same[0][1])}
    if status == 404:
        reply = await api.call(method, TENANTS + path.format(id=STRANGER), payload, root)
        assert (reply.status, reply.body["detail"]) == same[0], "as what does not exist"
    assert api.rows("SELECT name, status FROM tenants WHERE id <> %s ORDER BY 1", SYSTEM_TENANT_ID) == [
        ("Hospital", "ACTIVE"),
        ("Neighbour", "ACTIVE"),
    ]


async def test_system_is_never_suspended_and_keeps_its_name(api: Api, root: Operator) -> None:
    system = f"{TENANTS}/{SYSTEM_TENANT_ID}"
    assert (await api.post(f"{system}/suspend", None, root)).status == 409
    assert (await api.patch(system, {"name": "Mine"}, root)).status == 409
    assert (await api.post(f"{system}/act", {"reason": "because"}, root)).status == 409
    limited = await api.patch(system, {"limits": {"requests_per_minute": 9}}, root)
    assert (limited.status, len(api.audited("tenant.changed"))) == (200, 1)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": " ", "admin_email": "a@b.example"}, "name"),
        ({"name": "N", "admin_email": "nobody"}, "admin_email"),
        ({"name": "N"}, "admin_email"),
        ({"name": "N", "admin_email": "a@b.example", "limits": {"requests_per_minute": 0}}, "limits"),
    ],
)
async def test_a_tenant_that_cannot_be_meant_names_the_field(
    api: Api, root: Operator, body: dict[str, Any], field: str
) -> None:
    reply = await api.post(TENANTS, body, root)
    assert reply.status == 422
    assert [name.partition(".")[0] for name in reply.body["fields"]] == [field]


async def test_a_key_of_root_does_not_manage_tenants(api: Api, root: Operator) -> None:
    body = {"name": "k", "permissions": ["people:manage"]}
    secret = (await api.post("/api/v1/api-keys", body, root)).body["secret"]
    assert (await api.get(TENANTS, X_API_Key=secret)).status == 403
    assert (await api.get(f"{TENANTS}/{SYSTEM_TENANT_ID}", X_API_Key=secret)).status == 404


async def test_a_key_is_written_of_when_it_was_used_and_not_again_at_once(api: Api, tenant: Tenant) -> None:
    body = {"name": "k", "permissions": ["screens:view"]}
    secret = (await api.post("/api/v1/api-keys", body, tenant.admin)).body["secret"]
    used = "SELECT last_used_at FROM api_keys"
    await api.get("/api/v1/devices", X_API_Key=secret)
    at = trio.current_time()
    await api.use_cases.key_uses.write(at - 60.0)
    ((first,),) = api.rows(used)
    assert abs((utc_now() - first).total_seconds()) < 10
    await api.get("/api/v1/devices", Authorization=f"Bearer {secret}")
    await api.use_cases.key_uses.write(at - 60.0)
    assert api.rows(used) == [(first,)]
    await api.use_cases.key_uses.write(trio.current_time())
    ((second,),) = api.rows(used)
    assert second > first
