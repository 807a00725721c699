"""At the start and once an hour: heartbeats and plays get room for the days to come, and what is older than
CLARION_HISTORY_DAYS (of plays: CLARION_PLAYS_DAYS, of their sums: CLARION_PLAY_SUMS_DAYS) goes, in small
steps that nobody else notices. Of the audit log nothing goes that is not
in an archive (`hub/use_cases/audit_archiving.py`), and that only where CLARION_AUDIT_DAYS says so.

What goes and what stays: `persistence/retention.py`. A hub that was away for long, or is told a shorter time,
has millions of rows to delete: it takes as many batches as that needs, one after the other, with pauses.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple, Protocol

import structlog
import trio

from hub.use_cases.audit_archiving import NotArchived
from persistence.errors import DatabaseUnavailable
from persistence.retention import BATCH, DEVICE_BATCH, History
from persistence.transaction import Tenant

FIRST_AFTER_S: Final = 60.0
EVERY_S: Final = 3_600.0
AGAIN_AFTER_S: Final = 60.0
"""After the database did not answer."""
PAUSE_S: Final = 0.1
DAYS_AHEAD: Final = 7
"""Days that have room for heartbeats and plays already: so long may PostgreSQL refuse to make more."""
PAIRING_KEPT: Final = timedelta(days=1)
"""A screen that comes back within this time after its code expired keeps its name in the list."""

# Bulk commands after their commands: they go when they have none left.
_KINDS: Final[tuple[History, ...]] = ("events", "commands", "bulk_commands", "play_sums")
AuditKeeping = Callable[[str], Awaitable[None]]
"""Raises NotArchived, OSError, DatabaseUnavailable."""
_log = structlog.get_logger("hub.retention")


class OldRows(Protocol):
    """PostgreSQL, as this sees it; `persistence.retention.Retention` fulfils it. Each raises
    DatabaseUnavailable."""

    async def tenants(self) -> list[Tenant]: ...

    async def make_heartbeat_days(self, ahead: int) -> int: ...

    async def drop_heartbeat_days(self, before: datetime) -> int: ...

    async def make_play_days(self, ahead: int) -> int: ...

    async def drop_play_days(self, before: datetime) -> int: ...

    async def delete_history(
        self, kind: History, tenant_id: str, before: datetime, batch: int = BATCH
    ) -> int: ...

    async def delete_never_let_in(
        self, tenant_id: str, before: datetime, batch: int = DEVICE_BATCH
    ) -> list[str]: ...


class Kept(NamedTuple):
    """For how many days: history, single plays, the sums of plays."""

    history_days: int
    plays_days: int
    play_sums_days: int


class Retention:
    """`gone`: tells the live side of devices that are no more. `keep_audit`: anchors a tenant's audit
    log, and archives what is old. `deleted` counts since the start, by kind; of
    heartbeats and plays the days."""

    def __init__(
        self,
        rows: OldRows,
        gone: Callable[[str, Sequence[str]], Awaitable[None]],
        now: Callable[[], datetime],
        kept: Kept,
        keep_audit: AuditKeeping | None = None,
    ) -> None:
        self._rows = rows
        self._gone = gone
        self._now = now
        self._kept = timedelta(days=kept.history_days)
        self._plays_kept = timedelta(days=kept.plays_days)
        self._sums_kept = timedelta(days=kept.play_sums_days)
        self._keep_audit = keep_audit
        self.deleted: dict[str, int] = dict.fromkeys(("heartbeat_days", "play_days", *_KINDS, "devices"), 0)

    async def run(self) -> None:
        """Delete what is old, for ever."""
        pause_s = FIRST_AFTER_S
        while True:
            await trio.sleep(pause_s)
            pause_s = EVERY_S if await self.sweep() else AGAIN_AFTER_S

    async def make_room(self) -> None:
        """Let heartbeats and plays have days to go to. What the database does not let us do, the next sweep
        does."""
        for what, make in (
            ("heartbeats", self._rows.make_heartbeat_days),
            ("plays", self._rows.make_play_days),
        ):
            try:
                made = await make(DAYS_AHEAD)
            except DatabaseUnavailable as error:
                _log.warning(f"no room can be made for {what} now", reason=str(error))
            else:
                if made:
                    _log.info(f"{what} have room", days=made)

    async def sweep(self) -> bool:
        """Delete everything that is old by now. False when the database did not answer to the end."""
        before = dict(self.deleted)
        answered = True
        await self.make_room()
        try:
            self.deleted["heartbeat_days"] += await self._rows.drop_heartbeat_days(self._now() - self._kept)
            self.deleted["play_days"] += await self._rows.drop_play_days(self._now() - self._plays_kept)
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
                kept = self._sums_kept if kind == "play_sums" else self._kept
                number = await self._rows.delete_history(kind, tenant_id, now - kept)
                self.deleted[kind] += number
                await trio.sleep(PAUSE_S)
        device_ids = await self._rows.delete_never_let_in(tenant_id, now - PAIRING_KEPT)
        while device_ids:
            self.deleted["devices"] += len(device_ids)
            await self._gone(tenant_id, device_ids)
            await trio.sleep(PAUSE_S)
            device_ids = await self._rows.delete_never_let_in(tenant_id, now - PAIRING_KEPT)
        if self._keep_audit is not None:
            try:
                await self._keep_audit(tenant_id)
            except (NotArchived, OSError) as error:
                _log.error(
                    "the audit log cannot be anchored or archived", tenant_id=tenant_id, reason=str(error)
                )
