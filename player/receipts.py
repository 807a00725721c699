"""Which orders a screen has carried out, so that the same one, sent again, is answered but not repeated.

The hub sends a command again when it does not know whether the first one arrived. The memory is bounded: it
resends within a reconnect or two, not after hundreds of other commands.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from protocol.frames import Receipt

REMEMBERED_COMMANDS: Final = 256


class CarriedOut:
    """The final receipts of the last commands, by `command_id`; the oldest are forgotten first."""

    __slots__ = ("_limit", "_receipts")

    def __init__(self, limit: int = REMEMBERED_COMMANDS) -> None:
        if limit < 1:
            raise ValueError(f"a screen must remember at least one command, not {limit}")
        self._limit = limit
        self._receipts: OrderedDict[str, Receipt] = OrderedDict()

    def __len__(self) -> int:
        return len(self._receipts)

    def __contains__(self, command_id: object) -> bool:
        return command_id in self._receipts

    def receipt(self, command_id: str) -> Receipt | None:
        """What was answered to it; None for a command that is new (or long forgotten)."""
        return self._receipts.get(command_id)

    def remember(self, receipt: Receipt) -> None:
        self._receipts[receipt.command_id] = receipt
        self._receipts.move_to_end(receipt.command_id)
        while len(self._receipts) > self._limit:
            self._receipts.popitem(last=False)
