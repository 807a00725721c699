"""The load driver counts what came: whatever a server leaves out, closes or breaks ends the run."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode
from websockets.streams import StreamReader
from websockets.sync.server import ServerConnection

from loadtest.bench.driver import Address, Driver
from loadtest.bench.errors import BenchError
from loadtest.bench.frames import BrokenFrame, split, text_frame, upgrade_request
from loadtest.bench.http_client import Answer, HttpClient
from loadtest.bench.screens import Screens
from tests.loadtest.faulty_server import SCREENS, VICTIM, Fault, faulty_server, hang_up

PROMPTLY_S = 0.3

# ---- frames ----


def of_the_library(payload: bytes, opcode: Opcode = Opcode.TEXT) -> bytes:
    return Frame(opcode, payload).serialize(mask=False)


@given(st.binary(max_size=70_000))
def test_the_library_reads_what_a_screen_sends(payload: bytes) -> None:
    if len(payload) > 0xFFFF:
        with pytest.raises(ValueError, match="bytes is none of a screen's"):
            text_frame(payload)
        return
    reader = StreamReader()
    reader.feed_data(text_frame(payload))
    parsing = Frame.parse(reader.read_exact, mask=True)
    with pytest.raises(StopIteration) as parsed:
        next(parsing)
    assert parsed.value.value == Frame(Opcode.TEXT, payload)
    assert not reader.buffer


@given(st.lists(st.binary(max_size=300) | st.just(b"x" * 70_000), max_size=4), st.data())
def test_frames_are_whole_wherever_the_bytes_were_cut(payloads: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(of_the_library(payload) for payload in payloads)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=5)))
    texts: list[bytes] = []
    rest = b""
    for start, stop in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        came, pings, rest = split(rest + stream[start:stop])
        assert not pings
        texts += came
    assert texts == payloads
    assert rest == b""


@pytest.mark.parametrize(
    ("sent", "named"),
    [
        (Frame(Opcode.CLOSE, b"\x03\xf3away").serialize(mask=False), "closed it with 1011 away"),
        (Frame(Opcode.CLOSE, b"").serialize(mask=False), "closed it with no code"),
        (Frame(Opcode.TEXT, b"half", fin=False).serialize(mask=False), "begins with 0x1"),
        (Frame(Opcode.BINARY, b"x").serialize(mask=False), "begins with 0x82"),
        (Frame(Opcode.TEXT, b"x").serialize(mask=True), "masked"),
    ],
    # A mask is drawn anew in each process, and every one of them must know the tests by the same names.
    ids=["close", "close with no code", "fragment", "binary", "masked"],
)
def test_a_frame_that_no_server_should_send_is_named(sent: bytes, named: str) -> None:
    with pytest.raises(BrokenFrame, match=named):
        split(sent)


# ---- a server that does everything right ----


def test_every_screen_says_and_gets_everything_once_and_pings_are_answered() -> None:
    alive: list[bool] = []

    def asks(connection: ServerConnection, kind: str) -> bool:
        if kind == "heartbeat":
            pong = connection.ping()
            threading.Thread(target=lambda: alive.append(pong.wait(5.0))).start()
        return False

    with faulty_server(asks) as server, Driver(server.address) as driver:
        screens = Screens(driver, server)
        screens.connect(at_once=2)
        assert sorted(screen.number for screen in driver.screens) == list(range(SCREENS))
        screens.beat()
        driver.run_until(lambda: bool(alive), 5.0, lambda: "no pong came")
        assert alive == [True]
        assert screens.alert(say_received=True).seconds > 0
        screens.beat()  # It is answered after what was said before it.
        assert sorted(server.heard) == ["receipt received"] * SCREENS + ["receipt rendered"] * SCREENS
        driver.hang_up()
        assert driver.screens == []
        screens.connect()
        screens.beat()


def test_connections_past_the_ports_of_one_address_come_from_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("loadtest.bench.driver.PORTS_OF_ONE_ADDRESS", 4)
    with faulty_server() as server, Driver(server.address) as driver:
        Screens(driver, server).connect()
        sources = [screen.sock.getsockname()[0] for screen in driver.screens]
    assert sorted(sources) == ["127.0.0.1"] * 4 + ["127.0.1.1"] * 2


# ---- servers that do one thing wrong ----


def instead(kind: str, text: str | None) -> Fault:
    def fault(connection: ServerConnection, came: str) -> bool:
        if came == kind and text is not None:
            connection.send(text)
        return came == kind

    return fault


def closes(connection: ServerConnection, kind: str) -> bool:
    if kind == "heartbeat":
        connection.close(1011, "a fault")
    return kind == "heartbeat"


def vanishes(connection: ServerConnection, kind: str) -> bool:
    if kind == "heartbeat":
        hang_up(connection)
    return kind == "heartbeat"


def answers_twice(connection: ServerConnection, kind: str) -> bool:
    if kind == "heartbeat":
        for _ in range(2):
            connection.send('{"type":"ack","seq":1}')
    return kind == "heartbeat"


@pytest.mark.parametrize(
    ("fault", "named"),
    [
        (instead("hello", None), f"1 of {SCREENS} screens were not let in"),
        (instead("hello", '{"type":"error"}'), f"screen {VICTIM} was sent .*error.* instead of a welcome"),
        (instead("heartbeat", None), f"1 of {SCREENS} screens had not an acknowledgement: {VICTIM}"),
        (instead("heartbeat", '{"type":"ack","seq":12}'), f"screen {VICTIM} .* of heartbeat 1"),
        (instead("heartbeat", '{"type":"goodbye","code":4009}'), f"screen {VICTIM} was sent .*goodbye"),
        (answers_twice, f"screen {VICTIM} (had an acknowledgement twice|was sent .* instead|.*unasked)"),
        (closes, f"screen {VICTIM}: the server closed it with 1011 a fault"),
        (vanishes, f"the server hung up on screen {VICTIM}"),
        (instead("alert", None), f"1 of {SCREENS} screens had not the alert: {VICTIM}"),
        (instead("alert", '{"type":"ack","seq":2}'), "instead of an alert"),
    ],
)
def test_what_a_server_does_wrong_ends_the_run_with_the_screens_number(fault: Fault, named: str) -> None:
    with faulty_server(fault) as server, Driver(server.address) as driver:
        screens = Screens(driver, server, PROMPTLY_S)
        with pytest.raises(BenchError, match=named):
            come_beat_and_be_alerted(screens)


def come_beat_and_be_alerted(screens: Screens) -> None:
    screens.connect()
    screens.beat()
    screens.beat()
    screens.alert()


def test_a_server_that_refuses_or_is_not_there_is_named() -> None:
    with faulty_server() as server, Driver(server.address) as driver:
        hello = text_frame(b"{}")
        request = upgrade_request("/", "127.0.0.1", None, None).replace(b"Version: 13", b"Version: 12")
        with pytest.raises(BenchError, match=r"screen 0 was not let in: b'HTTP/1\.1 400"):
            driver.connect([request], hello, lambda screen, payload: None, PROMPTLY_S)
    with Driver(server.address) as driver, pytest.raises(BenchError, match="Connection refused"):
        driver.connect([request], hello, lambda screen, payload: None, PROMPTLY_S)


# ---- HTTP ----


@contextmanager
def http_server(*answers: bytes) -> Iterator[Address]:
    """Gives these answers, each in two pieces, one to a request; it hangs up after one that says `close`, and
    after the last."""
    listener = socket.create_server(("127.0.0.1", 0))
    connections: list[socket.socket] = []

    def serve() -> None:
        for before, answer in zip((b"close", *answers), answers, strict=False):
            if b"close" in before:
                connections.append(listener.accept()[0])
            connections[-1].recv(65_536)
            connections[-1].sendall(answer[:9])
            connections[-1].sendall(answer[9:])
            if b"close" in answer or answer is answers[-1]:
                connections[-1].close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield Address(*listener.getsockname())
    finally:
        thread.join(5.0)
        listener.close()


def test_a_client_stays_on_a_connection_that_is_kept_and_dials_again_when_it_is_not() -> None:
    kept = b"HTTP/1.1 202 Accepted\r\nContent-Length: 5\r\n\r\n"
    closed = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nthree"
    until_its_end = b"HTTP/1.0 404 Not Found\r\n\r\nfour"
    answers: list[Answer] = []
    with http_server(kept + b"one..", kept + b"two..", closed, until_its_end) as address:
        with Driver(address) as driver:
            client = HttpClient(driver, answers.append)
            for number in range(4):
                client.ask(b"GET / HTTP/1.1\r\n\r\n")
                driver.run_until(lambda: len(answers) > number, 5.0, lambda: "no answer came")  # noqa: B023
    assert [(answer.status, answer.body) for answer in answers] == [
        (202, b"one.."),
        (202, b"two.."),
        (200, b"three"),
        (404, b"four"),
    ]
    assert all(0 < answer.seconds < 5 for answer in answers)


@pytest.mark.parametrize(
    ("answer", "named"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", "5 of 9 bytes came as the answer to GET /x"),
        (b"HTTP/1.1 200 OK\r\n", "the server hung up on GET /x"),
    ],
)
def test_an_answer_that_is_cut_short_is_none(answer: bytes, named: str) -> None:
    with http_server(answer) as address, Driver(address) as driver:
        call = driver.call(b"GET /x HTTP/1.1\r\nAuthorization: Bearer secret\r\n\r\n")
        with pytest.raises(BenchError, match=named) as error:
            driver.run_until(lambda: call.answer is not None, 5.0, lambda: "no answer came")
        assert "secret" not in str(error.value)
