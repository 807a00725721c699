"""The picture of one tenant's fleet as the live socket tells it. Knows no widget, no socket and no clock.

Rule 1: rows are whole and the latest wins; `apply` is the only thing that changes the picture of the fleet.
Rule 2: what changed is gathered in each subscription until its owner takes it. A page that takes four times a
        second sees every row's last state and never a backlog; one that takes nothing costs a set of ids.
Rule 3: a new snapshot is compared with the old picture, so a page learns what differs, not that all is new.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from dashboard.subscription import Change, Subscription
from protocol.live import Delta, EmergencyProgress, Recovered, ScreenRow, Snapshot
from protocol.vocabulary import (
    DeviceStatus,
    EmergencyStatus,
    LedgerState,
    PlaybackState,
    Presence,
    PresenceReason,
    Severity,
)

_GRAVITY: Final = {severity: rank for rank, severity in enumerate(Severity)}


@dataclass(frozen=True, slots=True)
class Counters:
    """How many approved screens are what."""

    screens: int = 0
    online: int = 0
    offline: int = 0
    playing: int = 0
    alerted: int = 0
    unstable: int = 0
    lagging: int = 0


class Store:
    """Screens and emergencies of one tenant, and whether the hub answers."""

    def __init__(self) -> None:
        self.tenant = ""
        self.screens: dict[str, ScreenRow] = {}
        self.emergencies: dict[str, EmergencyProgress] = {}
        self.known = False  # whether a snapshot has ever come
        self.away_since_ms: int | None = None
        self.server_time_ms = 0
        # Approved screens of each site, by its name: counted along, because a page looks ten times a second
        # which sites there are, and to go through five thousand rows for that was a third of its work.
        self.sites: Counter[str] = Counter()
        self._counts = [0] * 7
        # Few of many, and looked for at every change: kept beside the rows.
        self._asking: set[str] = set()
        self._quarantined: set[str] = set()
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

    def waiting(self, now_ms: int) -> list[ScreenRow]:
        """Devices that ask to be let in, by name: also approved ones, as long as their new code is good."""
        return [
            row
            for row in self._named(self._asking)
            if row.status is DeviceStatus.PENDING or (row.pairing_expires_ms or 0) > now_ms
        ]

    def quarantined(self) -> list[ScreenRow]:
        """Approved screens that the hub keeps out because it failed on them again and again, by name."""
        return self._named(self._quarantined)

    def approved(self) -> Iterator[ScreenRow]:
        return (row for row in self.screens.values() if row.status is DeviceStatus.APPROVED)

    def choices(self) -> Iterator[tuple[str, str, str]]:
        """(id, name, site) of every approved screen, for who picks single ones."""
        return ((row.id, row.name, row.site or "") for row in self.approved())

    def _named(self, ids: set[str]) -> list[ScreenRow]:
        rows = (self.screens[key] for key in ids)
        return sorted(rows, key=lambda row: (row.name.casefold(), row.id))

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
            self._mark(row)
            self.screens[row.id] = row
            change.screens.add(row.id)

    def _remove_screens(self, ids: Iterable[str], change: Change) -> None:
        for screen_id in ids:
            old = self.screens.pop(screen_id, None)
            if old is not None:
                self._count(old, -1)
                for marked in (self._asking, self._quarantined):
                    marked.discard(screen_id)
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
        if row.site and row.status is DeviceStatus.APPROVED:
            self.sites[row.site] += by
            if not self.sites[row.site]:
                del self.sites[row.site]

    def _mark(self, row: ScreenRow) -> None:
        approved = row.status is DeviceStatus.APPROVED
        away = approved and row.presence is Presence.OFFLINE
        for marked, belongs in (
            (self._asking, row.status is DeviceStatus.PENDING or (approved and row.pairing_code is not None)),
            (self._quarantined, away and row.reason is PresenceReason.QUARANTINED),
        ):
            if belongs:
                marked.add(row.id)
            else:
                marked.discard(row.id)

    def _tell(self, change: Change) -> None:
        if change:
            for reader in self._readers:
                reader.gather(change)


def _counted(row: ScreenRow) -> tuple[bool, bool, bool, bool, bool, bool, bool]:
    """In which of the `Counters`, in their order, this row counts."""
    approved = row.status is DeviceStatus.APPROVED
    online = approved and row.presence is Presence.ONLINE
    return (
        approved,
        online,
        approved and not online,
        online and row.playback is PlaybackState.PLAYING,
        approved and row.alert_state in (LedgerState.RENDERED, LedgerState.HIDE_SENT),
        approved and row.unstable_since_ms is not None,
        approved and row.lags_since_ms is not None,
    )
