"""A body as it comes: in pieces, for as long as it goes on; broken when its client leaves or says nothing."""

from __future__ import annotations

from typing import Any

import trio
import trio.testing

from hub.api.body_stream import PIECE_BYTES, SILENCE_S, BodyStream


def came(body: bytes, more: bool = True) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


class Sender:
    """What ASGI's `receive` gives: each after so many seconds; then for ever nothing."""

    def __init__(self, *messages: dict[str, Any] | BaseException, every_s: float = 0.0) -> None:
        self._messages = list(messages)
        self._every_s = every_s

    async def __call__(self) -> dict[str, Any]:
        await trio.sleep(self._every_s if self._messages else trio.current_time() + 1e6)
        message = self._messages.pop(0)
        if isinstance(message, BaseException):
            raise message
        return message


async def all_of(stream: BodyStream) -> list[bytes]:
    pieces = []
    while piece := await stream.piece():
        pieces.append(piece)
    return pieces


async def test_small_parts_are_gathered_and_large_ones_go_on_as_they_are() -> None:
    part = b"x" * 400_000
    stream = BodyStream(Sender(*[came(part)] * 5, came(b"end", False)), None)
    pieces = await all_of(stream)
    assert [len(piece) for piece in pieces] == [1_200_000, 800_003]
    assert all(len(piece) >= PIECE_BYTES for piece in pieces[:-1])
    assert not stream.is_broken


async def test_a_body_may_take_hours_as_long_as_something_comes(
    autojump_clock: trio.testing.MockClock,
) -> None:
    given: list[float] = []
    slow = Sender(*[came(b"x")] * 500, came(b"", False), every_s=SILENCE_S - 1)
    stream = BodyStream(slow, given.append)
    assert await all_of(stream) == [b"x" * 500]
    assert trio.current_time() > 500 * (SILENCE_S - 1)
    assert not stream.is_broken and len(given) >= 500


async def test_after_silence_the_rest_is_not_waited_for_and_what_came_is_given(
    autojump_clock: trio.testing.MockClock,
) -> None:
    stream = BodyStream(Sender(came(b"abc")), None)
    began_s = trio.current_time()
    assert await all_of(stream) == [b"abc"]
    assert SILENCE_S <= trio.current_time() - began_s < SILENCE_S + 1
    assert stream.is_broken and not stream.has_left


async def test_whoever_leaves_in_the_middle_is_no_fault_and_what_came_is_given() -> None:
    for left in ({"type": "http.disconnect"}, trio.BrokenResourceError()):
        stream = BodyStream(Sender(came(b"abc"), left), None)
        assert await all_of(stream) == [b"abc"]
        assert stream.is_broken and stream.has_left
