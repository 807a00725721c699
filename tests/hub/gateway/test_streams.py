"""The portable shell on real sockets: who is let in, and until when."""

from __future__ import annotations

from typing import Any

import pytest
import trio
import trio.testing

from hub.gateway.connection import Stage
from hub.gateway.streams import StreamShell
from tests.hub.gateway.house import House


async def never(stream: trio.abc.Stream, begun: bytes) -> None:
    raise AssertionError("nobody asks for plain HTTP here")


async def test_a_hub_that_drains_accepts_nobody_and_keeps_who_is_here(nursery: trio.Nursery) -> None:
    with trio.fail_after(10):
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        address = listeners[0].socket.getsockname()
        shell = StreamShell(House().gateway, never)
        nursery.start_soon(shell.run, list[trio.abc.Listener[Any]](listeners))
        async with await trio.open_tcp_stream(*address) as stream:
            await trio.testing.wait_all_tasks_blocked(0.01)
            (connection,) = shell.connections()
            await shell.stop_listening()
            with pytest.raises(OSError, match="connect"):
                await trio.open_tcp_stream(*address)
            assert shell.connections() == [connection] and connection.stage is Stage.HEAD
            await stream.send_all(b"POST\r\n\r\n")
            assert (await stream.receive_some()).startswith(b"HTTP/1.1 400")
        nursery.cancel_scope.cancel()
