"""Before a connection is open: every stage has a deadline, and what the hub must remember is bounded."""

from __future__ import annotations

import pytest
from websockets.frames import Opcode

from hub.gateway.connection import CLOSING_DEADLINE_S, Stage
from tests.hub.gateway.client import Wired, close_frame, frame, opened, upgrade


def test_plain_http_is_handed_over_with_what_was_read_and_is_nobodys_concern_any_more() -> None:
    wired = Wired()
    wired.received(b"GET /health HTTP/1.1\r\nHo")
    wired.received(b"st: hub\r\n\r\nrest")
    assert wired.transport.handed_over == b"GET /health HTTP/1.1\r\nHost: hub\r\n\r\nrest"
    assert wired.within_s is None and wired.transport.written == b""
    wired.connection.ended()
    wired.received(b"more")
    assert not wired.transport.aborted


@pytest.mark.parametrize("size", [1, 2, 7, 64])
def test_a_whole_conversation_may_come_in_pieces_of_any_size(size: int) -> None:
    wired = Wired()
    stream = (
        upgrade()
        + frame(b'{"n":1}')
        + frame(b"fragm", fin=False)
        + frame(b"ents", Opcode.CONT)
        + close_frame()
    )
    for start in range(0, len(stream), size):
        wired.received(stream[start : start + size])
        if wired.identified and wired.connection.stage is Stage.CREDENTIALS:
            wired.admit()
    assert wired.session.messages == [b'{"n":1}', b"fragments"]
    assert wired.close_code == 1000 and wired.transport.finished


def test_what_is_sent_before_the_answer_is_served_after_it_in_order() -> None:
    wired = Wired()
    wired.received(upgrade() + frame(b"first"))
    wired.received(frame(b"second") + frame(b"third")[:3])
    assert wired.session.messages == [] and wired.transport.written == b""
    wired.admit()
    wired.received(frame(b"third")[3:])
    assert wired.status == 101
    assert wired.session.messages == [b"first", b"second", b"third"]


def test_what_is_sent_before_the_answer_is_bounded() -> None:
    wired = Wired()
    wired.received(upgrade())
    for _ in range(100):
        wired.received(b"x" * 1_000)
    assert wired.status == 400
    wired.admit()
    assert wired.connection.session is None


def test_an_endless_row_of_empty_lines_is_refused_at_once() -> None:
    wired = Wired()
    wired.received(b"\r\n" * 100)
    assert wired.status == 400 and wired.within_s == CLOSING_DEADLINE_S


def test_a_head_that_never_ends_is_cut_off_by_its_deadline() -> None:
    wired = Wired()
    wired.received(b"GET / HTTP/1.1\r\nX: ")
    wired.overdue()
    assert wired.status == 408 and wired.transport.finished and not wired.transport.aborted
    assert wired.within_s == CLOSING_DEADLINE_S
    wired.overdue()
    assert wired.transport.aborted and wired.within_s is None


def test_credentials_that_nobody_checks_in_time_are_answered_with_try_again() -> None:
    wired = Wired()
    wired.received(upgrade())
    assert wired.within_s == wired.authentication_deadline_s
    wired.overdue()
    assert wired.status == 503 and b"Retry-After: 3" in wired.transport.written
    wired.admit()
    wired.connection.turn_away(401, "too late")
    assert bytes(wired.transport.written).count(b"HTTP/1.1") == 1, "one answer, whatever comes after it"


def test_the_hello_has_the_sessions_deadline() -> None:
    wired = opened()
    assert wired.within_s == wired.session.hello_deadline_s
    wired.overdue()
    assert wired.session.overdues == 1


def test_the_deadline_of_a_session_can_be_moved_and_forgotten() -> None:
    wired = opened()
    wired.connection.move_deadline(3_600.0)
    assert wired.within_s == 3_600.0
    wired.connection.move_deadline(None)
    assert wired.within_s is None


@pytest.mark.parametrize(
    "request_bytes",
    [
        upgrade().replace(b"Sec-WebSocket-Key: ", b"X-Key: "),
        upgrade().replace(b"Version: 13", b"Version: 8"),
        upgrade().replace(b"Connection: Upgrade", b"Connection: close"),
        upgrade().replace(b"GET ", b"POST "),
        upgrade().replace(b"HTTP/1.1", b"HTTP/1.0"),
        upgrade("/api/v1/ws/device", "Transfer-Encoding: chunked"),
        upgrade("/api/v1/ws/device", "Content-Length: 5"),
        upgrade("/api/v1/ws/d\xe9vice"),
        upgrade("/api/v1/ws/device", *(f"X{number}: y" for number in range(200))),
        upgrade().replace(b"Upgrade: websocket", b"Upgrade: notwebsocketatall"),
    ],
    ids=[
        "key",
        "version",
        "connection",
        "method",
        "http 1.0",
        "chunked",
        "body",
        "path",
        "many headers",
        "token",
    ],
)
def test_every_incorrect_upgrade_is_answered_with_an_error_of_the_client_and_closed(
    request_bytes: bytes,
) -> None:
    wired = Wired()
    wired.received(request_bytes + frame(b"early"))
    assert wired.status is not None and 400 <= wired.status < 600 and wired.status != 500
    assert wired.identified == 0
    assert wired.transport.finished and wired.within_s == CLOSING_DEADLINE_S
    wired.received(b"and more" * 1_000)
    wired.connection.ended()
    assert wired.transport.aborted and wired.within_s is None


def test_a_client_that_leaves_while_its_credentials_are_checked_is_forgotten() -> None:
    wired = Wired()
    wired.received(upgrade())
    wired.connection.ended()
    wired.admit()
    wired.connection.turn_away(401, "no")
    assert wired.transport.aborted and wired.transport.written == b"" and wired.session.reasons == []


def test_no_extension_is_ever_agreed_to() -> None:
    wired = Wired()
    wired.received(upgrade("/api/v1/ws/device", "Sec-WebSocket-Extensions: permessage-deflate"))
    wired.admit()
    head = bytes(wired.transport.written).lower()
    assert b"sec-websocket-extensions" not in head and b"sec-websocket-protocol: clarion.v1" in head
