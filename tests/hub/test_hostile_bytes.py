"""G9: no bytes of a client stop the hub or harm another session. Every case is sent to one real hub, on
which a well-behaved screen goes on beating."""

from __future__ import annotations

import base64
import re
import secrets
import socket
import struct
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio
from trio_websocket import WebSocketConnection, open_websocket_url

from persistence.embedded import HUB_ROLE, EmbeddedPostgres
from protocol.codec import decode_downlink, encode
from protocol.frames import Ack, Downlink, Heartbeat, Hello, Welcome
from tests.fuzz.campaign import entropy_of
from tests.fuzz.entropy import Entropy
from tests.fuzz.http_bytes import request
from tests.hub.hub_process import HubProcess, running_hub

KEY = base64.b64encode(secrets.token_bytes(16)).decode()
UPGRADE = (
    f"GET /api/v1/ws/device HTTP/1.1\r\nHost: hub\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    f"Sec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: clarion.v1\r\n"
)
GET = "GET /health HTTP/1.1\r\nHost: hub\r\n\r\n"


@pytest.fixture(scope="module")
def hub(postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    folder: Path = tmp_path_factory.mktemp("hostile")
    postgres.create_database("hostile", template="clarion_template")
    env = {"CLARION_HANDSHAKE_DEADLINE_S": "1", "CLARION_HELLO_DEADLINE_S": "1"}
    with running_hub(postgres.url("hostile"), postgres.url("hostile", role=HUB_ROLE), folder, env) as running:
        yield running
    postgres.drop_database("hostile")


@pytest.fixture(scope="module")
def tokens(hub: HubProcess) -> list[str]:
    return list(hub.provision(3).values())


@asynccontextmanager
async def screen(hub: HubProcess, token: str) -> AsyncIterator[WebSocketConnection]:
    """A well-behaved screen with a live session."""
    async with open_websocket_url(
        f"{hub.websocket_url}/api/v1/ws/device",
        subprotocols=["clarion.v1"],
        extra_headers=[(b"Authorization", f"Bearer {token}".encode())],
    ) as websocket:
        await websocket.send_message(encode(Hello()).decode())
        assert isinstance(await heard(websocket), Welcome)
        yield websocket


async def heard(websocket: WebSocketConnection) -> Downlink:
    """The next frame of the hub."""
    message = await websocket.get_message()
    assert isinstance(message, str)
    return decode_downlink(message.encode())


async def beats(websocket: WebSocketConnection, seq: int) -> None:
    """The screen's session is alive: a heartbeat is acknowledged."""
    await websocket.send_message(encode(Heartbeat(seq=seq, emergency_version=1)).decode())
    frame = await heard(websocket)
    assert isinstance(frame, Ack) and frame.seq == seq


async def converse(hub: HubProcess, *chunks: bytes, patient: bool = False, reset: bool = False) -> bytes:
    """Send the chunks on a connection of one's own, and read until the hub closes it or has been silent a
    while. Whoever was answered in HTTP says that no more will come: what the hub has not served by then, it
    still might.

    patient: wait for the answer to the first chunk. reset: vanish without reading.
    """
    answer = b""
    stream = await hub.connect()
    with trio.move_on_after(2):
        try:
            for chunk in chunks:
                await stream.send_all(chunk)
                while patient and b"\r\n\r\n" not in answer:
                    answer += await stream.receive_some(65_536)
            if reset:
                assert isinstance(stream, trio.SocketStream)
                stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                await stream.aclose()
                return answer
            while data := await stream.receive_some(65_536):
                answer += data
                in_http = b"\r\n\r\n" in answer and not answer.startswith(b"HTTP/1.1 101")
                if in_http and not patient and isinstance(stream, trio.SocketStream):
                    await stream.send_eof()
                if patient and b"\x88" in data:  # the hub closes: do the same, or it waits for it
                    await stream.send_all(masked(8, b"\x03\xe8"))
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass
    await trio.aclose_forcefully(stream)
    return answer


def bearer(token: str) -> str:
    return f"Authorization: Bearer {token}\r\n"


def masked(opcode: int, payload: bytes, *, fin: bool = True) -> bytes:
    """One client frame."""
    mask = b"\x01\x02\x03\x04"
    head = bytes([(0x80 if fin else 0) | opcode])
    size = len(payload)
    if size < 126:
        head += bytes([0x80 | size])
    elif size < 65_536:
        head += bytes([0x80 | 126]) + struct.pack("!H", size)
    else:
        head += bytes([0x80 | 127]) + struct.pack("!Q", size)
    return head + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))


HANDSHAKES = {
    "bytes after an upgrade request (hypercorn#225)": (UPGRADE + "\r\nX", b"401"),
    "an upgrade to a path that has no WebSocket": (
        UPGRADE.replace("/ws/device", "/nowhere") + "\r\n",
        b"404",
    ),
    "an upgrade to the documentation": (UPGRADE.replace("/api/v1/ws/device", "/docs") + "\r\n", b"404"),
    "an upgrade without a token": (UPGRADE + "\r\n", b"401"),
    "an upgrade with a token that nobody has": (UPGRADE + bearer("x" * 43) + "\r\n", b"401"),
    "an upgrade with a token of 8 KiB": (UPGRADE + bearer("x" * 8000) + "\r\n", b"401"),
    "an upgrade with two tokens": (UPGRADE + bearer("a") + bearer("b") + "\r\n", b"401"),
    "an upgrade with a token that is not ASCII": (UPGRADE + bearer("\xff\xfe") + "\r\n", b"HTTP/1.1 4"),
    "a POST that wants to upgrade": (UPGRADE.replace("GET", "POST") + "\r\n", b"405"),
    "HTTP/1.0 that wants to upgrade": (UPGRADE.replace("HTTP/1.1", "HTTP/1.0") + "\r\n", b"505"),
    "an upgrade without a key": (UPGRADE.replace(f"Sec-WebSocket-Key: {KEY}\r\n", "") + "\r\n", b"400"),
    "an upgrade with two keys": (UPGRADE + f"Sec-WebSocket-Key: {KEY}\r\n\r\n", b"400"),
    "an upgrade with a short key": (UPGRADE.replace(KEY, "YWJj") + "\r\n", b"400"),
    "an upgrade to version 12": (UPGRADE.replace("Version: 13", "Version: 12") + "\r\n", b"400"),
    "an upgrade without Connection": (UPGRADE.replace("Connection: Upgrade\r\n", "") + "\r\n", b"426"),
    "an upgrade in a folded header": (
        GET[:-2] + "Upgrade:\r\n websocket\r\nConnection: Upgrade\r\n\r\n",
        b"400",
    ),
    "an upgrade behind bare line feeds": (UPGRADE.replace("\r\n", "\n") + "\n\r\n\r\n", b"400"),
    "an upgrade with a blank before the colon": (UPGRADE.replace("Upgrade:", "Upgrade :") + "\r\n", b"400"),
    "HTTP/2 with prior knowledge": ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"505"),
    "an upgrade to h2c": (GET[:-2] + "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQ\r\n\r\n", b"200"),
    "an upgrade pipelined behind a plain request": (GET + UPGRADE + bearer("x") + "\r\n", b"200"),
    "a plain request pipelined behind an upgrade": (UPGRADE + "\r\n" + GET, b"401"),
    "a TLS hello on the plain port": ("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"400"),
    "no HTTP at all": ("HELO mail.example\r\n\r\n", b"400"),
    "a NUL in the request line": ("GET /\x00 HTTP/1.1\r\n\r\n", b"400"),
    "a head of 100 KB": (GET[:-2] + f"X: {'x' * 100_000}\r\n\r\n", b"431"),
    "ten thousand headers": (GET[:-2] + "a: b\r\n" * 10_000 + "\r\n", b"431"),
    "two lengths for one body": (
        "POST /api/v1/auth/login HTTP/1.1\r\nHost: hub\r\nContent-Length: 2\r\nContent-Length: 9\r\n\r\n{}",
        b"400",
    ),
    "a length and chunks for one body": (
        "POST /api/v1/auth/login HTTP/1.1\r\nHost: hub\r\nContent-Length: 4\r\n"
        "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + UPGRADE + "\r\n",
        b"HTTP/1.1 4",
    ),
}


@pytest.mark.parametrize("case", HANDSHAKES)
async def test_a_malformed_request_is_answered_and_harms_nobody(
    hub: HubProcess, tokens: list[str], case: str
) -> None:
    sent, expected = HANDSHAKES[case]
    with trio.fail_after(20):
        async with screen(hub, tokens[0]) as neighbour:
            answer = await converse(hub, sent.encode("latin-1"))
            assert expected in answer.partition(b"\r\n")[0], answer
            assert len(re.findall(rb"HTTP/1\.1 \d{3}", answer)) == 1, "one request, one answer"
            assert b"101 Switching" not in answer
            await beats(neighbour, 7)
    assert hub.is_alive()


SECOND_HEADS = {
    "the same once more": (GET, b"HTTP/1.1 200"),
    "an upgrade without a token": (UPGRADE + "\r\n", b"HTTP/1.1 401"),
    "bytes after an upgrade request (hypercorn#225)": (UPGRADE + "\r\nX", b"HTTP/1.1 401"),
    "an upgrade to h2c": (GET[:-2] + "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQ\r\n\r\n", b"HTTP/1.1 200"),
    "an upgrade in a folded header": (
        GET[:-2] + "Upgrade:\r\n websocket\r\nConnection: Upgrade\r\n\r\n",
        b"HTTP/1.1 400",
    ),
    "HTTP/2 with prior knowledge": ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"HTTP/1.1 505"),
    "no HTTP at all": ("HELO mail.example\r\n\r\n", b"HTTP/1.1 400"),
    "half of a head": (GET[:20], b"HTTP/1.1 408"),
}


@pytest.mark.parametrize("case", SECOND_HEADS)
async def test_the_second_head_on_a_connection_is_judged_like_the_first(
    hub: HubProcess, tokens: list[str], case: str
) -> None:
    sent, expected = SECOND_HEADS[case]
    with trio.fail_after(20):
        async with screen(hub, tokens[0]) as neighbour, await hub.connect() as stream:
            await stream.send_all(GET.encode())
            assert (await stream.receive_some()).endswith(b'{"status":"ok"}')
            await stream.send_all(sent.encode())
            answer = await stream.receive_some()
            assert answer.startswith(expected), answer
            await beats(neighbour, 5)
    assert hub.is_alive()


async def test_a_screen_may_connect_where_http_was_answered_before(
    hub: HubProcess, tokens: list[str]
) -> None:
    """As a proxy does that keeps connections to the hub."""
    with trio.fail_after(20):
        async with await hub.connect() as stream:
            await stream.send_all(GET.encode())
            assert (await stream.receive_some()).endswith(b'{"status":"ok"}')
            await stream.send_all((UPGRADE + bearer(tokens[2]) + "\r\n").encode() + HELLO)
            answer = b""
            while b'"type":"welcome"' not in answer:
                answer += await stream.receive_some()
            assert answer.startswith(b"HTTP/1.1 101")


async def test_a_head_that_comes_byte_by_byte_is_served(hub: HubProcess) -> None:
    with trio.fail_after(20):
        answer = await converse(hub, *(bytes([byte]) for byte in GET.encode()))
    assert b"200" in answer.partition(b"\r\n")[0]


async def test_a_head_that_never_ends_is_cut_off_in_time(hub: HubProcess) -> None:
    with trio.fail_after(20):
        answer = await converse(hub, b"GET / HTTP/1.1\r\nHost: hub\r\n")
    assert b"408" in answer.partition(b"\r\n")[0]


async def test_connections_that_say_nothing_or_vanish_leave_the_hub_alone(
    hub: HubProcess, tokens: list[str]
) -> None:
    with trio.fail_after(20):
        async with screen(hub, tokens[0]) as neighbour, trio.open_nursery() as nursery:
            for _ in range(100):
                nursery.start_soon(_reset, hub, b"")
                nursery.start_soon(_reset, hub, UPGRADE.encode()[:40])
                nursery.start_soon(_reset, hub, (UPGRADE + bearer(tokens[1]) + "\r\n").encode())
            await beats(neighbour, 1)
    assert hub.is_alive()


async def _reset(hub: HubProcess, chunk: bytes) -> None:
    await converse(hub, chunk, reset=True)


async def test_a_client_that_sends_much_before_it_is_let_in_is_turned_away(
    hub: HubProcess, tokens: list[str]
) -> None:
    request = (UPGRADE + bearer(tokens[1]) + "\r\n").encode()
    with trio.fail_after(20):
        answer = await converse(hub, request + b"x" * 100_000)
    assert b"HTTP/1.1 1" not in answer or b"\x03\xea" in answer, "400, or let in and then closed with 1002"


HELLO = masked(1, b'{"type":"hello"}')
FRAMES = {
    "a frame above 64 KiB": (HELLO + masked(1, b"x" * 70_000), 1009),
    "a frame that claims to be 2^62 bytes": (
        HELLO + b"\x81\xff" + struct.pack("!Q", 2**62) + b"\0\0\0\0",
        1009,
    ),
    "fragments that add up to more than 64 KiB": (
        HELLO + masked(1, b"x" * 40_000, fin=False) + masked(0, b"x" * 40_000),
        1009,
    ),
    "text that is not UTF-8": (HELLO + masked(1, b'{"type":"\xff\xfe"}'), 1007),
    "text that is not JSON": (HELLO + masked(1, b"hello?"), 4400),
    "JSON nested ten thousand deep": (HELLO + masked(1, b"[" * 10_000), None),
    "a binary frame": (HELLO + masked(2, b"\x00\x01"), 4400),
    "a frame without a mask": (HELLO + b"\x81\x02hi", 1002),
    "a reserved bit": (HELLO + b"\xc1\x82\0\0\0\0{}", 1002),
    "a reserved opcode": (HELLO + masked(3, b""), 1002),
    "a continuation of nothing": (HELLO + masked(0, b"x"), 1002),
    "a ping of 200 bytes": (HELLO + masked(9, b"x" * 200), 1002),
    "a close frame with a code that does not exist": (HELLO + masked(8, struct.pack("!H", 999)), 1002),
    "a close frame of one byte": (HELLO + masked(8, b"\x03"), 1002),
    "a heartbeat before hello": (masked(1, b'{"type":"heartbeat","seq":1}'), 4400),
    "silence instead of hello": (b"", 4408),
}


@pytest.mark.parametrize("case", FRAMES)
async def test_a_malformed_frame_ends_its_own_session_with_the_documented_code(
    hub: HubProcess, tokens: list[str], case: str
) -> None:
    frames, code = FRAMES[case]
    request = (UPGRADE + bearer(tokens[1]) + "\r\n").encode()
    with trio.fail_after(20):
        async with screen(hub, tokens[0]) as neighbour:
            answer = await converse(hub, request, frames, patient=True)
            assert answer.startswith(b"HTTP/1.1 101")
            if code is not None:
                assert struct.pack("!H", code) in answer[-130:], answer
            await beats(neighbour, 9)
    assert hub.is_alive()


async def test_frames_sent_together_with_the_upgrade_request_are_served(
    hub: HubProcess, tokens: list[str]
) -> None:
    """A client that does not wait for 101 is impolite, not dangerous: what it sent is kept until it is let
    in."""
    request = (UPGRADE + bearer(tokens[1]) + "\r\n").encode()
    with trio.fail_after(20):
        answer = await converse(hub, request + HELLO)
    assert b'"type":"welcome"' in answer


async def test_a_token_works_for_its_own_device_only(hub: HubProcess, tokens: list[str]) -> None:
    path = UPGRADE.replace("/api/v1/ws/device", "/api/v1/devices/00000000-0000-4000-8000-000000000000/ws")
    with trio.fail_after(20):
        answer = await converse(hub, (path + bearer(tokens[0]) + "\r\n").encode())
    assert b"401" in answer.partition(b"\r\n")[0]


async def test_a_browser_may_send_its_token_as_a_subprotocol_and_it_is_not_echoed(
    hub: HubProcess, tokens: list[str]
) -> None:
    request = UPGRADE.replace("clarion.v1", f"clarion.v1, clarion.bearer.{tokens[1]}") + "\r\n"
    with trio.fail_after(20):
        answer = await converse(hub, request.encode() + HELLO)
    assert answer.startswith(b"HTTP/1.1 101") and b"Sec-WebSocket-Protocol: clarion.v1\r\n" in answer
    assert tokens[1].encode() not in answer


async def test_a_client_that_never_reads_is_cut_and_the_others_are_served(
    hub: HubProcess, tokens: list[str]
) -> None:
    """It asks for answers as fast as it can and reads none: its session ends, nobody else's does."""
    request = (UPGRADE + bearer(tokens[1]) + "\r\n").encode()
    with trio.fail_after(30):
        async with screen(hub, tokens[0]) as neighbour:
            stream = await trio.open_tcp_stream("127.0.0.1", hub.port)
            await stream.send_all(request + HELLO)
            flood = masked(1, b'{"type":"nobody knows this"}') * 500
            with pytest.raises(trio.BrokenResourceError):
                while True:
                    with trio.fail_after(10):
                        await stream.send_all(flood)
            await trio.aclose_forcefully(stream)
            await beats(neighbour, 11)
    assert hub.is_alive()


async def test_requests_that_a_fuzzer_makes_are_answered_once_or_not_at_all(
    hub: HubProcess, tokens: list[str]
) -> None:
    """Through the front door and the HTTP server behind it: none becomes a WebSocket, none leaves a trace."""
    turns = trio.CapacityLimiter(60)

    async def one(number: int) -> None:
        sent = request(Entropy(entropy_of(1, number, 96)))
        async with turns:
            answer = await converse(hub, sent)
        final = re.findall(rb"HTTP/1\.1 (?!100)(\d{3})", answer)
        assert len(final) <= 1 and b"101" not in final, (number, sent, answer)

    with trio.fail_after(30):
        async with screen(hub, tokens[0]) as neighbour, trio.open_nursery() as nursery:
            for number in range(600):
                nursery.start_soon(one, number)
            await beats(neighbour, 3)
    assert hub.is_alive()
    log = hub.log.read_text(encoding="utf-8")
    assert "Traceback" not in log, log[:4_000]
