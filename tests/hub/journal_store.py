"""A store for the journal's tests, and records for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import trio

from hub.journal_records import (
    Batch,
    CommandRecord,
    HeartbeatRecord,
    LedgerRecord,
    PlaybackRecord,
    PresenceRecord,
    TimelineRecord,
)
from persistence.journal import Written
from protocol.vocabulary import CommandStatus, LedgerState, PlaybackState, Presence, PresenceReason

ALL = Written(0, frozenset())


class Away(Exception):
    """The store does not answer."""


@dataclass
class Store:
    """Fulfils `JournalStore`; fails `down` times first, and waits for `gate` if there is one.

    `fault`: what raises for a batch that is more than an outage.
    """

    down: int = 0
    answer: Written = ALL
    gate: trio.Event | None = None
    fault: Callable[[Batch], None] = lambda batch: None
    batches: list[Batch] = field(default_factory=list)
    attempts: list[float] = field(default_factory=list)

    async def write(self, batch: Batch) -> Written:
        self.attempts.append(trio.current_time())
        if self.gate is not None:
            await self.gate.wait()
        if self.down:
            self.down -= 1
            raise Away("no connection")
        self.fault(batch)
        self.batches.append(batch)
        return self.answer

    @property
    def timeline(self) -> list[TimelineRecord]:
        """Every line that was written, in order."""
        return [line for batch in self.batches for line in batch.timeline]


def presence(
    device_id: str = "d", at_ms: int = 1, state: Presence = Presence.ONLINE, epoch: int = 1
) -> PresenceRecord:
    return PresenceRecord("t", device_id, state, PresenceReason.CONNECTED, at_ms, at_ms, epoch)


def playback(
    at_ms: int = 1, version: str | None = None, ip: str | None = None, epoch: int = 1
) -> PlaybackRecord:
    return PlaybackRecord("t", "d", PlaybackState.PLAYING, "a", at_ms, version, ip, 0, epoch)


def command(status: CommandStatus, epoch: int = 1, **instants: int | str | None) -> CommandRecord:
    values: dict[str, Any] = {"detail": None, "sent_ms": None, "received_ms": None, "finished_ms": None}
    return CommandRecord("t", "c", status, **(values | instants), epoch=epoch)


def ledger(state: LedgerState, epoch: int = 1) -> LedgerRecord:
    return LedgerRecord("t", "e", "d", state, None, None, 1, 1, None, None, None, None, epoch)


def heartbeat(number: int) -> HeartbeatRecord:
    return HeartbeatRecord("t", "d", number, 1, None, None)


def line(number: int, kind: str = "error", device_id: str = "d") -> TimelineRecord:
    return TimelineRecord("t", device_id, number, kind, f"line {number}")
