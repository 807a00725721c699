"""One task that moves every screen in time: heartbeats, playlists, alerts that end.

Rule 1: a screen costs one entry in a heap, not a task and not a timer: ten thousand sleeping tasks are most
        of a core.
Rule 2: the scheduler wakes at a fixed step and does what has become due; a heartbeat may be late by one step.
Rule 3: an entry that no longer says the truth is passed over when its time comes, never searched for.
"""

from __future__ import annotations

import heapq
from itertools import count
from typing import Final, Protocol

import trio

STEP_S: Final = 0.02


class Scheduled(Protocol):
    """What can be moved in time."""

    @property
    def next_due(self) -> float | None:
        """When it wants to be moved next, by trio's clock; None: not at all."""
        ...

    async def tick(self, now: float) -> None:
        """Do what is due."""
        ...


class Scheduler:
    """Calls `tick` on each member when it is due."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Scheduled]] = []
        self._entries: dict[Scheduled, tuple[float, int]] = {}
        self._order = count()

    def reschedule(self, member: Scheduled, not_before: float = 0.0) -> None:
        """Look again at when `member` is due; call it whenever that may have changed."""
        due = member.next_due
        known = self._entries.get(member)
        if due is None:
            self._entries.pop(member, None)
        elif known is None or due < known[0]:
            # Never at once again: what fails to become less due must not keep the others waiting.
            self._enter(member, max(due, not_before))
        # Later than known: the entry stays, and on its turn nothing is due and the member is entered anew.

    def _enter(self, member: Scheduled, due: float) -> None:
        number = next(self._order)
        self._entries[member] = (due, number)
        heapq.heappush(self._heap, (due, number, member))

    def forget(self, member: Scheduled) -> None:
        self._entries.pop(member, None)

    async def run(self) -> None:
        """Move members until cancelled."""
        while True:
            now = trio.current_time()
            while self._heap and self._heap[0][0] <= now:
                due, number, member = heapq.heappop(self._heap)
                if self._entries.get(member) != (due, number):
                    continue
                del self._entries[member]
                if member.next_due is not None and member.next_due <= now:
                    await member.tick(now)
                self.reschedule(member, not_before=now + STEP_S)
            await trio.sleep(STEP_S)
