"""What the journal writes: the records, and the batch that they wait in.

Rule 1: a state is latest-wins per key; history keeps every line, in the order in which it happened.
Rule 2: merged, a command keeps every instant and stays ended, and whatever is newest is written under the
        highest epoch: that of the session that said it last.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

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

PRESENCE_KINDS = frozenset(map(str, Presence))
"""Lines of these kinds in a timeline tell of presence."""


class PresenceRecord(NamedTuple):
    """How a device is. Instants: milliseconds since the Unix epoch. `epoch`: of its session."""

    tenant_id: str
    device_id: str
    presence: Presence
    reason: PresenceReason
    since_ms: int
    last_seen_ms: int
    epoch: int


class PlaybackRecord(NamedTuple):
    """What a device plays, and when it was last heard. `reported_playlist`: the number of its manifest."""

    tenant_id: str
    device_id: str
    playback: PlaybackState | None
    now_playing: str | None
    last_seen_ms: int
    player_version: str | None
    ip_address: str | None
    reported_playlist: int
    epoch: int


class HeartbeatRecord(NamedTuple):
    """A heartbeat that is kept; from `uptime_s` on, what the screen said last of its health."""

    tenant_id: str
    device_id: str
    at_ms: int
    emergency_version: int
    playback: PlaybackState | None
    now_playing: str | None
    uptime_s: int | None = None
    memory_bytes: int | None = None
    memory_limit_bytes: int | None = None
    storage_bytes: int | None = None
    storage_limit_bytes: int | None = None
    dropped_frames: int | None = None
    files_missing: int | None = None


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
    epoch: int


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

    def take_presence(self, record: PresenceRecord) -> None:
        """How the device is now."""
        before = self.presence.get(record.device_id)
        if before is not None and before.epoch > record.epoch:
            record = record._replace(epoch=before.epoch)
        self.presence[record.device_id] = record

    def take_playback(self, record: PlaybackRecord) -> None:
        """What the device plays now; version and address are said once a session and stay."""
        before = self.playback.get(record.device_id)
        if before is not None:
            record = record._replace(
                player_version=record.player_version or before.player_version,
                ip_address=record.ip_address or before.ip_address,
                epoch=max(before.epoch, record.epoch),
            )
        self.playback[record.device_id] = record

    def take_command(self, record: CommandRecord) -> None:
        """How far the command is now. One that ended stays ended; see COMMAND_TRANSITIONS."""
        before = self.commands.get(record.command_id)
        if before is not None:
            ended = before.status not in OPEN_COMMAND_STATUSES
            record = CommandRecord(
                record.tenant_id,
                record.command_id,
                before.status if ended else record.status,
                before.detail if ended else record.detail or before.detail,
                before.sent_ms or record.sent_ms,
                before.received_ms or record.received_ms,
                before.finished_ms or record.finished_ms,
                max(before.epoch, record.epoch),
            )
        self.commands[record.command_id] = record

    def take_ledger(self, record: LedgerRecord) -> None:
        """The entry as it is now."""
        key = record.emergency_id, record.device_id
        before = self.ledger.get(key)
        if before is not None and before.epoch > record.epoch:
            record = record._replace(epoch=before.epoch)
        self.ledger[key] = record

    def before(self, newer: Batch) -> Batch:
        """This batch with `newer` on top of it."""
        for presence in newer.presence.values():
            self.take_presence(presence)
        for playback in newer.playback.values():
            self.take_playback(playback)
        for command in newer.commands.values():
            self.take_command(command)
        for entry in newer.ledger.values():
            self.take_ledger(entry)
        self.emergencies |= newer.emergencies
        self.heartbeats += newer.heartbeats
        self.timeline += newer.timeline
        return self

    def any(self) -> tuple[object, ...]:
        """One of the records, to show what they are like. Raises StopIteration when there is none."""
        kind = next(records for kind in KINDS if (records := getattr(self, kind)))
        record: tuple[object, ...] = next(iter(kind.values() if isinstance(kind, dict) else kind))
        return record

    def split(self, history: int) -> tuple[Batch, Batch]:
        """What goes into the next transaction (every state, the oldest `history` of each kind of history),
        and the rest."""
        rest = Batch(heartbeats=self.heartbeats[history:], timeline=self.timeline[history:])
        del self.heartbeats[history:]
        del self.timeline[history:]
        return self, rest

    def halves(self) -> tuple[Batch, Batch]:
        """The batch in two, neither empty, to be written one after the other: by kinds, then by the middle.

        Raises ValueError when there are fewer than two records.
        """
        if len(self) < 2:
            raise ValueError(f"a batch of {len(self)} cannot be halved")
        parts = [Batch(**{kind: records}) for kind in KINDS if (records := getattr(self, kind))]
        if len(parts) == 1:
            (kind,) = (kind for kind in KINDS if getattr(self, kind))
            records = getattr(self, kind)
            pairs = list(records.items()) if isinstance(records, dict) else records
            back: type[Any] = type(records)
            middle = len(pairs) // 2
            parts = [Batch(**{kind: back(half)}) for half in (pairs[:middle], pairs[middle:])]
        middle = len(parts) // 2
        return joined(parts[:middle]), joined(parts[middle:])


KINDS = ("playback", "commands", "emergencies", "ledger", "heartbeats", "timeline", "presence")
"""The kinds of records in the order in which they are written: presence last, it raises a device's epoch."""


def joined(batches: Iterable[Batch]) -> Batch:
    """One batch of all these, each on top of those before it."""
    whole = Batch()
    for batch in batches:
        whole = whole.before(batch)
    return whole
