"""What the live feed said of commands, beside what is read of them (pure).

The hub tells of a step at once and writes it a moment later: what is read may be behind what was heard, and
the feed says nothing twice.
"""

from __future__ import annotations

from collections import OrderedDict
from datetime import UTC, datetime
from typing import Final

import msgspec

from protocol.api import CommandRow
from protocol.live import CommandChange
from protocol.vocabulary import CommandStatus

REMEMBERED: Final = 2_000
_STEP: Final = {CommandStatus.QUEUED: 0, CommandStatus.SENT: 1, CommandStatus.RECEIVED: 2}
_ENDED: Final = 3


class HeardCommands:
    """The furthest step that was heard of each command; the oldest of many are forgotten."""

    def __init__(self) -> None:
        self._heard: OrderedDict[str, CommandChange] = OrderedDict()

    def hear(self, change: CommandChange) -> None:
        """The feed says this."""
        before = self._heard.get(change.command_id)
        if before is None or _step(before.status) < _step(change.status):
            self._heard[change.command_id] = change
            self._heard.move_to_end(change.command_id)
        while len(self._heard) > REMEMBERED:
            self._heard.popitem(last=False)

    def latest(self, row: CommandRow) -> CommandRow:
        """The command as it was read, or as it was heard if that is further."""
        change = self._heard.get(row.id)
        if change is None or _step(change.status) <= _step(row.status):
            return row
        return _moved(row, change)


def _step(status: CommandStatus) -> int:
    return _STEP.get(status, _ENDED)


def _moved(row: CommandRow, change: CommandChange) -> CommandRow:
    at = datetime.fromtimestamp(change.at_ms / 1000, UTC)
    which = {CommandStatus.SENT: "sent_at", CommandStatus.RECEIVED: "received_at"}
    instant = which.get(change.status, "finished_at")
    return msgspec.structs.replace(row, status=change.status, detail=change.detail, **{instant: at})
