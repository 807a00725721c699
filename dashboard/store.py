"""The picture of one tenant's fleet as the live socket tells it. Knows no widget, no socket and no clock.

Rule 1: rows are whole and the latest wins; `apply` is the only thing that changes the picture of the fleet.
Rule 2: what changed is gathered in each subscription until its owner takes it. A page that takes four times a
        second sees every row's last state and never a backlog; one that takes nothing costs a set of ids.
Rule 3: a new snapshot is compared with the old picture, so a page learns what differs, not that all is new.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from protocol.live import (
    CommandChange,
    Delta,
    EmergencyProgress,
    Recovered,
    ScreenRow,
    Snapshot,
    TimelineEntry,
)
from protocol.vocabulary import DeviceStatus, EmergencyStatus, LedgerState, PlaybackState, Presence, Severity

_GRAVITY = {severity: rank for rank, severity in enumerate(Severity)}
_LINES_KEPT = 2_000


@dataclass(frozen=True, slots=True)
class Counters:
    """How many approved screens are what, and how many devices wait for approval."""

    screens: int = 0
    online: int = 0
    offline: int = 0
    playing: int = 0
    alerted: int = 0
    waiting: int = 0


@dataclass(slots=True)
class Change:
    """What is different since the last `take`. Screens and emergencies by id; commands and lines in order."""

    screens: set[str] = field(default_factory=set)
    removed: set[str] = field(default_factory=set)
    emergencies: set[str] = field(default_factory=set)
    commands: deque[CommandChange] = field(default_factory=lambda: deque(maxlen=_LINES_KEPT))
    timeline: deque[TimelineEntry] = field(default_factory=lambda: deque(maxlen=_LINES_KEPT))
    hub: bool = False
    resynchronised: bool = False

    def __bool__(self) -> bool:
        return bool(
            self.screens
            or self.removed
            or self.emergencies
            or self.commands
            or self.timeline
            or self.hub
            or self.resynchronised
        )


class Subscription:
    """One reader of the store. `take` hands over what changed since the last time; `close` ends it."""

    def __init__(self, readers: set[Subscription]) -> None:
        self._readers = readers
        self._change = Change()
        readers.add(self)

    def take(self) -> Change | None:
        """What changed, or None."""
        if not self._change:
            return None
        change, self._change = self._change, Change()
        return change

    def close(self) -> None:
        self._readers.discard(self)

    def gather(self, more: Change) -> None:
        """Add `more` to what waits. For the store."""
        mine = self._change
        mine.screens = (mine.screens - more.removed) | more.screens
        mine.removed = (mine.removed - more.screens) | more.removed
        mine.emergencies |= more.emergencies
        mine.commands.extend(more.commands)
        mine.timeline.extend(more.timeline)
        mine.hub |= more.hub
        mine.resynchronised |= more.resynchronised


class Store:
    """Screens and emergencies of one tenant, and whether the hub answers."""

    def __init__(self) -> None:
        self.tenant = ""
        self.screens: dict[str, ScreenRow] = {}
        self.emergencies: dict[str, EmergencyProgress] = {}
        self.known = False  # whether a snapshot has ever come
        self.away_since_ms: int | None = None
        self.server_time_ms = 0
        self._counts = [0] * 6
        self._readers: set[Subscription] = set()

    def __repr__(self) -> str:
        hub = "unknown" if not self.known else "away" if self.away_since_ms is not None else "live"
        return f"<Store {len(self.screens)} screens, {len(self.emergencies)} emergencies, hub {hub}>"

    def subscribe(self) -> Subscription:
        return Subscription(self._readers)

    @property
    def counters(self) -> Counters:
        return Counters(*self._counts)

    def apply(self, frame: Snapshot | Recovered | Delta) -> None:
        """Take in one frame of the live socket. Any frame means that the hub answers."""
        change = Change()
        match frame:
            case Snapshot():
                self._apply_snapshot(frame, change)
            case Delta():
                self.server_time_ms = frame.server_time_ms
                self._put_screens(frame.screens, change)
                self._remove_screens(frame.removed, change)
                self._put_emergencies(frame.emergencies, change)
                change.commands.extend(frame.commands)
                change.timeline.extend(frame.timeline)
            case Recovered():
                pass
        if self.away_since_ms is not None:
            self.away_since_ms = None
            change.hub = True
        self._tell(change)

    def lost(self, at_ms: int) -> None:
        """The hub has not answered since `at_ms`; what is known stays."""
        if self.away_since_ms is None:
            self.away_since_ms = at_ms
            self._tell(Change(hub=True))

    def in_force(self) -> list[EmergencyProgress]:
        """Emergencies that some screen shows or should show, the gravest and then the newest first."""
        return sorted(
            (e for e in self.emergencies.values() if e.status is not EmergencyStatus.CLEARED),
            key=lambda e: (e.status is not EmergencyStatus.LIVE, _GRAVITY[e.severity], -e.issued_ms),
        )

    def waiting(self) -> list[ScreenRow]:
        """Devices that ask to be let in, by name."""
        pending = (row for row in self.screens.values() if row.status is DeviceStatus.PENDING)
        return sorted(pending, key=lambda row: (row.name.casefold(), row.id))

    def approved(self) -> Iterator[ScreenRow]:
        return (row for row in self.screens.values() if row.status is DeviceStatus.APPROVED)

    def _apply_snapshot(self, frame: Snapshot, change: Change) -> None:
        self.tenant, self.known, self.server_time_ms = frame.tenant, True, frame.server_time_ms
        change.resynchronised = change.hub = True
        present = {row.id for row in frame.screens}
        self._remove_screens([known for known in self.screens if known not in present], change)
        self._put_screens(frame.screens, change)
        listed = {emergency.id for emergency in frame.emergencies}
        for known in [known for known in self.emergencies if known not in listed]:
            del self.emergencies[known]
            change.emergencies.add(known)
        self._put_emergencies(frame.emergencies, change)

    def _put_screens(self, rows: Iterable[ScreenRow], change: Change) -> None:
        for row in rows:
            old = self.screens.get(row.id)
            if old == row:
                continue
            if old is not None:
                self._count(old, -1)
            self._count(row, +1)
            self.screens[row.id] = row
            change.screens.add(row.id)

    def _remove_screens(self, ids: Iterable[str], change: Change) -> None:
        for screen_id in ids:
            old = self.screens.pop(screen_id, None)
            if old is not None:
                self._count(old, -1)
                change.screens.discard(screen_id)
                change.removed.add(screen_id)

    def _put_emergencies(self, emergencies: Iterable[EmergencyProgress], change: Change) -> None:
        for emergency in emergencies:
            if self.emergencies.get(emergency.id) != emergency:
                self.emergencies[emergency.id] = emergency
                change.emergencies.add(emergency.id)

    def _count(self, row: ScreenRow, by: int) -> None:
        for place, counts in enumerate(_counted(row)):
            if counts:
                self._counts[place] += by

    def _tell(self, change: Change) -> None:
        if change:
            for reader in self._readers:
                reader.gather(change)


def _counted(row: ScreenRow) -> tuple[bool, bool, bool, bool, bool, bool]:
    """In which of the `Counters`, in their order, this row counts."""
    approved = row.status is DeviceStatus.APPROVED
    online = approved and row.presence is Presence.ONLINE
    return (
        approved,
        online,
        approved and not online,
        online and row.playback is PlaybackState.PLAYING,
        approved and row.alert_state in (LedgerState.RENDERED, LedgerState.HIDE_SENT),
        row.status is DeviceStatus.PENDING,
    )
