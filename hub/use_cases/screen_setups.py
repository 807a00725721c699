"""Operators set a screen up: which way up it hangs, how loud it is, when it is lit.

Rule: what is set is told to the screen at once, and as often as it reports another version, until it has it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import msgspec

from hub.operator import Operator
from hub.permissions import require
from hub.player_setup import settings_kept
from hub.use_cases.audit import changes, record
from hub.use_cases.errors import NO_SUCH_DEVICE, Invalid, NotFound
from hub.use_cases.opening_hours import checked_hours
from hub.use_cases.ports import Database, Transaction
from hub.use_cases.realtime import Realtime
from protocol.places import OpeningHours
from protocol.player import ScreenSettings
from protocol.vocabulary import Permission


class ScreenSetups:
    """Reading and changing."""

    def __init__(self, database: Database, realtime: Realtime, now: Callable[[], datetime]) -> None:
        self._database = database
        self._realtime = realtime
        self._now = now

    async def get(self, operator: Operator, device_id: str) -> ScreenSettings:
        """How one screen is set up. Raises NotAllowed, NotFound."""
        require(operator, Permission.SCREENS_VIEW)

        def read(tx: Transaction) -> ScreenSettings:
            if tx.devices.get(device_id, operator.sites) is None:
                raise NotFound(NO_SUCH_DEVICE)
            return settings_kept(tx.screen_setups.get(device_id))

        return await self._database.transact(operator.tenant_id, read)

    async def put(self, operator: Operator, device_id: str, wanted: ScreenSettings) -> ScreenSettings:
        """All of it. Raises NotAllowed, NotFound, Invalid."""
        require(operator, Permission.SCREENS_EDIT)
        settings = _checked(wanted)
        now = self._now()

        def write(tx: Transaction) -> bool:
            device = tx.devices.get_locked(device_id, operator.sites)
            if device is None:
                raise NotFound(NO_SUCH_DEVICE)
            before = msgspec.to_builtins(settings_kept(tx.screen_setups.get(device_id)))
            after = msgspec.to_builtins(settings)
            done = changes(before, after)
            if not done["after"]:
                return False
            tx.screen_setups.put(device_id, after, now)
            record(tx, operator, now, "device.set_up", "device", device_id, name=device.name, **done)
            return True

        if await self._database.transact(operator.tenant_id, write):
            await self._realtime.refresh_devices(operator.tenant_id, [device_id])
        return settings


def _checked(settings: ScreenSettings) -> ScreenSettings:
    """Raises Invalid."""
    by_day: dict[str, list[list[str]]] = {str(day): times for day, times in settings.own_hours.items()}
    hours = checked_hours(by_day, "own_hours")
    if settings.lit == "own" and not hours:
        raise Invalid({"own_hours": "say when the screen is lit: without any hours it would always be dark"})
    return msgspec.structs.replace(settings, own_hours=msgspec.convert(hours, OpeningHours))
