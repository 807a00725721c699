"""Keys of integrations: nobody gives away what they do not have, and the secret is shown once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hub.permissions import PERMISSIONS
from hub.use_cases.device_secrets import hash_token
from hub.use_cases.errors import Invalid, NotAllowed, NotFound
from hub.use_cases.key_ports import KeyUse
from hub.use_cases.wiring import utc_now
from protocol.access import ApiKeyRequest
from protocol.vocabulary import Permission, RoleName
from tests.hub.api.conftest import Api
from tests.hub.tenants import Tenant, make_tenant

KEYS = "/api/v1/api-keys"


def site(api: Api, tenant: Tenant, name: str) -> str:
    sql = "INSERT INTO sites (tenant_id, name) VALUES (%s, %s) RETURNING id"
    return str(api.rows(sql, tenant.id, name)[0][0])


async def test_the_secret_of_a_new_key_is_in_its_answer_and_only_its_hash_is_kept(
    api: Api, tenant: Tenant
) -> None:
    until = (utc_now() + timedelta(days=30)).replace(microsecond=0)
    body = {
        "name": " Fire panel ",
        "permissions": ["emergencies:trigger", "screens:view"],
        "expires_at": until,
    }
    made = await api.post(KEYS, body, tenant.admin)
    assert made.status == 201, made.body
    secret = made.body["secret"]
    assert secret.startswith("clk_") and len(secret) >= 47
    assert api.rows("SELECT name, key_hash FROM api_keys") == [("Fire panel", hash_token(secret))]
    listed = (await api.get(KEYS, tenant.admin)).body["items"]
    assert listed == [made.body["key"]]
    assert secret.startswith(listed[0]["prefix"]) and len(listed[0]["prefix"]) == 10
    assert listed[0]["created_by"] == tenant.admin.email
    assert (listed[0]["sites"], listed[0]["revoked_at"], listed[0]["last_used_at"]) == (None, None, None)
    ((_, email, target, details),) = api.audited("api_key.created")
    assert (email, target, details["name"]) == (tenant.admin.email, listed[0]["id"], "Fire panel")
    kept = api.rows("SELECT details::text FROM audit_log UNION SELECT to_jsonb(k)::text FROM api_keys k")
    assert not any(secret in text or secret[10:] in text for (text,) in kept)


async def test_a_revoked_key_stays_in_the_list_and_its_name_is_free_again(api: Api, tenant: Tenant) -> None:
    body = {"name": "Weather", "permissions": ["screens:view"]}
    first = (await api.post(KEYS, body, tenant.admin)).body["key"]
    assert (await api.post(KEYS, body, tenant.admin)).status == 409
    for _ in range(2):
        revoked = await api.call("DELETE", f"{KEYS}/{first['id']}", None, tenant.admin)
        assert revoked.status == 200 and revoked.body["revoked_at"] is not None
    assert len(api.audited("api_key.revoked")) == 1
    second = (await api.post(KEYS, body, tenant.admin)).body["key"]
    listed = (await api.get(KEYS, tenant.admin)).body["items"]
    assert [key["id"] for key in listed] == [second["id"], first["id"]]


async def test_no_key_may_do_what_its_maker_may_not_and_none_manages_tenants(
    api: Api, tenant: Tenant
) -> None:
    one = frozenset({Permission.KEYS_MANAGE, Permission.SCREENS_VIEW})
    maker = tenant.admin._replace(permissions=one)
    with pytest.raises(NotAllowed, match="trigger and clear emergencies"):
        await api.use_cases.api_keys.add(maker, ApiKeyRequest("k", [Permission.EMERGENCIES_TRIGGER]))
    root = tenant.admin._replace(permissions=PERMISSIONS[RoleName.ROOT])
    with pytest.raises(Invalid) as refused:
        await api.use_cases.api_keys.add(root, ApiKeyRequest("k", [Permission.TENANTS_MANAGE]))
    assert "permissions" in refused.value.fields
    assert api.rows("SELECT FROM api_keys") == []


async def test_a_key_makes_no_key_that_would_outlive_it(api: Api, tenant: Tenant) -> None:
    request = {"name": "Automation", "permissions": ["keys:manage", "screens:view"]}
    made = await api.post("/api/v1/api-keys", request, tenant.admin)
    bearer = f"Bearer {made.body['secret']}"
    assert (await api.get("/api/v1/api-keys", Authorization=bearer)).status == 200
    child = {"name": "Child", "permissions": ["screens:view"]}
    refused = await api.post("/api/v1/api-keys", child, Authorization=bearer)
    assert (refused.status, refused.body["detail"]) == (403, "A key makes no keys. A person must.")


async def test_who_is_limited_to_sites_makes_and_sees_keys_of_those_only(api: Api, tenant: Tenant) -> None:
    mine, other = site(api, tenant, "Mine"), site(api, tenant, "Other")
    keys = api.use_cases.api_keys
    view = [Permission.SCREENS_VIEW]
    whole = (await keys.add(tenant.admin, ApiKeyRequest("everywhere", view))).key
    theirs = (await keys.add(tenant.admin, ApiKeyRequest("theirs", view, [other]))).key
    maker = tenant.admin._replace(sites=frozenset({mine}))
    made = (await keys.add(maker, ApiKeyRequest("mine", view))).key
    assert made.sites == [mine]
    with pytest.raises(Invalid):
        await keys.add(maker, ApiKeyRequest("too far", view, [other]))
    assert [key.id for key in (await keys.all(maker)).items] == [made.id]
    for unseen in (whole, theirs):
        with pytest.raises(NotFound):
            await keys.revoke(maker, unseen.id)
    assert (await keys.revoke(maker, made.id)).revoked_at is not None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "   "),
        ("permissions", []),
        ("permissions", ["screens:eat"]),
        ("permissions", ["tenants:manage"]),
        ("sites", []),
        ("sites", ["00000000-0000-0000-0000-00000000abcd"]),
        ("expires_at", "2020-01-01T00:00:00Z"),
        ("expires_at", "9999-12-31T23:59:59-10:00"),
        ("expires_at", "2999-01-01T00:00:00"),
    ],
)
async def test_what_cannot_be_meant_names_its_field(
    api: Api, tenant: Tenant, field: str, value: object
) -> None:
    reply = await api.post(KEYS, {"name": "k", "permissions": ["screens:view"], field: value}, tenant.admin)
    assert reply.status == 422
    assert [name.partition("[")[0] for name in reply.body["fields"]] == [field]


async def test_keys_are_the_tenants_own_and_for_those_who_manage_them(
    api: Api, tenant: Tenant, neighbour: Tenant
) -> None:
    view = {"name": "k", "permissions": ["screens:view"]}
    theirs = (await api.post(KEYS, view, neighbour.admin)).body["key"]
    foreign_site = site(api, neighbour, "Theirs")
    assert (await api.get(KEYS, tenant.admin)).body["items"] == []
    assert (await api.call("DELETE", f"{KEYS}/{theirs['id']}", None, tenant.admin)).status == 404
    body = {**view, "sites": [foreign_site]}
    assert (await api.post(KEYS, body, tenant.admin)).status == 422
    assert api.rows("SELECT FROM api_keys WHERE revoked_at IS NOT NULL") == []
    viewer = make_tenant(api.database_url, "Viewers", RoleName.VIEWER).admin
    assert (await api.get(KEYS, viewer)).status == 403
    assert (await api.post(KEYS, view, viewer)).status == 403
    assert (await api.call("DELETE", f"{KEYS}/{theirs['id']}", None, viewer)).status == 403


async def test_the_last_use_of_a_key_is_the_newest_one(api: Api, tenant: Tenant) -> None:
    key = (await api.post(KEYS, {"name": "k", "permissions": ["screens:view"]}, tenant.admin)).body["key"]
    now = utc_now()
    for use in (KeyUse(now, "10.0.0.7"), KeyUse(now - timedelta(minutes=1), None)):
        uses = {key["id"]: use}
        await api.database.transact(tenant.id, lambda tx: tx.api_keys.used(uses))  # noqa: B023 -- called at once
    (listed,) = (await api.get(KEYS, tenant.admin)).body["items"]
    assert (listed["last_used_at"][:19], listed["last_used_ip"]) == (now.isoformat()[:19], "10.0.0.7")


async def test_no_byte_in_an_address_keeps_a_denial_from_the_record(api: Api, tenant: Tenant) -> None:
    made = await api.post("/api/v1/api-keys", {"name": "a", "permissions": ["screens:view"]}, tenant.admin)
    key = made.body["secret"]
    denied = await api.call("DELETE", "/api/v1/auth/sessions/%00%0a%1b[2J" + "x" * 5000, X_API_Key=key)
    assert denied.status == 403
    await api.use_cases.denials.write()
    ((path,),) = api.rows("SELECT details ->> 'path' FROM audit_log WHERE action = 'request.denied'")
    assert path.startswith("/api/v1/auth/sessions/[2Jx") and len(path) <= 400
