"""Inspecting a running hub: who keeps whom waiting, what failed, what is on its way.

Rule 1: an operator sees the own tenant's screens, those of the own sites; the hub as a whole is for whoever
        holds its secret.
Rule 2: inspecting changes nothing and waits for nobody: an actor that does not answer in time is listed so.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Final, NamedTuple, Protocol

import trio

from actors.device.fleet import Fleet
from actors.runtime import AskFailed, Instant, Services
from hub.live.roster import Roster, Screen
from hub.operator import THE_HUB, Operator
from hub.permissions import require
from protocol.inspection import (
    FailedScreen,
    HubNow,
    Inspection,
    JournalNow,
    MailboxNow,
    ServiceNow,
    SlowScreen,
    UnstableScreen,
)
from protocol.vocabulary import Permission

MAILBOXES: Final = 20
ROWS: Final = 100
ANSWER_WITHIN_S: Final = 1.0


class JournalCounts(Protocol):
    """The journal, as this reads it."""

    @property
    def waiting(self) -> int: ...
    @property
    def lag_s(self) -> float: ...
    @property
    def written(self) -> int: ...
    @property
    def refused(self) -> int: ...
    @property
    def stale(self) -> int: ...
    @property
    def dropped(self) -> Mapping[str, int]: ...


class _Mailbox(NamedTuple):
    screen: Screen
    urgent: int
    normal: int
    refused: int


class _Slow(NamedTuple):
    screen: Screen
    ip_address: str
    backlog_bytes: int


class HubInspection:
    """The use case. `records_waiting`: emergency records that are not in PostgreSQL yet."""

    def __init__(
        self,
        roster: Roster,
        fleet: Fleet,
        services: Services,
        journal: JournalCounts,
        records_waiting: Callable[[], int],
        clock: Callable[[], Instant],
    ) -> None:
        self._roster = roster
        self._fleet = fleet
        self._services = services
        self._journal = journal
        self._records_waiting = records_waiting
        self._clock = clock

    async def inspect(self, operator: Operator) -> Inspection:
        """The hub now, as far as this operator may know it. Raises NotAllowed."""
        is_whole = operator.user_id == THE_HUB.user_id
        if not is_whole:
            require(operator, Permission.HUB_INSPECT)
        whose = None if is_whole else operator
        now = self._clock()
        mailboxes, slow = self._mailboxes(whose), self._slow(whose)
        failed, unstable = self._failed(whose, now), self._unstable(whose)
        statuses = await self._statuses(
            {row.screen.id for row in mailboxes} | {row.screen.id for row in slow}
        )
        return Inspection(
            _at(now.wall_ms),
            [
                MailboxNow(row.screen.id, row.screen.name, *row[1:], statuses[row.screen.id])
                for row in mailboxes
            ],
            [SlowScreen(row.screen.id, row.screen.name, *row[1:], statuses[row.screen.id]) for row in slow],
            failed,
            unstable,
            self._hub() if is_whole else None,
        )

    def _screen(self, device_id: str, whose: Operator | None) -> Screen | None:
        """A screen that may be shown."""
        screen = self._roster.get(device_id)
        if screen is None or whose is None:
            return screen
        is_here = whose.sites is None or screen.site_id in whose.sites
        return screen if whose.tenant_id == screen.tenant_id and is_here else None

    def _mailboxes(self, whose: Operator | None) -> list[_Mailbox]:
        rows = (
            _Mailbox(screen, ref.urgent.waiting, ref.normal.waiting, ref.refused)
            for ref in self._fleet.actors
            if (ref.waiting or ref.refused) and (screen := self._screen(ref.key, whose)) is not None
        )
        return heapq.nlargest(MAILBOXES, rows, key=lambda row: (row.urgent + row.normal, row.refused))

    def _slow(self, whose: Operator | None) -> list[_Slow]:
        rows = (
            _Slow(screen, actor.link.ip_address, actor.link.backlog_bytes)
            for device_id, actor in self._fleet.actors.actors()
            if actor.link is not None
            and actor.link.stalled
            and (screen := self._screen(device_id, whose)) is not None
        )
        return heapq.nlargest(ROWS, rows, key=lambda row: row.backlog_bytes)

    def _failed(self, whose: Operator | None, now: Instant) -> list[FailedScreen]:
        rows = (
            FailedScreen(
                screen.id,
                screen.name,
                child.faults,
                child.last_fault,
                child.quarantined,
                _at(now.wall_ms + round(child.wait_s * 1000)) if child.wait_s else None,
            )
            for child in self._fleet.supervisor.children(now.mono_s)
            if (screen := self._screen(child.key, whose)) is not None
        )
        return heapq.nlargest(ROWS, rows, key=lambda row: (row.quarantined, row.faults))

    def _unstable(self, whose: Operator | None) -> list[UnstableScreen]:
        screens: Iterable[Screen] = self._roster
        if whose is not None:
            screens = self._roster.of_tenant(whose.tenant_id, whose.sites)
        rows = (
            UnstableScreen(screen.id, screen.name, _at(screen.unstable_since_ms), screen.stability.losses)
            for screen in screens
            if screen.unstable_since_ms is not None
        )
        return heapq.nlargest(ROWS, rows, key=lambda row: row.since)

    async def _statuses(self, device_ids: set[str]) -> dict[str, str]:
        """What each actor says of itself. Those that say nothing in time are left to their mailbox."""
        statuses = dict.fromkeys(device_ids, f"has not answered within {ANSWER_WITHIN_S:.0f} s")

        async def ask(device_id: str) -> None:
            try:
                statuses[device_id] = await self._fleet.describe(device_id)
            except AskFailed as failure:
                statuses[device_id] = str(failure)

        with trio.move_on_after(ANSWER_WITHIN_S):
            async with trio.open_nursery() as nursery:
                for device_id in device_ids:
                    nursery.start_soon(ask, device_id)
        return statuses

    def _hub(self) -> HubNow:
        fleet, journal = self._fleet, self._journal
        dispatcher, supervisor = fleet.dispatcher, fleet.supervisor
        urgent, normal = dispatcher.waiting_by_lane
        return HubNow(
            screens=len(self._roster),
            connected=len(fleet.connected_devices()),
            actors=len(fleet),
            urgent=urgent,
            normal=normal,
            turns=dispatcher.turns,
            faults=dispatcher.faults,
            refused=dispatcher.refused,
            dropped=dispatcher.dropped,
            restarts=supervisor.restarts,
            quarantines=supervisor.quarantines,
            emergency_records_waiting=self._records_waiting(),
            journal=JournalNow(
                journal.waiting,
                journal.lag_s,
                journal.written,
                journal.refused,
                journal.stale,
                dict(journal.dropped),
            ),
            services=[ServiceNow(*state) for state in self._services.states()],
        )


def _at(wall_ms: int) -> datetime:
    return datetime.fromtimestamp(wall_ms / 1000, UTC)
