"""Once an hour: what is older than CLARION_HISTORY_DAYS goes, in small steps that nobody else notices.

What goes and what stays: `persistence/retention.py`. A hub that was away for long, or is told a shorter time,
has millions of rows to delete: it takes as many batches as that needs, one after the other, with pauses.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

import structlog
import trio

from persistence.errors import DatabaseUnavailable
from persistence.retention import BATCH, DEVICE_BATCH, History
from persistence.transaction import Tenant

FIRST_AFTER_S: Final = 60.0
EVERY_S: Final = 3_600.0
AGAIN_AFTER_S: Final = 60.0
"""After the database did not answer."""
PAUSE_S: Final = 0.1
PAIRING_KEPT: Final = timedelta(days=1)
"""A screen that comes back within this time after its code expired keeps its name in the list."""

_KINDS: Final[tuple[History, ...]] = ("heartbeats", "events", "commands")
_log = structlog.get_logger("hub.retention")


class OldRows(Protocol):
    """PostgreSQL, as this sees it; `persistence.retention.Retention` fulfils it. Each raises
    DatabaseUnavailable."""

    async def tenants(self) -> list[Tenant]: ...

    async def delete_history(
        self, kind: History, tenant_id: str, before: datetime, batch: int = BATCH
    ) -> int: ...

    async def delete_never_let_in(
        self, tenant_id: str, before: datetime, batch: int = DEVICE_BATCH
    ) -> list[str]: ...


class Retention:
    """`gone`: tells the live side of devices that are no more. `deleted` counts since the hub started."""

    def __init__(
        self,
        rows: OldRows,
        gone: Callable[[str, Sequence[str]], Awaitable[None]],
        now: Callable[[], datetime],
        history_days: int,
    ) -> None:
        self._rows = rows
        self._gone = gone
        self._now = now
        self._kept = timedelta(days=history_days)
        self.deleted: dict[str, int] = dict.fromkeys((*_KINDS, "devices"), 0)

    async def run(self) -> None:
        """Delete what is old, for ever."""
        pause_s = FIRST_AFTER_S
        while True:
            await trio.sleep(pause_s)
            pause_s = EVERY_S if await self.sweep() else AGAIN_AFTER_S

    async def sweep(self) -> bool:
        """Delete everything that is old by now. False when the database did not answer to the end."""
        before = dict(self.deleted)
        answered = True
        try:
            for tenant in await self._rows.tenants():
                await self._sweep(tenant.id)
        except DatabaseUnavailable as error:
            answered = False
            _log.warning("old history cannot be deleted now", reason=str(error))
        counts = {kind: number - before[kind] for kind, number in self.deleted.items()}
        if any(counts.values()):
            _log.info("old history is deleted", **counts)
        return answered

    async def _sweep(self, tenant_id: str) -> None:
        now = self._now()
        for kind in _KINDS:
            number = BATCH
            while number == BATCH:
                number = await self._rows.delete_history(kind, tenant_id, now - self._kept)
                self.deleted[kind] += number
                await trio.sleep(PAUSE_S)
        device_ids = await self._rows.delete_never_let_in(tenant_id, now - PAIRING_KEPT)
        while device_ids:
            self.deleted["devices"] += len(device_ids)
            await self._gone(tenant_id, device_ids)
            await trio.sleep(PAUSE_S)
            device_ids = await self._rows.delete_never_let_in(tenant_id, now - PAIRING_KEPT)
