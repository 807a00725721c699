"""Restart or quarantine: a budget of faults per child, as in OTP (intensity over a period), and a pause that
doubles between restarts. Pure; time is passed in."""

from __future__ import annotations

from collections import deque
from enum import Enum
from typing import NamedTuple

from actors.runtime.errors import fault_line


class Verdict(Enum):
    """What becomes of a child that failed."""

    RESTART = "restart"
    QUARANTINE = "quarantine"


class Decision(NamedTuple):
    """`wait_s`: how long the child may not start."""

    verdict: Verdict
    wait_s: float


class ChildState(NamedTuple):
    """A child that has failed since the program started. `wait_s`: how long it still may not start."""

    key: str
    faults: int
    last_fault: str
    quarantined: bool
    wait_s: float


class _Child:
    """`recent`: instants of its faults, as many as it takes to break the budget."""

    __slots__ = ("barred_until_s", "faults", "last_fault", "quarantined", "recent")

    def __init__(self, intensity: int) -> None:
        self.recent: deque[float] = deque(maxlen=intensity + 1)
        self.faults = 0
        self.last_fault = ""
        self.quarantined = False
        self.barred_until_s = 0.0


class Supervisor:
    """More than `intensity` faults of one child within `period_s` put it into quarantine for `quarantine_s`.

    Until then it may start again `backoff_s` after its first fault within the period, twice as much after the
    second, and so on. What of one child happens longer ago than a period is forgiven.
    """

    def __init__(
        self,
        intensity: int = 3,
        period_s: float = 60.0,
        quarantine_s: float = 300.0,
        backoff_s: float = 1.0,
    ) -> None:
        self.intensity = intensity
        self.period_s = period_s
        self.quarantine_s = quarantine_s
        self.backoff_s = backoff_s
        self.restarts = 0
        self.quarantines = 0
        self._children: dict[str, _Child] = {}

    def __repr__(self) -> str:
        return f"<Supervisor {self.restarts} restarts, {self.quarantines} quarantines>"

    def fault(self, key: str, error: BaseException, now_s: float) -> Decision:
        """Record a fault of the child and decide."""
        child = self._children.get(key)
        if child is None:
            child = self._children[key] = _Child(self.intensity)
        child.faults += 1
        child.last_fault = fault_line(error)
        child.recent.append(now_s)
        child.quarantined = len(child.recent) > self.intensity and now_s - child.recent[0] <= self.period_s
        if child.quarantined:
            self.quarantines += 1
            child.recent.clear()
            decision = Decision(Verdict.QUARANTINE, self.quarantine_s)
        else:
            self.restarts += 1
            lately = sum(now_s - at_s <= self.period_s for at_s in child.recent)
            decision = Decision(Verdict.RESTART, self.backoff_s * 2 ** (lately - 1))
        child.barred_until_s = now_s + decision.wait_s
        return decision

    def barred_for(self, key: str, now_s: float) -> float:
        """Seconds the child may not start yet; 0.0 when it is free."""
        child = self._children.get(key)
        return 0.0 if child is None else max(0.0, child.barred_until_s - now_s)

    def quarantined(self, now_s: float) -> list[str]:
        """The children in quarantine now."""
        return [state.key for state in self.children(now_s) if state.quarantined]

    def children(self, now_s: float) -> list[ChildState]:
        """Every child that has ever failed."""
        return [
            ChildState(
                key,
                child.faults,
                child.last_fault,
                child.quarantined and child.barred_until_s > now_s,
                max(0.0, child.barred_until_s - now_s),
            )
            for key, child in self._children.items()
        ]
