"""Which orders a screen has begun and carried out, so that the same one again is answered, not repeated.

The hub sends a command again when it does not know whether the first one arrived, or what came of it.

Rule 1: that a command begins is on record before its effect, and its receipt is on record before it is said.
        What cannot be put on record does not begin; a receipt that cannot is said all the same.
Rule 2: what was begun and has no receipt when the screen starts was interrupted: nobody knows how far it
        came. It is answered with `failed`, and never carried out again.
Rule 3: the record is bounded, and no smaller than the number of commands that a hub holds open for one screen
        (1,000): all of them may come again after the hub has crashed.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final, Protocol

from protocol.frames import Receipt
from protocol.vocabulary import CommandName, ReceiptStatus

REMEMBERED_COMMANDS: Final = 1_024
INTERRUPTED: Final = "interrupted while it was carried out"


class NotRecorded(Exception):
    """It could not be put on record that a command begins: it must not begin. The message says why."""


class CommandJournal(Protocol):
    """What a screen keeps of its commands. One on a disk is `player/agent/disk_journal.py`."""

    def receipt(self, command_id: str) -> Receipt | None:
        """What is to be answered to it; None for a command that is new (or long forgotten)."""
        ...

    def begin(self, command_id: str, command: CommandName) -> None:
        """On record when this returns: the effect may begin. Raises NotRecorded."""
        ...

    def finish(self, receipt: Receipt) -> None:
        """The receipt may be said when this returns. What was done stays done: this never fails."""
        ...


class MemoryJournal:
    """The record as it is in memory: the last `limit` commands; the oldest are forgotten first."""

    __slots__ = ("_commands", "_limit")

    def __init__(self, limit: int = REMEMBERED_COMMANDS) -> None:
        if limit < 1:
            raise ValueError(f"a screen must remember at least one command, not {limit}")
        self._limit = limit
        self._commands: OrderedDict[str, Receipt | CommandName] = OrderedDict()

    def __len__(self) -> int:
        return len(self._commands)

    def __contains__(self, command_id: object) -> bool:
        return command_id in self._commands

    @property
    def receipts(self) -> list[Receipt]:
        """Every receipt that is remembered, the oldest first."""
        return [kept for kept in self._commands.values() if isinstance(kept, Receipt)]

    def receipt(self, command_id: str) -> Receipt | None:
        kept = self._commands.get(command_id)
        return kept if isinstance(kept, Receipt) else None

    def begin(self, command_id: str, command: CommandName) -> None:
        self._keep(command_id, command)

    def finish(self, receipt: Receipt) -> None:
        self._keep(receipt.command_id, receipt)

    def interrupt(self) -> None:
        """The screen starts again (Rule 2)."""
        for command_id, kept in self._commands.items():
            if not isinstance(kept, Receipt):
                self._commands[command_id] = Receipt(command_id, ReceiptStatus.FAILED, detail=INTERRUPTED)

    def _keep(self, command_id: str, kept: Receipt | CommandName) -> None:
        self._commands[command_id] = kept
        self._commands.move_to_end(command_id)
        while len(self._commands) > self._limit:
            self._commands.popitem(last=False)
