"""Administrators find, invite, change and let go the people of their tenant."""

from __future__ import annotations

from typing import Any

import pytest

from hub.operator import Operator
from hub.use_cases.first_run import first_run
from hub.use_cases.import_people import import_people
from protocol.vocabulary import SYSTEM_TENANT_ID, Permission
from tests.hub.api.conftest import Api
from tests.hub.tenants import PASSWORD, Tenant

GOOD_PASSWORD = "four horses in a boat"
NOBODY = "00000000-0000-4000-8000-000000000000"


async def signed_in(api: Api, person: Operator) -> str:
    """The header of a new session of theirs."""
    body = {"tenant_id": person.tenant_id, "email": person.email, "password": PASSWORD}
    reply = await api.post("/api/v1/auth/login", body)
    assert reply.status == 200, reply.body
    return f"Bearer {reply.body['access_token']}"


async def test_ones_own_address_is_changed_in_ones_account_where_the_password_is_asked_for(
    api: Api, tenant: Tenant
) -> None:
    path = f"/api/v1/users/{tenant.admin.user_id}"
    refused = await api.patch(path, {"email": "thief@elsewhere.example"}, tenant.admin)
    assert refused.status == 422
    assert refused.body["fields"] == {"email": "change your own address in your account, with your password"}
    assert (await api.patch(path, {"email": tenant.admin.email}, tenant.admin)).status == 200


async def test_a_person_is_made_found_and_read(api: Api, tenant: Tenant) -> None:
    site = (await api.post("/api/v1/sites", {"name": "Main"}, tenant.admin)).body["id"]
    body = {
        "email": "Ward7@Hospital.example",
        "full_name": " Ward Seven ",
        "roles": ["VIEWER", "EMERGENCY_OPERATOR"],
        "sites": [site.upper()],
        "password": GOOD_PASSWORD,
    }
    reply = await api.post("/api/v1/users", body, tenant.admin)
    assert reply.status == 201, reply.body
    user = reply.body["user"]
    assert reply.body["link"] is None
    assert (user["email"], user["full_name"]) == ("ward7@hospital.example", "Ward Seven")
    assert (user["roles"], user["sites"]) == (["EMERGENCY_OPERATOR", "VIEWER"], [site])
    assert (user["is_active"], user["invited"], user["second_factor"]) == (True, False, False)
    assert (user["groups"], user["last_login_at"]) == ([], None)
    assert (await api.get(f"/api/v1/users/{user['id']}", tenant.admin)).body == user

    everybody = (await api.get("/api/v1/users", tenant.admin)).body["items"]
    assert [each["email"] for each in everybody] == [tenant.admin.email, "ward7@hospital.example"]
    for text in ("WARD7", "seven"):
        found = (await api.get(f"/api/v1/users?q={text}", tenant.admin)).body["items"]
        assert [each["id"] for each in found] == [user["id"]]
    assert (await api.get("/api/v1/users?q=_", tenant.admin)).body["items"] == []

    ((tenant_id, by, target, details),) = api.audited("user.created")
    assert (tenant_id, by, target) == (tenant.id, tenant.admin.email, user["id"])
    assert details == {
        "email": "ward7@hospital.example",
        "full_name": "Ward Seven",
        "roles": ["EMERGENCY_OPERATOR", "VIEWER"],
        "sites": [site],
        "invited": False,
    }


async def test_a_password_given_by_the_administrator_signs_the_person_in(api: Api, tenant: Tenant) -> None:
    body = {"email": "new@hospital.example", "roles": ["VIEWER"], "password": GOOD_PASSWORD}
    assert (await api.post("/api/v1/users", body, tenant.admin)).status == 201
    login = {"tenant_id": tenant.id, "email": "new@hospital.example", "password": GOOD_PASSWORD}
    assert (await api.post("/api/v1/auth/login", login)).status == 200
    assert GOOD_PASSWORD not in str(api.rows("SELECT details FROM audit_log"))
    assert "$argon2" not in str(api.rows("SELECT details FROM audit_log"))


async def test_without_a_password_a_person_is_invited_and_chooses_one(api: Api, tenant: Tenant) -> None:
    body = {"email": "new@hospital.example", "roles": ["VIEWER"]}
    made = (await api.post("/api/v1/users", body, tenant.admin)).body
    assert (made["user"]["invited"], made["link"]["mailed_to"]) == (True, None)
    token = made["link"]["url"].partition("#")[2]
    login = {"tenant_id": tenant.id, "email": "new@hospital.example", "password": ""}
    for nothing in (" ", "!", token):
        assert (await api.post("/api/v1/auth/login", {**login, "password": nothing})).status == 401
    chosen = {"token": token, "password": GOOD_PASSWORD}
    assert (await api.post("/api/v1/auth/set-password", chosen)).status in (200, 204)
    path = f"/api/v1/users/{made['user']['id']}"
    assert (await api.get(path, tenant.admin)).body["invited"] is False
    assert (await api.post("/api/v1/auth/login", {**login, "password": GOOD_PASSWORD})).status == 200
    assert token not in str(api.rows("SELECT details FROM audit_log"))
    assert api.audited("user.created")[0][3]["invited"] is True


async def test_an_invitation_to_a_mistyped_address_opens_nothing_once_it_is_mended(
    api: Api, tenant: Tenant
) -> None:
    made = (await api.post("/api/v1/users", {"email": "anna@hospital.exmaple"}, tenant.admin)).body
    path = f"/api/v1/users/{made['user']['id']}"
    token = made["link"]["url"].partition("#")[2]
    assert (await api.patch(path, {"full_name": "Anna"}, tenant.admin)).status == 200
    assert (await api.patch(path, {"email": "anna@hospital.example"}, tenant.admin)).status == 200
    chosen = {"token": token, "password": GOOD_PASSWORD}
    assert (await api.post("/api/v1/auth/set-password", chosen)).status == 410
    again = (await api.post(f"{path}/reset-link", None, tenant.admin)).body
    chosen["token"] = again["url"].partition("#")[2]
    assert (await api.post("/api/v1/auth/set-password", chosen)).status in (200, 204)


async def test_the_list_goes_on_from_cursor_to_cursor(api: Api, tenant: Tenant) -> None:
    for number in range(5):
        api.person(tenant, email=f"p{number}@hospital.example")
    seen: list[str] = []
    path = "/api/v1/users?limit=2"
    for _ in range(3):
        page = (await api.get(path, tenant.admin)).body
        seen += [user["email"] for user in page["items"]]
        path = f"/api/v1/users?limit=2&cursor={page['next_cursor']}"
    assert seen == [tenant.admin.email, *(f"p{number}@hospital.example" for number in range(5))]
    assert page["next_cursor"] is None


async def test_an_address_is_known_once_in_a_tenant_whatever_its_case(
    api: Api, tenant: Tenant, neighbour: Tenant
) -> None:
    body = {"email": tenant.admin.email.upper(), "roles": []}
    reply = await api.post("/api/v1/users", body, tenant.admin)
    assert reply.status == 409
    assert tenant.admin.email in reply.body["detail"]
    assert (await api.post("/api/v1/users", body, neighbour.admin)).status == 201

    other = api.person(tenant, email="other@hospital.example")
    patch = {"full_name": "X", "email": tenant.admin.email}
    assert (await api.patch(f"/api/v1/users/{other.user_id}", patch, tenant.admin)).status == 409
    user = (await api.get(f"/api/v1/users/{other.user_id}", tenant.admin)).body
    assert (user["full_name"], user["email"]) == ("Test Person", "other@hospital.example"), (
        "all of it or nothing"
    )


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"email": "no address"}, "email"),
        ({"email": "a@b\u0000"}, "email"),
        ({"roles": ["JANITOR"]}, "roles"),
        ({"roles": ["ROOT"]}, "roles"),
        ({"sites": [NOBODY]}, "sites"),
        ({"sites": ["here"]}, "sites[0]"),
        ({"password": "short"}, "password"),
        ({"full_name": "x" * 201}, "full_name"),
    ],
)
async def test_what_cannot_be_meant_is_refused_by_field(
    api: Api, tenant: Tenant, wrong: dict[str, Any], field: str
) -> None:
    body = {"email": "a@hospital.example", "roles": ["VIEWER"], **wrong}
    reply = await api.post("/api/v1/users", body, tenant.admin)
    assert (reply.status, list(reply.body["fields"])) == (422, [field])
    assert api.rows("SELECT count(*) FROM users") == [(1,)]


async def test_a_patch_changes_what_it_says_and_the_audit_has_both_sides(api: Api, tenant: Tenant) -> None:
    site = (await api.post("/api/v1/sites", {"name": "Main"}, tenant.admin)).body["id"]
    person = api.person(tenant, "VIEWER", email="a@hospital.example")
    path = f"/api/v1/users/{person.user_id}"
    patch = {"email": "B@hospital.example", "sites": [site]}
    user = (await api.patch(path, patch, tenant.admin)).body
    assert (user["email"], user["sites"], user["roles"]) == ("b@hospital.example", [site], ["VIEWER"])
    ((*_, target, details),) = api.audited("user.changed")
    assert target == person.user_id
    assert details["before"] == {"email": "a@hospital.example", "sites": None}
    assert details["after"] == {"email": "b@hospital.example", "sites": [site]}

    assert (await api.patch(path, {"sites": None}, tenant.admin)).body["sites"] is None
    assert (await api.patch(path, {"sites": []}, tenant.admin)).body["sites"] == [], "none is not all"
    assert (await api.patch(path, {}, tenant.admin)).status == 200
    assert len(api.audited("user.changed")) == 3, "no change, no entry"


async def test_roles_are_put_all_at_once(api: Api, tenant: Tenant) -> None:
    role = {"name": "Night shift", "permissions": [Permission.SCREENS_VIEW]}
    assert (await api.post("/api/v1/roles", role, tenant.admin)).status == 201
    person = api.person(tenant, "VIEWER", email="a@hospital.example")
    path = f"/api/v1/users/{person.user_id}/roles"
    reply = await api.call("PUT", path, {"roles": ["Night shift", "DEVICE_ADMIN"]}, tenant.admin)
    assert (reply.status, reply.body["roles"]) == (200, ["DEVICE_ADMIN", "Night shift"])
    ((*_, details),) = api.audited("user.roles_changed")
    assert (details["before"], details["after"]) == (
        {"roles": ["VIEWER"]},
        {"roles": ["DEVICE_ADMIN", "Night shift"]},
    )
    assert (await api.call("PUT", path, {"roles": []}, tenant.admin)).body["roles"] == []
    reply = await api.call("PUT", path, {"roles": ["Day shift"]}, tenant.admin)
    assert (reply.status, list(reply.body["fields"])) == (422, ["roles"])


async def test_somebody_switched_off_is_signed_out_and_comes_back_when_switched_on(
    api: Api, tenant: Tenant
) -> None:
    person = api.person(tenant, "VIEWER", email="a@hospital.example")
    await signed_in(api, person)
    sessions = f"/api/v1/users/{person.user_id}/sessions"
    assert len((await api.get(sessions, tenant.admin)).body["items"]) == 2

    path = f"/api/v1/users/{person.user_id}"
    reply = await api.post(f"{path}/deactivate", None, tenant.admin)
    assert (reply.status, reply.body["is_active"]) == (200, False)
    assert (await api.get(sessions, tenant.admin)).body["items"] == []
    assert api.rows("SELECT revoked_because FROM sessions WHERE user_id = %s", person.user_id) == [
        ("deactivated",),
        ("deactivated",),
    ]
    reply = await api.post(f"{path}/activate", None, tenant.admin)
    assert (reply.status, reply.body["is_active"]) == (200, True)
    assert [len(api.audited(f"user.{what}")) for what in ("deactivated", "activated", "changed")] == [1, 1, 0]


async def test_what_is_taken_away_is_taken_at_once(api: Api, tenant: Tenant) -> None:
    person = api.person(tenant, "VIEWER", email="a@hospital.example")
    path = f"/api/v1/users/{person.user_id}"
    bearer = await signed_in(api, person)

    async def status() -> int:
        return (await api.get("/api/v1/devices", Authorization=bearer)).status

    assert await status() == 200
    await api.call("PUT", f"{path}/roles", {"roles": []}, tenant.admin)
    assert await status() == 403
    await api.call("PUT", f"{path}/roles", {"roles": ["VIEWER"]}, tenant.admin)
    assert await status() == 200
    await api.post(f"{path}/deactivate", None, tenant.admin)
    assert await status() == 401
    await api.post(f"{path}/activate", None, tenant.admin)
    assert await status() == 401, "an ended session stays ended"
    bearer = await signed_in(api, person)
    assert await status() == 200
    assert (await api.call("DELETE", f"{path}/sessions", None, tenant.admin)).status == 204
    assert await status() == 401
    assert api.audited("user.signed_out")[0][3] == {"email": "a@hospital.example", "sessions": 1}
    bearer = await signed_in(api, person)
    assert await status() == 200
    assert (await api.call("DELETE", path, None, tenant.admin)).status == 204
    assert await status() == 401


async def test_whoever_is_deleted_is_gone_and_what_they_did_keeps_their_name(
    api: Api, tenant: Tenant
) -> None:
    person = api.person(tenant, "DEVICE_ADMIN", email="a@hospital.example")
    assert (await api.post("/api/v1/sites", {"name": "Main"}, person)).status == 201
    (device_id,) = await api.provision(tenant, "hw-1")
    command = (await api.post(f"/api/v1/devices/{device_id}/command", {"command": "ping"}, person)).body
    path = f"/api/v1/users/{person.user_id}"
    reply = await api.call("DELETE", path, None, tenant.admin)
    assert (reply.status, reply.body) == (204, b"")
    for method in ("GET", "DELETE"):
        assert (await api.call(method, path, None, tenant.admin)).status == 404
    assert api.audited("site.created")[0][1] == "a@hospital.example"
    kept = (await api.get("/api/v1/commands", tenant.admin)).body["items"][0]
    assert kept["id"] == command["command_id"]
    assert "a@hospital.example" in str(kept)
    ((*_, details),) = api.audited("user.deleted")
    assert details == {"email": "a@hospital.example", "full_name": "Test Person", "roles": ["DEVICE_ADMIN"]}
    body = {"email": "a@hospital.example", "roles": []}
    assert (await api.post("/api/v1/users", body, tenant.admin)).status == 201, "the address is free again"


async def test_people_of_another_tenant_are_not_there(api: Api, tenant: Tenant, neighbour: Tenant) -> None:
    theirs = f"/api/v1/users/{neighbour.admin.user_id}"
    asked: list[tuple[str, str, Any]] = [
        ("GET", theirs, None),
        ("PATCH", theirs, {"full_name": "Mine"}),
        ("DELETE", theirs, None),
        ("PUT", f"{theirs}/roles", {"roles": []}),
        ("POST", f"{theirs}/activate", None),
        ("POST", f"{theirs}/deactivate", None),
        ("GET", f"{theirs}/sessions", None),
        ("DELETE", f"{theirs}/sessions", None),
    ]
    for method, path, body in asked:
        there = await api.call(method, path, body, tenant.admin)
        nowhere = await api.call(method, path.replace(neighbour.admin.user_id, NOBODY), body, tenant.admin)
        assert there.status == nowhere.status == 404, (method, path)
        assert there.body["detail"] == nowhere.body["detail"]
    site = (await api.post("/api/v1/sites", {"name": "Theirs"}, neighbour.admin)).body["id"]
    mine = f"/api/v1/users/{tenant.admin.user_id}"
    reply = await api.patch(mine, {"sites": [site]}, tenant.admin)
    assert (reply.status, list(reply.body["fields"])) == (422, ["sites"])
    everybody = (await api.get("/api/v1/users", tenant.admin)).body["items"]
    assert [user["email"] for user in everybody] == [tenant.admin.email]
    assert (await api.get("/api/v1/users", neighbour.admin)).body["items"][0]["full_name"] == "Test Admin"


async def test_the_documents_root_user_is_imported_while_the_hub_runs_and_signs_in(api: Api) -> None:
    first_run(api.database_url)
    bcrypt = "$2b$12$QFpyo4Aos2xYI5Tsfqsz..mEFyKAz8laRjKlGs6/Wc9QblDcVUsU6"
    text = f"tenant,email,password_hash,roles\nSYSTEM,root@cms.local,{bcrypt},ROOT\n"
    import_people(api.database_url, text, replace=True)
    login = {"tenant_id": SYSTEM_TENANT_ID, "email": "root@cms.local", "password": "root"}
    reply = await api.post("/api/v1/auth/login", login)
    assert (reply.status, reply.body["roles"]) == (200, ["ROOT"])
    bearer = f"Bearer {reply.body['access_token']}"
    everybody = (await api.get("/api/v1/users", Authorization=bearer)).body["items"]
    assert [(user["email"], user["invited"]) for user in everybody] == [("root@cms.local", False)]
    ((stored,),) = api.rows("SELECT password_hash FROM users WHERE email = 'root@cms.local'")
    assert stored.startswith("$argon2id$"), "upgraded at sign-in"
