"""What the journal leaves out of a batch, without harm to the rest: bad rows, gone devices, other tenants."""

from __future__ import annotations

import uuid

import pytest

from hub.journal_records import Batch, EmergencyRecord, HeartbeatRecord
from persistence.journal import JournalWriter, Written
from protocol.vocabulary import (
    CommandStatus,
    EmergencyStatus,
    LedgerState,
)
from tests.persistence.journal_records import NOW_MS, command, command_row, ledger, line, playback, presence
from tests.persistence.premises import Premises


async def test_rows_that_postgresql_refuses_are_left_out_and_block_nobody(
    writer: JournalWriter, ours: Premises, theirs: Premises, caplog: pytest.LogCaptureFixture
) -> None:
    device_id = ours.devices[0]
    good = [line(ours, device_id, f"line {number}") for number in range(40)]
    bad = [
        line(ours, device_id, "with a \x00"),
        line(ours, "no uuid", "x"),
        line(ours, device_id, "x", 2**62),
    ]
    lines = [*good[:13], bad[0], *good[13:20], bad[1], *good[20:], bad[2]]
    wrong_reason = presence(ours, device_id)._replace(reason="bored")  # type: ignore[arg-type]
    batch = Batch(
        presence={device_id: wrong_reason, theirs.devices[0]: presence(theirs, theirs.devices[0])},
        timeline=[*lines, line(theirs, theirs.devices[0], "theirs")],
    )
    assert await writer.write(batch) == Written(4, frozenset())
    kept = ours.rows("SELECT text FROM device_events WHERE tenant_id = %s ORDER BY id", ours.id)
    assert kept == [(record.text,) for record in good], "in their order"
    assert theirs.rows("SELECT presence FROM devices WHERE id = %s", theirs.devices[0]) == [("online",)]
    assert ours.rows("SELECT text FROM device_events WHERE tenant_id = %s", theirs.id) == [("theirs",)]
    assert len([r for r in caplog.records if "leaves out a row" in r.message]) == 4


async def test_what_is_about_a_device_that_is_gone_is_left_out_in_silence(
    writer: JournalWriter, ours: Premises
) -> None:
    gone = str(uuid.uuid4())
    batch = Batch(
        presence={gone: presence(ours, gone)},
        ledger={(ours.emergency_id, gone): ledger(ours, gone, LedgerState.SENT)},
        heartbeats=[HeartbeatRecord(ours.id, gone, NOW_MS, 1, None, None)],
        timeline=[line(ours, gone, "x"), line(ours, ours.devices[0], "kept")],
    )
    assert await writer.write(batch) == Written(0, frozenset())
    assert ours.rows("SELECT text FROM device_events") == [("kept",)]
    assert ours.rows("SELECT count(*) FROM emergency_ledger") == [(0,)]


async def test_a_record_under_one_tenant_never_touches_another_in_the_same_batch(
    writer: JournalWriter, ours: Premises, theirs: Premises
) -> None:
    victim = theirs.devices[0]
    batch = Batch(
        presence={victim: presence(ours, victim), ours.devices[0]: presence(ours, ours.devices[0])},
        playback={victim: playback(ours, victim, "ha")},
        commands={theirs.command_id: command(theirs, CommandStatus.FAILED)._replace(tenant_id=ours.id)},
        ledger={
            (theirs.emergency_id, victim): ledger(theirs, victim, LedgerState.SENT)._replace(
                tenant_id=ours.id
            ),
            (ours.emergency_id, victim): ledger(ours, victim, LedgerState.SENT),
            (theirs.emergency_id, theirs.devices[1]): ledger(theirs, theirs.devices[1], LedgerState.SENT),
        },
        emergencies={
            theirs.emergency_id: EmergencyRecord(
                ours.id, theirs.emergency_id, EmergencyStatus.CLEARED, NOW_MS
            )
        },
        heartbeats=[HeartbeatRecord(ours.id, victim, NOW_MS, 1, None, None)],
        timeline=[line(ours, victim, "x")],
    )
    assert await writer.write(batch) == Written(0, frozenset())
    assert theirs.rows("SELECT presence, playback FROM devices WHERE id = %s", victim) == [("offline", None)]
    assert ours.rows("SELECT presence FROM devices WHERE id = %s", ours.devices[0]) == [("online",)]
    assert command_row(theirs)[0] == "queued"
    assert theirs.rows("SELECT status FROM emergencies WHERE tenant_id = %s", theirs.id) == [("live",)]
    assert theirs.rows("SELECT device_id FROM emergency_ledger") == [(theirs.devices[1],)]
    for table in ("device_heartbeats", "device_events"):
        assert theirs.rows(f"SELECT count(*) FROM {table}") == [(0,)]
