"""What hostile clients do to a hub: each an attack that lasts a few seconds and keeps nothing open.

An attack asserts what becomes of the attacker; what becomes of the others, the test does.
"""

from __future__ import annotations

import gzip
import json
import socket
import struct
from collections.abc import Awaitable, Callable

import trio

from tests.fuzz.websocket_bytes import PING, TEXT, frame
from tests.guarantees.witness import until
from tests.hub.gateway.client import upgrade
from tests.hub.hub_process import HubProcess

HELLO = frame(TEXT, b'{"type":"hello"}')
BEAT = frame(TEXT, b'{"type":"heartbeat","seq":1}')
ELSEWHERE = ("127.0.0.2", "127.0.0.3", "127.0.0.4")
"""Addresses that attacks come from, so that they are told from everybody else by theirs."""

DRIBBLE_EVERY_S = 0.2
LOGIN = b"POST /api/v1/auth/login HTTP/1.1\r\nHost: hub\r\nContent-Type: application/json\r\n"
GET_MUCH = b"GET /api/v1/openapi.json HTTP/1.1\r\nHost: hub\r\n\r\n"

Attack = Callable[[HubProcess, str], Awaitable[None]]


def handshake(token: str, *headers: str) -> bytes:
    """An upgrade request with this token."""
    return upgrade("/api/v1/ws/device", f"Authorization: Bearer {token}", *headers)


async def connected(hub: HubProcess, source: str = "127.0.0.1") -> trio.SocketStream:
    """A connection from this address of the machine."""
    return await trio.open_tcp_stream("127.0.0.1", hub.port, local_address=source)


async def read_all(stream: trio.SocketStream) -> bytes:
    """What the hub sends until it ends the connection; a reset is an end."""
    received = bytearray()
    try:
        while data := await stream.receive_some(65_536):
            received += data
    except trio.BrokenResourceError:
        pass
    return bytes(received)


async def dribble(stream: trio.SocketStream, data: bytes) -> None:
    """Send byte by byte, until the other side has had enough."""
    try:
        for byte in data:
            await stream.send_all(bytes((byte,)))
            await trio.sleep(DRIBBLE_EVERY_S)
    except trio.BrokenResourceError:
        pass


async def dribbled(hub: HubProcess, begun: bytes, then: bytes, source: str = ELSEWHERE[0]) -> bytes:
    """The answer to a client that sends `begun` at once and `then` as slowly as it can."""
    async with await connected(hub, source) as stream, trio.open_nursery() as nursery:
        await stream.send_all(begun)
        nursery.start_soon(dribble, stream, then)
        answer = await read_all(stream)
        nursery.cancel_scope.cancel()
    return answer


def vanish(stream: trio.SocketStream) -> None:
    """Reset the connection, as a machine does whose process died with unread bytes."""
    stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    stream.socket.close()


async def at_once(times: int, attack: Callable[[], Awaitable[None]]) -> None:
    """The same attack by many clients at the same time."""
    async with trio.open_nursery() as nursery:
        for _ in range(times):
            nursery.start_soon(attack)


# ---- slow ones ----


async def slow_heads(hub: HubProcess, token: str) -> None:
    """Three hundred clients send their head byte by byte, and never to its end."""

    async def one() -> None:
        answer = await dribbled(hub, b"GET / HTTP/1.1\r\nHost: hub\r\n", b"X: " + b"x" * 10_000)
        assert answer.startswith(b"HTTP/1.1 408"), answer

    await at_once(300, one)


async def slow_hellos(hub: HubProcess, token: str) -> None:
    """Fifty clients that were let in take for ever to say hello."""

    async def one() -> None:
        answer = await dribbled(hub, handshake(token), frame(TEXT, b'{"type":"hello","x":"' + b"x" * 9_000))
        assert answer.startswith(b"HTTP/1.1 101") and struct.pack("!H", 4408) in answer, answer

    await at_once(50, one)


async def slow_frames(hub: HubProcess, token: str) -> None:
    """A screen sends one endless frame a byte at a time: no frame, no heartbeat, no session."""
    answer = await dribbled(hub, handshake(token) + HELLO, frame(TEXT, b"x" * 60_000))
    assert b'"type":"welcome"' in answer and struct.pack("!H", 4410) in answer, answer


async def slow_bodies(hub: HubProcess, token: str) -> None:
    """Three addresses hold as many requests as they are let, each with a body that does not end."""
    request = LOGIN + b"Content-Length: 100000\r\n\r\n"
    with trio.move_on_after(4):
        async with trio.open_nursery() as nursery:
            for source in ELSEWHERE:
                for _ in range(120):
                    nursery.start_soon(dribbled, hub, request, b"{" + b" " * 90_000, source)


async def slow_readers(hub: HubProcess, token: str) -> None:
    """Three addresses ask for the largest answer there is, and read nothing of it."""
    streams = []
    for source in ELSEWHERE:
        for _ in range(100):
            sock = trio.socket.socket()
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
            await sock.bind((source, 0))
            await sock.connect(("127.0.0.1", hub.port))
            await sock.send(GET_MUCH)
            streams.append(sock)
    await trio.sleep(3)
    for sock in streams:
        sock.close()


# ---- silent and vanishing ones ----


async def says_nothing(hub: HubProcess) -> None:
    """One client that connects and waits until it is sent away."""
    async with await connected(hub, ELSEWHERE[0]) as stream:
        await read_all(stream)


STAGES: tuple[tuple[str, Callable[[str], bytes]], ...] = (
    ("before a byte", lambda token: b""),
    ("in the head", lambda token: b"GET /api/v1/ws/dev"),
    ("in a body", lambda token: LOGIN + b"Content-Length: 100\r\n\r\n{"),
    ("before an answer", lambda token: GET_MUCH),
    ("waiting to be let in", handshake),
    ("in the hello", lambda token: handshake(token) + HELLO[:5]),
    ("after the hello", lambda token: handshake(token) + HELLO),
    ("in a frame", lambda token: handshake(token) + HELLO + BEAT + BEAT[:7]),
    ("in the close", lambda token: handshake(token) + HELLO + frame(8, b"\x03\xe8")),
)


async def resets_in_each_stage(hub: HubProcess, token: str) -> None:
    """Clients vanish with a reset, thirty in each stage, before and after the hub has answered."""

    async def one(sent: bytes, waits: bool) -> None:
        stream = await connected(hub, ELSEWHERE[0])
        await stream.send_all(sent)
        if waits:
            with trio.move_on_after(0.5):
                await stream.receive_some(1)
        vanish(stream)

    async with trio.open_nursery() as nursery:
        for _ in range(15):
            for _, bytes_for in STAGES:
                for waits in (False, True):
                    nursery.start_soon(one, bytes_for(token), waits)


async def silence_in_each_stage(hub: HubProcess, token: str) -> None:
    """Clients that are still there and say nothing more, as a stopped process or a dead network does.

    All that speak of the WebSocket are sent away by the deadline of their stage. A request has 60 seconds.
    """

    async def one(sent: bytes) -> None:
        stream = await connected(hub, ELSEWHERE[0])
        await stream.send_all(sent)
        if b"POST" not in sent:
            with trio.fail_after(8):
                await read_all(stream)
        await trio.aclose_forcefully(stream)

    async with trio.open_nursery() as nursery:
        for _ in range(10):
            for _, bytes_for in STAGES:
                nursery.start_soon(one, bytes_for(token))


# ---- large ones ----


async def compression_bombs(hub: HubProcess, token: str) -> None:
    """Compression is offered, not agreed on, and used all the same: on the WebSocket and in HTTP."""
    offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"
    bomb = gzip.compress(b"[" * 50_000_000, 9)

    async def websocket() -> None:
        async with await connected(hub, ELSEWHERE[0]) as stream:
            await stream.send_all(handshake(token, offer) + HELLO + frame(TEXT, bomb[10:60_000], bits=0x40))
            answer = await read_all(stream)
        assert answer.startswith(b"HTTP/1.1 101") and b"Sec-WebSocket-Extensions" not in answer
        assert struct.pack("!H", 1002) in answer, answer

    async def http() -> None:
        head = f"Content-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n\r\n".encode()
        async with await connected(hub, ELSEWHERE[0]) as stream:
            await stream.send_all(LOGIN + head + bomb)
            answer = await read_all(stream)
        assert answer.startswith(b"HTTP/1.1 4"), answer

    for attack in (websocket, http):
        await at_once(20, attack)


async def endless_bodies(hub: HubProcess, token: str) -> None:
    """Bodies without a length, in chunks, far larger than any that is wanted; and ones that claim to be."""
    chunk = b"10000\r\n" + b" " * 65_536 + b"\r\n"

    async def send(stream: trio.SocketStream) -> None:
        try:
            await stream.send_all(LOGIN + b"Transfer-Encoding: chunked\r\n\r\n")
            while True:
                await stream.send_all(chunk)
        except trio.BrokenResourceError:
            pass

    async def chunked() -> None:
        async with await connected(hub, ELSEWHERE[0]) as stream, trio.open_nursery() as nursery:
            nursery.start_soon(send, stream)
            answer = await read_all(stream)
            nursery.cancel_scope.cancel()
        assert answer.startswith(b"HTTP/1.1 413"), answer

    async def claimed() -> None:
        async with await connected(hub, ELSEWHERE[0]) as stream:
            await stream.send_all(LOGIN + b"Content-Length: 99999999999999999999\r\n\r\n{")
            answer = await read_all(stream)
        assert answer.startswith(b"HTTP/1.1 4"), answer

    await at_once(4, chunked)
    await at_once(20, claimed)


async def giant_heads(hub: HubProcess, token: str) -> None:
    """Tokens, paths and headers of every size up to and above the limit, a thousand of them."""

    async def one(sent: bytes) -> None:
        async with await connected(hub, ELSEWHERE[0]) as stream:
            try:
                await stream.send_all(sent)
            except trio.BrokenResourceError:
                return
            answer = await read_all(stream)
        assert answer == b"" or answer.startswith(b"HTTP/1.1 4"), answer

    for size in (1_000, 8_000, 15_000, 16_384, 100_000):
        path = f"/api/v1/devices/{'d' * size}/ws"
        operators = upgrade("/api/v1/ws/admin", f"Authorization: Bearer {'e' * size}.a.b")
        async with trio.open_nursery() as nursery:
            for _ in range(60):
                nursery.start_soon(one, handshake("t" * size))
                nursery.start_soon(one, upgrade(path, "Authorization: Bearer t"))
                nursery.start_soon(one, operators)


# ---- impatient ones ----


async def pipelined_frames(hub: HubProcess, token: str) -> None:
    """The upgrade, the hello and fifty heartbeats in one segment: served, in order, in one session."""
    async with await connected(hub, ELSEWHERE[0]) as stream:
        beats = b"".join(frame(TEXT, json.dumps({"type": "heartbeat", "seq": n}).encode()) for n in range(50))
        await stream.send_all(handshake(token) + HELLO + beats)
        answer = b""
        with trio.fail_after(5):
            while answer.count(b'"type":"ack"') < 50:
                answer += await stream.receive_some(65_536)
    assert answer.count(b'"type":"welcome"') == 1
    seqs = [answer.find(b'"type":"ack","seq":%d,' % n) for n in range(50)]
    assert -1 not in seqs and seqs == sorted(seqs), answer


async def an_upgrade_as_second_request(hub: HubProcess, token: str) -> None:
    """A connection that carried a plain request is asked for a WebSocket, as by a proxy that keeps its
    connections: the gateway answers, and never the HTTP server. Bytes behind the request are frames to it."""

    async def one() -> None:
        async with await connected(hub, ELSEWHERE[0]) as stream:
            await stream.send_all(b"GET /health HTTP/1.1\r\nHost: hub\r\nConnection: keep-alive\r\n\r\n")
            answer = bytearray()
            while b'"ok"' not in answer:
                answer += await stream.receive_some(65_536)
            await stream.send_all(handshake(token) + HELLO + b"X")
            answer += await read_all(stream)
        plain, _, upgraded = bytes(answer).partition(b"HTTP/1.1 101 Switching Protocols\r\n")
        assert plain.count(b"HTTP/1.1 200") == 1 and upgraded.count(b"HTTP/1.1 ") == 0, answer
        assert b"Sec-WebSocket-Protocol: clarion.v1\r\n" in upgraded, answer

    await at_once(40, one)


async def connection_flood(hub: HubProcess, token: str) -> None:
    """Two thousand connections that say nothing; all are gone when their time is over."""
    streams: list[trio.SocketStream] = []

    async def one(number: int) -> None:
        streams.append(await connected(hub, ELSEWHERE[number % 3]))

    for start in range(0, 2_000, 200):
        async with trio.open_nursery() as nursery:
            for number in range(200):
                nursery.start_soon(one, start + number)
    with trio.fail_after(10):
        for stream in streams:
            await read_all(stream)
            await trio.aclose_forcefully(stream)


async def pings_without_end(hub: HubProcess, token: str) -> None:
    """A screen that only ever pings and reads nothing is cut off by its outbox."""
    async with await connected(hub, ELSEWHERE[0]) as stream:
        await stream.send_all(handshake(token) + HELLO)
        pings = frame(PING, b"p" * 125) * 100
        ended = False

        async def send() -> None:
            nonlocal ended
            try:
                while True:
                    await stream.send_all(pings)
            except trio.BrokenResourceError:
                ended = True

        async with trio.open_nursery() as nursery:
            nursery.start_soon(send)
            with trio.fail_after(10):
                await until(lambda: ended)
