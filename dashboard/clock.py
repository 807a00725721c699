"""Instants in the operator's own time zone, 24 hours. The zone is the browser's; it comes in a cookie."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from urllib.parse import unquote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

ZONE_COOKIE = "clarion_zone"
"""Set by static/clarion.js to `<IANA name>|<minutes east of UTC>`."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Turns instants (ms since the Unix epoch) into short local times; `now_ms` decides how much date."""

    zone: tzinfo

    @classmethod
    def from_cookie(cls, value: str | None) -> Clock:
        """The zone the browser told; its offset where this machine lacks the zone; else this machine's."""
        name, _, offset = unquote(value or "").partition("|")
        try:
            return cls(ZoneInfo(name))
        except (ZoneInfoNotFoundError, ValueError, OSError):
            pass
        try:
            return cls(timezone(timedelta(minutes=int(offset))))
        except (ValueError, OverflowError):
            return cls(datetime.now().astimezone().tzinfo or timezone.utc)  # noqa: UP017 -- tzinfo, not UTC

    def at(self, ms: int) -> datetime:
        return datetime.fromtimestamp(ms / 1000, self.zone)

    def time(self, ms: int) -> str:
        """`14:02`."""
        return f"{self.at(ms):%H:%M}"

    def moment(self, ms: int, now_ms: int) -> str:
        """`14:02` today, `yesterday 14:02`, `12 Nov 14:02`, `12 Nov 2024 14:02`."""
        at, now = self.at(ms), self.at(now_ms)
        days = (now.date() - at.date()).days
        if days == 0:
            return f"{at:%H:%M}"
        if days == 1:
            return f"yesterday {at:%H:%M}"
        day = f"{at.day} {at:%b}" if at.year == now.year else f"{at.day} {at:%b %Y}"
        return f"{day} {at:%H:%M}"

    def precise(self, ms: int, now_ms: int) -> str:
        """As `moment`, with seconds."""
        return f"{self.moment(ms, now_ms)}:{self.at(ms):%S}"

    def full(self, ms: int) -> str:
        """`2025-11-21 14:02:07`, for where a date must never be guessed."""
        return f"{self.at(ms):%Y-%m-%d %H:%M:%S}"


def to_ms(at: datetime) -> int:
    """An instant of the HTTP API as the live socket writes it."""
    return round(at.timestamp() * 1000)
