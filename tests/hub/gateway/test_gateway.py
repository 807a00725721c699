"""Who gets in: the address, the token and where it may stand. A fault of one connection is nobody else's."""

from __future__ import annotations

import pytest
import trio
from trio.testing import MockClock

from hub.gateway.connection import Connection, Stage
from protocol.codec import decode_downlink
from protocol.frames import Welcome
from tests.hub.gateway.client import MemoryTransport, frame
from tests.hub.gateway.house import House

HELLO = b'{"type":"hello"}'


@pytest.fixture
def house() -> House:
    return House()


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/api/v1/ws/device", ["Authorization: Bearer token-d1"], 101),
        ("/api/v1/ws/device?x=1", ["authorization: bEARER  token-d1"], 101),
        ("/api/v1/ws/device", ["Sec-WebSocket-Protocol: clarion.bearer.token-d1"], 101),
        ("/api/v1/devices/d1/ws", ["Authorization: Bearer token-d1"], 101),
        ("/api/v1/devices/D1/ws", ["Authorization: Bearer token-d1"], 101),
        ("/api/v1/devices/d2/ws", ["Authorization: Bearer token-d1"], 401),
        ("/api/v1/ws/device?token=token-d1", [], 401),
        ("/api/v1/ws/device", ["Authorization: Basic token-d1"], 401),
        ("/api/v1/ws/device", ["Authorization: Bearer "], 401),
        ("/api/v1/ws/device", ["Authorization: Bearer token-d1", "Authorization: Bearer token-d2"], 401),
        (
            "/api/v1/ws/device",
            ["Authorization: Basic x", "Sec-WebSocket-Protocol: clarion.bearer.token-d1"],
            401,
        ),
        (
            "/api/v1/ws/device",
            ["Sec-WebSocket-Protocol: clarion.bearer.token-d1, clarion.bearer.token-d2"],
            401,
        ),
        ("/api/v1/ws/device", ["Sec-WebSocket-Protocol: clarion.bearer."], 401),
        ("/api/v1/ws/device", ["Authorization: Bearer t1"], 401),
        ("/api/v1/ws/admin", ["Authorization: Bearer t1"], 101),
        ("/api/v1/ws/admin", ["Authorization: Bearer token-d1"], 401),
        ("/api/v1/ws/admin", ["Authorization: Bearer cleaner"], 403),
        ("/api/v1/ws/devices", ["Authorization: Bearer token-d1"], 404),
        ("/api/v1/devices/d1/d1/ws", ["Authorization: Bearer token-d1"], 404),
        ("/", ["Authorization: Bearer token-d1"], 404),
    ],
)
async def test_the_address_and_one_token_in_one_place_decide(
    house: House, path: str, headers: list[str], status: int
) -> None:
    visitor = house.visitor(path, *headers)
    await house.look_up()
    assert visitor.status == status
    assert house.gateway.turned_away == (status != 101)
    if status == 401:
        assert 'WWW-Authenticate: Bearer realm="clarion"' in visitor.head
    if status == 101:
        assert "bearer" not in visitor.head.lower(), "a token is never echoed"


async def test_the_screen_of_a_suspended_tenant_is_told_to_come_back_later(house: House) -> None:
    house.suspended.add("t1")
    refused, stranger = await house.screen("d1"), await house.screen("nobody")
    assert (refused.status, stranger.status) == (503, 401)
    assert "Retry-After: 30" in refused.head
    assert (await house.screen("x1")).status == 101
    house.suspended.clear()
    assert (await house.screen("d1")).status == 101


def test_who_may_not_see_screens_is_told_why_in_a_problem_document(house: House) -> None:
    cleaner = house.visitor("/api/v1/ws/admin", "Authorization: Bearer cleaner")
    assert "application/problem+json" in cleaner.head
    assert b"do not allow you to see screens" in cleaner.transport.written


async def test_frames_sent_with_the_request_are_served_when_the_token_is_good(house: House) -> None:
    screen = await house.screen(
        then=frame(HELLO) + frame(b'{"type":"heartbeat","seq":1,"emergency_version":1}')
    )
    assert [type(decode_downlink(text)).__name__ for text in screen.texts] == ["Welcome", "Ack"]
    assert isinstance(decode_downlink(screen.texts[0]), Welcome)


async def test_a_database_that_does_not_answer_sends_screens_away_for_a_while(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def down(hashes: object) -> dict[bytes, object]:
        raise ConnectionError("no database")

    monkeypatch.setattr(house, "devices_of_tokens", down)
    screen = await house.screen()
    assert screen.status == 503 and "Retry-After: 5" in screen.head


async def test_every_stage_of_every_connection_is_swept_in_time(
    house: House, autojump_clock: MockClock
) -> None:
    house.gateway._clock_s = trio.current_time
    silent = MemoryTransport()
    mute = Connection(silent, house.gateway)
    house.gateway.arrived(mute)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(house.gateway.run)
        nursery.start_soon(house.credentials.run)
        no_hello = house.visitor("/api/v1/ws/device", "Authorization: Bearer token-d1")
        beating = house.visitor("/api/v1/ws/device", "Authorization: Bearer token-d2", then=frame(HELLO))
        await trio.sleep(7.9)
        assert no_hello.close_code is None and not silent.written
        await trio.sleep(1.0)
        assert no_hello.close_code == 4408
        await trio.sleep(60.0)
        assert mute.stage is Stage.GONE and no_hello.transport.aborted
        assert beating.connection.stage is Stage.OPEN, "after hello its actor keeps the time"
        nursery.cancel_scope.cancel()


async def test_a_fault_of_one_connection_ends_that_one_and_the_gateway_goes_on(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlucky = house.visitor("/api/v1/ws/device", "Authorization: Bearer token-d1")

    def fault(session: object) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(Connection, "admit", fault)
    await house.look_up()
    monkeypatch.undo()
    assert unlucky.transport.aborted
    assert (await house.screen("d2")).status == 101
