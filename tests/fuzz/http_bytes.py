"""Heads of requests, right and nearly right: upgrades, plain ones, and what request smuggling is made of."""

from __future__ import annotations

from tests.fuzz.entropy import Entropy
from tests.fuzz.json_text import hurt
from tests.hub.gateway.client import KEY

METHODS = (
    b"GET", b"POST", b"get", b"HEAD", b"OPTIONS", b"CONNECT", b"TRACE", b"PRI", b"", b"G\x00T", b"GET\t",
    b"M" * 33, b"\x16\x03\x01", b"\xff",
)  # fmt: skip
TARGETS = (
    b"/api/v1/ws/device", b"/health", b"/", b"*", b"", b"//", b"/%00", b"/\x00", b"/a b", b"/\xff", b"hub:80",
    b"http://hub/health", b"/../../x", b"/" + b"a" * 9_000, b"/" + b"a" * 17_000, b"/?" + b"q=1&" * 2_000,
    b"/api/v1/devices/00000000-0000-4000-8000-000000000000/ws", b"/api/v1/ws/admin",
    b"/api/v1/devices/%2e%2e/ws",
)  # fmt: skip
VERSIONS = (
    b"HTTP/1.1", b"HTTP/1.0", b"HTTP/2.0", b"HTTP/0.9", b"HTTP/1.1 ", b"http/1.1", b"HTTP/1.10", b"",
    b"HTTP/1.1\x0b",
)  # fmt: skip
ENDS = (b"\r\n", b"\n", b"\r", b"\r\r\n", b"\r\n ", b"\r\n\t", b"\x0b", b"\x85", b"\x00\r\n", b"")
NAMES = (
    b"Host", b"Upgrade", b"Connection", b"Sec-WebSocket-Key", b"Sec-WebSocket-Version",
    b"Sec-WebSocket-Protocol", b"Sec-WebSocket-Extensions", b"Authorization", b"Content-Length",
    b"Transfer-Encoding", b"HTTP2-Settings", b"Expect", b"X-Forwarded-For", b"Origin", b"Cookie", b"Upgrade ",
    b" Upgrade", b"Upgrade\x00", b"", b"X" * 8_000, b"\xff", b"Up\tgrade", b"transfer-encoding", b"UPGRADE",
)  # fmt: skip
VALUES = (
    b"hub", b"websocket", b"Upgrade", KEY.encode(), b"13", b"clarion.v1", b"", b" ", b"keep-alive, Upgrade",
    b"h2c", b"websocket, h2c", b"WebSocket", b"0", b"5", b"+5", b"-1", b"5, 5", b"1" * 400, b"0x5",
    b"chunked", b"xchunked", b"chunked, identity", b"\x0bchunked", b"100-continue",
    b"permessage-deflate; client_max_window_bits=8", b";;;,,,=", b'permessage-deflate; x="' + b"y" * 4_000,
    b"permessage-deflate; " * 500, b"clarion.v1, clarion.bearer.x", b"clarion.bearer." + b"x" * 9_000,
    b"Bearer x", b"bearer", b"Bearer " + b"x" * 9_000, b"Bearer \xff\xfe", b"1.2.3.4, " * 200, b"\x00",
    b"a\nb", b"a\rb", b"AAMAAABkAAQ", b"=" * 24, b"8, 13", b"\xe2\x80\xa8",
)  # fmt: skip
BODIES = (
    b"", b"{}", b"hello", b"0\r\n\r\n", b"5\r\nhello\r\n0\r\n\r\n", b"ffffffffffffffff\r\n", b"\r\n" * 40,
    b"GET /health HTTP/1.1\r\nHost: hub\r\n\r\n", b"SM\r\n\r\n", b"\x81\x80\0\0\0\0", b"\x00" * 100,
)  # fmt: skip

UPGRADE_HEADERS = (
    (b"Host", b"hub"),
    (b"Connection", b"Upgrade"),
    (b"Upgrade", b"websocket"),
    (b"Sec-WebSocket-Key", KEY.encode()),
    (b"Sec-WebSocket-Version", b"13"),
    (b"Sec-WebSocket-Protocol", b"clarion.v1"),
)


def request(entropy: Entropy) -> bytes:
    """One request and whatever follows it on the connection."""
    upgrade = not entropy.one_in(3)
    headers = list(UPGRADE_HEADERS if upgrade else UPGRADE_HEADERS[:1])
    for _ in range(entropy.below(4)):
        _spoil(entropy, headers)
    line = [METHODS[0], TARGETS[0], VERSIONS[0]]
    if entropy.one_in(3):
        choices = (METHODS, TARGETS, VERSIONS)
        which = entropy.below(3)
        line[which] = entropy.pick(choices[which])
    odd_end = entropy.pick(ENDS) if entropy.one_in(6) else b"\r\n"
    odd_at = entropy.below(len(headers) + 1)
    lines = [b" ".join(line), *(name + b": " + value for name, value in headers)]
    data = b"".join(text + (odd_end if at == odd_at else b"\r\n") for at, text in enumerate(lines)) + b"\r\n"
    if entropy.one_in(4):
        data += entropy.pick(BODIES)
    if entropy.one_in(8):
        data = entropy.pick(ENDS) * (1 + entropy.below(20)) + data
    return hurt(entropy, data) if entropy.one_in(4) else data


def _spoil(entropy: Entropy, headers: list[tuple[bytes, bytes]]) -> None:
    at = entropy.below(max(1, len(headers)))
    match entropy.below(5):
        case 0:
            headers.insert(at, (entropy.pick(NAMES), entropy.pick(VALUES)))
        case 1:
            headers[at : at + 1] = []
        case 2:
            headers[at : at + 1] = headers[at : at + 1] * (2 if entropy.one_in(2) else 300)
        case 3:
            headers[at : at + 1] = [(name, entropy.pick(VALUES)) for name, _ in headers[at : at + 1]]
        case _:
            headers[at : at + 1] = [(entropy.pick(NAMES), value) for _, value in headers[at : at + 1]]
