"""How many requests a minute a tenant, an actor and an address may make (pure: the time is passed in).

Rule 1: what counts is the last sixty seconds: the requests of this minute, and of the minute before as
        much as still lies within them. (A limit by the minute alone lets twice as many through around its
        turn.)
Rule 2: a request that is refused counts for nobody: whoever waits as told gets through.
Rule 3: nothing here waits. What other hubs counted is told from outside (`hear`), a little later.
Rule 4: what is remembered is bounded; who has not asked for two minutes is forgotten.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal, NamedTuple

WINDOW_S: Final = 60
MOST_REMEMBERED: Final = 50_000

Kind = Literal["tenant", "actor", "address"]


class Subject(NamedTuple):
    """Whose requests are counted; `limit`: how many a minute, 0: as many as they like."""

    kind: Kind
    key: str
    limit: int

    @property
    def name(self) -> str:
        """The same at every hub."""
        return f"{self.kind}:{self.key}"


class Verdict(NamedTuple):
    """`kind`, `limit` and `remaining` are of the subject that has least left. `retry_after_s` is 0 when the
    request may go on, else whole seconds; `reset_s`: until this minute is over."""

    kind: Kind
    limit: int
    remaining: int
    reset_s: int
    retry_after_s: int


class _Count:
    """The requests of one subject in this minute and the one before: here, and at other hubs."""

    __slots__ = ("before", "here", "minute", "others", "others_before")

    def __init__(self, minute: int) -> None:
        self.minute = minute
        self.here = self.before = 0
        self.others = self.others_before = 0

    def turn(self, minute: int) -> None:
        """It is this minute now."""
        if minute == self.minute:
            return
        # A clock that was set back begins anew, like one that has slept.
        follows = minute == self.minute + 1
        self.before, self.others_before = (self.here, self.others) if follows else (0, 0)
        self.here = self.others = 0
        self.minute = minute

    def used(self, elapsed: float) -> float:
        """How many there were in the last sixty seconds, `elapsed` (0 to 1) into this minute."""
        return self.here + self.others + (self.before + self.others_before) * (1 - elapsed)

    def wait_s(self, limit: int, elapsed: float) -> int:
        """Whole seconds until one more is allowed; at least one."""
        now, before = self.here + self.others, self.before + self.others_before
        # When enough of the minute before has faded; or in the next minute, when this one is the one before.
        free_at = 1 - (limit - now) / before if now < limit else 2 - limit / now
        return max(1, math.floor((free_at - elapsed) * WINDOW_S) + 1)


class RateLimits:
    """Counts by subject. `now_s`: seconds since the Unix epoch, so that all hubs turn the minute together."""

    def __init__(self) -> None:
        self._counts: dict[str, _Count] = {}
        self._touched: set[str] = set()
        self._swept = 0

    def __len__(self) -> int:
        return len(self._counts)

    def take(self, subjects: Sequence[Subject], now_s: float, *, always: bool = False) -> Verdict | None:
        """One request of all these subjects together. None: none of them has a limit.

        `always`: it is counted and never refused (an emergency waits for nothing).
        """
        minute, elapsed = int(now_s // WINDOW_S), now_s % WINDOW_S / WINDOW_S
        if minute != self._swept:
            self._sweep(minute)
        limited = [(subject, self._count(subject.name, minute)) for subject in subjects if subject.limit]
        if not limited:
            return None
        reset_s = math.ceil((1 - elapsed) * WINDOW_S)
        least, left = limited[0][0], math.inf
        wait_s = 0
        for subject, count in limited:
            free = subject.limit - count.used(elapsed)
            if free <= 0 and not always:
                wait_s = max(wait_s, count.wait_s(subject.limit, elapsed))
            if free < left:
                least, left = subject, free
        if not wait_s:
            for _, count in limited:
                count.here += 1
            left -= 1
        return Verdict(least.kind, least.limit, max(0, math.floor(left)), reset_s, wait_s)

    def touched(self, minute: int) -> dict[str, int]:
        """Who asked here since this was asked last, by name, and how often in this minute; for other hubs."""
        touched, self._touched = self._touched, set()
        counts = ((name, self._counts.get(name)) for name in touched)
        return {name: c.here for name, c in counts if c is not None and c.minute == minute}

    def hear(self, minute: int, others: Mapping[str, int]) -> None:
        """What the other hubs have counted in this minute. Who has not asked here is left out."""
        for name, number in others.items():
            count = self._counts.get(name)
            if count is not None and count.minute == minute:
                count.others = number

    def _count(self, name: str, minute: int) -> _Count:
        self._touched.add(name)
        count = self._counts.get(name)
        if count is None:
            if len(self._counts) >= MOST_REMEMBERED:
                # The address that has been there longest: a flood of addresses must not free a tenant.
                addresses = (known for known in self._counts if known.startswith("address:"))
                del self._counts[next(addresses, next(iter(self._counts)))]
            count = self._counts[name] = _Count(minute)
        else:
            count.turn(minute)
        return count

    def _sweep(self, minute: int) -> None:
        self._swept = minute
        self._touched.clear()
        idle = [name for name, count in self._counts.items() if not minute - 1 <= count.minute <= minute]
        for name in idle:
            del self._counts[name]


def policy(subjects: Iterable[Subject]) -> str:
    """The field RateLimit-Policy of the IETF draft "RateLimit header fields for HTTP"."""
    return ", ".join(f'"{each.kind}";q={each.limit};w={WINDOW_S}' for each in subjects if each.limit)
