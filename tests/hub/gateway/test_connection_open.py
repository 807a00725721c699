"""An open connection: messages go in whole, limits hold, and it ends once, with the code that says why."""

from __future__ import annotations

import pytest
from websockets.frames import Opcode

from hub.gateway.connection import CLOSING_DEADLINE_S, Stage
from hub.gateway.wire import text_frame
from protocol.close_codes import CloseCode
from protocol.vocabulary import PresenceReason
from tests.hub.gateway.client import close_frame, frame, opened


def test_fragments_are_one_message_and_a_ping_between_them_is_answered() -> None:
    wired = opened()
    wired.received(frame(b"one ", fin=False) + frame(b"?", Opcode.PING) + frame(b"message", Opcode.CONT))
    assert wired.session.messages == [b"one message"]
    assert [(f.opcode, bytes(f.data)) for f in wired.frames] == [(Opcode.PONG, b"?")]


def test_a_hundred_thousand_empty_fragments_cost_nothing_and_still_make_a_message() -> None:
    wired = opened()
    wired.received(frame(b"be", fin=False))
    empty = frame(b"", Opcode.CONT, fin=False) * 1_000
    for _ in range(100):
        wired.received(empty)
    wire = wired.connection.wire
    assert wire is not None and bytes(wire._parts or b"") == b"be"
    wired.received(frame(b"gun", Opcode.CONT))
    assert wired.session.messages == [b"begun"]


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (frame(b"x" * 4_097), 1009),
        (frame(b"x" * 4_000, fin=False) + frame(b"x" * 97, Opcode.CONT), 1009),
        (frame(b"x", Opcode.BINARY), 4400),
        (frame(b"x", Opcode.BINARY, fin=False) + frame(b"y", Opcode.CONT), 4400),
        (frame(b"x", Opcode.CONT), 1002),
        (frame(b"x", fin=False) + frame(b"y"), 1002),
        (b"\x81\x01x", 1002),
        (b"\xc1\x80abcd", 1002),
        (b"\x83\x80abcd", 1002),
        (frame(b"p" * 126, Opcode.PING), 1002),
        (frame(b"", Opcode.PING, fin=False), 1002),
        (frame(b"\x03", Opcode.CLOSE), 1002),
        (frame((1000).to_bytes(2, "big") + b"\xff", Opcode.CLOSE), 1007),
        (frame((999).to_bytes(2, "big"), Opcode.CLOSE), 1002),
        (b"\x81\xff" + b"\xff" * 8 + b"abcd", 1009),
    ],
)
def test_whatever_breaks_the_protocol_closes_with_its_code_and_ends_the_session_once(
    sent: bytes, code: int
) -> None:
    wired = opened()
    wired.received(frame(b"before") + sent + frame(b"after"))
    assert wired.close_code == code
    assert wired.session.messages in ([b"before"], [])
    assert wired.session.reasons == [PresenceReason.PROTOCOL_ERROR]
    assert wired.connection.stage is Stage.CLOSING and wired.within_s == CLOSING_DEADLINE_S
    wired.received(frame(b"late"))
    wired.overdue()
    wired.connection.ended()
    assert wired.transport.aborted and len(wired.session.reasons) == 1


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (1000, PresenceReason.SAID_GOODBYE),
        (1001, PresenceReason.SAID_GOODBYE),
        (1006 + 5, PresenceReason.NETWORK_CLOSED),
        (4999, PresenceReason.NETWORK_CLOSED),
    ],
)
def test_a_clients_close_is_echoed_and_its_code_says_how_it_left(code: int, reason: PresenceReason) -> None:
    wired = opened()
    wired.received(frame(b"last words") + close_frame(code) + frame(b"nothing more"))
    assert (wired.close_code, wired.session.messages, wired.session.reasons) == (
        code,
        [b"last words"],
        [reason],
    )
    assert wired.transport.finished and not wired.transport.aborted
    wired.connection.ended()
    assert wired.transport.aborted and wired.within_s is None


def test_a_close_without_a_code_is_echoed_without_one() -> None:
    wired = opened()
    wired.received(frame(b"", Opcode.CLOSE))
    assert [(f.opcode, bytes(f.data)) for f in wired.frames] == [(Opcode.CLOSE, b"")]
    assert wired.session.reasons == [PresenceReason.NETWORK_CLOSED]


def test_the_hubs_close_says_goodbye_first_and_waits_for_the_echo_a_moment() -> None:
    wired = opened()
    for _ in range(2):
        wired.connection.close(CloseCode.SERVICE_RESTART, PresenceReason.HUB_RESTARTED, 2.5)
    wired.connection.send(b"nothing more")
    assert wired.goodbye is not None
    assert (wired.goodbye.code, wired.goodbye.reconnect_after_s) == (1012, 2.5)
    assert wired.close_code == 1012 and len(wired.frames) == 2
    assert wired.session.reasons == [PresenceReason.HUB_RESTARTED]
    assert not wired.transport.finished
    wired.received(frame(b"in flight") + close_frame(1012))
    assert wired.transport.finished and wired.session.messages == []


def test_who_may_not_come_back_is_not_told_when() -> None:
    wired = opened()
    wired.connection.close(CloseCode.TOKEN_REVOKED, PresenceReason.TOKEN_REVOKED)
    assert wired.goodbye is not None and wired.goodbye.reconnect_after_s is None


def test_a_session_that_closes_in_the_middle_of_a_read_hears_nothing_more() -> None:
    wired = opened()
    wired.session.on_message = lambda payload: wired.connection.close(
        CloseCode.MALFORMED, PresenceReason.PROTOCOL_ERROR
    )
    wired.received(frame(b"one") + frame(b"two"))
    assert wired.session.messages == [b"one"] and wired.close_code == 4400


def test_a_broken_connection_ends_the_session_once() -> None:
    wired = opened()
    wired.connection.ended()
    wired.connection.ended()
    wired.connection.close(CloseCode.NORMAL, PresenceReason.HUB_RESTARTED)
    wired.connection.send(b"to nobody")
    assert wired.session.reasons == [PresenceReason.NETWORK_CLOSED] and wired.within_s is None


# ---- G8: a session's memory is bounded ----


def test_a_client_that_does_not_read_is_closed_with_4429_when_its_outbox_is_full() -> None:
    wired = opened()
    wired.transport.reads = False
    while wired.connection.stage is Stage.OPEN:
        wired.connection.send_encoded(text_frame(b"x" * 900))
    assert wired.close_code == CloseCode.TOO_SLOW
    assert wired.session.reasons == [PresenceReason.TOO_SLOW]
    assert wired.transport.backlog_bytes <= wired.session.outbox_limit_bytes + 500


def test_a_frame_that_is_larger_than_the_outbox_goes_out_and_what_follows_it_too() -> None:
    """Many alerts in many languages in one `welcome`: a screen that reads must not be sent away for it."""
    wired = opened()
    wired.transport.reads = False
    large = text_frame(b"x" * 5 * wired.session.outbox_limit_bytes)
    wired.connection.send_encoded(large)
    wired.connection.send_encoded(text_frame(b"y" * 900))
    assert wired.connection.stage is Stage.OPEN
    assert wired.transport.backlog_bytes > len(large)
    wired.connection.send_encoded(large)
    assert wired.close_code == CloseCode.TOO_SLOW, "one that does not read is as slow as ever"


def test_pings_of_a_client_that_does_not_read_fill_nothing_without_end() -> None:
    wired = opened()
    wired.transport.reads = False
    for _ in range(1_000):
        wired.received(frame(b"p" * 125, Opcode.PING) * 10)
    assert wired.session.reasons == [PresenceReason.TOO_SLOW]
    assert wired.transport.aborted and wired.within_s is None
    assert wired.transport.backlog_bytes < 3 * wired.session.outbox_limit_bytes


def test_pings_while_closing_are_not_answered() -> None:
    wired = opened()
    wired.connection.close(CloseCode.SUPERSEDED, PresenceReason.NETWORK_CLOSED)
    wired.transport.reads = False
    for _ in range(1_000):
        wired.received(frame(b"p" * 125, Opcode.PING) * 10)
    assert wired.transport.backlog_bytes == 0
    wired.received(close_frame(4409))
    assert wired.transport.finished


def test_an_overfull_farewell_does_not_bring_a_connection_back_that_is_gone() -> None:
    wired = opened()
    wired.transport.reads = False
    wired.transport.backlog_bytes = 2 * wired.session.outbox_limit_bytes
    wired.connection.close(CloseCode.HUB_FAULT, PresenceReason.HUB_FAULT)
    assert wired.transport.aborted and wired.connection.stage is Stage.GONE and wired.within_s is None
    assert len(wired.session.reasons) == 1
