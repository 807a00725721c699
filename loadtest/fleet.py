"""All the screens at once. For tests, too:

async with open_fleet(screens) as fleet:
    await fleet.stats.wait_until(lambda s: s.connected == 50)
    fleet["sim-0001"].screen.glass
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final
from uuid import uuid4

import trio

from loadtest.link import EnrolledScreen, Link
from loadtest.scheduler import Scheduler
from loadtest.stats import FleetStats
from player.agent.dial import Caller
from player.agent.disk_journal import DiskJournal, journal_file
from player.journal import CommandJournal, MemoryJournal
from player.records import MemoryLog, RecordLog

FETCHES_AT_ONCE: Final = 16
RECORDS_AT_MOST: Final = 1_000
"""A screen that has no hub for longer sums up what it played first."""
LEAVE_DEADLINE_S: Final = 1.0
"""For all goodbyes together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetOptions:
    """`connects_per_s`: how fast new screens are let loose. `seed`: the same fleet behaves the same again.

    `journal_dir`: an existing folder where each screen keeps what it has carried out; else it is forgotten.
    `recording`: so many, the first, say what they played; in memory, so a new run begins new logs.
    """

    connects_per_s: float = 200.0
    handshakes_at_once: int = 64
    seed: int | None = None
    journal_dir: Path | None = None
    recording: int = 0


class Fleet:
    """Screens that were added, each with a task of its own, and one scheduler for them all."""

    def __init__(self, options: FleetOptions | None = None, *, caller: Caller | None = None) -> None:
        self.options = options or FleetOptions()
        self.stats = FleetStats()
        self.scheduler = Scheduler()
        self.caller = caller or Caller()
        self.handshakes = trio.CapacityLimiter(self.options.handshakes_at_once)
        self.fetches = trio.CapacityLimiter(FETCHES_AT_ONCE)
        self.leaving = False
        self._rng = Random(self.options.seed)  # noqa: S311 -- jitter, not secrets
        self._links: dict[str, Link] = {}
        self._nursery: trio.Nursery | None = None
        self._next_start = 0.0

    def __getitem__(self, hardware_id: str) -> Link:
        return self._links[hardware_id]

    @property
    def links(self) -> list[Link]:
        return list(self._links.values())

    def journal_of(self, enrolled: EnrolledScreen) -> CommandJournal:
        """Where that screen keeps its commands. Raises JournalDamaged, OSError."""
        folder = self.options.journal_dir
        return MemoryJournal() if folder is None else DiskJournal(journal_file(folder, enrolled.hardware_id))

    def log_of(self, number: int) -> RecordLog | None:
        """Where that screen keeps what it played; None: nowhere."""
        return MemoryLog(uuid4().hex, RECORDS_AT_MOST) if number < self.options.recording else None

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Hold the screens until cancelled, or until `leave`."""
        async with trio.open_nursery() as self._nursery:
            self._nursery.start_soon(self.scheduler.run)
            task_status.started()

    def add(self, enrolled: EnrolledScreen) -> Link:
        """Let one more screen loose, in its turn (one that comes while the fleet leaves never connects).

        Raises RuntimeError when the fleet does not run, ValueError for an address that is not a WebSocket's,
        JournalDamaged and OSError when its journal cannot be opened.
        """
        if self._nursery is None:
            raise RuntimeError("the fleet does not run yet")
        link = Link(enrolled, len(self._links), self, Random(self._rng.getrandbits(64)))  # noqa: S311
        self._links[enrolled.hardware_id] = link
        self.stats.screens = len(self._links)
        pace_s = 1.0 / self.options.connects_per_s
        self._next_start = max(self._next_start + pace_s, trio.current_time())
        # The screen plays from the moment it is switched on, connected or not.
        self.scheduler.reschedule(link)
        if not self.leaving:
            self._nursery.start_soon(link.run, self._next_start + self._rng.uniform(0.0, pace_s))
        return link

    def start_soon(self, work: Callable[[], Awaitable[None]]) -> None:
        """Run it as long as the fleet does."""
        if self._nursery is not None:
            self._nursery.start_soon(work)

    async def leave(self, reason: str = "the simulation ended") -> None:
        """Every screen says goodbye, and the hub closes; after LEAVE_DEADLINE_S all is over either way."""
        self.leaving = True
        for link in self.links:
            link.leaving = True
        with trio.move_on_after(LEAVE_DEADLINE_S):
            for link in self.links:
                await link.say_goodbye(reason)
            await self.stats.wait_until(lambda stats: stats.connected == 0)
        if self._nursery is not None:
            self._nursery.cancel_scope.cancel()


@asynccontextmanager
async def open_fleet(
    screens: Iterable[EnrolledScreen], options: FleetOptions | None = None
) -> AsyncIterator[Fleet]:
    """A running fleet of `screens`; it says its goodbyes at the end of the block."""
    fleet = Fleet(options)
    async with trio.open_nursery() as nursery:
        await nursery.start(fleet.run)
        try:
            for screen in screens:
                fleet.add(screen)
            yield fleet
        finally:
            with trio.CancelScope(shield=True):  # a test that failed still leaves in good order
                await fleet.leave()
