"""Records as the hub's journal makes them, for the rows of `Premises`."""

from __future__ import annotations

from datetime import UTC, datetime

from hub.journal_records import CommandRecord, LedgerRecord, PlaybackRecord, PresenceRecord, TimelineRecord
from protocol.vocabulary import (
    CommandStatus,
    LedgerState,
    MissingReason,
    PlaybackState,
    Presence,
    PresenceReason,
)
from tests.persistence.premises import Premises

NOW = datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC)
NOW_MS = 1_767_323_045_678


def presence(
    home: Premises, device_id: str, state: Presence = Presence.ONLINE, epoch: int = 1
) -> PresenceRecord:
    return PresenceRecord(home.id, device_id, state, PresenceReason.CONNECTED, NOW_MS, NOW_MS, epoch)


def playback(home: Premises, device_id: str, item: str | None = "a.mp4", epoch: int = 1) -> PlaybackRecord:
    return PlaybackRecord(
        home.id, device_id, PlaybackState.PLAYING, item, NOW_MS, "2.1", "192.0.2.7", 3, epoch
    )


def line(home: Premises, device_id: str, text: str, at_ms: int = NOW_MS) -> TimelineRecord:
    return TimelineRecord(home.id, device_id, at_ms, "online", text)


def ledger(
    home: Premises,
    device_id: str,
    state: LedgerState,
    missing: MissingReason | None = None,
    epoch: int = 1,
) -> LedgerRecord:
    shown_ms = NOW_MS + 40 if state is LedgerState.RENDERED else None
    return LedgerRecord(
        home.id,
        home.emergency_id,
        device_id,
        state,
        missing,
        None,
        NOW_MS,
        NOW_MS,
        None,
        shown_ms,
        None,
        "hash",
        epoch,
    )


def command(home: Premises, status: CommandStatus, epoch: int = 1, **instants: int) -> CommandRecord:
    return CommandRecord(
        home.id,
        home.command_id,
        status,
        None,
        instants.get("sent_ms"),
        instants.get("received_ms"),
        instants.get("finished_ms"),
        epoch,
    )


def command_row(home: Premises) -> tuple[object, ...]:
    (row,) = home.rows(
        "SELECT status, detail, sent_at, received_at, finished_at FROM commands WHERE id = %s",
        home.command_id,
    )
    return row
