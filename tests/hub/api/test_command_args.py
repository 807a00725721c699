"""What comes with a command: of set_volume and identify the hub knows what that can be."""

from __future__ import annotations

from typing import Any

import pytest

from tests.hub.api.conftest import Api
from tests.hub.tenants import Tenant


@pytest.mark.parametrize(
    ("command", "args"),
    [
        ("set_volume", {"volume": 0}),
        ("set_volume", {"volume": 100}),
        ("identify", {}),
        ("identify", {"for_s": 600}),
        ("screenshot", {}),
    ],
)
async def test_what_a_command_takes_is_taken(
    api: Api, tenant: Tenant, command: str, args: dict[str, Any]
) -> None:
    (device_id,) = await api.provision(tenant, "hw-1")
    body = {"command": command, "args": args}
    reply = await api.post(f"/api/v1/devices/{device_id}/command", body, tenant.admin)
    assert reply.status == 202
    assert api.realtime.commands[0].args == args


@pytest.mark.parametrize(
    ("command", "args"),
    [
        ("set_volume", {}),
        ("set_volume", {"volume": 101}),
        ("set_volume", {"volume": "loud"}),
        ("set_volume", {"volume": True}),
        ("set_volume", {"volume": 40, "for_s": 3}),
        ("identify", {"for_s": 0}),
        ("identify", {"for_s": 601}),
        ("identify", {"name": "Lobby"}),
    ],
)
async def test_what_a_command_does_not_take_is_refused_for_one_screen_and_for_many(
    api: Api, tenant: Tenant, command: str, args: dict[str, Any]
) -> None:
    (device_id,) = await api.provision(tenant, "hw-1")
    body = {"command": command, "args": args}
    one = await api.post(f"/api/v1/devices/{device_id}/command", body, tenant.admin)
    many = await api.post("/api/v1/commands", {**body, "scope": {"kind": "all", "ids": []}}, tenant.admin)
    assert (one.status, many.status) == (422, 422)
    assert one.body["fields"] == many.body["fields"]
    assert one.body["fields"]["args"].startswith(f"of {command} m")
    assert api.realtime.commands == []
