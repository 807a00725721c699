"""How many screens of each site are online now, counted along with the live picture. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from protocol.live import ScreenRow
from protocol.vocabulary import DeviceStatus, Presence


class Tally(NamedTuple):
    """Approved screens of one site."""

    online: int = 0
    offline: int = 0

    @property
    def screens(self) -> int:
        return self.online + self.offline


class SiteTally:
    """Knows where each screen was counted, so that one change costs one step, not five thousand."""

    def __init__(self) -> None:
        self._counted: dict[str, tuple[str, bool]] = {}
        self._of: dict[str, Tally] = {}

    def of(self, site_id: str) -> Tally:
        return self._of.get(site_id, Tally())

    def take(self, rows: Iterable[ScreenRow], removed: Iterable[str] = ()) -> set[str]:
        """Take in rows as they are now, and ids of screens that are gone; the sites that are otherwise."""
        changed: set[str] = set()
        for screen_id in removed:
            self._move(screen_id, None, changed)
        for row in rows:
            there = row.site_id if row.status is DeviceStatus.APPROVED else None
            self._move(row.id, (there, row.presence is Presence.ONLINE) if there else None, changed)
        return changed

    def _move(self, screen_id: str, to: tuple[str, bool] | None, changed: set[str]) -> None:
        before = self._counted.pop(screen_id, None)
        if to is not None:
            self._counted[screen_id] = to
        if before == to:
            return
        for place, by in ((before, -1), (to, +1)):
            if place is None:
                continue
            site_id, online = place
            tally = self.of(site_id)
            self._of[site_id] = Tally(tally.online + by * online, tally.offline + by * (not online))
            changed.add(site_id)
