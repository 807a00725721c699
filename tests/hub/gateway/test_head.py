"""The head of a request decides who reads the rest. Held against h11, the parser behind the front door."""

from __future__ import annotations

import h11
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hub.gateway.head import MAX_BLANK_BYTES, MAX_HEAD_BYTES, Http, NeedMore, Refuse, Upgrade, judge

PLAIN = b"GET /health HTTP/1.1\r\nHost: hub\r\n\r\n"
UPGRADE = b"GET /ws HTTP/1.1\r\nHost: hub\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"

# Pieces of which attacks are made, put together in any way.
pieces = st.sampled_from(
    [
        b"GET / HTTP/1.1", b"PRI * HTTP/2.0", b"POST / HTTP/1.0", b"GET  / HTTP/1.1", b"\r\n", b"\r\n",
        b"\r\n", b"\r\n\r\n", b"\n", b"\r", b"\x00", b"\x0b", b"\x85", b" ", b"\t", b":", b",", b"Upgrade",
        b"upgrade: ", b"UPGRADE:", b"Upgrade :", b"websocket", b"WebSocket", b"h2c",
        b"HTTP2-Settings: AAMAAABk", b"Host: hub", b"Connection: Upgrade", b"X: y", b"Content-Length: 5",
        b"Transfer-Encoding: chunked", b"hello", b"SM",
    ]
)  # fmt: skip
soup = st.lists(pieces, max_size=25).map(b"".join)
headers = st.lists(
    st.lists(pieces.filter(lambda piece: b"\r\n\r\n" not in piece), max_size=5).map(b"".join), max_size=8
)
requests = headers.map(
    lambda lines: b"GET / HTTP/1.1\r\n" + b"\r\n".join([b"Host: hub", *lines]) + b"\r\n\r\n"
)


def parsed_by_h11(data: bytes) -> h11.Request | None:
    """The first request that h11 finds; None when it refuses or wants more."""
    server = h11.Connection(h11.SERVER, max_incomplete_event_size=MAX_HEAD_BYTES * 2)
    server.receive_data(data)
    try:
        event = server.next_event()
    except h11.RemoteProtocolError:
        return None
    return event if isinstance(event, h11.Request) else None


@given(soup | requests)
@settings(max_examples=600, deadline=None)
@example(b"GET / HTTP/1.1\r\nHost: hub\r\nX: a\r\n Upgrade: websocket\r\n\r\n")
@example(b"GET / HTTP/1.1\r\nHost: hub\r\nX: a\nUpgrade: websocket\r\n\r\n")
@example(b"GET / HTTP/1.1\r\nHost: hub\r\nUpgrade : websocket\r\n\r\n")
@example(b"GET / HTTP/1.1\r\nHost: hub\r\n\x0bUpgrade: websocket\r\n\r\n")
@example(b"\r\n\nGET / HTTP/1.1\r\nHost: hub\r\nupgrade:h2c\r\nhttp2-settings:AA\r\n\r\n")
def test_what_the_http_server_parses_never_asks_for_another_protocol(received: bytes) -> None:
    verdict = judge(received)
    if isinstance(verdict, Http):
        request = parsed_by_h11(verdict.data)
        if request is not None:
            names = {bytes(name) for name, _ in request.headers}
            assert not names & {b"upgrade", b"http2-settings"}
            assert bytes(request.http_version) in (b"1.0", b"1.1") and bytes(request.method) != b"PRI"


@given(soup | requests, st.data())
@settings(max_examples=300, deadline=None)
def test_the_verdict_does_not_depend_on_how_the_bytes_arrive(received: bytes, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(received)))
    early, whole = judge(received[:cut]), judge(received)
    match early:
        case NeedMore():
            pass
        case Refuse():
            assert isinstance(whole, Refuse)
        case Http(data=begun):
            assert whole == Http(begun + received[cut:])
        case Upgrade(head=head, rest=rest):
            assert whole == Upgrade(head, rest + received[cut:])


@pytest.mark.parametrize(
    "request_bytes", [PLAIN, UPGRADE, b"\r\n" + PLAIN], ids=["plain", "upgrade", "blank line"]
)
def test_a_head_may_be_split_at_every_byte(request_bytes: bytes) -> None:
    for cut in range(len(request_bytes)):
        assert isinstance(judge(request_bytes[:cut]), NeedMore), request_bytes[:cut]
    assert isinstance(judge(request_bytes), Http | Upgrade)


def test_an_upgrade_keeps_its_head_and_what_was_sent_after_it() -> None:
    assert judge(UPGRADE + b"\x81\x80abcd") == Upgrade(UPGRADE, b"\x81\x80abcd")


def test_a_plain_request_keeps_its_headers_and_body_but_for_what_would_change_the_protocol() -> None:
    sent = b"POST / HTTP/1.1\r\nHost: hub\r\nUPGRADE: h2c\r\nHTTP2-Settings: AA\r\nX: \xff\r\n\r\nbody\n\x00"
    assert judge(sent) == Http(b"POST / HTTP/1.1\r\nHost: hub\r\nX: \xff\r\n\r\nbody\n\x00")


@pytest.mark.parametrize(
    ("received", "status"),
    [
        (b"GET / HTTP/1.1\nHost: hub\n\n", 400),
        (b"GET / HTTP/1.1\r\nX: a\r\n folded\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nX : a\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nX: a\x00b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nX: a\rUpgrade: websocket\r\n\r\n", 400),
        (b"GET / HTTP/1.1 \r\n\r\n", 400),
        (b"GET /a b HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/3.0\r\n\r\n", 400),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        (b"\x16\x03\x01\x02\x00\x01\x00", 400),
        (b"\x00", 400),
        (b"GET /" + b"a" * MAX_HEAD_BYTES, 431),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * MAX_HEAD_BYTES + b"\r\n\r\n", 431),
        (b"\r\n" * MAX_BLANK_BYTES, 400),
        (b"\n" * 100_000, 400),
    ],
)
def test_what_two_parsers_might_read_differently_is_refused(received: bytes, status: int) -> None:
    verdict = judge(received)
    assert isinstance(verdict, Refuse) and verdict.status == status


def test_a_head_just_under_the_limit_is_served() -> None:
    head = b"GET / HTTP/1.1\r\nX: "
    head += b"a" * (MAX_HEAD_BYTES - len(head) - 2) + b"\r\n\r\n"
    assert isinstance(judge(head), Http)
    assert isinstance(judge(head.replace(b"aa", b"aaa", 1)), Refuse)
