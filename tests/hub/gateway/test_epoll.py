"""The epoll shell on real sockets, where the kernel says no."""

from __future__ import annotations

import errno
import gc
import socket
import threading
from collections.abc import AsyncIterator

import pytest
import trio

from actors.runtime import Instant
from actors.runtime.dispatcher import TURNS_PER_SLICE
from hub.gateway.connection import Connection
from hub.gateway.epoll import EpollShell
from hub.gateway.socket_transport import SocketTransport
from tests.hub.gateway.client import frame, upgrade
from tests.hub.gateway.house import House

GET = b"GET / HTTP/1.1\r\nHost: hub\r\n\r\n"
ANSWER = b"HTTP/1.1 204 \r\n\r\n"


class Listener(socket.socket):
    """A listener that may be out of file descriptors."""

    exhausted = False
    refusals = 0

    def accept(self) -> tuple[socket.socket, object]:
        if self.exhausted:
            self.refusals += 1
            raise OSError(errno.EMFILE, "Too many open files")
        return super().accept()


class Port:
    def __init__(self, listener: Listener, shell: EpollShell, house: House) -> None:
        self.listener = listener
        self.shell = shell
        self.house = house
        self.handed_over: list[bytes] = []
        self.gives_back = False

    async def connect(self) -> trio.SocketStream:
        return await trio.open_tcp_stream(*self.listener.getsockname())


@pytest.fixture
async def port(nursery: trio.Nursery) -> AsyncIterator[Port]:
    listener = Listener()
    listener.setblocking(False)
    listener.bind(("127.0.0.1", 0))
    listener.listen(64)

    def hand_over(sock: socket.socket, begun: bytes) -> None:
        made.handed_over.append(begun)
        if made.gives_back:
            sock.send(ANSWER)
            made.shell.take_back(sock)
        else:
            sock.close()

    house = House()
    made = Port(listener, EpollShell(house.gateway, [listener], hand_over), house)
    nursery.start_soon(made.shell.run)
    yield made
    nursery.cancel_scope.cancel()
    listener.close()


async def until_closed(stream: trio.SocketStream) -> bytes:
    received = b""
    with trio.fail_after(5):
        while data := await stream.receive_some():
            received += data
    return received


async def test_plain_http_leaves_the_shell_with_its_bytes(port: Port) -> None:
    stream = await port.connect()
    await stream.send_all(GET)
    assert await until_closed(stream) == b""
    assert port.handed_over == [GET] and len(port.shell) == 0


def chatter(address: tuple[str, int], stop: threading.Event) -> None:
    """A client in a thread of its own that never stops sending, so that its socket is always ready."""
    with socket.create_connection(address) as busy:
        while not stop.is_set():
            busy.sendall(b"x" * 60_000)


async def test_out_of_descriptors_it_pauses_and_accepts_again_even_while_others_never_stop_sending(
    port: Port,
) -> None:
    stop = threading.Event()
    # No deadline is swept here, so what comes after a refused head is read for ever.
    busy = [threading.Thread(target=chatter, args=(port.listener.getsockname(), stop)) for _ in range(3)]
    try:
        for thread in busy:
            thread.start()
        with trio.fail_after(5):
            while len(port.shell) < len(busy):
                await trio.sleep(0.01)
        port.listener.exhausted = True
        waiting = await port.connect()
        await waiting.send_all(GET)
        with trio.fail_after(5):
            while not port.listener.refusals:
                await trio.sleep(0.01)
        port.listener.exhausted = False
        await until_closed(waiting)
        assert port.handed_over == [GET]
        assert port.listener.refusals <= 3, "it does not spin while there are none"
    finally:
        stop.set()
        for thread in busy:
            await trio.to_thread.run_sync(thread.join)


async def test_it_stops_listening_and_keeps_who_is_there(port: Port) -> None:
    there = await port.connect()
    with trio.fail_after(5):
        while not len(port.shell):
            await trio.sleep(0.01)
    port.shell.stop_listening()
    with pytest.raises(OSError):
        await port.connect()
    await there.send_all(GET)
    await until_closed(there)
    assert port.handed_over == [GET]


async def test_a_client_that_vanishes_is_forgotten(port: Port) -> None:
    for _ in range(20):
        stream = await port.connect()
        await stream.send_all(b"GET / HT")
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        await stream.aclose()
    with trio.fail_after(5):
        while port.shell.connections():
            await trio.sleep(0.01)


async def asked(port: Port) -> trio.SocketStream:
    """A connection on which HTTP was answered, and that the shell has again."""
    stream = await port.connect()
    await stream.send_all(GET)
    with trio.fail_after(5):
        assert await stream.receive_some() == ANSWER
    return stream


async def test_what_comes_on_a_connection_that_was_given_back_is_judged_anew(port: Port) -> None:
    port.gives_back = True
    stream = await asked(port)
    await stream.send_all(GET)
    assert await stream.receive_some() == ANSWER
    await stream.send_all(b"HELO mail.example\r\n\r\n")
    assert (await until_closed(stream)).startswith(b"HTTP/1.1 400")
    assert port.handed_over == [GET, GET]


async def test_it_takes_nobody_back_when_it_has_stopped_listening(port: Port) -> None:
    port.gives_back = True
    stream = await port.connect()
    with trio.fail_after(5):
        while not len(port.shell):
            await trio.sleep(0.01)
    port.shell.stop_listening()
    await stream.send_all(GET)
    assert await until_closed(stream) == ANSWER


class Idler:
    """Fulfils `Actor`."""

    def receive(self, message: str, now: Instant) -> None:
        """One turn, in which nothing is done."""


async def test_while_the_actors_are_behind_newcomers_wait_and_whoever_is_here_is_heard(port: Port) -> None:
    house = port.house
    screen = await port.connect()
    await screen.send_all(upgrade("/api/v1/ws/device", "Authorization: Bearer token-d1"))
    with trio.fail_after(5):
        while not len(house.credentials):
            await trio.sleep(0.01)
        await house.look_up()
        await screen.send_all(frame(b'{"type":"hello"}'))
        while not house.fleet.dispatcher.waiting:
            await trio.sleep(0.01)
    house.work()
    for number in range(TURNS_PER_SLICE):
        house.fleet.dispatcher.spawn(str(number), Idler()).tell_urgently("work")
    newcomer = await port.connect()
    await newcomer.send_all(GET)
    await screen.send_all(frame(b'{"type":"heartbeat","seq":1,"emergency_version":0}'))
    with trio.fail_after(5):
        while not house.fleet.dispatcher.normal:
            await trio.sleep(0.01)
    assert port.handed_over == []
    house.work()
    await until_closed(newcomer)
    assert port.handed_over == [GET]


def of_connections() -> int:
    """How many connections and transports the interpreter still has."""
    return sum(isinstance(each, (Connection, SocketTransport)) for each in gc.get_objects())


async def test_whoever_is_gone_leaves_nothing_to_the_collector(port: Port, nursery: trio.Nursery) -> None:
    """It looks seldom."""
    gc.collect()
    before = of_connections()
    gc.disable()
    try:
        for said in (b"GET / HT", GET, b"HELO mail.example\r\n\r\n"):
            stream = await port.connect()
            await stream.send_all(said)
            await stream.send_eof()
            await until_closed(stream)
        # Their deadlines are forgotten when their time is over.
        port.house.now_s += 60.0
        nursery.start_soon(port.house.gateway.run)
        with trio.fail_after(5):
            while of_connections() > before:
                await trio.sleep(0.01)
    finally:
        gc.enable()


async def test_when_it_has_failed_the_hub_can_still_stop_in_order() -> None:
    """The front door is told to drain, and a request that was under way gives its connection back."""
    listener = socket.create_server(("127.0.0.1", 0))
    with listener, socket.create_connection(listener.getsockname()) as theirs:
        given_back, _ = listener.accept()
        shell = EpollShell(House().gateway, [listener], lambda sock, begun: None)
        with trio.CancelScope() as scope:
            scope.cancel()
            await shell.run()
        shell.stop_listening()
        shell.take_back(given_back)
        assert theirs.recv(1) == b"", "closed"
    assert shell.connections() == []
