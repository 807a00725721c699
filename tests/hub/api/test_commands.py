"""Commands to one device."""

from __future__ import annotations

from typing import Any

import pytest
import trio

from hub.use_cases import command_batch
from tests.hub.api.conftest import Api
from tests.hub.tenants import Tenant


async def test_a_command_is_committed_audited_and_then_handed_to_the_live_side(
    api: Api, tenant: Tenant
) -> None:
    (device_id,) = await api.provision(tenant, "hw-1")
    body = {"command": "play", "args": {"item": "welcome"}, "expires_in_s": 60}
    reply = await api.post(f"/api/v1/devices/{device_id}/command", body, tenant.admin)
    assert (reply.status, reply.body["status"]) == (202, "queued")
    command_id = reply.body["command_id"]
    (queued,) = api.realtime.commands
    assert (queued.id, queued.device_id, queued.args) == (command_id, device_id, {"item": "welcome"})

    row = (await api.get(f"/api/v1/commands/{command_id}", tenant.admin)).body
    assert (row["command"], row["status"], row["created_by"]) == ("play", "queued", tenant.admin.email)
    listed = (await api.get(f"/api/v1/devices/{device_id}/commands", tenant.admin)).body
    assert listed["items"] == [row]
    assert api.audited("command.queued")[0][3]["command_id"] == command_id


async def test_the_same_key_with_the_same_request_is_the_same_command(api: Api, tenant: Tenant) -> None:
    (device_id,) = await api.provision(tenant, "hw-1")
    path = f"/api/v1/devices/{device_id}/command"
    body = {"command": "reboot"}
    first = await api.post(path, body, tenant.admin, Idempotency_Key="k-1")
    again = await api.post(path, body, tenant.admin, Idempotency_Key="k-1")
    other = await api.post(path, {"command": "stop"}, tenant.admin, Idempotency_Key="k-1")
    assert (again.status, again.body) == (202, first.body)
    assert other.status == 409
    assert len(api.realtime.commands) == 1
    api.rows("UPDATE commands SET status = 'sent'")
    assert (await api.post(path, body, tenant.admin, Idempotency_Key="k-1")).body["status"] == "sent"
    assert len(api.audited("command.queued")) == 1


async def test_the_same_key_sent_many_times_at_once_is_one_command(api: Api, tenant: Tenant) -> None:
    (device_id,) = await api.provision(tenant, "hw-1")
    ids: list[str] = []

    async def send() -> None:
        path = f"/api/v1/devices/{device_id}/command"
        reply = await api.post(path, {"command": "ping"}, tenant.admin, Idempotency_Key="k-1")
        ids.append(reply.body["command_id"])

    async with trio.open_nursery() as nursery:
        for _ in range(8):
            nursery.start_soon(send)
    assert len(ids) == 8
    assert len(set(ids)) == 1
    assert api.rows("SELECT count(*) FROM commands") == [(1,)]
    assert len(api.audited("command.queued")) == 1


@pytest.mark.parametrize("command", ["emergency_show", "emergency_hide"])
async def test_an_emergency_is_not_sent_as_a_command(api: Api, tenant: Tenant, command: str) -> None:
    (device_id,) = await api.provision(tenant, "hw-1")
    reply = await api.post(f"/api/v1/devices/{device_id}/command", {"command": command}, tenant.admin)
    assert reply.status == 422
    assert "POST /api/v1/emergencies" in reply.body["fields"]["command"]


async def test_only_an_approved_device_takes_commands(api: Api, tenant: Tenant) -> None:
    registered = (await api.register(tenant, "hw-1")).body
    path = f"/api/v1/devices/{registered['device_id']}/command"
    assert (await api.post(path, {"command": "ping"}, tenant.admin)).status == 409
    assert api.rows("SELECT count(*) FROM commands") == [(0,)]


async def test_a_device_has_a_bounded_number_of_waiting_commands(
    api: Api, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command_batch, "OPEN_COMMANDS_AT_MOST", 1)
    (device_id,) = await api.provision(tenant, "hw-1")
    path = f"/api/v1/devices/{device_id}/command"
    assert (await api.post(path, {"command": "ping"}, tenant.admin)).status == 202
    assert (await api.post(path, {"command": "ping"}, tenant.admin)).status == 429


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"command": "explode"}, "command"),
        ({"command": "ping", "expires_in_s": 0}, "expires_in_s"),
        ({"command": "ping", "args": {"x": "y" * 20_000}}, "args"),
        ({"command": "ping", "args": {"x": "\0"}}, "args.x"),
        ({}, "command"),
    ],
)
async def test_a_command_that_cannot_be_meant_is_refused_by_field(
    api: Api, tenant: Tenant, body: Any, field: str
) -> None:
    (device_id,) = await api.provision(tenant, "hw-1")
    reply = await api.post(f"/api/v1/devices/{device_id}/command", body, tenant.admin)
    assert (reply.status, list(reply.body["fields"])) == (422, [field])


async def test_the_list_of_commands_goes_on_from_cursor_to_cursor(api: Api, tenant: Tenant) -> None:
    (device_id,) = await api.provision(tenant, "hw-1")
    sent = []
    for _ in range(5):
        reply = await api.post(f"/api/v1/devices/{device_id}/command", {"command": "ping"}, tenant.admin)
        sent.append(reply.body["command_id"])
    api.rows("UPDATE commands SET status = 'succeeded' WHERE id = %s", sent[0])
    first = (await api.get(f"/api/v1/devices/{device_id}/commands?limit=3", tenant.admin)).body
    path = f"/api/v1/devices/{device_id}/commands?limit=3&cursor={first['next_cursor']}"
    second = (await api.get(path, tenant.admin)).body
    assert [row["id"] for row in first["items"] + second["items"]] == sent[::-1]
    still_open = (await api.get(f"/api/v1/devices/{device_id}/commands?open=true", tenant.admin)).body
    assert [row["id"] for row in still_open["items"]] == sent[:0:-1]


async def test_a_command_of_another_tenant_is_not_found(api: Api, tenant: Tenant, neighbour: Tenant) -> None:
    (device_id,) = await api.provision(neighbour, "hw-1")
    sent = await api.post(f"/api/v1/devices/{device_id}/command", {"command": "ping"}, neighbour.admin)
    assert (await api.get(f"/api/v1/commands/{sent.body['command_id']}", tenant.admin)).status == 404


async def test_the_commands_of_all_screens_can_be_filtered(api: Api, tenant: Tenant) -> None:
    one, two = await api.provision(tenant, "hw-1", "hw-2")
    ids = {}
    for device_id, command in ((one, "ping"), (one, "stop"), (two, "ping")):
        reply = await api.post(f"/api/v1/devices/{device_id}/command", {"command": command}, tenant.admin)
        ids[device_id, command] = reply.body["command_id"]
    api.rows("UPDATE commands SET status = 'succeeded' WHERE id = %s", ids[one, "stop"])

    async def found(query: str) -> list[str]:
        reply = await api.get(f"/api/v1/commands?{query}", tenant.admin)
        assert reply.status == 200, reply.body
        return [row["id"] for row in reply.body["items"]]

    assert await found("") == list(ids.values())[::-1]
    assert await found("open=true") == [ids[two, "ping"], ids[one, "ping"]]
    assert await found("status=succeeded") == [ids[one, "stop"]]
    assert await found(f"device_id={one}") == [ids[one, "stop"], ids[one, "ping"]]
    assert await found(f"command=ping&device_id={two}") == [ids[two, "ping"]]
    assert (await api.get("/api/v1/commands?state=open", tenant.admin)).status == 422


@pytest.mark.parametrize("status", ["queued", "sent", "received"])
async def test_a_command_can_be_cancelled_in_every_open_state(api: Api, tenant: Tenant, status: str) -> None:
    (device_id,) = await api.provision(tenant, "hw-1")
    sent = await api.post(f"/api/v1/devices/{device_id}/command", {"command": "reboot"}, tenant.admin)
    command_id = sent.body["command_id"]
    api.rows("UPDATE commands SET status = %s WHERE id = %s", status, command_id)
    for _ in range(2):
        row = await api.post(f"/api/v1/commands/{command_id}/cancel", None, tenant.admin)
        assert (row.status, row.body["status"]) == (200, "cancelled")
    assert row.body["finished_at"] is not None
    detail = row.body["detail"]
    assert detail.startswith(f"cancelled by {tenant.admin.email}")
    assert ("may have carried it out" in detail) is (status != "queued")
    (ended,) = api.realtime.ended
    assert (ended.id, ended.device_id, ended.status, ended.detail) == (
        command_id,
        device_id,
        "cancelled",
        detail,
    )
    assert [row[2:] for row in api.audited("command.cancelled")] == [
        (device_id, {"command_id": command_id, "command": "reboot"})
    ]


async def test_a_command_that_has_ended_cannot_be_cancelled(api: Api, tenant: Tenant) -> None:
    (device_id,) = await api.provision(tenant, "hw-1")
    sent = await api.post(f"/api/v1/devices/{device_id}/command", {"command": "reboot"}, tenant.admin)
    api.rows("UPDATE commands SET status = 'succeeded'")
    reply = await api.post(f"/api/v1/commands/{sent.body['command_id']}/cancel", None, tenant.admin)
    assert (reply.status, "succeeded" in reply.body["detail"]) == (409, True)
    assert api.realtime.ended == []
