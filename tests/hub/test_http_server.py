"""How many requests are served at once, and of whom: one slow client keeps nobody else out."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest
import trio

from hub.client_address import ClientAddresses
from hub.http_server import REQUESTS_AT_ONCE, REQUESTS_OF_ONE_ADDRESS, HttpServer

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


@pytest.mark.parametrize(
    ("proxies", "served"), [((), REQUESTS_OF_ONE_ADDRESS), (("127.0.0.1",), REQUESTS_AT_ONCE)]
)
async def test_one_address_has_half_of_the_places_unless_it_is_a_proxy_of_ours(
    proxies: tuple[str, ...], served: int
) -> None:
    application = SlowApplication()
    addresses = ClientAddresses([ipaddress.ip_network(proxy) for proxy in proxies])
    server = HttpServer(application, addresses)
    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    port = listener.socket.getsockname()[1]

    async def serve(stream: trio.SocketStream) -> None:
        await server.serve(stream, b"")

    async def ask() -> bytes:
        async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
            await stream.send_all(REQUEST)
            return bytes(await stream.receive_some(4096))

    with trio.fail_after(20):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(trio.serve_listeners, serve, [listener])
            for _ in range(served):
                nursery.start_soon(ask)
            while application.begun < served:
                await trio.lowlevel.checkpoint()
            assert (await ask()).startswith(b"HTTP/1.1 503")
            application.go_on.set()
            while not (await ask()).startswith(b"HTTP/1.1 204"):
                pass
            nursery.cancel_scope.cancel()
