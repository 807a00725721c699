"""The log of what a screen records, with or without the hub: numbered, and bounded.

Rule 1: a number is never used twice, and what was said once is never changed: the hub may have it.
Rule 2: a record is forgotten when the hub says that it is kept, and no sooner.
Rule 3: past its bound the oldest that were never said become sums, media by media and hour by hour, and one
        event says so: what is lost is when, not how often.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Final, Protocol

import msgspec

from protocol.frames import DeviceEvent, Play, Record
from protocol.vocabulary import EventName

RECORDS_REMEMBERED: Final = 20_000
SUMMED_AT_ONCE: Final = 5_000
SAID_AT_ONCE_BYTES: Final = 60_000
"""A frame has 64 KiB: one that is larger ends the connection, and would again each time it is said."""
_HOUR_MS: Final = 3_600_000


class RecordLog(Protocol):
    """Where the records are until the hub has them. One on a disk is `player/agent/disk_log.py`."""

    @property
    def name(self) -> str:
        """Drawn by chance when it began."""
        ...

    def append(self, what: Play | DeviceEvent) -> None: ...

    def oldest(self, limit: int) -> list[Record]:
        """What the hub does not have, in order, at most so many, and no more than a frame holds. They are
        about to be said."""
        ...

    def kept(self, number: int) -> None:
        """The hub has all up to this one."""
        ...

    def __len__(self) -> int: ...


class MemoryLog:
    """The log as it is in memory."""

    def __init__(self, name: str, limit: int = RECORDS_REMEMBERED, records: Iterable[Record] = ()) -> None:
        self.name = name
        self._limit = limit
        self._records = deque(records)
        self._next = self._records[-1].number + 1 if self._records else 1
        self.said_up_to = 0
        self.last_number_kept = 0

    def __len__(self) -> int:
        return len(self._records)

    def append(self, what: Play | DeviceEvent) -> None:
        self.add(what)
        if len(self._records) > self._limit:
            self.summarise()

    def add(self, what: Play | DeviceEvent) -> Record:
        """As `append`, whatever the bound says; the record that it became."""
        record = Record(self._next, what)
        self._next += 1
        self._records.append(record)
        return record

    def oldest(self, limit: int) -> list[Record]:
        records: list[Record] = []
        room_bytes = SAID_AT_ONCE_BYTES
        for record in islice(self._records, limit):
            room_bytes -= len(msgspec.json.encode(record)) + 1
            if records and room_bytes < 0:
                break
            records.append(record)
        if records:
            self.said_up_to = max(self.said_up_to, records[-1].number)
        return records

    def all(self) -> list[Record]:
        """Every record that the hub does not have."""
        return list(self._records)

    def kept(self, number: int) -> None:
        self.last_number_kept = max(self.last_number_kept, number)
        while self._records and self._records[0].number <= number:
            self._records.popleft()
        self._next = max(self._next, number + 1)

    def summarise(self) -> None:
        """Make sums of the oldest. What was said stays, as it is."""
        said = [record for record in self._records if record.number <= self.said_up_to]
        unsaid = list(islice(self._records, len(said), None))
        old, newer = unsaid[:SUMMED_AT_ONCE], unsaid[SUMMED_AT_ONCE:]
        sums = summed([record.what for record in old])
        if len(sums) < len(old):
            self._records = deque([*said, *newer])
            for what in sums:
                self.add(what)


def summed(records: Sequence[Play | DeviceEvent]) -> list[Play | DeviceEvent]:
    """Plays of one media in one hour become one, events stay, and a last event says how many there were."""
    plays: dict[tuple[object, ...], Play] = {}
    events: list[DeviceEvent] = []
    for what in records:
        if isinstance(what, DeviceEvent):
            events.append(what)
            continue
        key = (what.started_ms // _HOUR_MS, what.media_id, what.playlist_id, what.playlist_number, what.name)
        before = plays.get(key)
        plays[key] = what if before is None else _sum(before, what)
    detail = f"{len(records)} records of a screen without its hub were summed up by media and hour"
    at_ms = max((play.ended_ms for play in plays.values()), default=None)
    return [*plays.values(), *events, DeviceEvent(EventName.SUMMARISED, detail=detail, at_ms=at_ms)]


def _sum(one: Play, other: Play) -> Play:
    return msgspec.structs.replace(
        one,
        started_ms=min(one.started_ms, other.started_ms),
        ended_ms=max(one.ended_ms, other.ended_ms),
        shown_ms=one.shown_ms + other.shown_ms,
        plays=one.plays + other.plays,
        completed=one.completed + other.completed,
    )
