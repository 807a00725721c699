"""Sessions of people: gone on with by refresh tokens that are good once, listed, ended, and over at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

import pyotp
import pytest
import trio

from hub.operator import Operator
from hub.use_cases.second_factor import SecondFactor
from persistence.embedded import EmbeddedPostgres
from persistence.migrate import migrate
from protocol.vocabulary import Permission, RoleName
from tests.hub.api.conftest import Api, Reply, running_api
from tests.hub.tenants import PASSWORD, Tenant
from tests.patience import PATIENCE_S

OPEN = "/api/v1/sites"


class Person(NamedTuple):
    """Whose second factor it is."""

    id: str


async def sign_in(api: Api, tenant: Tenant, **more: str) -> Reply:
    body = {"email": tenant.admin.email, "password": PASSWORD, "tenant_id": tenant.id, **more}
    reply = await api.post("/api/v1/auth/login", body)
    assert reply.status == 200, reply.body
    return reply


async def refresh(api: Api, token: str) -> Reply:
    return await api.post("/api/v1/auth/refresh", {"refresh_token": token})


async def opens(api: Api, pair: Reply) -> bool:
    reply = await api.get(OPEN, Authorization=f"Bearer {pair.body['access_token']}")
    assert reply.status in (200, 401)
    return reply.status == 200


async def form(api: Api, **fields: str) -> Reply:
    return await api.post(
        "/api/v1/auth/token",
        urlencode(fields).encode(),
        Content_Type="application/x-www-form-urlencoded",
    )


# ---- going on ----


async def test_a_refresh_token_brings_the_next_pair_of_the_same_session(api: Api, tenant: Tenant) -> None:
    first = await sign_in(api, tenant)
    assert first.body["refresh_expires_in"] == 7 * 86_400
    second = await refresh(api, first.body["refresh_token"])
    assert second.status == 200 and second.headers["Cache-Control"] == "no-store"
    assert second.body["session_id"] == first.body["session_id"]
    assert second.body["refresh_token"] != first.body["refresh_token"]
    assert await opens(api, first) and await opens(api, second)
    assert (await refresh(api, second.body["refresh_token"])).status == 200


async def test_refresh_tokens_are_kept_as_hashes_only(api: Api, tenant: Tenant) -> None:
    pair = await sign_in(api, tenant)
    ((dump,),) = api.rows(
        "SELECT json_agg(r)::text || (SELECT json_agg(s)::text FROM sessions s) FROM refresh_tokens r"
    )
    assert pair.body["refresh_token"] not in dump
    ((logged,),) = api.rows("SELECT json_agg(a)::text FROM audit_log a")
    assert pair.body["refresh_token"] not in logged and pair.body["access_token"] not in logged


async def test_a_refresh_token_used_twice_ends_its_whole_session_and_no_other(
    api: Api, tenant: Tenant
) -> None:
    other = await sign_in(api, tenant)
    stolen = await sign_in(api, tenant)
    newer = await refresh(api, stolen.body["refresh_token"])
    again = await refresh(api, stolen.body["refresh_token"])
    assert again.status == 401
    assert not await opens(api, stolen) and not await opens(api, newer), "at once, access tokens too"
    assert (await refresh(api, newer.body["refresh_token"])).body["detail"] == again.body["detail"]
    assert await opens(api, other)
    ((_, email, target, details),) = api.audited("session.reuse_detected")
    assert (email, target) == (tenant.admin.email, stolen.body["session_id"])
    assert details == {"user_id": tenant.admin.user_id}
    ends = api.rows("SELECT revoked_because FROM sessions WHERE id = %s", stolen.body["session_id"])
    assert ends == [("reused",)]


async def test_of_two_who_use_a_token_at_the_same_moment_neither_keeps_the_session(
    api: Api, tenant: Tenant
) -> None:
    pair = await sign_in(api, tenant)
    replies: list[Reply] = []

    async def use() -> None:
        replies.append(await refresh(api, pair.body["refresh_token"]))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(use)
        nursery.start_soon(use)
    assert sorted(reply.status for reply in replies) == [200, 401]
    (won,) = (reply for reply in replies if reply.status == 200)
    assert not await opens(api, won)
    assert (await refresh(api, won.body["refresh_token"])).status == 401


async def test_a_token_that_nobody_issued_is_refused_like_one_that_is_over(api: Api, tenant: Tenant) -> None:
    pair = await sign_in(api, tenant)
    api.rows("UPDATE sessions SET expires_at = now() - interval '1 second'")
    over = await refresh(api, pair.body["refresh_token"])
    nobodys = await refresh(api, "x" * 43)
    assert (over.status, over.body["detail"]) == (nobodys.status, nobodys.body["detail"])
    assert over.status == 401 and api.audited("session.reuse_detected") == []


async def test_use_moves_the_end_of_a_session_but_never_past_its_longest_life(
    api: Api, tenant: Tenant
) -> None:
    pair = await sign_in(api, tenant)
    api.rows("UPDATE sessions SET created_at = now() - interval '29 days 23 hours'")
    last = await refresh(api, pair.body["refresh_token"])
    assert 3_500 < last.body["refresh_expires_in"] <= 3_600
    ((left,),) = api.rows("SELECT expires_at FROM sessions WHERE id = %s", pair.body["session_id"])
    assert left - datetime.now(UTC) < timedelta(hours=1)


async def test_tokens_that_nobody_can_use_any_more_and_sessions_long_over_are_forgotten(
    api: Api, tenant: Tenant
) -> None:
    old = await sign_in(api, tenant)
    api.rows("UPDATE sessions SET revoked_at = now() - interval '31 days', revoked_because = 'signed_out'")
    pair = await sign_in(api, tenant)
    assert api.rows("SELECT count(*) FROM sessions WHERE id = %s", old.body["session_id"]) == [(0,)]
    pair = await refresh(api, pair.body["refresh_token"])
    api.rows("UPDATE refresh_tokens SET expires_at = now() WHERE used_at IS NOT NULL")
    assert (await refresh(api, pair.body["refresh_token"])).status == 200
    assert api.rows("SELECT count(*), count(used_at) FROM refresh_tokens") == [(2, 1)]


# ---- ending ----


async def test_signing_out_ends_the_session_at_once_by_whichever_token(api: Api, tenant: Tenant) -> None:
    by_refresh, by_spent, by_access = [await sign_in(api, tenant) for _ in range(3)]
    newer = await refresh(api, by_spent.body["refresh_token"])
    for pair in (by_refresh, by_spent):
        body = {"refresh_token": pair.body["refresh_token"]}
        assert (await api.post("/api/v1/auth/logout", body)).status == 204
    bearer = f"Bearer {by_access.body['access_token']}"
    assert (await api.post("/api/v1/auth/logout", Authorization=bearer)).status == 204
    for pair in (by_refresh, by_spent, newer, by_access):
        assert not await opens(api, pair)
        assert (await refresh(api, pair.body["refresh_token"])).status == 401
    assert len(api.audited("user.signed_out")) == 3
    assert (await api.post("/api/v1/auth/logout", {"refresh_token": "x" * 43})).status == 204
    assert (await api.post("/api/v1/auth/logout")).status == 401


async def test_one_sees_and_ends_ones_own_sessions_and_nobody_elses(api: Api, tenant: Tenant) -> None:
    colleague = api.person(tenant, RoleName.TENANT_ADMIN)
    pair = await sign_in(api, tenant)
    bearer = f"Bearer {pair.body['access_token']}"
    listed = (await api.get("/api/v1/auth/sessions", Authorization=bearer)).body["items"]
    assert {row["id"] for row in listed} == {pair.body["session_id"], tenant.admin.session_id}
    assert [row["id"] for row in listed if row["current"]] == [pair.body["session_id"]]
    path = f"/api/v1/auth/sessions/{tenant.admin.session_id}"
    assert (await api.call("DELETE", path, by=colleague)).status == 404
    assert (await api.call("DELETE", path, Authorization=bearer)).status == 204
    assert (await api.get(OPEN, tenant.admin)).status == 401
    assert (await api.call("DELETE", path, Authorization=bearer)).status == 404
    assert [target for _, _, target, _ in api.audited("session.revoked")] == [tenant.admin.session_id]


async def test_signing_out_everywhere_ends_all_of_a_person_and_only_theirs(api: Api, tenant: Tenant) -> None:
    colleague = api.person(tenant, RoleName.VIEWER)
    pair = await sign_in(api, tenant)
    assert (await api.post("/api/v1/auth/logout-all", None, tenant.admin)).status == 204
    assert not await opens(api, pair)
    assert (await api.get(OPEN, tenant.admin)).status == 401
    assert (await api.get(OPEN, colleague)).status == 200
    assert api.audited("user.signed_out_everywhere")[0][3] == {"sessions": 2}


# ---- what somebody else changes ----


async def test_what_another_hub_or_the_command_line_changes_is_in_force_after_the_next_look(
    api: Api, tenant: Tenant
) -> None:
    (site,) = (
        row[0]
        for row in api.rows("INSERT INTO sites (tenant_id, name) VALUES (%s, 'A') RETURNING id", tenant.id)
    )
    person = api.person(tenant, RoleName.DEVICE_ADMIN)
    access = api.use_cases.access
    assert person.session_id is not None
    assert (await api.get(OPEN, person)).status == 200
    api.rows("DELETE FROM user_roles WHERE user_id = %s", person.user_id)
    await access.look()
    assert (await api.get(OPEN, person)).status == 403
    api.rows(
        "WITH r AS (INSERT INTO roles (tenant_id, name, is_custom, permissions)"
        " VALUES (%s, 'Own', true, '{screens:view,tenants:manage,no:such}') RETURNING id)"
        " INSERT INTO user_roles SELECT %s, %s, id FROM r",
        tenant.id,
        tenant.id,
        person.user_id,
    )
    api.rows("UPDATE users SET all_sites = false WHERE id = %s", person.user_id)
    api.rows("INSERT INTO user_sites VALUES (%s, %s, %s)", tenant.id, person.user_id, site)
    api.rows("INSERT INTO features (tenant_id, key) VALUES (%s, 'commands.bulk')", tenant.id)
    await access.look()
    now = access.of_session(person.session_id)
    assert now is not None
    assert (now.permissions, now.sites) == (frozenset({Permission.SCREENS_VIEW}), frozenset({site}))
    assert (now.roles, now.features_off) == (("Own",), frozenset({"commands.bulk"}))
    api.rows("UPDATE users SET is_active = false WHERE id = %s", person.user_id)
    await access.look()
    assert (await api.get(OPEN, person)).status == 401


async def test_the_sessions_and_keys_of_a_suspended_tenant_die_and_nobody_elses(
    api: Api, tenant: Tenant, neighbour: Tenant
) -> None:
    pair = await sign_in(api, tenant)
    made = await api.post("/api/v1/api-keys", {"name": "K", "permissions": ["screens:view"]}, tenant.admin)
    key = made.body["secret"]
    assert (await api.get(OPEN, Authorization=f"Bearer {key}")).status == 200
    assert (await api.get(OPEN, neighbour.admin)).status == 200
    api.rows("UPDATE tenants SET status = 'SUSPENDED' WHERE id = %s", tenant.id)
    await api.use_cases.access.look()
    assert not await opens(api, pair)
    assert (await refresh(api, pair.body["refresh_token"])).status == 401
    assert (await api.get(OPEN, Authorization=f"Bearer {key}")).status == 401
    assert (await api.get(OPEN, neighbour.admin)).status == 200


async def test_a_key_opens_what_it_may_in_either_header_no_session_and_nothing_once_revoked(
    api: Api, tenant: Tenant
) -> None:
    made = await api.post("/api/v1/api-keys", {"name": "K", "permissions": ["screens:view"]}, tenant.admin)
    key = made.body["secret"]
    assert (await api.get(OPEN, X_API_Key=key)).status == 200
    assert (await api.get(OPEN, Authorization=f"Bearer {key}")).status == 200
    assert (await api.post(OPEN, {"name": "S"}, X_API_Key=key)).status == 403
    for method, path in (
        ("GET", "/api/v1/auth/sessions"),
        ("POST", "/api/v1/auth/logout-all"),
        ("POST", "/api/v1/auth/logout"),
        ("GET", "/api/v1/users/me"),
    ):
        assert (await api.call(method, path, X_API_Key=key)).status == 403, path
    path = f"/api/v1/api-keys/{made.body['key']['id']}"
    assert (await api.call("DELETE", path, by=tenant.admin)).status in (200, 204)
    assert (await api.get(OPEN, X_API_Key=key)).status == 401
    assert (await api.get(OPEN, X_API_Key="clk_" + "x" * 43)).status == 401


# ---- without a tenant, with a second factor, by OAuth ----


async def test_a_tenant_need_not_be_named_where_only_one_knows_the_address(
    api: Api, tenant: Tenant, neighbour: Tenant
) -> None:
    body = {"email": tenant.admin.email, "password": PASSWORD}
    assert (await api.post("/api/v1/auth/login", body)).body["tenant_id"] == tenant.id
    api.person(neighbour, RoleName.VIEWER, email=tenant.admin.email)
    refused = await api.post("/api/v1/auth/login", body)
    wrong = await api.post("/api/v1/auth/login", {**body, "password": "wrong"})
    assert (refused.status, refused.body["detail"]) == (401, wrong.body["detail"])
    assert (await api.post("/api/v1/auth/login", {**body, "tenant_id": neighbour.id})).status == 200


async def test_the_second_factor_is_asked_for_after_the_password_and_a_code_opens_once(
    api: Api, tenant: Tenant
) -> None:
    factor, now, person = SecondFactor("f" * 32), datetime.now(UTC), Person(tenant.admin.user_id)
    offer = await api.database.transact(
        tenant.id, lambda tx: factor.offer(tx, person, tenant.admin.email, tenant.name)
    )
    assert offer is not None
    totp = pyotp.TOTP(offer.secret)
    confirmed = await api.database.transact(
        tenant.id, lambda tx: factor.confirm(tx, person, totp.at(now), now)
    )
    assert confirmed is not None
    login = {"email": tenant.admin.email, "password": PASSWORD}
    path = "/api/v1/auth/login"
    asked = await api.post(path, login)
    assert asked.status == 401 and list(asked.body["fields"]) == ["one_time_code"]
    stranger = await api.post(path, {**login, "password": "wrong", "one_time_code": confirmed[0]})
    assert stranger.status == 401 and stranger.body.get("fields") is None
    wrong = await api.post(path, {**login, "one_time_code": "000000"})
    assert (wrong.status, list(wrong.body["fields"])) == (401, ["one_time_code"])
    assert len(api.audited("user.sign_in_refused")) == 2
    assert (await api.post(path, {**login, "one_time_code": confirmed[0]})).status == 200
    assert (await api.post(path, {**login, "one_time_code": confirmed[0]})).status == 401
    grant = {"grant_type": "password", "username": tenant.admin.email, "password": PASSWORD}
    assert (await form(api, **grant)).body["error_description"].startswith("one_time_code")
    assert (await form(api, **grant, one_time_code=confirmed[1])).status == 200


async def test_standard_clients_sign_in_and_go_on_as_rfc_6749_has_it(api: Api, tenant: Tenant) -> None:
    grant = {"grant_type": "password", "username": tenant.admin.email, "password": PASSWORD}
    for client in ({}, {"client_id": "swagger"}, {"client_id": tenant.id, "scope": "all"}):
        pair = await form(api, **grant, **client)
        assert pair.status == 200 and pair.body["token_type"] == "Bearer"
        assert pair.headers["Cache-Control"] == "no-store"
        assert await opens(api, pair)
    going_on = await form(api, grant_type="refresh_token", refresh_token=pair.body["refresh_token"])
    assert going_on.status == 200 and await opens(api, going_on)


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({}, "invalid_request"),
        ({"grant_type": "password"}, "invalid_request"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": "client_credentials"}, "unsupported_grant_type"),
        ({"grant_type": "refresh_token", "refresh_token": "x" * 43}, "invalid_grant"),
        ({"grant_type": "password", "username": "nobody@example", "password": "x"}, "invalid_grant"),
    ],
)
async def test_what_a_standard_client_does_wrong_is_answered_as_it_expects(
    api: Api, fields: dict[str, str], error: str
) -> None:
    reply = await form(api, **fields)
    assert (reply.status, reply.body["error"]) == (400, error)
    assert reply.body.keys() == {"error", "error_description"}


async def test_a_form_that_is_none_is_a_problem(api: Api) -> None:
    assert (await api.post("/api/v1/auth/token", {"grant_type": "password"})).status == 415
    many = urlencode([(f"f{number}", "x") for number in range(51)]).encode()
    kind = "application/x-www-form-urlencoded"
    for body in (many, b"\xff=\xff", b"grant_type=%ff"):
        assert (await api.post("/api/v1/auth/token", body, Content_Type=kind)).status == 400, body


async def test_the_document_offers_both_ways_to_sign_in(api: Api) -> None:
    document = (await api.get("/api/v1/openapi.json")).body
    schemes = document["components"]["securitySchemes"]
    assert schemes["password"]["flows"]["password"]["tokenUrl"] == "/api/v1/auth/token"
    assert {"bearer", "password", "key"} <= schemes.keys()
    listed = document["paths"]["/api/v1/auth/sessions"]["get"]["security"]
    assert {"key": []} not in listed and {"bearer": []} in listed
    assert {"key": []} in document["paths"]["/api/v1/devices"]["get"]["security"]


# ---- PostgreSQL is away ----


async def test_who_is_known_gives_an_emergency_while_postgresql_is_away(
    scratch_folder: Path, tmp_path: Path
) -> None:
    server = EmbeddedPostgres(scratch_folder / "known", durable=False)
    with server:
        server.create_database("clarion_known")
        migrate(server.url("clarion_known"))
        async with running_api(server.url("clarion_known"), tmp_path, wait_s=0.3) as api:
            tenant = api.tenant("Hospital")
            stranger: Operator = api.person(tenant, RoleName.EMERGENCY_OPERATOR)
            pair = await sign_in(api, tenant)
            alert = {"title": "Fire", "message": "Leave.", "severity": "extreme"}
            await trio.to_thread.run_sync(server.stop)
            try:
                await api.use_cases.access.look()
                await api.use_cases.access.refresh(tenant.id)
                bearer = f"Bearer {pair.body['access_token']}"
                reply = await api.post("/api/v1/emergencies", alert, Authorization=bearer)
                assert reply.status in (200, 201, 202), reply.body
                assert len(api.realtime.activated) == 1
                unknown = await api.post("/api/v1/emergencies", alert, stranger)
                assert unknown.status == 503, "nobody can say who that is"
                assert (await refresh(api, pair.body["refresh_token"])).status == 503
            finally:
                await trio.to_thread.run_sync(server.start)
            with trio.fail_after(PATIENCE_S):
                while (again := await refresh(api, pair.body["refresh_token"])).status == 503:
                    await trio.lowlevel.checkpoint()
            assert again.status == 200, "what was not answered did not happen"
