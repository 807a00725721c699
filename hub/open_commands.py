"""The open commands of screens that have come, read from PostgreSQL for many screens at a time.

Rule 1: one reading is under way, for everybody who waits. After a restart of the hub ten thousand screens
        come back in the same seconds; their look-ups, and operators, must not wait behind ten thousand
        queries.
Rule 2: what PostgreSQL did not tell is asked again, for as long as the screen is there.
Rule 3: a reading that fails otherwise fails for one screen: the others are read without it.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence

import trio

from actors.device.fleet import Fleet, Reading
from actors.device.messages import PendingCommand
from hub.live.incident import to_ms
from hub.live.roster import Roster
from persistence.errors import DatabaseUnavailable
from persistence.live_state import CommandRecord, LiveState
from protocol.vocabulary import CommandName, CommandStatus

logger = logging.getLogger(__name__)

SCREENS_AT_ONCE = 50
"""At most fifty thousand commands: what a screen may have open is bounded, by a thousand."""
AGAIN_AFTER_S = 1.0
AGAIN_AFTER_FAULT_S = 10.0


class OpenCommands:
    """Fulfils `actors.device.fleet.PendingLoader`. `nursery`: where it reads, while there is something to."""

    def __init__(self, state: LiveState, roster: Roster, nursery: trio.Nursery) -> None:
        self._state = state
        self._roster = roster
        self._nursery = nursery
        self._fleet: Fleet
        self._wanted: list[Reading] = []
        self._is_reading = False

    def connect(self, fleet: Fleet) -> None:
        """The fleet loads through this, and this gives to the fleet: the composition root ties the knot
        here."""
        self._fleet = fleet

    def load_pending(self, reading: Reading) -> None:
        """See `PendingLoader`."""
        self._wanted.append(reading)
        if not self._is_reading:
            self._is_reading = True
            self._nursery.start_soon(self._read_all)

    async def _read_all(self) -> None:
        try:
            while self._wanted:
                readings, self._wanted = self._wanted[:SCREENS_AT_ONCE], self._wanted[SCREENS_AT_ONCE:]
                await self._read(readings)
        finally:
            self._is_reading = False

    async def _read(self, readings: Sequence[Reading]) -> None:
        try:
            found = await self._commands({reading.device_id for reading in readings})
        except DatabaseUnavailable as error:
            logger.warning("open commands of %d screens cannot be loaded yet: %s", len(readings), error)
            await self._again(readings, AGAIN_AFTER_S)
        except Exception:
            # Whatever it is: above this task there is only the hub.
            if len(readings) > 1:
                for reading in readings:
                    await self._read([reading])
            else:
                logger.exception("open commands of %s cannot be loaded", readings[0].device_id)
                self._nursery.start_soon(self._again, readings, AGAIN_AFTER_FAULT_S)
        else:
            for reading in readings:
                self._fleet.loaded(reading, found.get(reading.device_id, []))

    async def _again(self, readings: Sequence[Reading], after_s: float) -> None:
        await trio.sleep(after_s)
        for reading in readings:
            if self._fleet.link_of(reading.device_id) is None:
                self._fleet.not_loaded(reading)
            else:
                self.load_pending(reading)

    async def _commands(self, device_ids: set[str]) -> dict[str, list[PendingCommand]]:
        """By device, in sequence; nothing of those that the roster does not know (any more)."""
        of_tenants: defaultdict[str, list[str]] = defaultdict(list)
        for device_id in device_ids:
            screen = self._roster.get(device_id)
            if screen is not None:
                of_tenants[screen.tenant_id].append(device_id)
        found: defaultdict[str, list[PendingCommand]] = defaultdict(list)
        for tenant_id, ids in of_tenants.items():
            for record in await self._state.open_commands(tenant_id, ids):
                found[record.device_id].append(_pending(record))
        return found


def _pending(record: CommandRecord) -> PendingCommand:
    return PendingCommand(
        record.id,
        CommandName(record.command),
        record.args,
        to_ms(record.expires_at),
        CommandStatus(record.status),
    )
