"""One request and its answer: what hypercorn is relied on for, and when a connection may go on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import trio

from hub.http_exchange import Exchange

GET = b"GET /a HTTP/1.1\r\nHost: hub\r\n\r\n"
POST = b"POST /a HTTP/1.1\r\nHost: hub\r\n"
CLOSE = b"connection: close"


class MemoryLine:
    """What the client sends, piece by piece, and what it was sent."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = list(pieces)
        self.sent: list[bytes] = []

    async def receive_some(self, max_bytes: int) -> bytes:
        return self.pieces.pop(0) if self.pieces else b""

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        self.sent.append(bytes(data))


class Application:
    """Reads the request, then answers with it. `reads`: whether it reads at all."""

    def __init__(self, *, reads: bool = True) -> None:
        self.reads = reads
        self.body: bytes | None = None

    async def __call__(self, scope: Any, receive: Callable[[], Awaitable[Any]], send: Any) -> None:
        body, more = b"", self.reads
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body, more = body + message["body"], message["more_body"]
        self.body = body
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})


async def exchange(app: Any, begun: bytes, *pieces: bytes, is_last: bool = False) -> tuple[bool, MemoryLine]:
    line = MemoryLine(*pieces)
    whom = ("192.0.2.1", 5), ("192.0.2.2", 80)
    goes_on = await Exchange(app, line, *whom, is_tls=False, is_last=is_last).run(begun)
    return goes_on, line


async def test_an_answer_is_one_piece_and_the_connection_goes_on() -> None:
    goes_on, line = await exchange(Application(), GET)
    assert goes_on and len(line.sent) == 1
    assert line.sent[0].startswith(b"HTTP/1.1 200") and line.sent[0].endswith(b"\r\n\r\nok")
    assert CLOSE not in line.sent[0]


async def test_a_body_is_read_in_the_pieces_in_which_it_comes() -> None:
    app = Application()
    goes_on, line = await exchange(app, POST + b"Content-Length: 6\r\n\r\nab", b"cd", b"ef")
    assert app.body == b"abcdef" and goes_on and len(line.sent) == 1


async def test_a_client_that_waits_to_be_told_to_go_on_is_told_before_its_body_is_awaited() -> None:
    app = Application()
    head = POST + b"Content-Length: 2\r\nExpect: 100-continue\r\n\r\n"
    goes_on, line = await exchange(app, head, b"ab")
    assert app.body == b"ab" and goes_on
    assert [sent[:12] for sent in line.sent] == [b"HTTP/1.1 100", b"HTTP/1.1 200"]


LAST = {
    "something comes behind the request": GET + GET,
    "its length is told in chunks": POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "its length is told in two ways": POST
    + b"Transfer-Encoding: chunked\r\nContent-Length: 9\r\n\r\n0\r\n\r\n",
    "the client says so": GET[:-2] + b"Connection: close\r\n\r\n",
    "the client speaks HTTP/1.0": b"GET /a HTTP/1.0\r\nHost: hub\r\n\r\n",
}


@pytest.mark.parametrize("case", LAST)
async def test_a_request_is_the_last_one_when(case: str) -> None:
    goes_on, line = await exchange(Application(), LAST[case])
    assert not goes_on and b"".join(line.sent).count(b"HTTP/1.1 ") == 1
    assert CLOSE in line.sent[0].lower(), "and the client is told"


async def test_what_comes_behind_a_body_is_never_parsed() -> None:
    app = Application()
    goes_on, line = await exchange(app, POST + b"Content-Length: 2\r\n\r\n", b"ab" + GET)
    assert app.body == b"ab" and not goes_on
    assert b"".join(line.sent).count(b"HTTP/1.1 ") == 1 and CLOSE in line.sent[0]


async def test_the_connection_ends_with_an_answer_to_a_request_that_was_not_read() -> None:
    goes_on, line = await exchange(Application(reads=False), POST + b"Content-Length: 2\r\n\r\n")
    assert not goes_on and CLOSE in line.sent[0]


async def test_the_connection_ends_when_there_may_be_no_other_request() -> None:
    goes_on, line = await exchange(Application(), GET, is_last=True)
    assert not goes_on and CLOSE in line.sent[0]


async def test_a_client_that_hangs_up_before_its_request_is_whole_is_answered_by_nobody() -> None:
    app = Application()
    goes_on, _ = await exchange(app, POST + b"Content-Length: 9\r\n\r\nab")
    assert app.body is None and not goes_on


async def test_a_body_that_is_none_is_refused() -> None:
    app = Application()
    goes_on, line = await exchange(app, POST + b"Transfer-Encoding: chunked\r\n\r\n", b"not a chunk\r\n")
    assert app.body is None and not goes_on
    assert line.sent[0].startswith(b"HTTP/1.1 400") and len(line.sent) == 1


async def test_an_application_that_fails_is_a_500_and_the_connection_ends(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def fails(scope: Any, receive: Any, send: Any) -> None:
        raise LookupError("a fault of ours")

    goes_on, line = await exchange(fails, GET)
    assert line.sent[0].startswith(b"HTTP/1.1 500") and CLOSE in line.sent[0]
    assert not goes_on and "a fault in the application" in caplog.text


async def test_an_answer_that_is_large_is_sent_while_it_is_made() -> None:
    async def much(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(4):
            await send({"type": "http.response.body", "body": b"x" * 100_000, "more_body": True})
        await send({"type": "http.response.body"})

    goes_on, line = await exchange(much, GET)
    assert goes_on and len(line.sent) == 5 and sum(map(len, line.sent)) > 400_000


async def test_a_client_that_does_not_take_its_answer_is_no_fault_of_ours(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class BrokenLine(MemoryLine):
        async def send_all(self, data: bytes | bytearray | memoryview) -> None:
            raise trio.BrokenResourceError

    async def much(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"x" * 100_000})

    with pytest.raises(trio.BrokenResourceError):
        await Exchange(much, BrokenLine(), None, None, is_tls=False, is_last=False).run(GET)
    assert not caplog.records
