"""What screens and operators may say, from their first frame to their last."""

from __future__ import annotations

import pytest

from actors.device.messages import PendingCommand
from protocol.close_codes import CloseCode
from protocol.codec import decode_downlink, decode_operator_downlink
from protocol.frames import Ack, Command, Error
from protocol.live import Delta, Notice, Snapshot
from protocol.vocabulary import CommandName, Presence, PresenceReason
from tests.actors.device.world import NOON_MS
from tests.hub.gateway.client import close_frame, frame
from tests.hub.gateway.house import House, Visitor

HELLO = b'{"type":"hello","future":[1,2]}'
BEAT = b'{"type":"heartbeat","seq":1,"emergency_version":1}'


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
async def screen(house: House) -> Visitor:
    return await house.screen(then=frame(HELLO))


# ---- screens ----


@pytest.mark.parametrize(
    ("first", "code"),
    [
        (BEAT, CloseCode.MALFORMED),
        (b'{"type":"future"}', CloseCode.MALFORMED),
        (b"[]", CloseCode.MALFORMED),
        (b"not json", CloseCode.MALFORMED),
        (b"", CloseCode.MALFORMED),
        (b'{"type":"hello","model":"\xff"}', CloseCode.INVALID_TEXT),
        (b'{"type":"hello","future":"\xff"}', CloseCode.INVALID_TEXT),
        (b'{"type":"hello","model":"' + b"m" * 201 + b'"}', CloseCode.MALFORMED),
    ],
)
async def test_only_a_good_hello_opens_a_session(house: House, first: bytes, code: CloseCode) -> None:
    screen = await house.screen()
    screen.says(first)
    assert screen.close_code == code
    assert len(house.fleet) == 0 and house.fleet.link_of("d1") is None


@pytest.mark.parametrize(
    "unknown",
    [
        b'{"type":"future"}',
        b'{"type":"heartbeat"}',
        b'{"type":"heartbeat","seq":-1}',
        b'{"type":"heartbeat","seq":"1"}',
        b'{"type":"receipt","command_id":"c","status":"applauded"}',
        b"42",
        b"null",
        HELLO,
    ],
)
async def test_a_frame_that_nobody_knows_is_answered_and_the_session_goes_on(
    screen: Visitor, unknown: bytes
) -> None:
    screen.says(unknown, BEAT)
    answers = [decode_downlink(text) for text in screen.texts[1:]]
    assert sorted(type(answer).__name__ for answer in answers) == ["Ack", "Error"]
    assert isinstance(answers[0], Error | Ack) and screen.close_code is None


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"{", CloseCode.MALFORMED),
        (b'{"type":"heartbeat","seq":1}}', CloseCode.MALFORMED),
        (b"\xed\xa0\x80", CloseCode.INVALID_TEXT),
        (b'{"type":"heartbeat","seq":1,"x":"\xc0\x80"}', CloseCode.INVALID_TEXT),
        (b'{"a":' * 800, CloseCode.MALFORMED),
        (b'{"type":"hello","model":"\\ud800"}', CloseCode.MALFORMED),
    ],
)
async def test_a_frame_that_is_not_json_ends_the_session(
    house: House, screen: Visitor, payload: bytes, code: CloseCode
) -> None:
    screen.says(payload, BEAT)
    assert screen.close_code == code
    row = house.roster.get("d1")
    assert row is not None and (row.presence, row.reason) == (Presence.OFFLINE, PresenceReason.PROTOCOL_ERROR)


async def test_a_screen_is_online_from_its_hello_to_its_end(house: House, screen: Visitor) -> None:
    row = house.roster.get("d1")
    assert row is not None and row.presence is Presence.ONLINE
    screen.connection.received(close_frame(1000))
    house.work()
    assert (row.presence, row.reason) == (Presence.OFFLINE, PresenceReason.SAID_GOODBYE)


async def test_the_same_screen_again_supersedes_the_first_which_is_told_not_to_come_back(
    house: House, screen: Visitor
) -> None:
    again = await house.screen(then=frame(HELLO))
    assert screen.close_code == CloseCode.SUPERSEDED
    screen.connection.ended()
    again.says(BEAT)
    row = house.roster.get("d1")
    assert row is not None and row.presence is Presence.ONLINE and len(again.texts) == 2


async def test_a_flood_of_frames_closes_with_a_resumable_code(house: House, screen: Visitor) -> None:
    for _ in range(300):
        screen.connection.received(frame(BEAT))
    house.work()
    assert screen.close_code == CloseCode.TRY_AGAIN_LATER
    assert house.fleet.link_of("d1") is None


async def test_a_screen_that_never_reads_is_closed_and_named(house: House, screen: Visitor) -> None:
    screen.transport.reads = False
    for _ in range(300):
        screen.says(BEAT)
    assert screen.close_code == CloseCode.TOO_SLOW
    row = house.roster.get("d1")
    assert row is not None and row.reason is PresenceReason.TOO_SLOW


async def test_a_screen_with_open_commands_has_them_loaded_and_sent(house: House) -> None:
    house.open_commands.add("d1")
    screen = await house.screen(then=frame(HELLO))
    (reading,) = house.loads
    assert reading.device_id == "d1"
    house.fleet.loaded(reading, [PendingCommand("c1", CommandName.PLAY, {"item": "a"}, NOON_MS * 2)])
    house.work()
    command = decode_downlink(screen.texts[-1])
    assert isinstance(command, Command) and (command.command_id, command.args) == ("c1", {"item": "a"})


async def test_a_cut_between_the_token_and_the_hello_keeps_the_screen_out(house: House) -> None:
    screen = await house.screen()
    house.fleet.cut("d1", CloseCode.TOKEN_REVOKED, PresenceReason.TOKEN_REVOKED)
    screen.says(HELLO)
    assert screen.close_code == CloseCode.TOKEN_REVOKED and screen.texts[:-1] == []


# ---- operators ----


def test_a_page_gets_its_own_tenants_snapshot_and_deltas(house: House) -> None:
    mine, theirs = house.operator("t1"), house.operator("t2")
    for page in (mine, theirs):
        page.says(b'{"type":"resume"}')
    house.feed.screen_changed("t1", "d1")
    house.feed.beat()
    frames = [decode_operator_downlink(text) for text in mine.texts]
    assert isinstance(frames[0], Snapshot) and {row.id for row in frames[0].screens} == {"d1", "d2"}
    assert isinstance(frames[1], Delta) and [row.id for row in frames[1].screens] == ["d1"]
    theirs_first = decode_operator_downlink(theirs.texts[0])
    assert isinstance(theirs_first, Snapshot) and [row.id for row in theirs_first.screens] == ["x1"]
    assert len(theirs.texts) == 1


def test_a_page_that_says_something_else_is_told_so(house: House) -> None:
    page = house.operator()
    page.says(b'{"type":"future"}', b'{"type":"resume"}', b'{"type":"resume"}')
    kinds = [type(decode_operator_downlink(text)) for text in page.texts]
    assert kinds == [Notice, Snapshot, Notice] and house.feed.subscribers == 1
    page.says(b"{")
    assert page.close_code == CloseCode.MALFORMED and house.feed.subscribers == 0


def test_a_page_that_says_nothing_is_closed(house: House) -> None:
    mute = house.operator()
    mute.connection.overdue()
    assert mute.close_code == CloseCode.NO_HELLO
    assert house.feed.subscribers == 0


def test_a_page_lives_as_long_as_the_session_that_brought_it(house: House) -> None:
    first, second, theirs = house.operator(), house.operator(), house.operator("t2")
    first.says(b'{"type":"resume"}')
    house.gateway.pages.rights_changed(frozenset({"session-t1", "session-x"}), frozenset())
    assert [page.close_code for page in (first, second, theirs)] == [CloseCode.TOKEN_REVOKED] * 2 + [None]
    assert house.feed.subscribers == 0
    house.gateway.pages.rights_changed(frozenset({"session-t1"}), frozenset())
    assert len([text for text in first.texts if b"goodbye" in text]) == 1, "it is told once"


def test_a_page_whose_rights_change_is_sent_away_to_come_back_with_them(house: House) -> None:
    page, theirs = house.operator(), house.operator("t2")
    page.says(b'{"type":"resume"}')
    house.gateway.pages.rights_changed(frozenset(), frozenset({"session-t1"}))
    assert (page.close_code, theirs.close_code) == (CloseCode.RIGHTS_CHANGED, None)
    assert b"reconnect_after_s" in page.texts[-1]


def test_a_page_of_a_session_that_another_hub_began_is_told_to_try_again(house: House) -> None:
    page = house.operator("of-another-hub")
    assert page.status == 503 and "Retry-After: 1" in page.head
