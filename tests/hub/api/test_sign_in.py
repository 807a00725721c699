"""Signing in, and what a token is good for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
import trio
from structlog.testing import capture_logs

from hub.jwt_keys import GivenKeys
from hub.operator import Origin
from hub.passwords import Passwords
from hub.use_cases.errors import NotSignedIn, TooMany
from hub.use_cases.second_factor import SecondFactor
from hub.use_cases.sign_in import SignIn
from protocol.access import UserLogin
from protocol.vocabulary import RoleName
from tests.hub.api.conftest import Api, Reply, running_api
from tests.hub.tenants import CHEAP, PASSWORD, Tenant, make_tenant

# Of "root", as older installations stored it.
BCRYPT = "$2b$12$QFpyo4Aos2xYI5Tsfqsz..mEFyKAz8laRjKlGs6/Wc9QblDcVUsU6"


async def sign_in(api: Api, tenant: Tenant, **instead: str) -> Reply:
    body = {"tenant_id": tenant.id, "email": tenant.admin.email, "password": PASSWORD, **instead}
    return await api.post("/api/v1/auth/login", body)


async def test_a_person_signs_in_and_the_token_opens_the_api(api: Api, tenant: Tenant) -> None:
    reply = await sign_in(api, tenant, email=f" {tenant.admin.email.upper()} ")
    assert reply.status == 200
    assert (reply.body["token_type"], reply.body["expires_in"]) == ("Bearer", 3600)
    assert (reply.body["tenant_name"], reply.body["roles"]) == ("Hospital", ["TENANT_ADMIN"])
    assert reply.headers["Cache-Control"] == "no-store"
    bearer = f"Bearer {reply.body['access_token']}"
    assert (await api.get("/api/v1/devices", Authorization=bearer)).status == 200
    assert api.audited("user.signed_in")[0][1] == tenant.admin.email
    assert api.rows("SELECT last_login_at IS NOT NULL FROM users") == [(True,)]


async def test_an_old_bcrypt_hash_verifies_once_and_is_argon2id_afterwards(api: Api, tenant: Tenant) -> None:
    api.rows("UPDATE users SET password_hash = %s", BCRYPT)
    assert (await sign_in(api, tenant, password="root")).status == 200
    ((upgraded,),) = api.rows("SELECT password_hash FROM users")
    assert upgraded.startswith(f"$argon2id$v=19$m={CHEAP.memory_kib},")
    assert (await sign_in(api, tenant, password="root")).status == 200
    assert api.rows("SELECT password_hash FROM users") == [(upgraded,)]


async def test_every_way_to_be_wrong_has_the_same_answer_at_the_same_moment(api: Api, tenant: Tenant) -> None:
    old = make_tenant(api.database_url, "Old")
    api.rows("UPDATE users SET password_hash = %s WHERE tenant_id = %s", BCRYPT, old.id)
    switched_off = make_tenant(api.database_url, "Off")
    api.rows("UPDATE users SET is_active = false WHERE tenant_id = %s", switched_off.id)
    suspended = make_tenant(api.database_url, "Suspended")
    api.rows("UPDATE tenants SET status = 'SUSPENDED' WHERE id = %s", suspended.id)
    attempts: list[tuple[Tenant, dict[str, str]]] = [
        (tenant, {"password": "wrong"}),
        (tenant, {"email": "nobody@example"}),
        (tenant, {"tenant_id": "00000000-0000-4000-8000-000000000000"}),
        (tenant, {"password": "x" * 1000}),
        (tenant, {"password": "a\0b"}),
        (old, {"password": "wrong"}),
        (old, {"password": "x" * 100}),
        (switched_off, {}),
        (suspended, {}),
    ]
    answers: list[tuple[int, str, str]] = []
    took: list[float] = []
    for who, instead in attempts:
        began = trio.current_time()
        reply = await sign_in(api, who, **instead)
        took.append(trio.current_time() - began)
        answers.append((reply.status, reply.body["detail"], reply.headers["WWW-Authenticate"]))
    assert len(set(answers)) == 1
    assert answers[0][0] == 401
    # All wait for the same moment, 0.6 s after the request; nothing can be read from an earlier one.
    assert min(took) >= 0.6
    assert api.audited("user.signed_in") == []
    # Those who exist, each in the log of their tenant; of the others nothing is kept.
    refused = [
        (tenant_id, email, target) for tenant_id, email, target, _ in api.audited("user.sign_in_refused")
    ]
    of = {
        who.id: (who.id, who.admin.email, who.admin.user_id) for who in (tenant, old, switched_off, suspended)
    }
    assert refused == [of[who.id] for who, instead in attempts if not instead.keys() & {"email", "tenant_id"}]


async def test_a_refusal_is_logged_without_the_password(api: Api, tenant: Tenant) -> None:
    with capture_logs() as lines:
        await sign_in(api, tenant, email=" Nobody@example", password="hush hush")
    assert lines == [
        {
            "event": "sign-in refused",
            "log_level": "warning",
            "tenant_id": tenant.id,
            "email": "nobody@example",
            "address": None,
        }
    ]


async def test_after_five_refusals_in_a_row_even_the_right_password_has_to_wait(
    api: Api, tenant: Tenant
) -> None:
    for _ in range(5):
        assert (await sign_in(api, tenant, password="wrong")).status == 401
    reply = await sign_in(api, tenant)
    assert (reply.status, reply.headers["Retry-After"]) == (429, "1")
    assert "refused" in reply.body["detail"]
    with trio.fail_after(10):
        while (await sign_in(api, tenant)).status == 429:
            await trio.sleep(0.1)
    assert api.audited("user.signed_in")
    assert (await sign_in(api, tenant, password="wrong")).status == 401, "the row begins anew"


async def test_a_flood_of_wrong_passwords_from_one_address_is_nobody_elses_trouble(
    api: Api, tenant: Tenant
) -> None:
    sessions, factor = api.use_cases.sessions, SecondFactor("f" * 32)
    sign = SignIn(api.database, Passwords(CHEAP), sessions, factor, lambda: datetime.now(UTC), refusal_s=0.01)
    right = UserLogin(tenant.admin.email, PASSWORD, tenant.id)
    answers: list[type[Exception]] = []

    async def guess(login: UserLogin) -> None:
        with pytest.raises((NotSignedIn, TooMany)) as refused:
            await sign(login, Origin("192.0.2.66"))
        answers.append(refused.type)

    for number in range(20):
        await guess(UserLogin("nobody@example" if number % 2 else tenant.admin.email, f"{number}", tenant.id))
    assert answers.count(NotSignedIn) in (5, 6) and answers[-1] is TooMany
    await guess(right)
    assert answers[-1] is TooMany
    assert (await sign(right, Origin("198.51.100.7"))).email == tenant.admin.email


@pytest.mark.alone
async def test_a_flood_of_sign_ins_leaves_the_rest_of_the_hub_responsive(
    database_url: str, tmp_path: Path
) -> None:
    slowest = 0.0
    statuses: list[int] = []

    async def attempt() -> None:
        statuses.append((await sign_in(api, tenant, email="nobody@example")).status)

    async with (
        running_api(database_url, tmp_path, passwords=Passwords()) as api,
        trio.open_nursery() as nursery,
    ):
        tenant = api.tenant("Hospital")
        for _ in range(80):
            nursery.start_soon(attempt)
        for _ in range(10):
            began = trio.current_time()
            assert (await api.get("/api/v1/sites", tenant.admin)).status == 200
            slowest = max(slowest, trio.current_time() - began)
        nursery.cancel_scope.deadline = trio.current_time() + 30
    assert set(statuses) <= {401, 429}
    assert 429 in statuses
    assert slowest < 2


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer x", "Basic eDp5", "Bearer eyJhbGciOiJub25lIn0.e30."],
)
async def test_without_a_good_token_the_answer_says_how_to_sign_in(api: Api, header: str) -> None:
    reply = await api.get("/api/v1/devices", Authorization=header)
    assert reply.status == 401
    assert reply.headers["WWW-Authenticate"].startswith("Bearer")


KID = GivenKeys("t" * 32).newest.kid


def forge(
    tenant: Tenant, secret: str = "t" * 32, algorithm: str = "HS256", kid: str | None = KID, **instead: Any
) -> str:
    now = datetime.now(UTC)
    claims = {
        "iss": "clarion",
        "aud": "clarion-api",
        "iat": now,
        "exp": now + timedelta(hours=1),
        "sub": tenant.admin.user_id,
        "tid": tenant.id,
        "sid": tenant.admin.session_id,
        **instead,
    }
    known = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(known, secret, algorithm, headers={} if kid is None else {"kid": kid})


async def test_a_token_is_good_only_if_we_signed_it_for_this_and_it_has_not_expired(
    api: Api, tenant: Tenant
) -> None:
    past = datetime.now(UTC) - timedelta(hours=2)
    bad = [
        forge(tenant, secret="other" * 8),
        forge(tenant, algorithm="HS512", secret="t" * 64),
        forge(tenant, iss="somebody"),
        forge(tenant, aud="something"),
        forge(tenant, exp=past),
        forge(tenant, sub=None),
        forge(tenant, tid=None),
        forge(tenant, exp=None),
        forge(tenant, sid=None),
        forge(tenant, sid=7),
        forge(tenant, sid="0b0c0e2c-0000-4000-8000-000000000001"),
        forge(tenant, sid=tenant.admin.user_id),
        forge(tenant, kid="another"),
        forge(tenant, kid=None),
        jwt.encode({"sub": "x"}, "", algorithm="none"),
    ]
    for token in bad:
        assert (await api.get("/api/v1/sites", Authorization=f"Bearer {token}")).status == 401
    for good in (
        forge(tenant),
        # Signed by us, before our clock was set back.
        forge(tenant, iat=datetime.now(UTC) + timedelta(hours=1)),
    ):
        assert (await api.get("/api/v1/sites", Authorization=f"bearer {good}")).status == 200


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        GivenKeys("short")


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        (RoleName.ROOT, {"view", "enrol", "edit", "command", "emergency"}),
        (RoleName.TENANT_ADMIN, {"view", "enrol", "edit", "command", "emergency"}),
        (RoleName.DEVICE_ADMIN, {"view", "enrol", "edit", "command"}),
        (RoleName.CONTENT_ADMIN, {"view", "command"}),
        (RoleName.CONTENT_CREATOR, {"view"}),
        (RoleName.VIEWER, {"view"}),
        ("CLEANER", set()),
    ],
)
async def test_each_role_may_do_what_the_table_says_and_no_more(
    api: Api, tenant: Tenant, role: str, allowed: set[str]
) -> None:
    (device_id,) = await api.provision(tenant, "hw-1")
    device = f"/api/v1/devices/{device_id}"
    operator = api.person(tenant, role)
    asked: dict[str, list[tuple[str, str, Any]]] = {
        "view": [
            ("GET", "/api/v1/devices", None),
            ("GET", device, None),
            ("GET", f"{device}/commands", None),
            ("GET", f"{device}/timeline", None),
            ("GET", "/api/v1/sites", None),
            ("GET", "/api/v1/groups", None),
            ("GET", "/api/v1/emergencies", None),
        ],
        "edit": [
            ("PATCH", device, {"name": "N"}),
            ("POST", "/api/v1/sites", {"name": "S"}),
            ("POST", "/api/v1/groups", {"name": "G"}),
        ],
        "command": [("POST", f"{device}/command", {"command": "ping"})],
        "emergency": [
            ("POST", "/api/v1/emergencies/preview", {"scope": {}}),
            ("POST", "/api/v1/emergencies", {"title": "T", "message": "", "severity": "minor"}),
        ],
        "enrol": [
            ("POST", "/api/v1/devices/provision", {"devices": [{"hardware_id": "hw-2"}]}),
            ("POST", f"{device}/approve", None),
            ("POST", f"{device}/rotate-token", None),
            ("POST", f"{device}/revoke", None),
        ],
    }
    for permission, requests in asked.items():
        for method, path, body in requests:
            status = (await api.call(method, path, body, operator)).status
            if permission in allowed:
                assert status in (200, 201, 202), (path, status)
            else:
                assert status == 403, (path, status)
