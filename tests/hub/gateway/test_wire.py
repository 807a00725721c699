"""The fast lane of frames: when it is taken, when it is not, and that it is the library's own bytes."""

from __future__ import annotations

import pytest
from websockets.frames import Frame, Opcode

from hub.gateway.wire import Wire, text_frame
from tests.hub.gateway.client import frame, upgrade

LIMIT = 4_096


@pytest.fixture
def wire() -> Wire:
    wire = Wire(LIMIT)
    assert wire.handshake(upgrade()) is None
    assert wire.accept().startswith(b"HTTP/1.1 101 ")
    return wire


@pytest.mark.parametrize("size", [0, 1, 90, 125, 126, 127, 65_535, 65_536])
def test_a_text_frame_is_the_same_bytes_as_the_librarys(size: int) -> None:
    payload = b"x" * size
    assert text_frame(payload) == Frame(Opcode.TEXT, payload).serialize(mask=False)


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, LIMIT])
def test_whole_text_frames_are_taken_without_the_library(wire: Wire, size: int) -> None:
    assert wire.receive(frame(b"x" * size) * 3) == [b"x" * size] * 3
    assert wire.is_plain and wire.output() == (b"", False)


@pytest.mark.parametrize(
    "begun",
    [
        frame(b"half")[:-1],
        frame(b"half")[:1],
        frame(b"long" * 50)[:7],
        frame(b"first part", fin=False),
        frame(b"first part", fin=False) + frame(b"?", Opcode.PING),
    ],
)
def test_the_lane_is_closed_while_something_is_begun(wire: Wire, begun: bytes) -> None:
    assert wire.receive(begun) == []
    wire.output()
    assert not wire.is_plain


def test_the_lane_is_open_again_between_two_frames(wire: Wire) -> None:
    assert wire.receive(frame(b"one") + frame(b"two")[:5]) == [b"one"]
    assert wire.output() == (b"", False) and not wire.is_plain
    assert wire.receive(frame(b"two")[5:] + frame(b"?", Opcode.PING)) == [b"two"]
    assert wire.output() == (Frame(Opcode.PONG, b"?").serialize(mask=False), False)
    assert wire.is_plain and wire.receive(frame(b"three")) == [b"three"]


def test_after_a_binary_message_or_a_close_the_lane_stays_closed(wire: Wire) -> None:
    assert wire.receive(frame(b"\0", Opcode.BINARY)) == []
    assert wire.output() == (b"", False) and not wire.is_plain and wire.has_binary
    other = Wire(LIMIT)
    other.close(1001, "bye")
    assert other.output()[0] and not other.is_plain and other.receive(frame(b"late")) == [b"late"]
