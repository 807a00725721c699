"""Somebody has forgotten their password and asks for a letter."""

from __future__ import annotations

from typing import Any

import pytest
import trio

from persistence.owner import connect_as_owner
from protocol.vocabulary import RoleName
from tests.hub.api.conftest import Api
from tests.hub.api.way_back import NEW, choose, sign_in, token_in, token_of
from tests.hub.smtp import Inbox
from tests.hub.tenants import Tenant

FORGOT = "/api/v1/auth/forgot"


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
        with trio.fail_after(3):
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
