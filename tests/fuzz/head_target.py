"""What the head of a request becomes: a question to the HTTP server, a handshake, or a refusal.

Held against h11, which reads after the front door what the front door let pass.
"""

from __future__ import annotations

import re

import h11

from hub.gateway.head import MAX_HEAD_BYTES, Http, Judgement, NeedMore, Refuse, Upgrade, judge
from hub.gateway.wire import Refusal, Wire
from tests.fuzz.entropy import Entropy
from tests.fuzz.http_bytes import request
from tests.fuzz.websocket_bytes import MAX_MESSAGE_BYTES
from tests.fuzz.wire_target import LibraryAlone

_NAMES_AN_UPGRADE = re.compile(rb"(?im)^[ \t]*(?:upgrade|http2-settings)[ \t\0]*:")
_STATUSES = frozenset({400, 401, 403, 405, 426, 431, 505})


class HeadTarget:
    """Fulfils `Target`."""

    name = "heads"
    entropy_bytes = 96

    def run(self, entropy: Entropy) -> str:
        """See `Target`."""
        received = request(entropy)
        return self.judge(received, entropy.below(len(received) + 1))

    def show(self, entropy: Entropy) -> str:
        """See `Target`."""
        received = request(entropy)
        return f"{received!r}, cut at {entropy.below(len(received) + 1)}"

    def judge(self, received: bytes, cut: int) -> str:
        """Judge one request, whole and as far as `cut`; what came of it."""
        whole = judge(received)
        _agree(judge(received[:cut]), whole, received[cut:])
        match whole:
            case NeedMore():
                assert len(received) <= MAX_HEAD_BYTES + 16, "what is waited for is bounded"
                return "waits"
            case Refuse(status=status):
                assert status in _STATUSES
                return f"refused {status}"
            case Http(data=data):
                _asks_for_no_upgrade(data)
                return "http"
            case Upgrade(head=head):
                refusal = _handshake(head)
                assert refusal is None or refusal.status in _STATUSES, refusal
                return "upgrade" if refusal is None else f"no handshake {refusal.status}"


def _handshake(head: bytes) -> Refusal | None:
    """The wire's word; the library, asked from the first byte on as it is meant to be, has the same."""
    wire, alone = Wire(MAX_MESSAGE_BYTES), LibraryAlone(head)
    refusal = wire.handshake(head)
    if refusal is not None:
        # The library tells some of those who send no request at all that it is their line that is too long.
        assert alone.response is None or alone.response.status_code == refusal.status
        return refusal
    request, response = alone.request, alone.response
    assert request is not None and response is not None and wire.request == request
    said = wire.accept().decode().split("\r\n")
    assert said[0] == f"HTTP/1.1 {response.status_code} {response.reason_phrase}"
    assert set(said[1:]) | {f"Date: {response.headers['Date']}"} == set(str(response.headers).split("\r\n"))
    return None


def _agree(early: Judgement, whole: Judgement, late: bytes) -> None:
    """Where the network cuts a request in two decides nothing."""
    match early:
        case NeedMore():
            pass
        case Refuse():
            assert isinstance(whole, Refuse)
        case Http(data=begun):
            assert whole == Http(begun + late)
        case Upgrade(head=head, rest=rest):
            assert whole == Upgrade(head, rest + late)


def _asks_for_no_upgrade(data: bytes) -> None:
    head = data.partition(b"\r\n\r\n")[0]
    assert not _NAMES_AN_UPGRADE.search(head), "an upgrade goes on to the HTTP server"
    server = h11.Connection(h11.SERVER, max_incomplete_event_size=2 * MAX_HEAD_BYTES)
    server.receive_data(data)
    try:
        event = server.next_event()
    except h11.RemoteProtocolError:
        return
    if isinstance(event, h11.Request):
        assert not {bytes(name) for name, _ in event.headers} & {b"upgrade", b"http2-settings"}
        for host in (value for name, value in event.headers if name == b"host"):
            host.partition(b":")[0].decode("ascii").encode("idna")  # as the framework does
        assert bytes(event.http_version) in (b"1.0", b"1.1"), "HTTP/2 goes on to the HTTP server"


HEADS = HeadTarget()
