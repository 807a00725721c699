"""The journal in a real PostgreSQL: states never go backwards, and an outage loses nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
import trio

from hub.journal import Journal
from hub.journal_records import Batch, EmergencyRecord, HeartbeatRecord
from persistence.database import Database
from persistence.errors import DatabaseUnavailable
from persistence.journal import JournalWriter, Written
from persistence.owner import connect_as_owner
from protocol.vocabulary import (
    CommandStatus,
    EmergencyStatus,
    LedgerState,
    PlaybackState,
    Presence,
)
from tests.persistence.journal_records import (
    NOW,
    NOW_MS,
    command,
    command_row,
    ledger,
    line,
    playback,
    presence,
)
from tests.persistence.premises import Premises

ALL = Written(0, frozenset())


async def test_a_batch_of_every_kind_is_written_with_its_instants(
    writer: JournalWriter, ours: Premises
) -> None:
    device_id = ours.devices[0]
    batch = Batch(
        presence={device_id: presence(ours, device_id)},
        playback={device_id: playback(ours, device_id)},
        commands={ours.command_id: command(ours, CommandStatus.SENT, sent_ms=NOW_MS)},
        ledger={(ours.emergency_id, device_id): ledger(ours, device_id, LedgerState.RENDERED)},
        emergencies={
            ours.emergency_id: EmergencyRecord(ours.id, ours.emergency_id, EmergencyStatus.CLEARING, NOW_MS)
        },
        heartbeats=[
            HeartbeatRecord(
                *(ours.id, device_id, NOW_MS, 3, PlaybackState.PLAYING, "a.mp4"),
                uptime_s=7,
                files_missing=2**53,
            )
        ],
        timeline=[line(ours, device_id, "first"), line(ours, device_id, "second")],
    )
    assert await writer.write(batch) == ALL
    assert ours.rows(
        "SELECT presence, presence_reason, presence_since, last_seen_at, playback, now_playing, "
        "player_version, host(ip_address) FROM devices WHERE id = %s",
        device_id,
    ) == [("online", "connected", NOW, NOW, "playing", "a.mp4", "2.1", "192.0.2.7")]
    assert command_row(ours) == ("sent", None, NOW, None, None)
    assert ours.rows("SELECT state, missing, rendered_at - targeted_at FROM emergency_ledger") == [
        ("rendered", None, timedelta(milliseconds=40))
    ]
    assert ours.rows("SELECT status, cleared_at FROM emergencies") == [("clearing", NOW)]
    assert ours.rows(
        "SELECT at, emergency_version, uptime_s, memory_bytes, files_missing FROM device_heartbeats"
    ) == [(NOW, 3, 7, None, 2**31 - 1)]
    assert ours.rows("SELECT text FROM device_events ORDER BY id") == [("first",), ("second",)]


async def test_an_empty_batch_is_nothing(writer: JournalWriter) -> None:
    assert await writer.write(Batch()) == ALL


async def test_writing_a_batch_again_changes_nothing(writer: JournalWriter, ours: Premises) -> None:
    device_id = ours.devices[0]
    batch = Batch(
        ledger={(ours.emergency_id, device_id): ledger(ours, device_id, LedgerState.SENT)},
        heartbeats=[HeartbeatRecord(ours.id, device_id, NOW_MS, 3, None, None)],
        timeline=[line(ours, device_id, text) for text in ("a", "b", "b")],
    )
    for _ in range(2):
        assert await writer.write(batch) == ALL
    assert ours.rows("SELECT text FROM device_events ORDER BY id") == [("a",), ("b",), ("b",)]
    assert ours.rows("SELECT count(*) FROM emergency_ledger") == [(1,)]
    assert ours.rows("SELECT count(*), max(files_missing) FROM device_heartbeats") == [(1, None)]


@pytest.mark.parametrize("end", [CommandStatus.SUCCEEDED, CommandStatus.FAILED, CommandStatus.EXPIRED])
async def test_a_command_that_ended_stays_ended(
    writer: JournalWriter, ours: Premises, end: CommandStatus
) -> None:
    for record in (
        command(ours, end, sent_ms=NOW_MS, finished_ms=NOW_MS + 5),
        command(ours, CommandStatus.SENT, sent_ms=NOW_MS + 9),
        command(ours, CommandStatus.RECEIVED, received_ms=NOW_MS + 9),
        command(ours, CommandStatus.REJECTED, finished_ms=NOW_MS + 9),
    ):
        await writer.write(Batch(commands={ours.command_id: record}))
    status, _, sent_at, _, finished_at = command_row(ours)
    assert (status, sent_at, finished_at) == (end.value, NOW, NOW + timedelta(milliseconds=5))


async def test_a_received_command_is_not_sent_again_and_may_end(
    writer: JournalWriter, ours: Premises
) -> None:
    for status in (CommandStatus.RECEIVED, CommandStatus.SENT):
        await writer.write(Batch(commands={ours.command_id: command(ours, status)}))
    assert command_row(ours)[0] == "received"
    await writer.write(Batch(commands={ours.command_id: command(ours, CommandStatus.FAILED)}))
    assert command_row(ours)[0] == "failed"


async def test_a_cleared_emergency_stays_cleared_from_its_first_moment(
    writer: JournalWriter, ours: Premises
) -> None:
    for status, cleared_ms in (
        (EmergencyStatus.CLEARING, NOW_MS),
        (EmergencyStatus.CLEARED, NOW_MS + 900),
        (EmergencyStatus.CLEARING, NOW_MS + 950),
    ):
        record = EmergencyRecord(ours.id, ours.emergency_id, status, cleared_ms)
        await writer.write(Batch(emergencies={ours.emergency_id: record}))
    assert ours.rows("SELECT status, cleared_at FROM emergencies") == [("cleared", NOW)]


async def test_last_seen_never_goes_back(writer: JournalWriter, ours: Premises) -> None:
    device_id = ours.devices[0]
    await writer.write(Batch(presence={device_id: presence(ours, device_id)}))
    earlier = playback(ours, device_id)._replace(last_seen_ms=NOW_MS - 60_000)
    await writer.write(Batch(playback={device_id: earlier}))
    assert ours.rows("SELECT last_seen_at FROM devices WHERE id = %s", device_id) == [(NOW,)]


async def test_ten_thousand_records_are_a_batch_like_any_other(
    writer: JournalWriter, database_url: str
) -> None:
    large = Premises(database_url, "large", devices=2_000)
    batch = Batch(
        presence={device_id: presence(large, device_id) for device_id in large.devices},
        ledger={
            (large.emergency_id, device_id): ledger(large, device_id, LedgerState.RENDERED)
            for device_id in large.devices
        },
        timeline=[line(large, device_id, "x") for device_id in large.devices for _ in range(3)],
    )
    assert await writer.write(batch) == ALL
    assert large.rows("SELECT count(*) FROM emergency_ledger WHERE rendered_at IS NOT NULL") == [(2_000,)]
    assert large.rows("SELECT count(*) FROM devices WHERE presence = 'online'") == [(2_000,)]


async def test_a_record_that_cannot_even_be_sent_to_postgresql_is_left_out_and_the_rest_is_written_in_order(
    writer: JournalWriter, ours: Premises
) -> None:
    """Half a surrogate pair has no UTF-8: the driver raises before PostgreSQL hears of it."""
    journal = Journal(writer, DatabaseUnavailable)
    device_id = ours.devices[0]
    for text in ("one", "two \ud800", "three", "four"):
        journal.timeline(line(ours, device_id, text))
    journal.presence(presence(ours, device_id))
    with trio.fail_after(10):
        await journal.flush()
    assert (journal.refused, journal.written, journal.waiting) == (1, 4, 0)
    texts = ours.rows("SELECT text FROM device_events ORDER BY id")
    assert texts == [("one",), ("three",), ("four",)]
    assert ours.rows("SELECT presence FROM devices WHERE id = %s", device_id) == [("online",)]


async def test_while_postgresql_does_not_answer_nothing_is_lost_and_nothing_is_half_written(
    hub_database_url: str, ours: Premises, caplog: pytest.LogCaptureFixture
) -> None:
    device_id = ours.devices[0]
    async with Database(hub_database_url, pool_size=2, statement_s=0.2) as database:
        journal = Journal(JournalWriter(database), DatabaseUnavailable)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(journal.run)
            with connect_as_owner(ours.database_url) as blocker:
                blocker.execute("LOCK TABLE device_events IN ACCESS EXCLUSIVE MODE")
                journal.presence(presence(ours, device_id))
                journal.timeline(line(ours, device_id, "one"))
                with trio.fail_after(5):
                    while "waits for PostgreSQL" not in caplog.text:
                        await trio.sleep(0.01)
                journal.presence(presence(ours, device_id, Presence.OFFLINE))
                journal.timeline(line(ours, device_id, "two"))
                assert (journal.waiting >= 3, journal.written) == (True, 0)
            with trio.fail_after(5):
                while journal.waiting:
                    await trio.sleep(0.01)
            nursery.cancel_scope.cancel()
    assert ours.rows("SELECT text FROM device_events ORDER BY id") == [("one",), ("two",)]
    assert ours.rows("SELECT presence FROM devices WHERE id = %s", device_id) == [("offline",)]
