"""Commands to one device."""

from __future__ import annotations

from typing import Any

import pytest
import trio

from hub.use_cases import commands
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
    monkeypatch.setattr(commands, "OPEN_COMMANDS_AT_MOST", 1)
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
