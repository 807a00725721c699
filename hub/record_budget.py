"""How much one screen may have kept of what it recorded: in a minute, and in a day. Pure.

Rule 1: a minute's bound keeps a screen from taking the hub's time; a day's bound keeps it from filling the
        disk, where what was played lies for weeks and its sums for more than a year.
Rule 2: what is beyond it is lost nowhere: the screen keeps it, and says it again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from hub.recorded import DAY_MS, cost_of
from protocol.frames import Record

MINUTE_MS: Final = 60_000
BUDGET_OF_MINUTE: Final = 6_000
"""What one screen may have kept in a minute (`cost_of`): a backlog of 20,000 plays takes four minutes."""
RECORDS_OF_DAY: Final = 150_000
"""One each second, all day, and a backlog of weeks beside it."""


class RecordBudget:
    """What every screen has spent of the minute, and of the day."""

    def __init__(self) -> None:
        self._minute = self._day = 0
        self._of_minute: dict[str, int] = {}
        self._of_day: dict[str, int] = {}

    def affords(self, device_id: str, records: Sequence[Record], now_ms: int) -> bool:
        """Whether these may be kept too; they are counted then."""
        self._go_on(now_ms)
        of_minute = self._of_minute.get(device_id, 0) + cost_of(records)
        of_day = self._of_day.get(device_id, 0) + len(records)
        if of_minute > BUDGET_OF_MINUTE or of_day > RECORDS_OF_DAY:
            return False
        self._of_minute[device_id], self._of_day[device_id] = of_minute, of_day
        return True

    def exhaust(self, device_id: str, now_ms: int) -> None:
        """Nothing more of this screen in this minute."""
        self._go_on(now_ms)
        self._of_minute[device_id] = BUDGET_OF_MINUTE

    def _go_on(self, now_ms: int) -> None:
        if now_ms // MINUTE_MS != self._minute:
            self._minute, self._of_minute = now_ms // MINUTE_MS, {}
        if now_ms // DAY_MS != self._day:
            self._day, self._of_day = now_ms // DAY_MS, {}
