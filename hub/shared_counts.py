"""Hubs that share a Redis share their counts of requests, a little later than they count them.

Rule 1: the request path knows nothing of this: it counts here, and what the others counted is told to it.
Rule 2: while Redis is away each hub counts for itself; that is said once, and once when it is back.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Final, Protocol

import trio

from hub.rate_limits import WINDOW_S, RateLimits

logger = logging.getLogger(__name__)

EXCHANGE_EVERY_S: Final = 0.5


class Counts(Protocol):
    """Where hubs tell each other; `persistence.request_counts` fulfils it."""

    async def exchange(self, minute: int, here: Mapping[str, int]) -> dict[str, int]:
        """Tell these counts of ours; the others' of the same subjects. Raises `unavailable`."""


class SharedCounts:
    """`unavailable`: the exception that `counts` raises. `wall_s`: seconds since the Unix epoch."""

    def __init__(
        self,
        limits: RateLimits,
        counts: Counts,
        unavailable: type[Exception],
        wall_s: Callable[[], float],
    ) -> None:
        self._limits = limits
        self._counts = counts
        self._unavailable = unavailable
        self._wall_s = wall_s
        self._is_away = False

    async def run(self) -> None:
        """Exchange, for ever."""
        while True:
            await trio.sleep(EXCHANGE_EVERY_S)
            await self.exchange()

    async def exchange(self) -> None:
        """Tell and hear, once."""
        minute = int(self._wall_s() // WINDOW_S)
        touched = self._limits.touched(minute)
        if not touched:
            return
        try:
            self._limits.hear(minute, await self._counts.exchange(minute, touched))
        except self._unavailable as error:
            if not self._is_away:
                logger.warning("Redis does not answer (%s): this hub counts requests for itself", error)
            self._is_away = True
        else:
            if self._is_away:
                logger.info("Redis answers again: hubs share their counts of requests")
            self._is_away = False
