"""What fuzzing found, each once and by name, so that it stays mended."""

from __future__ import annotations

import pytest

from hub.gateway.head import Http, Refuse, judge
from hub.gateway.wire import Wire
from protocol.vocabulary import PresenceReason
from tests.fuzz.websocket_bytes import BINARY, TEXT, frame
from tests.hub.gateway.client import opened, upgrade


def test_text_that_comes_in_one_read_with_a_binary_message_is_heard_before_the_end() -> None:
    wired = opened()
    wired.received(frame(TEXT, b"before") + frame(BINARY, b"\0") + frame(TEXT, b"after"))
    assert wired.session.messages == [b"before"]
    assert (wired.close_code, wired.session.reasons) == (4400, [PresenceReason.PROTOCOL_ERROR])


def test_text_after_a_binary_message_in_pieces_is_not_heard() -> None:
    wired = opened()
    for piece in (frame(BINARY, b"\0", fin=False), frame(0, b"\0"), frame(TEXT, b"after")):
        wired.received(piece)
    assert wired.session.messages == [] and wired.close_code == 4400


def test_a_binary_message_and_a_broken_frame_in_one_read_end_the_session_once() -> None:
    wired = opened()
    wired.received(frame(BINARY, b"\0") + frame(TEXT, b"unmasked", b""))
    assert wired.session.reasons == [PresenceReason.PROTOCOL_ERROR] and wired.close_code == 1002


def test_a_wire_says_that_it_heard_a_binary_message() -> None:
    wire = Wire(1_000)
    assert wire.handshake(upgrade()) is None
    wire.accept()
    assert wire.receive(frame(TEXT, b"one")) == [b"one"] and not wire.has_binary
    assert wire.receive(frame(BINARY, b"two") + frame(TEXT, b"three")) == [] and wire.has_binary


def test_a_method_that_begins_with_no_letter_is_refused_however_it_arrives() -> None:
    request = b"0ET /api/v1/ws/device HTTP/1.1\r\nHost: hub\r\n\r\n"
    for cut in (1, 5, len(request)):
        verdict = judge(request[:cut])
        assert isinstance(verdict, Refuse) and verdict.status == 400


@pytest.mark.parametrize(
    ("host", "is_served"),
    [
        (b"hub", True),
        (b"", True),
        (b"signage_hub.campus.example.:8000", True),
        (b"10.0.0.7:8000", True),
        (b"[::1]:8000", True),
        (b"x" * 64, False),
        (b"=" * 24, False),
        (b"a..b", False),
        (b"a b", False),
        (b"hub/x", False),
        (b"\xe2\x80\xa8", False),
        (b"hub:8000:1", False),
    ],
)
def test_a_host_that_is_none_is_refused_before_the_framework_fails_on_it(
    host: bytes, is_served: bool
) -> None:
    verdict = judge(b"GET /health HTTP/1.1\r\nHost: " + host + b"\r\n\r\n")
    assert isinstance(verdict, Http) == is_served
    assert is_served or (isinstance(verdict, Refuse) and verdict.status == 400)
