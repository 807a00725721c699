"""What waits in memory for a browser that is about to come back, and for how long (pure).

Between two steps of signing in a password or a link's token must be somewhere: never in a page, a cookie or a
file, so it is here, by the id in the browser's signed cookie, for a few minutes.
"""

from __future__ import annotations

from typing import Final, Generic, TypeVar

Thing = TypeVar("Thing")
_MOST_HELD: Final = 10_000


class Held(Generic[Thing]):
    """One thing a browser; what is newer takes its place. Times are seconds of one clock."""

    def __init__(self, for_s: float) -> None:
        self._for_s = for_s
        self._things: dict[str, tuple[Thing, float]] = {}

    def put(self, browser_id: str, thing: Thing, now_s: float) -> None:
        """Hold it. Bounded: when too many wait, the oldest goes."""
        self._things = {key: kept for key, kept in self._things.items() if kept[1] > now_s}
        self._things.pop(browser_id, None)
        if len(self._things) >= _MOST_HELD:
            del self._things[next(iter(self._things))]
        self._things[browser_id] = (thing, now_s + self._for_s)

    def see(self, browser_id: str, now_s: float) -> Thing | None:
        """What is held for this browser, and stays so."""
        thing, until_s = self._things.get(browser_id, (None, 0.0))
        return thing if until_s > now_s else None

    def take(self, browser_id: str, now_s: float) -> Thing | None:
        """What was held for this browser."""
        thing = self.see(browser_id, now_s)
        self._things.pop(browser_id, None)
        return thing
