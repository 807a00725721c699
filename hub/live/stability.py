"""Screens that come and go: when losing a connection is no accident any more.

A screen that lost its connection `LOSSES` times within `WITHIN_MS` is *unstable*, and stays so until it has
kept one for `CALM_MS`. Only what nobody wanted counts as a loss: not a goodbye, a revoked token, or a restart
of the hub. Pure; time is passed in.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from protocol.vocabulary import UNINTENDED, PresenceReason

LOSSES: Final = 4
WITHIN_MS: Final = 10 * 60_000
CALM_MS: Final = 10 * 60_000
REMEMBERED: Final = 100


class Stability:
    """The last losses of one screen. Instants: milliseconds since the Unix epoch."""

    __slots__ = ("_losses_ms", "unstable")

    def __init__(self) -> None:
        self._losses_ms: deque[int] = deque(maxlen=REMEMBERED)
        self.unstable = False

    @property
    def losses(self) -> int:
        """How many there were within `WITHIN_MS` of the last one; at most `REMEMBERED`."""
        return len(self._losses_ms)

    def lost(self, reason: PresenceReason, now_ms: int) -> bool:
        """The session ended. True when the screen is unstable from now on."""
        if reason not in UNINTENDED:
            return False
        losses_ms = self._losses_ms
        losses_ms.append(now_ms)
        while losses_ms[0] < now_ms - WITHIN_MS:
            losses_ms.popleft()
        often = len(losses_ms) >= LOSSES
        became, self.unstable = often and not self.unstable, often or self.unstable
        return became

    def calmed(self, now_ms: int, connected_ms: int) -> bool:
        """True when an unstable screen is stable again: it has been connected for `CALM_MS`, since
        `connected_ms`."""
        if not self.unstable or now_ms - connected_ms < CALM_MS:
            return False
        self.unstable = False
        self._losses_ms.clear()
        return True
