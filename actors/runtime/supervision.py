"""Restart or quarantine: a budget of faults per child, as in OTP (intensity over a period). Pure; time is
passed in."""

from __future__ import annotations

from collections import deque
from enum import Enum


class Verdict(Enum):
    """What becomes of a child whose turn raised."""

    RESTART = "restart"
    QUARANTINE = "quarantine"


class Supervisor:
    """More than `intensity` faults of one child within `period_s` put it into quarantine for
    `quarantine_s`."""

    def __init__(self, intensity: int = 3, period_s: float = 60.0, quarantine_s: float = 300.0) -> None:
        self.intensity = intensity
        self.period_s = period_s
        self.quarantine_s = quarantine_s
        self._faults: dict[str, deque[float]] = {}
        self._quarantined_until: dict[str, float] = {}

    def fault(self, key: str, now_s: float) -> Verdict:
        """Record a fault of the child and decide."""
        faults = self._faults.setdefault(key, deque(maxlen=self.intensity + 1))
        faults.append(now_s)
        if len(faults) > self.intensity and now_s - faults[0] <= self.period_s:
            self._quarantined_until[key] = now_s + self.quarantine_s
            del self._faults[key]
            return Verdict.QUARANTINE
        return Verdict.RESTART

    def quarantined_for(self, key: str, now_s: float) -> float:
        """Seconds the child still has to wait; 0.0 when it is free to start."""
        until = self._quarantined_until.get(key)
        if until is None:
            return 0.0
        if until <= now_s:
            del self._quarantined_until[key]
            return 0.0
        return until - now_s

    def quarantined(self, now_s: float) -> list[str]:
        """The children in quarantine now."""
        return [key for key, until in self._quarantined_until.items() if until > now_s]
