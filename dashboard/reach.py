"""Whom an alert reaches now, as the hub counts it: asked anew when that may have changed. Draws nothing."""

from __future__ import annotations

import time
from typing import Final

from dashboard.hub_client import HubClient
from dashboard.hub_http import HubError
from dashboard.store import Store
from protocol.api import Scope, ScopePreview

_MEASURE_EVERY_S: Final = 1.0


class Reach:
    """`preview` is the hub's last answer; None when it gave none. `counting`: the first answer is awaited."""

    def __init__(self, hub: HubClient, store: Store) -> None:
        self._hub, self._store = hub, store
        self._asking = 0
        self._measured_at = float("-inf")
        self._stale = True
        self._counted = store.counters
        self.counting = True
        self.preview: ScopePreview | None = None

    def fleet_changed(self, hub_changed: bool) -> None:
        """Screens came, went or changed."""
        counters = self._store.counters
        if counters != self._counted or hub_changed:
            self._counted, self._stale = counters, True

    def scope_changed(self) -> None:
        """It is for others now: count at once."""
        self.counting = self._stale = True
        self._measured_at = float("-inf")

    async def measure(self, scope: Scope | None) -> bool:
        """Ask the hub: at once when the scope is another, else once a second at most. None: for nobody.

        Of several answers under way only the last one counts: True when this is it. Raises HubError.
        """
        if not self._stale or time.monotonic() - self._measured_at < _MEASURE_EVERY_S:
            return False
        self._stale, self._measured_at = False, time.monotonic()
        self._asking += 1
        mine = self._asking
        preview: ScopePreview | None = ScopePreview(0, 0, 0)
        try:
            if scope is not None:
                preview = None
                preview = await self._hub.preview(scope)
        except HubError as error:
            if error.signed_out:
                raise
        if mine != self._asking:
            return False
        self.counting, self.preview = False, preview
        return True
