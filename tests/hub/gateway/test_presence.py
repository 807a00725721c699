"""Presence is always explained: each way in which a connection ends has its reason, and who may come back is
told when. Only what the device says in frames counts as life."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from websockets.frames import Opcode

from hub.gateway.connection import Stage
from hub.gateway.farewell import AWAY_S, away_s
from hub.gateway.gateway import say_goodbye
from hub.gateway.wire import text_frame
from protocol.close_codes import MEANINGS, CloseCode
from protocol.codec import decode_downlink
from protocol.frames import Goodbye
from protocol.vocabulary import Presence, PresenceReason
from tests.hub.gateway.client import close_frame, frame
from tests.hub.gateway.house import House, Visitor

HELLO = b'{"type":"hello"}'
BEAT = b'{"type":"heartbeat","seq":1,"emergency_version":1}'
INTERVAL_S = 10.0


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
async def screen(house: House) -> Visitor:
    return await house.screen(then=frame(HELLO))


def why(house: House, device_id: str = "d1") -> PresenceReason:
    row = house.roster.get(device_id)
    assert row is not None and row.presence is Presence.OFFLINE and row.since_ms is not None
    return row.reason


def silence(house: House, seconds: float) -> None:
    """Time passes, swept as in the running hub."""
    until_s = house.now_s + seconds
    while house.now_s < until_s:
        house.now_s += 0.25
        house.fleet.sweep(house.fleet_clock())
        house.work()


def flood(house: House, screen: Visitor) -> None:
    for _ in range(300):
        screen.connection.received(frame(BEAT))


def read_nothing(house: House, screen: Visitor) -> None:
    screen.transport.reads = False
    while screen.connection.stage is Stage.OPEN:
        screen.connection.send_encoded(text_frame(b"x" * 900))


def ping_without_reading(house: House, screen: Visitor) -> None:
    screen.transport.reads = False
    for _ in range(1_000):
        screen.connection.received(frame(b"p" * 125, Opcode.PING) * 10)


ENDS: list[tuple[str, Callable[[House, Visitor], object], PresenceReason, CloseCode | None]] = [
    ("the network", lambda h, s: s.connection.ended(), PresenceReason.NETWORK_CLOSED, None),
    (
        "the client, as if it were broken",
        lambda h, s: s.connection.received(close_frame(1011)),
        PresenceReason.NETWORK_CLOSED,
        None,
    ),
    (
        "the client, as it leaves",
        lambda h, s: s.connection.received(close_frame(1001)),
        PresenceReason.SAID_GOODBYE,
        None,
    ),
    (
        "a goodbye",
        lambda h, s: s.connection.received(frame(b'{"type":"goodbye"}')),
        PresenceReason.SAID_GOODBYE,
        CloseCode.NORMAL,
    ),
    ("silence", lambda h, s: silence(h, 16.0), PresenceReason.HEARTBEAT_LOST, CloseCode.HEARTBEAT_LOST),
    ("no json", lambda h, s: s.says(b"{"), PresenceReason.PROTOCOL_ERROR, CloseCode.MALFORMED),
    ("no utf-8", lambda h, s: s.says(b'"\xff"'), PresenceReason.PROTOCOL_ERROR, CloseCode.INVALID_TEXT),
    (
        "no text",
        lambda h, s: s.connection.received(frame(b"x", Opcode.BINARY)),
        PresenceReason.PROTOCOL_ERROR,
        CloseCode.MALFORMED,
    ),
    ("too fast", flood, PresenceReason.TOO_MUCH, CloseCode.TRY_AGAIN_LATER),
    ("too slow", read_nothing, PresenceReason.TOO_SLOW, CloseCode.TOO_SLOW),
    ("too slow for its own pings", ping_without_reading, PresenceReason.TOO_SLOW, None),
    (
        "revoked",
        lambda h, s: h.fleet.cut("d1", CloseCode.TOKEN_REVOKED, PresenceReason.TOKEN_REVOKED),
        PresenceReason.TOKEN_REVOKED,
        CloseCode.TOKEN_REVOKED,
    ),
    (
        "another hub",
        lambda h, s: h.fleet.cut("d1", CloseCode.TRY_AGAIN_LATER, PresenceReason.TAKEN_OVER),
        PresenceReason.TAKEN_OVER,
        CloseCode.TRY_AGAIN_LATER,
    ),
    (
        "the hub stops",
        lambda h, s: say_goodbye(s.connection, 1.0),
        PresenceReason.HUB_RESTARTED,
        CloseCode.SERVICE_RESTART,
    ),
    ("a fault of ours", lambda h, s: s.connection.failed(), PresenceReason.HUB_FAULT, None),
]


@pytest.mark.parametrize(("end", "reason", "code"), [e[1:] for e in ENDS], ids=[e[0] for e in ENDS])
async def test_each_end_has_its_reason_and_its_code_and_who_may_come_back_is_told_when(
    house: House,
    screen: Visitor,
    end: Callable[[House, Visitor], object],
    reason: PresenceReason,
    code: CloseCode | None,
) -> None:
    end(house, screen)
    house.work()
    assert why(house) is reason
    if code is None:
        return
    goodbye = decode_downlink(screen.texts[-1])
    assert screen.close_code == code and isinstance(goodbye, Goodbye) and goodbye.code == code
    assert (goodbye.reconnect_after_s is not None) == MEANINGS[code].come_back


async def test_a_fault_of_its_actor_is_named_and_then_its_quarantine(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fault(device_id: str, wall_ms: int) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(house.effects, "alerts_agreed", fault)
    reasons = []
    for _ in range(house.fleet.supervisor.intensity + 1):
        screen = await house.screen(then=frame(HELLO) + frame(BEAT))
        assert screen.close_code == CloseCode.HUB_FAULT
        reasons.append(why(house))
        house.now_s += 8.0
    assert reasons == [PresenceReason.HUB_FAULT] * (len(reasons) - 1) + [PresenceReason.QUARANTINED]


async def test_who_says_no_hello_was_never_there(house: House) -> None:
    screen = await house.screen()
    screen.connection.overdue()
    assert screen.close_code == CloseCode.NO_HELLO
    row = house.roster.get("d1")
    assert row is not None and row.reason is PresenceReason.NEVER_CONNECTED


# ---- when to come back ----


def test_every_code_that_lets_a_client_come_back_says_from_when_to_when() -> None:
    assert set(AWAY_S) == {code for code, meaning in MEANINGS.items() if meaning.come_back}
    for code, (from_s, to_s) in AWAY_S.items():
        drawn = {away_s(code) for _ in range(50)}
        assert all(from_s <= wait_s <= to_s for wait_s in drawn)
        assert len(drawn) > 40 or code is CloseCode.NORMAL, "a thousand do not come back in the same second"


async def test_whoever_is_cut_with_many_comes_back_when_nobody_else_does(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits_s = iter([2.5, 7.25])
    monkeypatch.setattr(random, "uniform", lambda from_s, to_s: next(waits_s))
    told = []
    for device_id in ("d1", "d2"):
        screen = await house.screen(device_id, then=frame(HELLO))
        house.fleet.cut(device_id, CloseCode.TRY_AGAIN_LATER, PresenceReason.TAKEN_OVER)
        house.work()
        goodbye = decode_downlink(screen.texts[-1])
        assert isinstance(goodbye, Goodbye)
        told.append(goodbye.reconnect_after_s)
    assert told == [2.5, 7.25]


# ---- what counts as life ----


@pytest.mark.parametrize(
    "sign",
    [
        frame(b"", Opcode.PING),
        frame(b"unasked", Opcode.PONG),
        frame(b'{"type":"heart', fin=False),
        frame(b'{"type":"future"}'),
    ],
    ids=["ping", "pong", "half a frame", "a frame nobody knows"],
)
async def test_only_whole_frames_that_the_hub_knows_count_as_life(
    house: House, screen: Visitor, sign: bytes
) -> None:
    silence(house, 10.0)
    screen.connection.received(sign)
    silence(house, 6.0)
    assert why(house) is PresenceReason.HEARTBEAT_LOST


async def test_what_the_hub_sends_is_no_sign_of_life_of_the_screen(house: House, screen: Visitor) -> None:
    link = house.fleet.link_of("d1")
    assert link is not None
    for _ in range(15):
        silence(house, 1.0)
        link.send(b'{"type":"error","code":"x","message":"read by nobody"}')
        house.fleet.want_playlist("d1", 4)
        house.fleet.queue("d1", [])
    silence(house, 1.0)
    assert why(house) is PresenceReason.HEARTBEAT_LOST


async def test_any_frame_that_the_hub_knows_counts(house: House, screen: Visitor) -> None:
    for payload in (
        BEAT,
        b'{"type":"event","event":"idle"}',
        b'{"type":"receipt","command_id":"c","status":"failed"}',
    ):
        silence(house, 14.0)
        screen.says(payload)
    row = house.roster.get("d1")
    assert row is not None and row.presence is Presence.ONLINE
