"""Who does not show the alert, by name and reason; after the all-clear, who still shows it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from dashboard.components.icons import icon
from dashboard.components.markup import set_text, tag
from dashboard.emergency_sentences import is_chased, missing_title, why_listed
from dashboard.hub_client import HubClient
from protocol.api import LedgerRow
from protocol.live import EmergencyProgress
from protocol.vocabulary import EmergencyStatus

_READ_EVERY_S: Final = 0.8
_UNSETTLED_S: Final = 2.5
_IDLE_EVERY_S: Final = 6.0
_MOST_LISTED: Final = 300


class MissingList:
    """Reads the ledger when something may have changed in it, but not more often than a person can read.

    The ledger is written a moment after the tallies, so reading goes on for a little after the last change.
    `away` says of a screen (by id) since when and why it is away, and nothing of one that is there.
    """

    def __init__(self, hub: HubClient, progress: EmergencyProgress, away: Callable[[str], str]) -> None:
        self._hub = hub
        self._away = away
        self._progress = progress
        self._reading = False
        self._read_at = float("-inf")
        self._changed_at = time.monotonic()
        self._shown: list[tuple[str, str, str, str]] | None = None
        self._title = tag("h2", "card-title", "Reading the ledger…", testid="missing-title")
        self._list = tag("ul", "missing", testid="missing-list")

    def changed(self, progress: EmergencyProgress) -> None:
        """The tallies are other ones now."""
        if progress.status is not self._progress.status:
            self._shown = None
        self._progress = progress
        self._changed_at = time.monotonic()

    async def refresh(self) -> None:
        """Read the ledger if it is time to. Raises HubError."""
        now = time.monotonic()
        unsettled = now - self._changed_at < _UNSETTLED_S or self._shown is None
        pause = _READ_EVERY_S if unsettled else _IDLE_EVERY_S
        over = self._progress.status is EmergencyStatus.CLEARED
        if self._reading or now - self._read_at < pause or (over and not unsettled):
            return
        self._reading, self._read_at = True, now
        status = self._progress.status
        try:
            read = self._hub.still_showing if is_chased(self._progress) else self._hub.not_showing
            rows = await read(self._progress.id)
        finally:
            self._reading = False
        if status is self._progress.status:
            self._show(rows)

    def _show(self, rows: list[LedgerRow]) -> None:
        set_text(self._title, missing_title(self._progress, len(rows)))
        rows.sort(key=lambda row: (row.site or "", row.name.casefold()))
        lines = [
            (
                row.device_id,
                row.name,
                row.site or "",
                why_listed(self._progress, row, self._away(row.device_id)),
            )
            for row in rows
        ]
        if lines == self._shown:
            return
        self._shown = lines
        self._list.clear()
        with self._list:
            for line in lines[:_MOST_LISTED]:
                _line(*line)
            if not lines and not self._progress.waiting:
                with tag("li", "missing-none"):
                    icon("check", "missing-none-icon")
            if len(lines) > _MOST_LISTED:
                tag("li", "missing-more", f"and {len(lines) - _MOST_LISTED:,} more")


def _line(device_id: str, name: str, site: str, why: str) -> None:
    with tag("li", "missing-row", testid="missing-row"):
        with tag("div", "missing-who"):
            tag("a", "missing-name", name, href=f"/screens/{device_id}")
            tag("span", "missing-site", site)
        tag("span", "missing-why", why)
