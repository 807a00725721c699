"""Where hubs share how many requests they counted: one number a subject, minute and hub, in Redis.

Rule 1: Redis is asked in the background, never while a request waits, and may vanish at any time.
Rule 2: what is kept there is gone two minutes later: nothing in it is worth keeping.
See docs/decisions/0024-limits-and-secrets.md.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Final

import redis
import trio
from redis.backoff import NoBackoff
from redis.retry import Retry

from persistence.errors import RedisUnavailable

KEPT_S: Final = 120
_WAIT_S: Final = 0.5


class RequestCounts:
    """One hub's way to the others' counts. Blocking calls, in a thread of its own."""

    def __init__(self, redis_url: str) -> None:
        self._hub = uuid.uuid4().hex[:12]
        self._redis: redis.Redis = redis.Redis.from_url(
            redis_url,
            socket_timeout=_WAIT_S,
            socket_connect_timeout=_WAIT_S,
            retry=Retry(NoBackoff(), 0),
            decode_responses=True,
        )
        self._thread = trio.CapacityLimiter(1)

    async def exchange(self, minute: int, here: Mapping[str, int]) -> dict[str, int]:
        """Tell what was counted here in this minute; what the others counted of the same subjects.

        Raises RedisUnavailable.
        """
        return await trio.to_thread.run_sync(self._exchange, minute, dict(here), limiter=self._thread)

    def _exchange(self, minute: int, here: dict[str, int]) -> dict[str, int]:
        try:
            pipeline = self._redis.pipeline(transaction=False)
            for name, number in here.items():
                key = f"clarion:requests:{minute}:{name}"
                pipeline.hset(key, self._hub, str(number))
                pipeline.expire(key, KEPT_S)
                pipeline.hgetall(key)
            answers = pipeline.execute()
        except redis.RedisError as error:
            raise RedisUnavailable(" ".join(str(error).split()) or type(error).__name__) from error
        others: dict[str, int] = {}
        for name, by_hub in zip(here, answers[2::3], strict=True):
            others[name] = sum(int(number) for hub, number in by_hub.items() if hub != self._hub)
        return others

    def close(self) -> None:
        """Let the connections go."""
        self._redis.close()
