"""What happened, in numbers that stay small however long a run takes, and facts that can be waited for."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import trio

_BUCKETS_PER_FACTOR_E: Final = 50  # Neighbouring buckets are 2 % apart.


class LatencyHistogram:
    """Durations in seconds, counted in buckets 2 % wide: percentiles without keeping every value."""

    __slots__ = ("_buckets", "count", "slowest_s")

    def __init__(self) -> None:
        self._buckets: Counter[int] = Counter()
        self.count = 0
        self.slowest_s = 0.0

    def add(self, duration_s: float) -> None:
        # Two clocks may differ by a little: less than nothing counts as a microsecond.
        duration_s = max(duration_s, 1e-6)
        self._buckets[math.floor(math.log(duration_s) * _BUCKETS_PER_FACTOR_E)] += 1
        self.count += 1
        self.slowest_s = max(self.slowest_s, duration_s)

    def percentile_s(self, percent: float) -> float | None:
        """The duration that `percent` of all did not exceed, to 2 %; None when there were none."""
        if not self.count:
            return None
        wanted, seen = math.ceil(self.count * percent / 100.0), 0
        for bucket in sorted(self._buckets):
            seen += self._buckets[bucket]
            if seen >= wanted:
                return min(self.slowest_s, math.exp((bucket + 1) / _BUCKETS_PER_FACTOR_E))
        return self.slowest_s


@dataclass(eq=False)
class FleetStats:
    """Counters of one fleet. `connected` and `showing_alert` are of this moment, the others only grow."""

    screens: int = 0
    connected: int = 0
    most_connected: int = 0
    showing_alert: int = 0
    welcomes: int = 0
    reconnects: int = 0
    failed_attempts: int = 0
    heartbeats: int = 0
    acks: int = 0
    commands: int = 0
    alerts_rendered: int = 0
    frames_not_understood: int = 0
    pushes_lost: int = 0
    manifests_carried: int = 0
    manifests_fetched: int = 0
    gave_up: Counter[str] = field(default_factory=Counter)
    sent_away: Counter[str] = field(default_factory=Counter)
    connect: LatencyHistogram = field(default_factory=LatencyHistogram)
    heartbeat: LatencyHistogram = field(default_factory=LatencyHistogram)
    alert: LatencyHistogram = field(default_factory=LatencyHistogram)
    _waiting: list[tuple[Callable[[FleetStats], bool], trio.Event]] = field(default_factory=list, repr=False)

    def changed(self) -> None:
        """Wake whoever waited for what is true now."""
        if self._waiting:
            for waiting in [w for w in self._waiting if w[0](self)]:
                self._waiting.remove(waiting)
                waiting[1].set()

    async def wait_until(self, fact: Callable[[FleetStats], bool]) -> None:
        """Return once `fact(stats)` is true. The caller sets the deadline."""
        if fact(self):
            await trio.lowlevel.checkpoint()
            return
        waiting = (fact, trio.Event())
        self._waiting.append(waiting)
        try:
            await waiting[1].wait()
        finally:
            if waiting in self._waiting:
                self._waiting.remove(waiting)
