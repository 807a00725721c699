"""Every topic of a socket, asked for or spoken of with another tenant's names, has nothing of that tenant.

A page's topics are what its snapshots and deltas carry; it can name a stream. A screen can name itself in its
address, and commands, emergencies and sessions in its frames.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import trio
from trio_websocket import HandshakeError, WebSocketConnection, open_websocket_url

from protocol.vocabulary import CommandStatus, ReceiptStatus
from tests.hub.hub_process import HubProcess, running_hub
from tests.hub.tenants import PASSWORD
from tests.isolation.occupied import Occupied, rows_of
from tests.patience import PATIENCE_S

SUBPROTOCOL = ["clarion.v1"]


@pytest.fixture
def hub(
    database_url: str, hub_database_url: str, tmp_path: Path, ours: Occupied, theirs: Occupied
) -> Iterator[HubProcess]:
    """A real hub that knows both tenants from its start."""
    with running_hub(database_url, hub_database_url, tmp_path) as running:
        yield running


def signed_in(hub: HubProcess, it: Occupied) -> httpx.Client:
    """The API, asked by the tenant's administrator."""
    login = {"tenant_id": it.tenant.id, "email": it.tenant.admin.email, "password": PASSWORD}
    answer = httpx.post(f"{hub.url}/api/v1/auth/login", json=login, timeout=PATIENCE_S)
    bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    return httpx.Client(base_url=f"{hub.url}/api/v1", headers=bearer, timeout=PATIENCE_S)


def header(client: httpx.Client) -> tuple[bytes, bytes]:
    """The same, for a socket."""
    return b"Authorization", client.headers["Authorization"].encode()


def new_screen(hub: HubProcess, it: Occupied) -> tuple[str, tuple[bytes, bytes]]:
    """A screen of the tenant, and the header by which it connects."""
    with signed_in(hub, it) as api:
        answer = api.post("/devices/provision", json={"devices": [{"hardware_id": "hw-of-ours"}]})
        (device,) = answer.json()["devices"]
    return device["device_id"], (b"Authorization", f"Bearer {device['device_token']}".encode())


@asynccontextmanager
async def page(hub: HubProcess, api: httpx.Client, **resume: Any) -> AsyncIterator[WebSocketConnection]:
    """A page's socket, after its first word."""
    url = f"{hub.websocket_url}/api/v1/ws/admin"
    async with open_websocket_url(
        url, subprotocols=SUBPROTOCOL, extra_headers=[header(api)], max_message_size=2**20
    ) as socket:
        await socket.send_message(json.dumps({"type": "resume", **resume}))
        yield socket


async def heard(socket: WebSocketConnection, last: str) -> str:
    """All that comes, to the message that has this in it: what was sent before it is there by then."""
    said = ""
    while last not in said:
        said += str(await socket.get_message())
    return said


async def test_a_page_that_names_anothers_stream_gets_its_own_picture(
    hub: HubProcess, ours: Occupied, theirs: Occupied
) -> None:
    with trio.fail_after(PATIENCE_S), signed_in(hub, theirs) as there, signed_in(hub, ours) as here:
        async with page(hub, there) as watched:
            snapshot = json.loads(str(await watched.get_message()))
            assert snapshot["type"] == "snapshot" and theirs.marker in str(snapshot)
            async with page(hub, here, stream=snapshot["stream"], seq=snapshot["seq"]) as socket:
                said = str(await socket.get_message())
                assert json.loads(said)["type"] == "snapshot" and ours.marker in said
                # Everything that a delta can carry happens at theirs; and then something at ours.
                screen = f"/devices/{theirs.ids['device_id']}"
                alert = {"title": f"{theirs.marker} again", "message": "", "severity": "minor"}
                there.post(f"{screen}/command", json={"command": "ping"}).raise_for_status()
                there.post("/emergencies", json=alert).raise_for_status()
                there.post(f"/emergencies/{theirs.ids['emergency_id']}/clear").raise_for_status()
                there.patch(screen, json={"name": f"{theirs.marker} renamed"}).raise_for_status()
                await heard(watched, f"{theirs.marker} renamed")
                renamed = {"name": f"{ours.marker} renamed"}
                here.patch(f"/devices/{ours.ids['device_id']}", json=renamed).raise_for_status()
                said += await heard(socket, f"{ours.marker} renamed")
    assert theirs.marker not in said and theirs.tenant.id not in said
    assert not [id for id in theirs.ids.values() if id in said]


async def test_a_screen_that_names_another_tenants_things_changes_nothing_there(
    hub: HubProcess, database_url: str, ours: Occupied, theirs: Occupied
) -> None:
    device_id, token = new_screen(hub, ours)
    before = rows_of(database_url, theirs.tenant.id)
    ids = theirs.ids
    frames = [
        {"type": "hello", "session_id": ids["session_id"], "command_seq": 0},
        *(
            {"type": "receipt", "command_id": ids[name], "status": status, "content_hash": "hash"}
            for name in ("command_id", "emergency_id", "bulk_id", "device_id")
            for status in ReceiptStatus
        ),
        {"type": "heartbeat", "seq": 1, "emergency_version": 1, "device_id": ids["device_id"]},
        {"type": "event", "event": "error", "device_id": ids["device_id"], "detail": "mine now"},
        {"type": "heartbeat", "seq": 2, "emergency_version": 1},
    ]
    with trio.fail_after(PATIENCE_S):
        for address in ("/api/v1/ws/device", f"/api/v1/devices/{device_id}/ws"):
            async with open_websocket_url(
                hub.websocket_url + address, subprotocols=SUBPROTOCOL, extra_headers=[token]
            ) as socket:
                for frame in frames:
                    await socket.send_message(json.dumps(frame))
                said = await heard(socket, '"type":"ack","seq":2')
                assert theirs.marker not in said
    assert rows_of(database_url, theirs.tenant.id) == before
    assert CommandStatus.QUEUED in str(before["commands"])


@pytest.mark.parametrize("whose", ["theirs", "nobody's"])
async def test_a_screen_at_anothers_address_is_refused_as_at_nobodys(
    whose: str, hub: HubProcess, ours: Occupied, theirs: Occupied
) -> None:
    _, token = new_screen(hub, ours)
    device_id = theirs.ids["device_id"] if whose == "theirs" else str(uuid.uuid4())
    with trio.fail_after(PATIENCE_S), pytest.raises(HandshakeError) as refused:
        url = f"{hub.websocket_url}/api/v1/devices/{device_id}/ws"
        async with open_websocket_url(url, subprotocols=SUBPROTOCOL, extra_headers=[token]):
            pass
    assert getattr(refused.value, "status_code", None) in (401, 403, 404)
