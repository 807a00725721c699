"""One command to many screens: whom it reaches, how far it has come, and taking it back."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from hub.use_cases import command_batch
from protocol.vocabulary import RoleName
from tests.hub.api.conftest import Api
from tests.hub.tenants import Tenant

BULK = "/api/v1/commands"


async def test_every_approved_screen_in_scope_gets_a_command_of_its_own(
    api: Api, tenant: Tenant, neighbour: Tenant
) -> None:
    ids = await api.provision(tenant, "hw-1", "hw-2", "hw-3")
    await api.provision(neighbour, "hw-1")
    await api.register(tenant, "hw-4")
    api.realtime.online_ids = {ids[0]}
    body = {"command": "play", "args": {"item": "welcome"}, "expires_in_s": 60}
    reply = await api.post(BULK, body, tenant.admin)
    bulk_id = reply.body["bulk_id"]
    assert (reply.status, reply.headers["Location"]) == (202, f"/api/v1/bulk-commands/{bulk_id}")
    assert reply.body == {"bulk_id": bulk_id, "targeted": 3, "refused": 0, "online": 1, "offline": 2}
    told = api.realtime.commands
    assert sorted(command.device_id for command in told) == sorted(ids)
    assert {(command.command, command.args["item"]) for command in told} == {("play", "welcome")}

    listed = (await api.get(f"{BULK}?bulk_id={bulk_id}", tenant.admin)).body["items"]
    assert [row["id"] for row in listed] == [command.id for command in told[::-1]]
    assert {(row["bulk_id"], row["status"], row["created_by"]) for row in listed} == {
        (bulk_id, "queued", tenant.admin.email)
    }
    ((tenant_id, email, target, details),) = api.audited("bulk_command.queued")
    assert (tenant_id, email, target) == (tenant.id, tenant.admin.email, bulk_id)
    assert (details["scope"], details["scope_text"], details["targeted"]) == (
        {"kind": "all", "ids": [], "within": None},
        "all screens",
        3,
    )


@pytest.mark.parametrize("kind", ["sites", "groups", "devices"])
async def test_a_scope_reaches_its_screens_and_no_others(api: Api, tenant: Tenant, kind: str) -> None:
    inside = await api.provision(tenant, "hw-1", "hw-2", site="Main", group="Lobby")
    await api.provision(tenant, "hw-3", site="Annex", group="Roof")
    table = {"sites": "sites", "groups": "device_groups"}.get(kind)
    names = {"sites": "Main", "groups": "Lobby"}
    ids = inside
    if table is not None:
        ids = [row[0] for row in api.rows(f"SELECT id::text FROM {table} WHERE name = %s", names[kind])]
    reply = await api.post(BULK, {"command": "ping", "scope": {"kind": kind, "ids": ids}}, tenant.admin)
    assert (reply.status, reply.body["targeted"]) == (202, 2)
    assert sorted(command.device_id for command in api.realtime.commands) == sorted(inside)
    bulk = (await api.get(f"/api/v1/bulk-commands/{reply.body['bulk_id']}", tenant.admin)).body
    words = {"sites": "site Main", "groups": "group Lobby", "devices": "screens hw-1 and hw-2"}
    scope = {"kind": kind, "ids": ids, "within": None}
    assert (bulk["scope_text"], bulk["scope"]) == (words[kind], scope)


async def test_a_scope_that_names_what_is_not_there_is_refused_by_field(api: Api, tenant: Tenant) -> None:
    scopes: list[dict[str, Any]] = [
        {"kind": "sites", "ids": [str(uuid.uuid4())]},
        {"kind": "groups"},
        {"kind": "all", "ids": [str(uuid.uuid4())]},
    ]
    for scope in scopes:
        reply = await api.post(BULK, {"command": "ping", "scope": scope}, tenant.admin)
        assert (reply.status, list(reply.body["fields"])) == (422, ["scope.ids"])
    assert api.rows("SELECT count(*) FROM bulk_commands") == [(0,)]


async def test_no_scope_reaches_the_screens_of_another_tenant(
    api: Api, tenant: Tenant, neighbour: Tenant
) -> None:
    (own,) = await api.provision(tenant, "hw-1")
    (foreign,) = await api.provision(neighbour, "hw-2", site="Main", group="Lobby")
    ids = {"devices": foreign}
    for kind, table in (("sites", "sites"), ("groups", "device_groups")):
        ((ids[kind],),) = api.rows(f"SELECT id::text FROM {table} WHERE tenant_id = %s", neighbour.id)
    for kind, foreign_id in ids.items():
        scope = {"kind": kind, "ids": [foreign_id]}
        reply = await api.post(BULK, {"command": "ping", "scope": scope}, tenant.admin)
        assert (reply.status, list(reply.body["fields"])) == (422, ["scope.ids"])
    path = f"/api/v1/devices/{foreign}/command"
    assert (await api.post(path, {"command": "ping"}, tenant.admin)).status == 404
    assert (await api.post(BULK, {"command": "ping"}, tenant.admin)).body["targeted"] == 1
    assert api.rows("SELECT DISTINCT device_id::text FROM commands") == [(own,)]
    assert {command.device_id for command in api.realtime.commands} == {own}


async def test_a_screen_without_room_is_passed_over_and_counted(
    api: Api, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command_batch, "OPEN_COMMANDS_AT_MOST", 1)
    busy, _ = await api.provision(tenant, "hw-1", "hw-2")
    await api.post(f"/api/v1/devices/{busy}/command", {"command": "ping"}, tenant.admin)
    reply = await api.post(BULK, {"command": "ping"}, tenant.admin)
    assert (reply.body["targeted"], reply.body["refused"], reply.body["offline"]) == (2, 1, 1)
    bulk = (await api.get(f"/api/v1/bulk-commands/{reply.body['bulk_id']}", tenant.admin)).body
    assert (bulk["targeted"], bulk["refused"], bulk["counts"]) == (2, 1, {"queued": 1})


async def test_the_same_key_with_the_same_request_is_the_same_bulk(api: Api, tenant: Tenant) -> None:
    await api.provision(tenant, "hw-1", "hw-2")
    first = await api.post(BULK, {"command": "pause"}, tenant.admin, Idempotency_Key="k-1")
    again = await api.post(BULK, {"command": "pause"}, tenant.admin, Idempotency_Key="k-1")
    other = await api.post(BULK, {"command": "play"}, tenant.admin, Idempotency_Key="k-1")
    assert (again.status, again.body["bulk_id"]) == (202, first.body["bulk_id"])
    assert (again.body["targeted"], other.status) == (2, 409)
    assert len(api.realtime.commands) == 2
    assert api.rows("SELECT count(*) FROM commands") == [(2,)]
    assert len(api.audited("bulk_command.queued")) == 1


async def test_progress_is_counted_by_status(api: Api, tenant: Tenant) -> None:
    await api.provision(tenant, "hw-1", "hw-2", "hw-3")
    bulk_id = (await api.post(BULK, {"command": "ping"}, tenant.admin)).body["bulk_id"]
    done, sent, _ = [command.id for command in api.realtime.commands]
    api.rows("UPDATE commands SET status = 'succeeded' WHERE id = %s", done)
    api.rows("UPDATE commands SET status = 'sent' WHERE id = %s", sent)
    bulk = (await api.get(f"/api/v1/bulk-commands/{bulk_id}", tenant.admin)).body
    assert (bulk["counts"], bulk["finished"]) == ({"succeeded": 1, "sent": 1, "queued": 1}, 1)
    assert (bulk["created_by"], bulk["command"]) == (tenant.admin.email, "ping")


async def test_cancelling_a_bulk_ends_what_is_open_and_says_what_may_have_been_done(
    api: Api, tenant: Tenant
) -> None:
    await api.provision(tenant, "hw-1", "hw-2", "hw-3")
    bulk_id = (await api.post(BULK, {"command": "ping"}, tenant.admin)).body["bulk_id"]
    done, sent, waits = [command.id for command in api.realtime.commands]
    api.rows("UPDATE commands SET status = 'succeeded' WHERE id = %s", done)
    api.rows("UPDATE commands SET status = 'sent' WHERE id = %s", sent)
    for _ in range(2):
        reply = await api.post(f"/api/v1/bulk-commands/{bulk_id}/cancel", None, tenant.admin)
        assert (reply.status, reply.body["counts"]) == (200, {"succeeded": 1, "cancelled": 2})
    by = f"cancelled by {tenant.admin.email}"
    told = {command.id: command.detail for command in api.realtime.ended}
    assert told == {
        waits: by,
        sent: f"{by}; it had been sent, and the screen may have carried it out already",
    }
    assert [row[2:] for row in api.audited("bulk_command.cancelled")] == [(bulk_id, {"cancelled": 2})]


async def test_bulks_are_listed_the_newest_first_from_cursor_to_cursor(api: Api, tenant: Tenant) -> None:
    await api.provision(tenant, "hw-1")
    sent = [(await api.post(BULK, {"command": "ping"}, tenant.admin)).body["bulk_id"] for _ in range(3)]
    first = (await api.get("/api/v1/bulk-commands?limit=2", tenant.admin)).body
    path = f"/api/v1/bulk-commands?limit=2&cursor={first['next_cursor']}"
    second = (await api.get(path, tenant.admin)).body
    assert [bulk["id"] for bulk in first["items"] + second["items"]] == sent[::-1]
    assert {bulk["counts"]["queued"] for bulk in first["items"]} == {1}
    assert second["next_cursor"] is None


async def test_a_bulk_of_another_tenant_is_not_found(api: Api, tenant: Tenant, neighbour: Tenant) -> None:
    await api.provision(neighbour, "hw-1")
    bulk_id = (await api.post(BULK, {"command": "ping"}, neighbour.admin)).body["bulk_id"]
    assert (await api.get(f"/api/v1/bulk-commands/{bulk_id}", tenant.admin)).status == 404
    assert (await api.post(f"/api/v1/bulk-commands/{bulk_id}/cancel", None, tenant.admin)).status == 404
    assert (await api.get("/api/v1/bulk-commands", tenant.admin)).body["items"] == []
    assert (await api.get(BULK, tenant.admin)).body["items"] == []


async def test_who_may_not_command_may_look(api: Api, tenant: Tenant) -> None:
    await api.provision(tenant, "hw-1")
    bulk_id = (await api.post(BULK, {"command": "ping"}, tenant.admin)).body["bulk_id"]
    (command,) = api.realtime.commands
    viewer = api.person(tenant, RoleName.VIEWER)
    assert (await api.get(f"/api/v1/bulk-commands/{bulk_id}", viewer)).status == 200
    for path in (BULK, f"/api/v1/bulk-commands/{bulk_id}/cancel", f"{BULK}/{command.id}/cancel"):
        body = {"command": "ping"} if path == BULK else None
        assert (await api.post(path, body, viewer)).status == 403
