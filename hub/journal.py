"""What happens on the live side, on its way to PostgreSQL: one write-behind journal, batched.

Rule 1: nothing on the live side waits for the journal; recording is a call in memory.
Rule 2: it is bounded. A state (presence, playback, a ledger entry, a command) is latest-wins per key, and
        never dropped. History is bounded by `HISTORY_LIMIT`: under pressure the oldest heartbeats go first,
        then the oldest events. Lines that tell of presence are never dropped. What is dropped is counted.
Rule 3: a batch that PostgreSQL could not take is kept and tried again; what was recorded meanwhile comes on
        top of it. So what is said of a device is written in the order in which it was said.
Rule 4: what fails although PostgreSQL answers is tried again, then written in ever smaller parts; the record
        that fails alone is left out, logged and counted. Nothing ends the journal but its cancellation.
Rule 5: a device whose records PostgreSQL refuses as those of an older session is given up (`on_stale`).
Rule 6: each kind of record may wait for so long and no longer; a batch goes when the first time is over, and
        takes all that waits. So what is said of a device stays in order, whatever is more urgent.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from typing import Protocol

import trio

from hub.journal_records import (
    PRESENCE_KINDS,
    Batch,
    CommandRecord,
    EmergencyRecord,
    HeartbeatRecord,
    LedgerRecord,
    PlaybackRecord,
    PresenceRecord,
    TimelineRecord,
    joined,
)
from persistence.journal import Written

logger = logging.getLogger(__name__)

WITHIN_S = 0.05
"""Commands, presence, emergencies and their ledgers: what a hub that starts again must know."""
HISTORY_WITHIN_S = 0.5
"""History, and what plays: idle screens are two transactions a second, not twenty."""
RETRY_AFTER_S = (0.2, 0.5, 1.0, 2.0)
HISTORY_LIMIT = 100_000
HISTORY_PER_WRITE = 5_000
"""So much of a history in one transaction: what piled up in an outage would run into the statement timeout,
and be tried again for ever, the states with it."""
FAULTS_UNTIL_PARTS = 3
"""So often a batch fails as a whole before it is written in parts."""
FAULTS_OF_PARTS = 100
"""So often parts of one batch may fail and be halved; from then on a part that fails is left out whole."""


class JournalStore(Protocol):
    """Where batches go; `persistence.journal` fulfils it."""

    async def write(self, batch: Batch) -> Written:
        """Write the batch in one transaction. What is refused is named in the log, and left out.

        Writing the same batch again changes nothing. Raises `unavailable` (see Journal) when PostgreSQL does
        not answer.
        """


class Journal:
    """`unavailable`: the exception that `store.write` raises when the batch should be tried again.
    `on_stale(device_id)`: a newer session of this device, another hub's, writes by now.

    Counted since the hub started: `written` and `refused` records, `stale` devices, `dropped` by kind.
    """

    def __init__(
        self,
        store: JournalStore,
        unavailable: type[Exception],
        on_stale: Callable[[str], None] = lambda device_id: None,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._unavailable = unavailable
        self._on_stale = on_stale
        self._clock_s = clock_s
        self._batch = Batch()
        self._being_written = Batch()
        self._oldest_s: float | None = None
        self._written_since_s: float | None = None
        self._events = 0
        self._faults = 0
        self._within_s = math.inf
        self._sooner = trio.Event()
        self.written = 0
        self.refused = 0
        self.stale = 0
        self.dropped = {"heartbeats": 0, "events": 0}

    @property
    def waiting(self) -> int:
        """Records that are not in PostgreSQL yet."""
        return len(self._batch) + len(self._being_written)

    @property
    def lag_s(self) -> float:
        """How long the oldest record has been waiting, in seconds; at most, while a pile is being written."""
        since_s = self._oldest_s if self._written_since_s is None else self._written_since_s
        return 0.0 if since_s is None else self._clock_s() - since_s

    # ---- recording ----

    def presence(self, record: PresenceRecord) -> None:
        """Latest wins per device."""
        self._batch.take_presence(record)
        self._recorded(WITHIN_S)

    def playback(self, record: PlaybackRecord) -> None:
        """Latest wins per device; version and address are said once a session and stay."""
        self._batch.take_playback(record)
        self._recorded(HISTORY_WITHIN_S)

    def command(self, record: CommandRecord) -> None:
        """Merged per command: the later status, every instant."""
        self._batch.take_command(record)
        self._recorded(WITHIN_S)

    def ledger(self, record: LedgerRecord) -> None:
        """Latest wins per emergency and device."""
        self._batch.take_ledger(record)
        self._recorded(WITHIN_S)

    def emergency(self, record: EmergencyRecord) -> None:
        """Latest wins per emergency."""
        self._batch.emergencies[record.emergency_id] = record
        self._recorded(WITHIN_S)

    def heartbeat(self, record: HeartbeatRecord) -> None:
        """History: dropped first under pressure."""
        self._make_room()
        self._batch.heartbeats.append(record)
        self._recorded(HISTORY_WITHIN_S)

    def timeline(self, record: TimelineRecord) -> None:
        """History: dropped after every heartbeat, and never if it tells of presence."""
        if record.kind not in PRESENCE_KINDS:
            self._make_room()
            self._events += 1
        self._batch.timeline.append(record)
        self._recorded(HISTORY_WITHIN_S)

    def _recorded(self, within_s: float) -> None:
        if self._oldest_s is None:
            self._oldest_s = self._clock_s()
        if within_s < self._within_s:
            self._within_s = within_s
            self._sooner.set()

    def _make_room(self) -> None:
        """Drop a tenth of the limit when it is reached: not one for each record that comes."""
        batch, tenth = self._batch, HISTORY_LIMIT // 10
        if len(batch.heartbeats) + self._events < HISTORY_LIMIT:
            return
        if batch.heartbeats:
            self.dropped["heartbeats"] += len(batch.heartbeats[:tenth])
            del batch.heartbeats[:tenth]
            return
        kept: list[TimelineRecord] = []
        left = tenth
        for line in batch.timeline:
            if left and line.kind not in PRESENCE_KINDS:
                left -= 1
            else:
                kept.append(line)
        batch.timeline = kept
        self._events -= tenth
        self.dropped["events"] += tenth

    # ---- writing ----

    async def run(self) -> None:
        """Write for ever."""
        failures = 0
        while True:
            if failures:
                await trio.sleep(RETRY_AFTER_S[min(failures, 4) - 1])
            else:
                await self._until_due()
            failures = 0 if await self._write() else failures + 1

    async def _until_due(self) -> None:
        """Wait until something waits, and from then on for as long as the most urgent of it may."""
        due_s = math.inf
        while True:
            due_s = min(due_s, trio.current_time() + self._within_s)
            self._sooner = trio.Event()
            with trio.move_on_at(due_s) as waiting:
                await self._sooner.wait()
            if waiting.cancelled_caught:
                return

    async def flush(self) -> None:
        """Write what is waiting, once more if need be. For the shutdown: the caller sets the deadline."""
        while len(self._batch):
            if not await self._write():
                await trio.sleep(RETRY_AFTER_S[0])

    async def _write(self) -> bool:
        """Write the next batch. False when it is to be tried again."""
        todo, self._batch = self._batch.split(HISTORY_PER_WRITE)
        self._being_written, self._written_since_s = todo, self._oldest_s
        self._batch_changed(self._oldest_s)
        parts = [todo]
        try:
            await self._write_parts(parts)
        except self._unavailable as error:
            logger.warning("the journal waits for PostgreSQL with %d records: %s", len(todo), error)
        except Exception:
            # Whatever it is, it must not end the journal, nor stay in its way for ever (Rule 4).
            self._faults += 1
            logger.exception("the journal cannot write %d records; it tries again", len(todo))
        finally:
            # Cancelled in the middle of it: the flush at shutdown writes it again, which changes nothing.
            if parts:
                self._batch = joined([*reversed(parts), self._batch])
                self._batch_changed(self._written_since_s)
            self._being_written, self._written_since_s = Batch(), None
        if not parts:
            self._faults = 0
        return not parts

    def _batch_changed(self, oldest_s: float | None) -> None:
        left = len(self._batch) > 0
        self._oldest_s = oldest_s if left else None
        self._within_s = WITHIN_S if left else math.inf
        self._events = sum(1 for line in self._batch.timeline if line.kind not in PRESENCE_KINDS)

    async def _write_parts(self, parts: list[Batch]) -> None:
        """Write and take away, the last first. In smaller parts only after faults of the whole."""
        faults = 0
        while parts:
            part = parts[-1]
            try:
                written = await self._store.write(part)
            except self._unavailable:
                raise
            except Exception as error:  # whatever it is: see `_write`
                if self._faults < FAULTS_UNTIL_PARTS - 1:
                    raise
                faults += 1
                parts.pop()
                if len(part) > 1 and faults <= FAULTS_OF_PARTS:
                    parts.extend(reversed(part.halves()))
                else:
                    self.refused += len(part)
                    logger.error("the journal leaves out %d records: %r: %r", len(part), error, part.any())
                continue
            parts.pop()
            self.written += len(part)
            self.refused += written.refused
            self._give_up(written.stale)

    def _give_up(self, device_ids: frozenset[str]) -> None:
        self.stale += len(device_ids)
        for device_id in device_ids:
            # Whoever came or went meanwhile is judged with the next batch.
            if device_id not in self._batch.presence:
                self._on_stale(device_id)
