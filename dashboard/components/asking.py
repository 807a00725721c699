"""Ask again while it is worth it: not more often than every so many seconds, and never twice at once."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

from dashboard.frame import LivePage


class Asking:
    """`still` says whether it is worth it; `ask` asks."""

    def __init__(
        self,
        page: LivePage,
        still: Callable[[], bool],
        ask: Callable[[], Awaitable[None]],
        every_s: float = 1.0,
    ) -> None:
        self._still, self._ask, self._every_s = still, ask, every_s
        self._asking = False
        self._asked_at = time.monotonic()
        page.on_beat(self._beat)

    async def _beat(self) -> None:
        if self._asking or time.monotonic() - self._asked_at < self._every_s or not self._still():
            return
        self._asking = True
        try:
            await self._ask()
        finally:
            self._asking = False
            self._asked_at = time.monotonic()
