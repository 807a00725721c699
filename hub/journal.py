"""What happens on the live side, on its way to PostgreSQL: one write-behind journal, batched.

Rule 1: nothing on the live side waits for the journal; recording is a call in memory.
Rule 2: a state (presence, a ledger entry, a command) is latest-wins per key, so the journal is bounded by the
        number of screens; history (heartbeats, timeline) is bounded by `HISTORY_LIMIT`, the oldest is dropped
        and counted.
Rule 3: a batch that PostgreSQL could not take is kept and tried again; a state recorded meanwhile wins
        over it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import trio

from protocol.vocabulary import (
    OPEN_COMMAND_STATUSES,
    CommandStatus,
    EmergencyStatus,
    LedgerState,
    MissingReason,
    PlaybackState,
    Presence,
    PresenceReason,
)

logger = logging.getLogger(__name__)

WRITE_EVERY_S = 0.05
RETRY_AFTER_S = (0.2, 0.5, 1.0, 2.0)
HISTORY_LIMIT = 100_000
HISTORY_PER_WRITE = 5_000
"""So much of a history in one transaction: what piled up in an outage would run into the statement timeout,
and be tried again for ever, the states with it."""


class PresenceRecord(NamedTuple):
    """How a device is. Instants: milliseconds since the Unix epoch."""

    tenant_id: str
    device_id: str
    presence: Presence
    reason: PresenceReason
    since_ms: int
    last_seen_ms: int


class PlaybackRecord(NamedTuple):
    """What a device plays, and when it was last heard."""

    tenant_id: str
    device_id: str
    playback: PlaybackState | None
    now_playing: str | None
    last_seen_ms: int
    player_version: str | None
    ip_address: str | None


class HeartbeatRecord(NamedTuple):
    """A heartbeat that is kept."""

    tenant_id: str
    device_id: str
    at_ms: int
    emergency_version: int
    playback: PlaybackState | None
    now_playing: str | None


class TimelineRecord(NamedTuple):
    """A line in a device's history."""

    tenant_id: str
    device_id: str
    at_ms: int
    kind: str
    text: str


class CommandRecord(NamedTuple):
    """How far a command is. An instant that is None is not changed."""

    tenant_id: str
    command_id: str
    status: CommandStatus
    detail: str | None
    sent_ms: int | None
    received_ms: int | None
    finished_ms: int | None


class LedgerRecord(NamedTuple):
    """One entry of an emergency's ledger, whole."""

    tenant_id: str
    emergency_id: str
    device_id: str
    state: LedgerState
    missing: MissingReason | None
    detail: str | None
    targeted_ms: int
    sent_ms: int | None
    received_ms: int | None
    rendered_ms: int | None
    hidden_ms: int | None
    content_hash: str | None
    epoch: int


class EmergencyRecord(NamedTuple):
    """An emergency's status; `cleared_ms` is kept if it is set already."""

    tenant_id: str
    emergency_id: str
    status: EmergencyStatus
    cleared_ms: int | None


@dataclass(slots=True)
class Batch:
    """What is waiting to be written."""

    presence: dict[str, PresenceRecord] = field(default_factory=dict)
    playback: dict[str, PlaybackRecord] = field(default_factory=dict)
    commands: dict[str, CommandRecord] = field(default_factory=dict)
    ledger: dict[tuple[str, str], LedgerRecord] = field(default_factory=dict)
    emergencies: dict[str, EmergencyRecord] = field(default_factory=dict)
    heartbeats: list[HeartbeatRecord] = field(default_factory=list)
    timeline: list[TimelineRecord] = field(default_factory=list)

    def __len__(self) -> int:
        states = len(self.presence) + len(self.playback) + len(self.commands) + len(self.ledger)
        return states + len(self.emergencies) + len(self.heartbeats) + len(self.timeline)

    def before(self, newer: Batch) -> Batch:
        """This batch with `newer` on top of it."""
        merged_playback = dict(self.playback)
        for device_id, playback in newer.playback.items():
            merged_playback[device_id] = _fuller(merged_playback.get(device_id), playback)
        merged_commands = dict(self.commands)
        for key, record in newer.commands.items():
            merged_commands[key] = _later(merged_commands.get(key), record)
        return Batch(
            self.presence | newer.presence,
            merged_playback,
            merged_commands,
            self.ledger | newer.ledger,
            self.emergencies | newer.emergencies,
            self.heartbeats + newer.heartbeats,
            self.timeline + newer.timeline,
        )


class JournalStore(Protocol):
    """Where batches go; `persistence.journal` fulfils it."""

    async def write(self, batch: Batch) -> int:
        """Write the batch in one transaction. Returns how many rows were refused (and named in the log).

        Raises `unavailable` (see Journal) when PostgreSQL does not answer.
        """


class Journal:
    """`unavailable`: the exception that `store.write` raises when the batch should be tried again."""

    def __init__(self, store: JournalStore, unavailable: type[Exception]) -> None:
        self._store = store
        self._unavailable = unavailable
        self._batch = Batch()
        self._being_written = Batch()
        self._work = trio.Event()
        self.written = 0
        self.refused = 0
        self.dropped = 0

    @property
    def waiting(self) -> int:
        """Records that are not in PostgreSQL yet."""
        return len(self._batch) + len(self._being_written)

    # ---- recording ----

    def presence(self, record: PresenceRecord) -> None:
        """Latest wins per device."""
        self._batch.presence[record.device_id] = record
        self._work.set()

    def playback(self, record: PlaybackRecord) -> None:
        """Latest wins per device; version and address are said once a session and stay."""
        playback = self._batch.playback
        playback[record.device_id] = _fuller(playback.get(record.device_id), record)
        self._work.set()

    def command(self, record: CommandRecord) -> None:
        """Merged per command: the later status, every instant."""
        commands = self._batch.commands
        commands[record.command_id] = _later(commands.get(record.command_id), record)
        self._work.set()

    def ledger(self, record: LedgerRecord) -> None:
        """Latest wins per emergency and device."""
        self._batch.ledger[record.emergency_id, record.device_id] = record
        self._work.set()

    def emergency(self, record: EmergencyRecord) -> None:
        """Latest wins per emergency."""
        self._batch.emergencies[record.emergency_id] = record
        self._work.set()

    def heartbeat(self, record: HeartbeatRecord) -> None:
        """History: dropped first under pressure."""
        self._append(self._batch.heartbeats, record)

    def timeline(self, record: TimelineRecord) -> None:
        """History."""
        self._append(self._batch.timeline, record)

    def _append(
        self, history: list[HeartbeatRecord] | list[TimelineRecord], record: tuple[object, ...]
    ) -> None:
        if len(history) >= HISTORY_LIMIT:
            del history[: HISTORY_LIMIT // 10]
            self.dropped += HISTORY_LIMIT // 10
        history.append(record)  # type: ignore[arg-type]  # both callers pass the list's own record type
        self._work.set()

    # ---- writing ----

    async def run(self) -> None:
        """Write for ever."""
        failures = 0
        while True:
            if not len(self._batch):
                self._work = trio.Event()
                await self._work.wait()
            await trio.sleep(WRITE_EVERY_S if not failures else RETRY_AFTER_S[min(failures, 4) - 1])
            failures = 0 if await self._write() else failures + 1

    async def flush(self) -> None:
        """Write what is waiting, once more if need be. For the shutdown: the caller sets the deadline."""
        while len(self._batch):
            if not await self._write():
                await trio.sleep(RETRY_AFTER_S[0])

    async def _write(self) -> bool:
        self._being_written, self._batch = _split(self._batch)
        size = len(self._being_written)
        try:
            self.refused += await self._store.write(self._being_written)
        except self._unavailable as error:
            logger.warning("the journal waits for PostgreSQL with %d records: %s", size, error)
            self._batch = self._being_written.before(self._batch)
            return False
        except BaseException:
            # Cancelled in the middle of it: the flush at shutdown writes it again, which changes nothing.
            self._batch = self._being_written.before(self._batch)
            raise
        finally:
            self._being_written = Batch()
        self.written += size
        return True


def _split(batch: Batch) -> tuple[Batch, Batch]:
    """What goes into the next transaction (every state, the oldest of the history), and the rest."""
    rest = Batch(heartbeats=batch.heartbeats[HISTORY_PER_WRITE:], timeline=batch.timeline[HISTORY_PER_WRITE:])
    del batch.heartbeats[HISTORY_PER_WRITE:]
    del batch.timeline[HISTORY_PER_WRITE:]
    return batch, rest


def _fuller(before: PlaybackRecord | None, record: PlaybackRecord) -> PlaybackRecord:
    if before is None or record.player_version is not None:
        return record
    return record._replace(player_version=before.player_version, ip_address=before.ip_address)


def _later(before: CommandRecord | None, record: CommandRecord) -> CommandRecord:
    if before is None:
        return record
    # A command that ended stays ended; see COMMAND_TRANSITIONS.
    ended = before.status not in OPEN_COMMAND_STATUSES
    return CommandRecord(
        record.tenant_id,
        record.command_id,
        before.status if ended else record.status,
        record.detail or before.detail,
        before.sent_ms or record.sent_ms,
        before.received_ms or record.received_ms,
        before.finished_ms or record.finished_ms,
    )
