"""The live feed over real sockets, against a server that drops, skips, refuses and speaks of the future."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from dashboard.hub_http import HubError
from dashboard.live import LiveFeed
from dashboard.store import Store
from protocol.codec import decode_operator_uplink, encode
from protocol.live import OperatorDownlink, Recovered, Resume
from protocol.vocabulary import SUBPROTOCOL
from tests.dashboard.rows import delta, offline, screen, snapshot

pytestmark = pytest.mark.asyncio

Script = Callable[[ServerConnection], Awaitable[None]]


class LiveServer:
    """Plays one script a connection, the last one for all that follow; keeps what clients said first."""

    def __init__(self, *scripts: Script) -> None:
        self.openings: list[Resume] = []
        self.authorizations: list[str | None] = []
        self.refuse_with: int | None = None
        self._scripts = list(scripts)

    async def talk(self, socket: ServerConnection) -> None:
        message = await socket.recv()
        self.openings.append(
            decode_operator_uplink(message.encode() if isinstance(message, str) else message)
        )
        script = self._scripts.pop(0) if len(self._scripts) > 1 else self._scripts[0]
        await script(socket)

    def admit(self, connection: ServerConnection, request: Request) -> Response | None:
        self.authorizations.append(request.headers.get("Authorization"))
        return connection.respond(self.refuse_with, "no\n") if self.refuse_with else None


@asynccontextmanager
async def served(live: LiveServer, port: int = 0) -> AsyncIterator[int]:
    server: Server = await serve(
        live.talk,
        "127.0.0.1",
        port,
        subprotocols=[Subprotocol(SUBPROTOCOL)],
        process_request=live.admit,
        close_timeout=0.1,
    )
    async with server:
        yield next(iter(server.sockets)).getsockname()[1]


class Credential:
    """Has `tokens` one after the other; when they are used up nobody is signed in any more."""

    def __init__(self, *tokens: str) -> None:
        self._tokens = list(tokens)
        self.signed_out = asyncio.Event()

    async def access(self) -> str:
        return self._tokens[0]

    async def renewed(self, refused: str) -> str:
        assert refused == self._tokens.pop(0)
        if not self._tokens:
            self.signed_out.set()
            raise HubError("This session has ended.", 401)
        return self._tokens[0]


class Following:
    """One feed, and what it says beside the picture."""

    def __init__(self, port: int, store: Store, credential: Credential) -> None:
        self.doubts = 0
        self.signed_out = credential.signed_out
        self.feed = LiveFeed(f"http://127.0.0.1:{port}", credential, store, self._doubt)
        self.task = asyncio.create_task(self.feed.run())

    def _doubt(self) -> None:
        self.doubts += 1


@asynccontextmanager
async def following(
    port: int, store: Store, credential: Credential | None = None
) -> AsyncIterator[Following]:
    one = Following(port, store, credential or Credential("the-token"))
    try:
        yield one
    finally:
        one.task.cancel()
        await asyncio.gather(one.task, return_exceptions=True)


async def until(fact: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not fact():
            await asyncio.sleep(0.005)


async def say(socket: ServerConnection, *frames: OperatorDownlink) -> None:
    for frame in frames:
        await socket.send(encode(frame), text=True)


async def stay(socket: ServerConnection) -> None:
    await socket.wait_closed()


async def test_a_snapshot_and_deltas_fill_the_store_and_the_token_goes_in_a_header() -> None:
    async def script(socket: ServerConnection) -> None:
        await say(socket, snapshot(screen("a"), seq=4), delta(5, screens=[offline("a")]))
        await stay(socket)

    live, store = LiveServer(script), Store()
    async with served(live) as port, following(port, store):
        await until(lambda: store.counters.offline == 1)
    assert live.openings == [Resume()] and live.authorizations == ["Bearer the-token"]


async def test_after_a_broken_connection_it_resumes_where_it_was() -> None:
    async def first(socket: ServerConnection) -> None:
        await say(socket, snapshot(screen("a"), seq=4, stream="s"), delta(5))
        socket.transport.abort()

    async def second(socket: ServerConnection) -> None:
        await say(socket, Recovered("s", 5), delta(6, screens=[offline("a")]))
        await stay(socket)

    live, store = LiveServer(first, second), Store()
    async with served(live) as port, following(port, store):
        await until(lambda: store.counters.offline == 1)
        assert store.away_since_ms is None
    assert live.openings == [Resume(), Resume("s", 5)]


async def test_a_gap_makes_it_ask_for_everything() -> None:
    async def gap(socket: ServerConnection) -> None:
        await say(socket, snapshot(screen("a"), seq=4), delta(6, screens=[screen("ghost")]))
        await stay(socket)

    async def whole(socket: ServerConnection) -> None:
        await say(socket, snapshot(screen("a"), screen("b"), seq=9))
        await stay(socket)

    live, store = LiveServer(gap, whole), Store()
    async with served(live) as port, following(port, store):
        await until(lambda: set(store.screens) == {"a", "b"})
    assert live.openings == [Resume(), Resume()]


async def test_frames_of_a_newer_hub_are_passed_over() -> None:
    async def script(socket: ServerConnection) -> None:
        await socket.send('{"type":"invented_later","x":1}')
        await say(socket, snapshot(screen("a")))
        await stay(socket)

    store = Store()
    async with served(LiveServer(script)) as port, following(port, store):
        await until(lambda: store.known)


async def test_a_hub_that_is_not_there_is_away_and_found_when_it_comes() -> None:
    async def script(socket: ServerConnection) -> None:
        await say(socket, snapshot(screen("a")))
        await stay(socket)

    async with served(LiveServer(script)) as port:
        pass
    store = Store()
    async with following(port, store):
        await until(lambda: store.away_since_ms is not None)
        async with served(LiveServer(script), port):
            await until(lambda: store.known and store.away_since_ms is None)


async def never(socket: ServerConnection) -> None:
    raise AssertionError("it was refused")


async def test_a_refused_token_is_renewed_and_when_that_is_refused_the_attempts_end() -> None:
    live = LiveServer(never)
    live.refuse_with = 401
    async with served(live) as port, following(port, Store(), Credential("old", "new")) as one:
        await asyncio.wait_for(one.signed_out.wait(), 10)
        await asyncio.wait_for(one.task, 10)
    assert live.authorizations == ["Bearer old", "Bearer new"]


async def test_who_may_not_see_it_is_not_signed_out_and_does_not_try_again() -> None:
    live = LiveServer(never)
    live.refuse_with = 403
    async with served(live) as port, following(port, Store()) as one:
        await asyncio.wait_for(one.task, 10)
        assert one.doubts == 1 and not one.signed_out.is_set() and len(live.authorizations) == 1


async def test_a_session_ended_in_the_middle_ends_the_attempts() -> None:
    async def script(socket: ServerConnection) -> None:
        await say(socket, snapshot(screen("a")))
        await socket.close(4401, "this token is no longer valid")

    async with served(LiveServer(script)) as port, following(port, Store()) as one:
        await asyncio.wait_for(one.signed_out.wait(), 10)
        await asyncio.wait_for(one.task, 10)


async def test_each_new_connection_raises_the_question_what_one_may() -> None:
    async def closed(socket: ServerConnection) -> None:
        await say(socket, snapshot(screen("a"), seq=1))
        await socket.close(1012, "what you may has changed")

    async def whole(socket: ServerConnection) -> None:
        await say(socket, snapshot(screen("b"), seq=1))
        await stay(socket)

    store = Store()
    async with served(LiveServer(closed, whole)) as port, following(port, store) as one:
        await until(lambda: set(store.screens) == {"b"})
        assert one.doubts == 2
