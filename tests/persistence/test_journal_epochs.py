"""A stale session writes nothing (G5): its records are refused by PostgreSQL, whichever hub sends them."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
import trio

from hub.journal_records import Batch
from persistence.journal import JournalWriter, Written
from persistence.owner import connect_as_owner
from protocol.vocabulary import COMMAND_TRANSITIONS, CommandStatus, LedgerState
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


def at_epoch(home: Premises, epoch: int) -> None:
    home.run("UPDATE devices SET session_epoch = %s", epoch)


def everything(home: Premises, epoch: int) -> Batch:
    """A state of every kind, about the first device."""
    device_id = home.devices[0]
    return Batch(
        presence={device_id: presence(home, device_id, epoch=epoch)},
        playback={device_id: playback(home, device_id, epoch=epoch)},
        commands={home.command_id: command(home, CommandStatus.SENT, epoch, sent_ms=NOW_MS)},
        ledger={(home.emergency_id, device_id): ledger(home, device_id, LedgerState.RENDERED, epoch=epoch)},
    )


def written(home: Premises) -> tuple[object, ...]:
    (row,) = home.rows(
        "SELECT presence, playback, (SELECT status FROM commands WHERE id = %s),"
        " (SELECT count(*)::int FROM emergency_ledger), session_epoch FROM devices WHERE id = %s",
        *(home.command_id, home.devices[0]),
    )
    return row


async def test_nothing_that_an_older_session_says_of_a_device_is_written(
    writer: JournalWriter, ours: Premises
) -> None:
    at_epoch(ours, 7)
    batch = everything(ours, 6)
    other = ours.devices[1]
    batch.presence[other] = presence(ours, other, epoch=7)
    assert await writer.write(batch) == Written(0, frozenset({ours.devices[0]}))
    assert written(ours) == ("offline", None, "queued", 0, 7)
    assert ours.rows("SELECT presence FROM devices WHERE id = %s", other) == [("online",)]


@pytest.mark.parametrize("epoch", [7, 8])
async def test_the_session_of_now_and_a_newer_one_write_and_presence_raises_the_epoch(
    writer: JournalWriter, ours: Premises, epoch: int
) -> None:
    at_epoch(ours, 7)
    assert await writer.write(everything(ours, epoch)) == Written(0, frozenset())
    assert written(ours) == ("online", "playing", "sent", 1, epoch)


@pytest.mark.parametrize("kind", ["playback", "commands", "ledger"])
async def test_each_kind_of_record_alone_is_refused_and_names_the_device(
    writer: JournalWriter, ours: Premises, kind: str
) -> None:
    at_epoch(ours, 7)
    batch = Batch(**{kind: getattr(everything(ours, 6), kind)})
    assert await writer.write(batch) == Written(0, frozenset({ours.devices[0]}))
    assert written(ours) == ("offline", None, "queued", 0, 7)


async def test_only_presence_raises_the_epoch(writer: JournalWriter, ours: Premises) -> None:
    device_id = ours.devices[0]
    batch = Batch(playback={device_id: playback(ours, device_id, epoch=9)})
    assert await writer.write(batch) == Written(0, frozenset())
    assert written(ours)[-1] == 0


async def test_what_the_last_session_of_this_hub_said_is_written_with_the_beginning_of_the_next(
    writer: JournalWriter, ours: Premises
) -> None:
    """In one batch: the epoch that counts is the one before it."""
    at_epoch(ours, 6)
    batch = everything(ours, 6)
    batch.presence = {ours.devices[0]: presence(ours, ours.devices[0], epoch=7)}
    assert await writer.write(batch) == Written(0, frozenset())
    assert written(ours) == ("online", "playing", "sent", 1, 7)


async def test_a_device_whose_session_is_of_now_is_not_stale_for_an_old_record_among_its_records(
    writer: JournalWriter, ours: Premises
) -> None:
    at_epoch(ours, 7)
    batch = everything(ours, 7)
    batch.commands = {ours.command_id: command(ours, CommandStatus.SENT, 5)}
    assert await writer.write(batch) == Written(0, frozenset())
    assert written(ours) == ("online", "playing", "queued", 1, 7)


async def test_history_has_no_epoch_what_happened_happened(writer: JournalWriter, ours: Premises) -> None:
    at_epoch(ours, 7)
    assert await writer.write(Batch(timeline=[line(ours, ours.devices[0], "came online")])) == Written(
        0, frozenset()
    )
    assert ours.rows("SELECT text FROM device_events") == [("came online",)]


@pytest.fixture
def takeover(ours: Premises) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """Another hub, in the middle of taking the first device over."""
    with connect_as_owner(ours.database_url) as connection:
        connection.execute("UPDATE devices SET session_epoch = 7 WHERE id = %s", (ours.devices[0],))
        yield connection


async def test_a_batch_that_meets_a_takeover_under_way_waits_for_it_and_is_stale(
    writer: JournalWriter, ours: Premises, takeover: psycopg.Connection[tuple[object, ...]]
) -> None:
    outcome: list[Written] = []

    async def write() -> None:
        outcome.append(await writer.write(everything(ours, 6)))

    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    with trio.fail_after(10):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(write)
            while ours.rows(waiting) == [(0,)]:
                await trio.sleep(0.01)
            takeover.commit()
    assert outcome == [Written(0, frozenset({ours.devices[0]}))]
    assert written(ours) == ("offline", None, "queued", 0, 7)


async def test_two_hubs_that_write_about_the_same_screens_at_once_never_block_each_other_for_good(
    writer: JournalWriter, ours: Premises, theirs: Premises
) -> None:
    """Each in the opposite order; PostgreSQL would end one of them as a deadlock."""
    homes = [ours, theirs]
    batches = []
    for order in (1, -1):
        pairs = [(home, device_id) for home in homes[::order] for device_id in home.devices[::order]]
        batches.append(
            Batch(
                presence={device_id: presence(home, device_id, epoch=1) for home, device_id in pairs},
                playback={device_id: playback(home, device_id, epoch=1) for home, device_id in pairs},
            )
        )

    async def write(batch: Batch) -> None:
        for _ in range(50):
            assert await writer.write(batch) == Written(0, frozenset())

    with trio.fail_after(30):
        async with trio.open_nursery() as nursery:
            for batch in batches:
                nursery.start_soon(write, batch)
    assert ours.rows("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()") == [(0,)]


def reached(before: CommandStatus) -> set[CommandStatus]:
    """Every status that a command can come to from `before`, in one step or in several."""
    found: set[CommandStatus] = set()
    todo = [before]
    while todo:
        new = COMMAND_TRANSITIONS[todo.pop()] - found
        found |= new
        todo += new
    return found


@pytest.mark.parametrize("before", CommandStatus)
async def test_a_command_moves_only_along_the_table_whatever_the_journal_says(
    writer: JournalWriter, ours: Premises, before: CommandStatus
) -> None:
    """What is no step changes neither status nor detail nor end; an instant that was missing is kept."""
    for after in CommandStatus:
        ours.run("DELETE FROM commands")
        ours.run(
            "INSERT INTO commands (id, tenant_id, device_id, command, expires_at)"
            " VALUES (%s, %s, %s, 'play', now() + interval '1 hour')",
            *(ours.command_id, ours.id, ours.devices[0]),
        )
        ours.run("UPDATE commands SET status = %s", before)
        record = command(ours, after, sent_ms=NOW_MS, finished_ms=NOW_MS)._replace(detail="because")
        assert await writer.write(Batch(commands={ours.command_id: record})) == Written(0, frozenset())
        status, detail, sent_at, _, finished_at = command_row(ours)
        expected = (after, "because", NOW) if after in reached(before) else (before, None, None)
        assert (status, detail, finished_at) == expected, (before, after)
        assert sent_at == NOW
