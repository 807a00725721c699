"""Where hubs share what they made of contents: bytes by name, in Redis, for some minutes.

Rule 1: a name carries the version of what is kept, so nothing here is ever changed or taken back.
Rule 2: whoever asks waits a tenth of a second, no longer; Redis may vanish at any time.
"""

from __future__ import annotations

from typing import Final

import redis
import trio
from redis.backoff import NoBackoff
from redis.retry import Retry

from persistence.errors import RedisUnavailable

KEPT_S: Final = 600
_WAIT_S: Final = 0.1
_AT_ONCE: Final = 4


class SharedContents:
    """Fulfils `hub.content_cache.Shared`. Blocking calls, in a few threads of its own."""

    def __init__(self, redis_url: str) -> None:
        self._redis: redis.Redis = redis.Redis.from_url(
            redis_url,
            socket_timeout=_WAIT_S,
            socket_connect_timeout=_WAIT_S,
            retry=Retry(NoBackoff(), 0),
        )
        self._threads = trio.CapacityLimiter(_AT_ONCE)

    async def get(self, name: str) -> bytes | None:
        """What is kept under this name. Raises RedisUnavailable."""
        return await trio.to_thread.run_sync(self._get, name, limiter=self._threads)

    async def put(self, name: str, value: bytes) -> None:
        """Keep it for `KEPT_S`. Raises RedisUnavailable."""
        await trio.to_thread.run_sync(self._put, name, value, limiter=self._threads)

    def _get(self, name: str) -> bytes | None:
        try:
            found = self._redis.get(name)
        except redis.RedisError as error:
            raise RedisUnavailable(_one_line(error)) from error
        return found if isinstance(found, bytes) else None

    def _put(self, name: str, value: bytes) -> None:
        try:
            self._redis.set(name, value, ex=KEPT_S)
        except redis.RedisError as error:
            raise RedisUnavailable(_one_line(error)) from error

    def close(self) -> None:
        """Let the connections go."""
        self._redis.close()


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
