"""The way back in: one-time links by mail or from an administrator, and a password forgotten."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import trio
from structlog.testing import capture_logs

from hub.mail import Mail, MailServer
from hub.operator import NOWHERE, Operator
from hub.passwords import Passwords, Verdict
from hub.use_cases.device_secrets import hash_token
from hub.use_cases.errors import NotFound, NotSignedIn
from hub.use_cases.locked_out import remove_second_factor, set_password
from hub.use_cases.ports import Transaction
from hub.use_cases.second_factor import SecondFactor
from hub.use_cases.sign_in import SignIn
from persistence.owner import connect_as_owner
from protocol.access import UserLogin
from protocol.vocabulary import LinkPurpose, Permission, RoleName
from tests.hub.api.conftest import Api, Reply, running_api
from tests.hub.smtp import Inbox, smtp_server
from tests.hub.tenants import PASSWORD, Tenant, make_tenant

NEW = "four words of my own"
FORGOT = "/api/v1/auth/forgot"
CHOOSE = "/api/v1/auth/set-password"


@pytest.fixture
async def post(database_url: str, tmp_path: Path) -> AsyncIterator[tuple[Api, Inbox]]:
    """The application with a mail server, and somebody who writes to those who forgot."""
    with smtp_server() as inbox:
        server = MailServer.from_url(f"smtp://127.0.0.1:{inbox.port}")
        mail = Mail(server, "clarion@signs.example", lambda: datetime.now(UTC))
        async with running_api(database_url, tmp_path, mail=mail) as api, trio.open_nursery() as nursery:
            nursery.start_soon(api.use_cases.forgotten.run)
            yield api, inbox
            nursery.cancel_scope.cancel()


async def sign_in(api: Api, operator: Operator, password: str) -> int:
    body = {"email": operator.email, "password": password, "tenant_id": operator.tenant_id}
    return (await api.post("/api/v1/auth/login", body)).status


async def link_for(api: Api, operator: Operator, by: Operator) -> Reply:
    return await api.post(f"/api/v1/users/{operator.user_id}/reset-link", None, by)


def token_in(text: str) -> str:
    found = re.search(r"https://signs\.example/set-password#([A-Za-z0-9_-]{43})(\s|$)", text)
    assert found is not None, text
    return found[1]


def token_of(letter: EmailMessage) -> str:
    return token_in(letter.get_content())


async def choose(api: Api, token: str, password: str = NEW) -> int:
    return (await api.post(CHOOSE, {"token": token, "password": password})).status


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
    helper = api.person(tenant, permissions={Permission.PEOPLE_MANAGE, Permission.SCREENS_VIEW})
    viewer = api.person(tenant, RoleName.VIEWER)
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


# ---- forgotten ----


async def test_who_forgot_the_password_gets_a_letter_and_chooses_another(post: tuple[Api, Inbox]) -> None:
    api, inbox = post
    tenant = api.tenant("Hospital")
    reply = await api.post(FORGOT, {"email": f" {tenant.admin.email.upper()} "})
    assert (reply.status, reply.body) == (202, b"")
    letter = await inbox.next_letter()
    assert (letter["To"], letter["Subject"]) == (tenant.admin.email, "A new password for Clarion: Hospital")
    assert (await api.get("/api/v1/devices", tenant.admin)).status == 200, "asking ends no session"
    assert await choose(api, token_of(letter)) == 204
    assert await sign_in(api, tenant.admin, NEW) == 200
    rows = api.rows(
        "SELECT actor_kind, user_id, user_email, target_id::text, request_id IS NOT NULL FROM audit_log"
        " WHERE action = 'user.forgot_password'"
    )
    assert rows == [("system", None, tenant.admin.email, tenant.admin.user_id, True)]


async def test_nobody_learns_from_the_answer_whether_there_is_such_a_person(post: tuple[Api, Inbox]) -> None:
    api, inbox = post
    tenant, other = api.tenant("Hospital"), api.tenant("Other")
    off = api.person(tenant, RoleName.VIEWER)
    api.rows("UPDATE users SET is_active = false WHERE id = %s", off.user_id)
    suspended = api.tenant("Suspended")
    api.rows("UPDATE tenants SET status = 'SUSPENDED' WHERE id = %s", suspended.id)
    asked: list[dict[str, Any]] = [
        {"email": "nobody@example"},
        {"email": off.email},
        {"email": suspended.admin.email},
        {"email": suspended.admin.email, "tenant_id": suspended.id},
        {"email": tenant.admin.email, "tenant_id": other.id},
        {"email": tenant.admin.email, "tenant_id": "00000000-0000-4000-8000-00000000000a"},
        {"email": tenant.admin.email, "tenant_id": tenant.id},
    ]
    answers: set[tuple[int, Any, tuple[str, ...]]] = set()
    for body in asked:
        reply = await api.post(FORGOT, body)
        answers.add((reply.status, reply.body, tuple(sorted(reply.headers.keys()))))
    letter = await inbox.next_letter()
    assert letter["To"] == tenant.admin.email
    assert len(inbox.letters) == 1, "all the others had come before it, and there is one queue"
    assert len(answers) == 1


async def test_the_answer_waits_for_no_query(post: tuple[Api, Inbox]) -> None:
    api, inbox = post
    tenant = api.tenant("Hospital")
    with connect_as_owner(api.database_url) as connection:
        connection.execute("LOCK TABLE users, one_time_links IN ACCESS EXCLUSIVE MODE")
        with trio.fail_after(1):
            assert (await api.post(FORGOT, {"email": tenant.admin.email})).status == 202
    assert (await inbox.next_letter())["To"] == tenant.admin.email


async def test_one_address_in_two_tenants_gets_a_letter_for_each(post: tuple[Api, Inbox]) -> None:
    api, inbox = post
    one, two = api.tenant("One"), api.tenant("Two")
    for tenant in (one, two):
        api.person(tenant, RoleName.VIEWER, email="ada@engine.example")
    await api.post(FORGOT, {"email": "ada@engine.example"})
    letters = [await inbox.next_letter(), await inbox.next_letter()]
    assert {letter["Subject"].rpartition(" ")[2] for letter in letters} == {"One", "Two"}


async def test_one_person_gets_one_letter_however_many_ask_and_the_letter_they_have_stays_good(
    post: tuple[Api, Inbox],
) -> None:
    api, inbox = post
    tenant, last = api.tenant("Hospital"), api.tenant("Last")
    for _ in range(3):
        await api.post(FORGOT, {"email": tenant.admin.email})
    await api.post(FORGOT, {"email": last.admin.email})
    first, second = await inbox.next_letter(), await inbox.next_letter()
    assert (first["To"], second["To"]) == (tenant.admin.email, last.admin.email)
    assert await choose(api, token_of(first)) == 204


async def test_asking_ends_no_invitation_that_somebody_was_handed(post: tuple[Api, Inbox]) -> None:
    api, inbox = post
    tenant = api.tenant("Hospital")
    inbox.answer = "550 Not today"
    made = await api.post("/api/v1/users", {"email": "new@hospital.example"}, tenant.admin)
    inbox.answer = "250 OK"
    await api.post(FORGOT, {"email": "new@hospital.example"})
    letter = await inbox.next_letter()
    assert await choose(api, token_in(made.body["link"]["url"])) == 204
    assert await choose(api, token_of(letter)) == 410, "a chosen password ends every other link"


async def test_who_asks_again_and_again_has_to_wait_be_there_such_a_person_or_not(
    api: Api, tenant: Tenant
) -> None:
    for email in (tenant.admin.email, "nobody@example"):
        statuses = [(await api.post(FORGOT, {"email": email})).status for _ in range(6)]
        assert statuses == [202, 202, 202, 202, 202, 429]
    assert api.rows("SELECT count(*) FROM one_time_links") == [(0,)], "nobody could be written to"


@pytest.mark.parametrize("body", [{}, {"email": ""}, {"email": "a\0b@c"}, {"email": "x" * 321}, {"email": 7}])
async def test_what_cannot_be_an_address_is_refused_by_name(api: Api, body: dict[str, Any]) -> None:
    reply = await api.post(FORGOT, body)
    assert (reply.status, list(reply.body["fields"])) == (422, ["email"])
