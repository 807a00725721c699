"""The way back in: one-time links by mail or from an administrator, and a password forgotten."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import trio
from structlog.testing import capture_logs

from hub.operator import NOWHERE
from hub.passwords import Passwords, Verdict
from hub.permissions import PERMISSIONS
from hub.use_cases.device_secrets import hash_token
from hub.use_cases.errors import NotFound, NotSignedIn
from hub.use_cases.locked_out import remove_second_factor, set_password
from hub.use_cases.ports import Transaction
from hub.use_cases.second_factor import SecondFactor
from hub.use_cases.sign_in import SignIn
from protocol.access import UserLogin
from protocol.vocabulary import LinkPurpose, Permission, RoleName
from tests.hub.api.conftest import Api
from tests.hub.api.way_back import NEW, choose, link_for, sign_in, token_in, token_of
from tests.hub.smtp import Inbox
from tests.hub.tenants import PASSWORD, Tenant, make_tenant

CHOOSE = "/api/v1/auth/set-password"


# ---- from an administrator ----


async def test_without_a_mail_server_the_administrator_sees_the_link_once_and_the_audit_log_says_so(
    api: Api, tenant: Tenant
) -> None:
    operator = api.person(tenant, RoleName.VIEWER)
    with capture_logs() as lines:
        reply = await link_for(api, operator, tenant.admin)
        token = token_in(reply.body["url"])
        assert await choose(api, token) == 204
    assert reply.status == 201
    assert (reply.body["mailed_to"], "no mail server" in reply.body["not_mailed_because"]) == (None, True)
    until = datetime.fromisoformat(reply.body["expires_at"]) - datetime.now(UTC)
    assert timedelta(minutes=59) < until <= timedelta(hours=1)
    ((where, who, target, details),) = api.audited("link.issued")
    assert (where, who, target) == (tenant.id, tenant.admin.email, operator.user_id)
    assert details == {"email": operator.email, "purpose": "reset", "shown": True}
    ((_, who, target, details),) = api.audited("user.password_set")
    assert (who, target, details) == (operator.email, operator.user_id, {"by": "reset", "sessions_ended": 1})
    kept = str(lines)
    for table in ("audit_log", "one_time_links", "users"):
        kept += str(api.rows(f"SELECT to_jsonb(t)::text FROM {table} t"))
    assert token not in kept and NEW not in kept


async def test_a_password_chosen_by_a_link_ends_every_session_and_lets_in_from_then_on(
    api: Api, tenant: Tenant
) -> None:
    operator = api.person(tenant, RoleName.VIEWER)
    assert (await api.get("/api/v1/devices", operator)).status == 200
    token = token_in((await link_for(api, operator, tenant.admin)).body["url"])
    assert await choose(api, token) == 204
    assert (await api.get("/api/v1/devices", operator)).status == 401
    assert await sign_in(api, operator, PASSWORD) == 401
    assert await sign_in(api, operator, NEW) == 200


async def test_a_link_opens_once_also_when_two_come_at_once(api: Api, tenant: Tenant) -> None:
    operator = api.person(tenant, RoleName.VIEWER)
    token = token_in((await link_for(api, operator, tenant.admin)).body["url"])
    statuses: list[int] = []

    async def attempt(number: int) -> None:
        statuses.append(await choose(api, token, f"{NEW} {number}"))

    async with trio.open_nursery() as nursery:
        for number in range(3):
            nursery.start_soon(attempt, number)
    assert sorted(statuses) == [204, 410, 410]
    assert await choose(api, token) == 410
    assert len(api.audited("user.password_set")) == 1


async def test_who_saw_that_a_link_is_good_and_comes_after_it_was_used_is_refused(
    api: Api, tenant: Tenant
) -> None:
    token = hash_token(token_in((await link_for(api, api.person(tenant), tenant.admin)).body["url"]))
    now = datetime.now(UTC)
    first = await api.database.transact(tenant.id, lambda tx: tx.links.use(token, now))
    assert first is not None
    assert await api.database.transact(tenant.id, lambda tx: tx.links.use(token, now)) is None
    assert await api.database.transact(tenant.id, lambda tx: tx.links.good(token, now)) is None


async def test_links_are_found_in_their_own_tenant_alone(api: Api, tenant: Tenant, neighbour: Tenant) -> None:
    operator = api.person(tenant)
    token = hash_token(token_in((await link_for(api, operator, tenant.admin)).body["url"]))
    now, user_id = datetime.now(UTC), operator.user_id

    def meddle(tx: Transaction) -> tuple[Any, ...]:
        tx.links.end(user_id, tuple(LinkPurpose))
        hashes = tx.password_hashes
        found = (tx.links.good(token, now), tx.links.use(token, now), tx.links.newest(user_id, "reset"))
        return (*found, hashes.of(user_id), hashes.choose(user_id, "x", now), hashes.is_still(user_id, None))

    assert await api.database.transact(neighbour.id, meddle) == (None, None, None, None, False, False)
    assert await api.database.transact(tenant.id, lambda tx: tx.links.good(token, now)) is not None


async def test_only_the_newest_link_opens(api: Api, tenant: Tenant) -> None:
    operator = api.person(tenant, RoleName.VIEWER)
    first = token_in((await link_for(api, operator, tenant.admin)).body["url"])
    second = token_in((await link_for(api, operator, tenant.admin)).body["url"])
    assert await choose(api, first) == 410
    assert await choose(api, second) == 204


async def test_every_link_that_is_over_has_the_same_answer(api: Api, tenant: Tenant) -> None:
    used, late, off, gone = (api.person(tenant, RoleName.VIEWER) for _ in range(4))
    other = make_tenant(api.database_url, "Other")
    suspended = api.person(other, RoleName.VIEWER)
    tokens: dict[str, str] = {}
    for operator in (used, late, off, gone, suspended):
        by = other.admin if operator is suspended else tenant.admin
        tokens[operator.user_id] = token_in((await link_for(api, operator, by)).body["url"])
    assert await choose(api, tokens[used.user_id]) == 204
    api.rows(
        "UPDATE one_time_links SET expires_at = now() - interval '1 second' WHERE user_id = %s", late.user_id
    )
    api.rows("UPDATE users SET is_active = false WHERE id = %s", off.user_id)
    api.rows("DELETE FROM users WHERE id = %s", gone.user_id)
    api.rows("UPDATE tenants SET status = 'SUSPENDED' WHERE id = %s", other.id)
    answers: set[tuple[int, str]] = set()
    for token in (*tokens.values(), "A" * 43, "nonsense", "ü" * 10):
        reply = await api.post(CHOOSE, {"token": token, "password": NEW})
        answers.add((reply.status, reply.body["detail"]))
        assert token not in str(reply.body)
    ((status, detail),) = answers
    assert status == 410 and "another" in detail
    assert await sign_in(api, late, PASSWORD) == 200


async def test_a_weak_password_is_refused_and_the_link_stays_good(api: Api, tenant: Tenant) -> None:
    operator = api.person(tenant, RoleName.VIEWER, email="lovelace@engine.example")
    token = token_in((await link_for(api, operator, tenant.admin)).body["url"])
    for weak in ("short", "password1234", "lovelace-engine", "x" * 1000):
        reply = await api.post(CHOOSE, {"token": token, "password": weak})
        assert (reply.status, reply.body["fields"].keys()) == (422, {"password"})
    assert await sign_in(api, operator, PASSWORD) == 200
    assert await choose(api, token) == 204


async def test_who_has_chosen_no_password_yet_is_invited_again_for_a_week(api: Api, tenant: Tenant) -> None:
    body = {"email": "new@hospital.example", "roles": ["VIEWER"]}
    made = await api.post("/api/v1/users", body, tenant.admin)
    assert made.status == 201 and made.body["user"]["invited"]
    first = token_in(made.body["link"]["url"])
    again = await api.post(f"/api/v1/users/{made.body['user']['id']}/reset-link", None, tenant.admin)
    until = datetime.fromisoformat(again.body["expires_at"]) - datetime.now(UTC)
    assert timedelta(days=6, hours=23) < until <= timedelta(days=7)
    assert await choose(api, first) == 410
    assert await choose(api, token_in(again.body["url"])) == 204
    user = (await api.get(f"/api/v1/users/{made.body['user']['id']}", tenant.admin)).body
    assert user["invited"] is False
    assert api.audited("user.password_set")[0][3]["by"] == "invitation"


async def test_a_link_switches_no_second_factor_off(api: Api, tenant: Tenant) -> None:
    operator = api.person(tenant, RoleName.VIEWER)
    api.rows("UPDATE users SET totp_secret = 'x', totp_since = now() WHERE id = %s", operator.user_id)
    token = token_in((await link_for(api, operator, tenant.admin)).body["url"])
    assert await choose(api, token) == 204
    body = {"email": operator.email, "password": NEW, "tenant_id": tenant.id}
    reply = await api.post("/api/v1/auth/login", body)
    assert (reply.status, reply.body["fields"].keys()) == (401, {"one_time_code"})


async def test_an_administrator_takes_a_lost_second_factor_away(api: Api, tenant: Tenant) -> None:
    operator = api.person(tenant, RoleName.VIEWER)
    api.rows("UPDATE users SET totp_secret = 'x', totp_since = now() WHERE id = %s", operator.user_id)
    path = f"/api/v1/users/{operator.user_id}/second-factor"
    assert (await api.call("DELETE", path, None, tenant.admin)).status == 204
    assert await sign_in(api, operator, PASSWORD) == 200
    assert (await api.call("DELETE", path, None, tenant.admin)).status == 204
    ((_, who, target, details),) = api.audited("user.second_factor_removed")
    assert (who, target, details) == (tenant.admin.email, operator.user_id, {"email": operator.email})


def ways_to_help(user_id: str) -> list[tuple[str, str]]:
    user = f"/api/v1/users/{user_id}"
    return [("POST", f"{user}/reset-link"), ("DELETE", f"{user}/second-factor")]


async def test_nobody_helps_somebody_of_another_tenant_or_nobody(
    api: Api, tenant: Tenant, neighbour: Tenant
) -> None:
    nobody = "00000000-0000-4000-8000-00000000000a"
    for user_id in (neighbour.admin.user_id, nobody, "not-an-id"):
        for method, path in ways_to_help(user_id):
            reply = await api.call(method, path, None, tenant.admin)
            assert reply.status == 404, path
    assert api.rows("SELECT count(*) FROM one_time_links") == [(0,)]


async def test_nobody_takes_over_somebody_who_may_do_more_than_they(api: Api, tenant: Tenant) -> None:
    viewer = api.person(tenant, RoleName.VIEWER)
    helper = api.person(tenant, permissions={Permission.PEOPLE_MANAGE, *PERMISSIONS[RoleName.VIEWER]})
    for method, path in ways_to_help(tenant.admin.user_id):
        assert (await api.call(method, path, None, helper)).status == 403, path
    for method, path in ways_to_help(viewer.user_id):
        assert (await api.call(method, path, None, helper)).status in (201, 204), path
    body = {"name": "Helper", "permissions": [Permission.PEOPLE_MANAGE]}
    key = (await api.post("/api/v1/api-keys", body, tenant.admin)).body["secret"]
    for method, path in ways_to_help(viewer.user_id):
        assert (await api.call(method, path, Authorization=f"Bearer {key}")).status == 403, "who sees screens"


async def test_nobody_helps_others_without_the_permission_limited_to_sites_or_themselves(
    api: Api, tenant: Tenant
) -> None:
    viewer, other = api.person(tenant, RoleName.VIEWER), api.person(tenant, RoleName.VIEWER)
    limited = api.person(tenant, RoleName.TENANT_ADMIN, sites=[])
    for method, path in ways_to_help(other.user_id):
        assert (await api.call(method, path, None, viewer)).status == 403
        assert (await api.call(method, path, None, limited)).status == 403
        assert (await api.call(method, path)).status == 401
    for method, path in ways_to_help(tenant.admin.user_id):
        # Whoever finds the screen unlocked would need no password.
        assert (await api.call(method, path, None, tenant.admin)).status == 403


async def test_who_is_switched_off_gets_no_link(api: Api, tenant: Tenant) -> None:
    operator = api.person(tenant, RoleName.VIEWER)
    api.rows("UPDATE users SET is_active = false WHERE id = %s", operator.user_id)
    assert (await link_for(api, operator, tenant.admin)).status == 409


async def test_a_password_changed_while_the_old_one_is_looked_at_lets_nobody_in(
    api: Api, tenant: Tenant
) -> None:
    class Slow(Passwords):
        """Looks at a password for so long that its person chooses another one meanwhile."""

        async def verify(self, password: str, stored: str | None) -> Verdict:
            verdict = await super().verify(password, stored)
            set_password(api.database_url, tenant.admin.email, NEW)
            return verdict

    sessions, factor = api.use_cases.sessions, SecondFactor("f" * 32)
    sign_in_now = SignIn(api.database, Slow(), sessions, factor, lambda: datetime.now(UTC))
    with pytest.raises(NotSignedIn, match="changed"):
        await sign_in_now(UserLogin(tenant.admin.email, PASSWORD, tenant.id), NOWHERE)
    assert api.rows("SELECT count(*) FROM sessions WHERE revoked_at IS NULL") == [(0,)]
    assert await sign_in(api, tenant.admin, NEW) == 200


async def test_a_password_set_on_the_command_line_ends_sessions_and_links(api: Api, tenant: Tenant) -> None:
    operator = api.person(tenant, RoleName.VIEWER)
    token = token_in((await link_for(api, operator, tenant.admin)).body["url"])
    set_password(api.database_url, operator.email, NEW)
    assert await choose(api, token, "another one of mine") == 410
    assert await sign_in(api, operator, NEW) == 200
    sql = "SELECT revoked_because FROM sessions WHERE user_id = %s AND revoked_at IS NOT NULL"
    assert api.rows(sql, operator.user_id) == [("password_changed",)]
    details = {"email": operator.email, "by": "command line", "sessions_ended": 1}
    assert api.audited("user.password_set")[0][3] == details


async def test_a_second_factor_is_taken_away_on_the_command_line(api: Api, tenant: Tenant) -> None:
    api.rows("UPDATE users SET totp_secret = 'x', totp_since = now()")
    assert await sign_in(api, tenant.admin, PASSWORD) == 401
    assert remove_second_factor(api.database_url, tenant.admin.email)
    assert not remove_second_factor(api.database_url, tenant.admin.email)
    assert await sign_in(api, tenant.admin, PASSWORD) == 200
    ((_, who, target, details),) = api.audited("user.second_factor_removed")
    assert (who, target) == ("clarion", tenant.admin.user_id)
    assert details == {"email": tenant.admin.email, "by": "command line"}
    with pytest.raises(NotFound):
        remove_second_factor(api.database_url, "nobody@example")


# ---- by mail ----


async def test_with_a_mail_server_only_the_person_sees_the_link(post: tuple[Api, Inbox]) -> None:
    api, inbox = post
    tenant = api.tenant("Hospital")
    operator = api.person(tenant, RoleName.VIEWER)
    reply = await link_for(api, operator, tenant.admin)
    assert (reply.status, reply.body["url"], reply.body["mailed_to"]) == (201, None, operator.email)
    letter = await inbox.next_letter()
    assert letter["To"] == operator.email
    assert api.audited("link.issued")[0][3]["shown"] is False
    assert await choose(api, token_of(letter)) == 204
    assert await sign_in(api, operator, NEW) == 200


async def test_an_invitation_goes_out_by_mail(post: tuple[Api, Inbox]) -> None:
    api, inbox = post
    tenant = api.tenant("Hospital")
    body = {"email": "new@hospital.example", "roles": ["VIEWER"]}
    made = await api.post("/api/v1/users", body, tenant.admin)
    assert (made.body["link"]["url"], made.body["link"]["mailed_to"]) == (None, "new@hospital.example")
    letter = await inbox.next_letter()
    assert letter["Subject"] == "You are invited to Clarion: Hospital"
    assert await choose(api, token_of(letter)) == 204


async def test_where_the_mail_does_not_go_out_the_administrator_sees_link_and_reason_and_it_is_audited(
    post: tuple[Api, Inbox],
) -> None:
    api, inbox = post
    inbox.answer = "550 No such user here"
    tenant = api.tenant("Hospital")
    operator = api.person(tenant, RoleName.VIEWER)
    with capture_logs() as lines:
        reply = await link_for(api, operator, tenant.admin)
    token = token_in(reply.body["url"])
    why = "the mail server does not take this address"
    assert (reply.body["mailed_to"], reply.body["not_mailed_because"]) == (None, why)
    ((_, who, target, details),) = api.audited("link.shown")
    assert (who, target) == (tenant.admin.email, operator.user_id)
    assert details == {"email": operator.email, "purpose": "reset", "because": why}
    assert token not in str(lines)
    assert await choose(api, token) == 204
