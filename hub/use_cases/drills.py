"""Operators prove the way of an alert to one screen, without anybody seeing one.

Rule 1: only a drill that a screen answered changes what is known of it; every drill is in the audit.
Rule 2: one at a time of a screen, and so many at a time in all: who drills without end floods neither.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from hub.operator import Operator
from hub.permissions import require
from hub.use_cases.audit import record
from hub.use_cases.errors import NO_SUCH_DEVICE, InConflict, Locked, NotFound, Overloaded
from hub.use_cases.ports import Database, Transaction
from hub.use_cases.realtime import Realtime
from protocol.player import DrillResult
from protocol.vocabulary import DeviceStatus, Permission

AT_ONCE: Final = 64


class Drills:
    """One method, for whoever may trigger emergencies."""

    def __init__(self, database: Database, realtime: Realtime, now: Callable[[], datetime]) -> None:
        self._database = database
        self._realtime = realtime
        self._now = now
        self._under_way: set[str] = set()

    async def drill(self, operator: Operator, device_id: str) -> DrillResult:
        """Send the screen an alert that it does not show, and say whether it would have. Raises NotAllowed,
        NotFound, InConflict, Locked, Overloaded."""
        require(operator, Permission.EMERGENCIES_TRIGGER)
        device = await self._database.transact(
            operator.tenant_id, lambda tx: tx.devices.get(device_id, operator.sites)
        )
        if device is None:
            raise NotFound(NO_SUCH_DEVICE)
        if device.status is not DeviceStatus.APPROVED:
            raise InConflict("Only a screen that was let in can be drilled. Approve it first.")
        with self._one_of(device.id):
            drilled = await self._realtime.drill(operator.tenant_id, device.id)
        now = self._now()
        result = DrillResult(drilled.took_ms is not None, drilled.took_ms, drilled.reason, now)

        def keep(tx: Transaction) -> None:
            if result.took_ms is not None:
                tx.devices.proved(device.id, now, result.took_ms)
            said = {"took_ms": result.took_ms} if result.proven else {"reason": result.reason}
            record(tx, operator, now, "device.drilled", "device", device.id, proven=result.proven, **said)

        await self._database.transact(operator.tenant_id, keep)
        if result.proven:
            await self._realtime.refresh_devices(operator.tenant_id, [device.id])
        return result

    @contextmanager
    def _one_of(self, device_id: str) -> Iterator[None]:
        if device_id in self._under_way:
            raise Locked("This screen is drilled at this moment. Wait two seconds, and look at the result.")
        if len(self._under_way) >= AT_ONCE:
            raise Overloaded("Too many screens are drilled at this moment. Try it again.", 2)
        self._under_way.add(device_id)
        try:
            yield
        finally:
            self._under_way.discard(device_id)
