"""How many requests are served at once, and of whom: one slow client keeps nobody else out."""

from __future__ import annotations

import ipaddress
import logging
from typing import Any

import pytest
import trio
import trio.testing

from hub.client_address import ClientAddresses
from hub.http_exchange import MORE_TIME
from hub.http_server import (
    REQUEST_DEADLINE_S,
    REQUESTS_ALWAYS_SERVED,
    REQUESTS_AT_ONCE,
    REQUESTS_OF_ONE_ADDRESS,
    HttpServer,
)

REQUEST = b"GET / HTTP/1.1\r\nHost: hub\r\n\r\n"


class SlowApplication:
    """Answers when `go_on` is set. `begun` counts the requests that reached it."""

    def __init__(self) -> None:
        self.begun = 0
        self.go_on = trio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.begun += 1
        await self.go_on.wait()
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})


class Served:
    """An HTTP server on a port of its own, in this process."""

    def __init__(self, application: Any, proxies: tuple[str, ...] = ()) -> None:
        addresses = ClientAddresses([ipaddress.ip_network(proxy) for proxy in proxies])
        self._server = HttpServer(application, addresses)
        self._port = 0
        self.served = trio.Event()
        """One request has been, to its end."""

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
        self._port = listener.socket.getsockname()[1]
        task_status.started()
        await trio.serve_listeners(self._serve, [listener])

    async def _serve(self, stream: trio.SocketStream) -> None:
        await self._server.serve(stream, b"")
        self.served.set()

    async def ask(self, source: str = "127.0.0.1") -> bytes:
        """The beginning of the answer to a request from this address."""
        async with await self.connect(source) as stream:
            await stream.send_all(REQUEST)
            return bytes(await stream.receive_some(4096))

    async def connect(self, source: str = "127.0.0.1") -> trio.SocketStream:
        return await trio.open_tcp_stream("127.0.0.1", self._port, local_address=source)


@pytest.mark.parametrize(
    ("proxies", "served"), [((), REQUESTS_OF_ONE_ADDRESS), (("127.0.0.1",), REQUESTS_AT_ONCE)]
)
async def test_one_address_has_half_of_the_places_unless_it_is_a_proxy_of_ours(
    proxies: tuple[str, ...], served: int
) -> None:
    application = SlowApplication()
    server = Served(application, proxies)
    with trio.fail_after(20):
        async with trio.open_nursery() as nursery:
            await nursery.start(server.run)
            for _ in range(served):
                nursery.start_soon(server.ask)
            while application.begun < served:
                await trio.lowlevel.checkpoint()
            assert (await server.ask()).startswith(b"HTTP/1.1 503")
            application.go_on.set()
            while not (await server.ask()).startswith(b"HTTP/1.1 204"):
                pass
            nursery.cancel_scope.cancel()


async def test_addresses_that_take_every_place_keep_nobody_else_out() -> None:
    application = SlowApplication()
    server = Served(application)
    with trio.fail_after(20):
        async with trio.open_nursery() as nursery:
            await nursery.start(server.run)
            for source in ("127.0.0.2", "127.0.0.3"):
                for _ in range(REQUESTS_OF_ONE_ADDRESS):
                    nursery.start_soon(server.ask, source)
            while application.begun < REQUESTS_AT_ONCE:
                await trio.lowlevel.checkpoint()
            for _ in range(REQUESTS_ALWAYS_SERVED):
                nursery.start_soon(server.ask)
            while application.begun < REQUESTS_AT_ONCE + REQUESTS_ALWAYS_SERVED:
                await trio.lowlevel.checkpoint()
            assert (await server.ask()).startswith(b"HTTP/1.1 503")
            nursery.cancel_scope.cancel()


async def test_whoever_has_its_answer_takes_no_place_while_it_does_not_hang_up() -> None:
    application = SlowApplication()
    application.go_on.set()
    server = Served(application)
    with trio.fail_after(20):
        async with trio.open_nursery() as nursery:
            await nursery.start(server.run)
            answered = []
            for _ in range(REQUESTS_OF_ONE_ADDRESS + 1):
                stream = await server.connect()
                answered.append(stream)
                await stream.send_all(REQUEST)
                assert (await stream.receive_some(4096)).startswith(b"HTTP/1.1 204")
            nursery.cancel_scope.cancel()


async def much(scope: Any, receive: Any, send: Any) -> None:
    """Answers with more than the kernel keeps for a client that does not read."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for _ in range(64):
        await send({"type": "http.response.body", "body": b"x" * 1_000_000, "more_body": True})
    await send({"type": "http.response.body"})


@pytest.fixture
def clock() -> trio.testing.MockClock:
    """Jumps when nothing more happens for a while: what goes on in the kernel is something too."""
    return trio.testing.MockClock(autojump_threshold=0.2)


async def test_a_client_that_does_not_read_its_answer_is_let_go_at_the_deadline(
    clock: trio.testing.MockClock,
) -> None:
    server = Served(much)
    async with trio.open_nursery() as nursery:
        await nursery.start(server.run)
        async with await server.connect() as stream:
            began_s = trio.current_time()
            await stream.send_all(REQUEST)
            await server.served.wait()
            assert REQUEST_DEADLINE_S - 2 < trio.current_time() - began_s < REQUEST_DEADLINE_S + 2
        nursery.cancel_scope.cancel()


async def slowly(scope: Any, receive: Any, send: Any) -> None:
    """Answers piece by piece for longer than a request may last, and asks for more time at each."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for _ in range(5):
        scope[MORE_TIME](REQUEST_DEADLINE_S)
        await trio.sleep(REQUEST_DEADLINE_S - 10)
        await send({"type": "http.response.body", "body": b"x" * 100_000, "more_body": True})
    await send({"type": "http.response.body"})


async def test_an_answer_that_asks_for_more_time_as_it_goes_on_is_sent_to_its_end(
    clock: trio.testing.MockClock,
) -> None:
    server = Served(slowly)
    async with trio.open_nursery() as nursery:
        await nursery.start(server.run)
        async with await server.connect() as stream:
            began_s = trio.current_time()
            await stream.send_all(REQUEST)
            answer = b"".join([part async for part in stream])
            assert trio.current_time() - began_s > 3 * REQUEST_DEADLINE_S
            assert answer.count(b"x") == 500_000
            assert answer.endswith(b"0\r\n\r\n")
        nursery.cancel_scope.cancel()


async def test_a_second_request_in_the_middle_of_the_answer_is_no_fault(
    caplog: pytest.LogCaptureFixture,
) -> None:
    application = SlowApplication()
    application.go_on.set()
    server = Served(application)
    with trio.fail_after(20), caplog.at_level(logging.ERROR):
        async with trio.open_nursery() as nursery:
            await nursery.start(server.run)
            for _ in range(200):
                async with await server.connect() as stream:
                    await stream.send_all(REQUEST)
                    answer = bytes(await stream.receive_some(4096))
                    await stream.send_all(REQUEST)
                    assert answer.startswith(b"HTTP/1.1 204")
            nursery.cancel_scope.cancel()
    assert not caplog.records


class NeverEmpty:
    """A socket on which more has come, always. `received`: so often since anybody else had a turn."""

    def __init__(self) -> None:
        self.received = 0

    def getpeername(self) -> tuple[str, int]:
        return "192.0.2.1", 5

    getsockname = getpeername

    def recv(self, max_bytes: int) -> bytes:
        self.received += 1
        assert self.received < 10, "nobody else has a turn"
        return b"x" * max_bytes

    def send(self, data: memoryview) -> int:
        return len(data)

    def shutdown(self, how: int) -> None:
        pass

    def close(self) -> None:
        pass


async def reads_all(scope: Any, receive: Any, send: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def refuses(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 413, "headers": []})
    await send({"type": "http.response.body"})


@pytest.mark.parametrize("application", [reads_all, refuses])
async def test_a_client_that_sends_without_end_holds_nobody_up(application: Any) -> None:
    """Neither while its request is read, nor after its answer."""
    sock: Any = NeverEmpty()
    turns = 0
    begun = b"POST / HTTP/1.1\r\nHost: hub\r\nContent-Length: 999999999999\r\n\r\n"
    server = HttpServer(application, ClientAddresses([]))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(server.serve_socket, sock, begun, lambda kept: None)
        while turns < 100:
            await trio.lowlevel.checkpoint()
            turns, sock.received = turns + 1, 0
        nursery.cancel_scope.cancel()
