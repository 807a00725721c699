"""A hub that stops sends its clients away in batches, and each is told when to come back."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import trio
from trio_websocket import ConnectionClosed, WebSocketConnection, open_websocket_url

from hub import front_door
from hub.client_address import ClientAddresses
from hub.front_door import DRAIN_EVERY_S, FrontDoor, bind
from hub.http_server import HttpServer
from hub.settings import Settings
from protocol.vocabulary import Presence, PresenceReason
from tests.hub.gateway.house import House

DEVICES = ("d1", "d2", "x1")


@asynccontextmanager
async def screen(port: int, device_id: str) -> AsyncIterator[WebSocketConnection]:
    """One that has been welcomed."""
    async with open_websocket_url(
        f"ws://127.0.0.1:{port}/api/v1/ws/device",
        subprotocols=["clarion.v1"],
        extra_headers=[(b"Authorization", f"Bearer token-{device_id}".encode())],
    ) as socket:
        await socket.send_message('{"type":"hello"}')
        assert json.loads(await socket.get_message())["type"] == "welcome"
        yield socket


async def last_words(socket: WebSocketConnection) -> tuple[dict[str, Any], int]:
    """The goodbye, and the code of the close frame after it."""
    goodbye = json.loads(await socket.get_message())
    with pytest.raises(ConnectionClosed) as closed:
        await socket.get_message()
    assert closed.value.reason is not None
    return goodbye, int(closed.value.reason.code)


@pytest.mark.parametrize("kind", ["epoll", "streams"])
async def test_each_batch_is_told_to_come_back_a_little_later_than_the_one_before(
    kind: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(front_door, "DRAIN_BATCH", 2)
    monkeypatch.setattr("random.random", lambda: 0.25)  # what else spreads them within a batch
    house, sockets = House(), bind("127.0.0.1", 0)
    port = sockets[0].getsockname()[1]
    http = HttpServer(None, ClientAddresses([]))
    door = FrontDoor(Settings(gateway=kind), house.gateway, http, sockets)
    with trio.fail_after(10):
        async with trio.open_nursery() as nursery:
            for run in (door.run, house.fleet.dispatcher.run, house.credentials.run):
                nursery.start_soon(run)
            async with screen(port, "d1") as first, screen(port, "d2") as second, screen(port, "x1") as third:
                await door.drain()
                told = [await last_words(socket) for socket in (first, second, third)]
            with pytest.raises(OSError, match=str(port)):
                await trio.open_tcp_stream("127.0.0.1", port)
            nursery.cancel_scope.cancel()
    for sock in sockets:
        sock.close()
    assert [code for _, code in told] == [1012] * 3
    away_s = [goodbye["reconnect_after_s"] for goodbye, _ in told]
    assert away_s == pytest.approx([1.25, 1.25, 1.25 + DRAIN_EVERY_S])
    for device_id in DEVICES:
        known = house.roster.get(device_id)
        assert known is not None
        assert (known.presence, known.reason) == (Presence.OFFLINE, PresenceReason.HUB_RESTARTED)
