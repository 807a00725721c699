"""Whoever is signed in: who they are, their name, address, password and second factor."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pyotp
import pytest
from structlog.testing import capture_logs

from hub.operator import THE_HUB, Operator
from protocol.vocabulary import SYSTEM_TENANT_ID, Permission, RoleName
from tests.hub.api.conftest import Api, Reply
from tests.hub.tenants import PASSWORD, Tenant, make_system_tenant

ME = "/api/v1/users/me"
NEW = "four words of my own"
FACTOR = f"{ME}/second-factor"


async def sign_in(api: Api, operator: Operator, password: str = PASSWORD, code: str | None = None) -> Reply:
    body = {"email": operator.email, "password": password, "tenant_id": operator.tenant_id}
    return await api.post("/api/v1/auth/login", body if code is None else {**body, "one_time_code": code})


async def bearer(api: Api, operator: Operator, password: str = PASSWORD) -> str:
    """Of a session that began by a real sign-in."""
    reply = await sign_in(api, operator, password)
    assert reply.status == 200, reply.body
    return f"Bearer {reply.body['access_token']}"


async def switch_on(api: Api, operator: Operator) -> tuple[str, list[str]]:
    """A second factor in force, by the code of this moment; its secret, and the recovery codes."""
    offer = await api.post(FACTOR, {"password": PASSWORD}, operator)
    assert offer.status == 200, offer.body
    secret = offer.body["secret"]
    code = pyotp.TOTP(secret).at(datetime.now(UTC))
    done = await api.post(f"{FACTOR}/confirm", {"one_time_code": code}, operator)
    assert done.status == 200, done.body
    return secret, done.body["codes"]


def next_code(secret: str) -> str:
    """The one after that of this moment: it is good already, and that one may be used."""
    return pyotp.TOTP(secret).at(datetime.now(UTC) + timedelta(seconds=30))


def wrong_codes(secret: str, number: int) -> list[str]:
    """So many that are good neither now nor in the next minute."""
    now, totp = datetime.now(UTC), pyotp.TOTP(secret)
    good = {totp.at(now + timedelta(seconds=30 * steps)) for steps in range(-2, 4)}
    return [code for code in (f"{each:06}" for each in range(number + len(good))) if code not in good][
        :number
    ]


# ---- who one is ----


async def test_one_sees_who_one_is_and_what_one_may_do(api: Api, tenant: Tenant) -> None:
    operator = api.person(tenant, RoleName.DEVICE_ADMIN, email="ada@engine.example")
    me = (await api.get(ME, operator)).body
    assert (me["user_id"], me["tenant_id"], me["tenant_name"]) == (operator.user_id, tenant.id, "Hospital")
    assert (me["email"], me["full_name"], me["roles"]) == (
        "ada@engine.example",
        "Test Person",
        ["DEVICE_ADMIN"],
    )
    assert set(me["permissions"]) == {str(permission) for permission in operator.permissions}
    assert (me["sites"], me["second_factor"], me["weak_password"], me["acts_from"]) == (
        None,
        False,
        False,
        None,
    )
    assert me["session_id"] == operator.session_id


async def test_a_weak_password_is_told_to_its_person_until_they_choose_a_better_one(
    api: Api, tenant: Tenant
) -> None:
    operator = api.person(tenant, RoleName.VIEWER, email="horse@correct.example")  # PASSWORD is made of it
    session = await bearer(api, operator)
    assert (await api.get(ME, Authorization=session)).body["weak_password"] is True
    change = {"old_password": PASSWORD, "new_password": NEW}
    assert (await api.post(f"{ME}/password", change, Authorization=session)).status == 204
    assert (await api.get(ME, Authorization=session)).body["weak_password"] is False


async def test_neither_a_key_of_an_integration_nor_the_hub_is_a_person(api: Api, tenant: Tenant) -> None:
    body = {"name": "Weather", "permissions": [Permission.SCREENS_VIEW]}
    made = await api.post("/api/v1/api-keys", body, tenant.admin)
    key = f"Bearer {made.body['secret']}"
    hub = f"Bearer {api.tokens.issue(THE_HUB, datetime.now(UTC))}"
    asked: list[tuple[str, str, Any]] = [
        ("GET", ME, None),
        ("PATCH", ME, {"full_name": "X"}),
        ("POST", f"{ME}/password", {"old_password": "x", "new_password": NEW}),
        ("POST", FACTOR, {"password": "x"}),
        ("POST", f"{FACTOR}/confirm", {"one_time_code": "123456"}),
        ("DELETE", FACTOR, {"password": "x"}),
        ("POST", f"{ME}/recovery-codes", {"password": "x"}),
    ]
    for method, path, body in asked:
        for caller in (key, hub):
            reply = await api.call(method, path, body, Authorization=caller)
            assert reply.status == 403, (method, path)


async def test_nobody_is_anybody_without_a_token(api: Api) -> None:
    assert (await api.get(ME)).status == 401
    assert (await api.call("DELETE", FACTOR, {"password": "x"})).status == 401


# ---- name and address ----


async def test_a_name_is_changed_and_the_audit_log_has_both(api: Api, tenant: Tenant) -> None:
    reply = await api.patch(ME, {"full_name": " Ada Lovelace "}, tenant.admin)
    assert (reply.status, reply.body["full_name"]) == (200, "Ada Lovelace")
    ((_, _, target, details),) = api.audited("user.changed")
    assert target == tenant.admin.user_id
    assert details == {"before": {"full_name": "Test Admin"}, "after": {"full_name": "Ada Lovelace"}}
    assert (await api.patch(ME, {"full_name": "Ada Lovelace"}, tenant.admin)).status == 200
    assert len(api.audited("user.changed")) == 1, "nothing changed, nothing to say"


async def test_a_new_address_needs_the_password_and_ends_the_letters_to_the_old_one(
    api: Api, tenant: Tenant
) -> None:
    operator = api.person(tenant, RoleName.VIEWER)
    new = {"email": "Ada@Engine.example"}
    assert (await api.patch(ME, new, operator)).body["fields"].keys() == {"password"}
    wrong = await api.patch(ME, {**new, "password": "hush wrong"}, operator)
    assert (wrong.status, wrong.body["fields"].keys()) == (422, {"password"})
    link = (await api.post(f"/api/v1/users/{operator.user_id}/reset-link", None, tenant.admin)).body["url"]
    reply = await api.patch(ME, {**new, "password": PASSWORD}, operator)
    assert (reply.status, reply.body["email"]) == (200, "ada@engine.example")
    assert (await sign_in(api, operator)).status == 401
    assert (await sign_in(api, operator._replace(email="ada@engine.example"))).status == 200
    body = {"token": link.partition("#")[2], "password": NEW}
    assert (await api.post("/api/v1/auth/set-password", body)).status == 410


async def test_a_taken_address_is_a_conflict_and_another_tenants_is_not(
    api: Api, tenant: Tenant, neighbour: Tenant
) -> None:
    operator = api.person(tenant, RoleName.VIEWER)
    taken = await api.patch(ME, {"email": tenant.admin.email, "password": PASSWORD}, operator)
    assert taken.status == 409
    free = await api.patch(ME, {"email": neighbour.admin.email, "password": PASSWORD}, operator)
    assert free.status == 200


@pytest.mark.parametrize("email", ["", "nobody", "a@b@c", "two words@x.example", "a@b\nc"])
async def test_what_is_no_address_is_refused_by_name(api: Api, tenant: Tenant, email: str) -> None:
    reply = await api.patch(ME, {"email": email, "password": PASSWORD}, tenant.admin)
    assert (reply.status, reply.body["fields"].keys()) == (422, {"email"})


# ---- password ----


async def test_a_new_password_ends_the_other_sessions_and_not_this_one(api: Api, tenant: Tenant) -> None:
    other, this = await bearer(api, tenant.admin), await bearer(api, tenant.admin)
    change = {"old_password": PASSWORD, "new_password": NEW}
    with capture_logs() as lines:
        assert (await api.post(f"{ME}/password", change, Authorization=this)).status == 204
    assert (await api.get(ME, Authorization=this)).status == 200
    assert (await api.get(ME, Authorization=other)).status == 401
    assert (await api.get(ME, tenant.admin)).status == 401
    assert (await sign_in(api, tenant.admin)).status == 401
    assert (await sign_in(api, tenant.admin, NEW)).status == 200
    ((_, email, target, details),) = api.audited("user.password_changed")
    assert (email, target, details) == (tenant.admin.email, tenant.admin.user_id, {"sessions_ended": 2})
    assert api.rows("SELECT DISTINCT revoked_because FROM sessions WHERE revoked_at IS NOT NULL") == [
        ("password_changed",)
    ]
    everything = str(lines) + str(api.rows("SELECT a::text FROM audit_log a"))
    assert NEW not in everything and PASSWORD not in everything


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("wrong", NEW, "old_password"),
        (PASSWORD, PASSWORD, "new_password"),
        (PASSWORD, "short", "new_password"),
        (PASSWORD, "password1234", "new_password"),
        (PASSWORD, "admin@hospital.example", "new_password"),
        (PASSWORD, "x" * 1001, "new_password"),
        (PASSWORD, "four words\0of my own", "new_password"),
        ("a\0b", NEW, "old_password"),
    ],
)
async def test_a_password_that_cannot_be_is_refused_by_the_field_that_is_wrong(
    api: Api, tenant: Tenant, old: str, new: str, field: str
) -> None:
    reply = await api.post(f"{ME}/password", {"old_password": old, "new_password": new}, tenant.admin)
    assert (reply.status, list(reply.body["fields"])) == (422, [field])
    assert new not in str(reply.body)
    assert (await sign_in(api, tenant.admin)).status == 200, "as it was"


async def test_wrong_passwords_in_a_row_have_to_wait_whatever_they_are_asked_for(
    api: Api, tenant: Tenant
) -> None:
    asked: list[tuple[str, str, Any]] = [
        ("POST", f"{ME}/password", {"old_password": "wrong", "new_password": NEW}),
        ("POST", FACTOR, {"password": "wrong"}),
        ("DELETE", FACTOR, {"password": "wrong"}),
        ("POST", f"{ME}/recovery-codes", {"password": "wrong"}),
        ("PATCH", ME, {"email": "x@y.example", "password": "wrong"}),
    ]
    for method, path, body in asked:
        assert (await api.call(method, path, body, tenant.admin)).status == 422
    for method, path, body in asked:
        reply = await api.call(method, path, body, tenant.admin)
        assert (reply.status, reply.headers["Retry-After"]) == (429, "1"), path
    assert len(api.audited("user.password_refused")) == 5
    assert api.rows("SELECT DISTINCT outcome FROM audit_log WHERE action = 'user.password_refused'") == [
        ("denied",)
    ]


# ---- second factor ----


async def test_a_second_factor_is_asked_for_at_the_sign_in_from_its_first_code_on(
    api: Api, tenant: Tenant
) -> None:
    offer = await api.post(FACTOR, {"password": PASSWORD}, tenant.admin)
    assert offer.body["uri"].startswith("otpauth://totp/Clarion%20Hospital:")
    assert offer.body["secret"] in offer.body["uri"]
    assert (await sign_in(api, tenant.admin)).status == 200, "offered is not in force"
    assert (await api.get(ME, tenant.admin)).body["second_factor"] is False
    secret, codes = await switch_on(api, tenant.admin)
    assert secret != offer.body["secret"], "the later offer counts"
    assert len(codes) == 10
    assert (await api.get(ME, tenant.admin)).body["second_factor"] is True
    reply = await sign_in(api, tenant.admin)
    assert (reply.status, reply.body["fields"].keys()) == (401, {"one_time_code"})
    code = next_code(secret)
    assert (await sign_in(api, tenant.admin, code=code)).status == 200
    assert (await sign_in(api, tenant.admin, code=code)).status == 401, "replayed"
    assert (await sign_in(api, tenant.admin, code=codes[0])).status == 200
    assert (await sign_in(api, tenant.admin, code=codes[0])).status == 401, "replayed"


async def test_who_does_not_know_the_password_does_not_learn_of_the_second_factor_nor_uses_up_a_code(
    api: Api, tenant: Tenant
) -> None:
    _, codes = await switch_on(api, tenant.admin)
    with_code = await sign_in(api, tenant.admin, "wrong", codes[0])
    without = await sign_in(api, tenant.admin, "wrong")
    assert with_code.body["detail"] == without.body["detail"]
    assert not with_code.body.get("fields") and not without.body.get("fields")
    assert (await sign_in(api, tenant.admin, code=codes[0])).status == 200


async def test_guessed_codes_at_the_sign_in_have_to_wait_like_guessed_passwords(
    api: Api, tenant: Tenant
) -> None:
    secret, codes = await switch_on(api, tenant.admin)
    for code in wrong_codes(secret, 5):
        assert (await sign_in(api, tenant.admin, code=code)).status == 401
    reply = await sign_in(api, tenant.admin, code=codes[0])
    assert (reply.status, reply.headers["Retry-After"]) == (429, "1"), "right or not"
    assert len(api.audited("user.sign_in_refused")) == 5


async def test_guessed_codes_confirm_nothing_and_have_to_wait(api: Api, tenant: Tenant) -> None:
    nothing = await api.post(f"{FACTOR}/confirm", {"one_time_code": "123456"}, tenant.admin)
    assert nothing.status == 409
    secret = (await api.post(FACTOR, {"password": PASSWORD}, tenant.admin)).body["secret"]
    for code in wrong_codes(secret, 5):
        reply = await api.post(f"{FACTOR}/confirm", {"one_time_code": code}, tenant.admin)
        assert (reply.status, reply.body["fields"].keys()) == (422, {"one_time_code"})
    late = await api.post(f"{FACTOR}/confirm", {"one_time_code": next_code(secret)}, tenant.admin)
    assert late.status == 429
    assert len(api.audited("user.second_factor_refused")) == 5
    assert (await api.get(ME, tenant.admin)).body["second_factor"] is False


async def test_a_second_factor_goes_off_and_on_again_with_the_password_alone(
    api: Api, tenant: Tenant
) -> None:
    _, before = await switch_on(api, tenant.admin)
    again = await api.post(FACTOR, {"password": PASSWORD}, tenant.admin)
    assert again.status == 409
    assert (await api.call("DELETE", FACTOR, {"password": "wrong"}, tenant.admin)).status == 422
    assert (await api.call("DELETE", FACTOR, {"password": PASSWORD}, tenant.admin)).status == 204
    assert (await sign_in(api, tenant.admin)).status == 200
    _, after = await switch_on(api, tenant.admin)
    assert (await sign_in(api, tenant.admin, code=before[0])).status == 401
    assert (await sign_in(api, tenant.admin, code=after[0])).status == 200


async def test_new_recovery_codes_end_the_older_ones(api: Api, tenant: Tenant) -> None:
    none = await api.post(f"{ME}/recovery-codes", {"password": PASSWORD}, tenant.admin)
    assert none.status == 409
    _, before = await switch_on(api, tenant.admin)
    renewed = await api.post(f"{ME}/recovery-codes", {"password": PASSWORD}, tenant.admin)
    assert (renewed.status, len(renewed.body["codes"])) == (200, 10)
    assert (await sign_in(api, tenant.admin, code=before[0])).status == 401
    assert (await sign_in(api, tenant.admin, code=renewed.body["codes"][0])).status == 200


async def test_no_secret_of_a_second_factor_is_in_the_audit_log_the_database_or_the_log(
    api: Api, tenant: Tenant
) -> None:
    with capture_logs() as lines:
        secret, codes = await switch_on(api, tenant.admin)
        code = next_code(secret)
        await sign_in(api, tenant.admin, code=code)
        await sign_in(api, tenant.admin, code=codes[0])
    kept = str(lines)
    for table in ("audit_log", "users", "recovery_codes", "sessions"):
        kept += str(api.rows(f"SELECT to_jsonb(t)::text FROM {table} t"))
    for hidden in (secret, secret.encode().hex(), *codes, *(each.replace("-", "") for each in codes)):
        assert hidden not in kept
    actions = [action for (action,) in api.rows("SELECT action FROM audit_log ORDER BY id")]
    assert actions == [
        "user.second_factor_offered",
        "user.second_factor_added",
        "user.signed_in",
        "user.recovery_code_used",
        "user.signed_in",
    ]


async def test_root_who_acts_in_another_tenant_is_still_a_person_of_their_own(
    api: Api, tenant: Tenant
) -> None:
    root = api.person(make_system_tenant(api.database_url), RoleName.ROOT, email="root@cms.local")
    now = datetime.now(UTC)
    session_id = str(api.rows("SELECT gen_random_uuid()")[0][0])
    api.rows(
        "INSERT INTO sessions (id, tenant_id, user_id, acts_in, created_at, last_used_at, expires_at)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s)",
        *(session_id, SYSTEM_TENANT_ID, root.user_id, tenant.id, now, now, now + timedelta(hours=1)),
    )
    acting = root._replace(tenant_id=tenant.id, session_id=session_id, home_tenant_id=SYSTEM_TENANT_ID)
    me = (await api.get(ME, acting)).body
    assert (me["tenant_id"], me["acts_from"], me["email"]) == (tenant.id, SYSTEM_TENANT_ID, "root@cms.local")
    assert (await api.patch(ME, {"full_name": "The Root"}, acting)).status == 200
    ((where, _, _, _),) = api.audited("user.changed")
    assert where == SYSTEM_TENANT_ID
    change = {"old_password": PASSWORD, "new_password": NEW}
    assert (await api.post(f"{ME}/password", change, acting)).status == 204
    assert (await sign_in(api, root, NEW)).status == 200
    assert (await api.get(ME, root)).status == 401, "the session at home ended"


async def test_a_deleted_person_is_nobody(api: Api, tenant: Tenant) -> None:
    operator = api.person(tenant, RoleName.VIEWER)
    assert (await api.get(ME, operator)).status == 200
    api.rows("DELETE FROM users WHERE id = %s", operator.user_id)
    assert (await api.get(ME, operator)).status == 401
