"""The hub's time of day, as a screen knows it: a screen may have no battery, and no other clock to trust.

The screen's own clock only ever goes forward (`now`, in seconds from anywhere); `welcome` and every `ack` say
what the hub's clock showed, in milliseconds since the Unix epoch. How long a frame travels is left out.
"""

from __future__ import annotations


class HubClock:
    """Translates between the two clocks. Everything is None until the hub has said its time once."""

    __slots__ = ("_ahead_ms",)

    def __init__(self) -> None:
        self._ahead_ms: float | None = None

    def set(self, server_time_ms: int, now: float) -> None:
        """The hub says that it is `server_time_ms` now."""
        self._ahead_ms = server_time_ms - now * 1000.0

    def ms(self, now: float) -> int | None:
        """The hub's clock at `now`, to the nearest millisecond: at `when(x)` it shows `x`, not one less."""
        return None if self._ahead_ms is None else max(0, round(now * 1000.0 + self._ahead_ms))

    def has_passed(self, instant_ms: int | None, now: float) -> bool:
        """Whether `instant_ms` is over; never when there is no such instant, or no time of day."""
        return instant_ms is not None and (now_ms := self.ms(now)) is not None and instant_ms <= now_ms

    def when(self, instant_ms: int | None) -> float | None:
        """The screen's own clock when the hub's shows `instant_ms`."""
        if instant_ms is None or self._ahead_ms is None:
            return None
        return (instant_ms - self._ahead_ms) / 1000.0
