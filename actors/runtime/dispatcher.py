"""Runs turns: two lanes for all actors, a slice of turns, then a checkpoint.

One queue a lane, not one a mailbox: first in, first out over all actors is fair, keeps the order per actor,
and an actor that nobody writes to costs nothing. What one actor may have waiting is bounded by a count in
its cell.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from typing import TypeVar

import trio

from actors.runtime.cell import AnyCell, Cell, Instant

Message = TypeVar("Message")
logger = logging.getLogger(__name__)

TURNS_PER_SLICE = 64
"""About a millisecond of turns between two checkpoints, so that sockets and timers are never starved."""


class Dispatcher:
    """`tell` from anywhere on the trio thread; `run` in a task of the hub's nursery.

    clock: the current moment. on_fault: called with the cell and the error when a turn raises. on_dropped:
    called with a message that its stopped actor will not receive. Neither may raise.
    waiting_limit: how many messages of the normal lane one actor may have waiting.
    """

    def __init__(
        self,
        clock: Callable[[], Instant],
        on_fault: Callable[[AnyCell, Exception, Instant], None],
        waiting_limit: int = 256,
        on_dropped: Callable[[AnyCell, object], None] = lambda cell, message: None,
    ) -> None:
        self._clock = clock
        self._on_fault = on_fault
        self._on_dropped = on_dropped
        self._waiting_limit = waiting_limit
        self._urgent: deque[tuple[AnyCell, object]] = deque()
        self._normal: deque[tuple[AnyCell, object]] = deque()
        self._work = trio.Event()
        self.refused = 0
        self.dropped = 0
        self.turns = 0
        self.faults = 0

    @property
    def waiting(self) -> int:
        """Messages in both lanes."""
        return len(self._urgent) + len(self._normal)

    def tell(self, cell: Cell[Message], message: Message) -> bool:
        """Queue a message. False (and counted) when too much waits for this actor or it was stopped."""
        if not cell.running or cell.waiting >= self._waiting_limit:
            self.refused += 1
            return False
        cell.waiting += 1
        self._normal.append((cell, message))
        self._work.set()
        return True

    def tell_urgently(self, cell: Cell[Message], message: Message) -> bool:
        """Queue a message ahead of the normal lane. Only the hub writes here, so it is not bounded per
        actor."""
        if not cell.running:
            self.refused += 1
            return False
        cell.waiting += 1
        self._urgent.append((cell, message))
        self._work.set()
        return True

    async def run(self) -> None:
        """Run turns for ever."""
        while True:
            if not self._urgent and not self._normal:
                self._work = trio.Event()
                await self._work.wait()
            self.run_slice()
            await trio.lowlevel.checkpoint()

    def run_slice(self) -> int:
        """Run at most `TURNS_PER_SLICE` turns now; the number that ran. Tests call this without a clock."""
        now = self._clock()
        for turn in range(TURNS_PER_SLICE):
            if self._urgent:
                cell, message = self._urgent.popleft()
            elif self._normal:
                cell, message = self._normal.popleft()
            else:
                return turn
            cell.waiting -= 1
            if not cell.running:
                self.dropped += 1
                self._on_dropped(cell, message)
                continue
            self.turns += 1
            try:
                cell.actor.receive(message, now)
            except Exception as error:  # Rule 4: whatever one actor does, the others go on.
                self.faults += 1
                logger.exception("a turn of %s failed", cell.key)
                self._on_fault(cell, error, now)
        return TURNS_PER_SLICE
