"""The journal before PostgreSQL: latest wins, what ended stays ended, nothing is lost in an outage."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from hub import journal as page
from hub.journal import HISTORY_WITHIN_S, RETRY_AFTER_S, WITHIN_S, Journal
from hub.journal_records import EmergencyRecord, HeartbeatRecord
from persistence.journal import Written
from protocol.vocabulary import CommandStatus, EmergencyStatus, LedgerState, Presence
from tests.hub.journal_store import Away, Store, command, heartbeat, ledger, line, playback, presence


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def journal(store: Store) -> Journal:
    return Journal(store, Away)


async def test_states_are_latest_wins_and_history_keeps_everything(store: Store, journal: Journal) -> None:
    for at_ms in range(1_000):
        journal.presence(presence(at_ms=at_ms))
        journal.heartbeat(HeartbeatRecord("t", "d", at_ms, 1, None, None))
    journal.presence(presence("other"))
    journal.emergency(EmergencyRecord("t", "e", EmergencyStatus.CLEARING, 5))
    journal.emergency(EmergencyRecord("t", "e", EmergencyStatus.CLEARED, 5))
    for state in (LedgerState.SENT, LedgerState.RENDERED):
        journal.ledger(ledger(state))
    assert journal.waiting == 2 + 1_000 + 1 + 1
    await journal.flush()
    (batch,) = store.batches
    assert batch.presence["d"].since_ms == 999 and set(batch.presence) == {"d", "other"}
    assert batch.emergencies["e"].status is EmergencyStatus.CLEARED
    assert batch.ledger["e", "d"].state is LedgerState.RENDERED
    assert (journal.waiting, journal.written) == (0, 1_004)


async def test_what_is_said_once_a_session_survives_what_comes_after_it(
    store: Store, journal: Journal
) -> None:
    journal.playback(playback(1, version="2.1", ip="192.0.2.7"))
    journal.playback(playback(2))
    store.down = 1
    await journal._write()
    journal.playback(playback(3))
    await journal.flush()
    (batch,) = store.batches
    assert batch.playback["d"] == playback(3, version="2.1", ip="192.0.2.7")


async def test_a_command_keeps_every_instant_and_stays_ended(store: Store, journal: Journal) -> None:
    journal.command(command(CommandStatus.SENT, sent_ms=1))
    journal.command(command(CommandStatus.RECEIVED, received_ms=2))
    journal.command(command(CommandStatus.FAILED, finished_ms=3, detail="no disk"))
    journal.command(command(CommandStatus.SENT, sent_ms=9))
    journal.command(command(CommandStatus.EXPIRED, finished_ms=10))
    await journal.flush()
    expected = command(CommandStatus.FAILED, sent_ms=1, received_ms=2, finished_ms=3, detail="no disk")
    assert store.batches[0].commands["c"] == expected


async def test_a_batch_that_failed_is_kept_under_what_was_recorded_meanwhile(
    store: Store, journal: Journal
) -> None:
    store.down, store.gate = 1, trio.Event()
    journal.presence(presence(at_ms=1))
    journal.presence(presence("other", at_ms=1))
    journal.command(command(CommandStatus.SUCCEEDED, finished_ms=1))
    journal.timeline(line(1))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(journal._write)
        await wait_all_tasks_blocked()
        assert journal.waiting == 4, "what is being written is not in PostgreSQL yet"
        journal.presence(presence(at_ms=2, state=Presence.OFFLINE))
        journal.command(command(CommandStatus.SENT, sent_ms=2))
        journal.timeline(line(2))
        store.gate.set()
    await journal.flush()
    (batch,) = store.batches
    assert batch.presence == {"d": presence(at_ms=2, state=Presence.OFFLINE), "other": presence("other")}
    assert batch.commands["c"].status is CommandStatus.SUCCEEDED
    assert batch.timeline == [line(1), line(2)]


async def test_running_it_batches_retries_ever_more_patiently_and_recovers(
    store: Store, journal: Journal, autojump_clock: MockClock
) -> None:
    store.down = 6
    async with trio.open_nursery() as nursery:
        nursery.start_soon(journal.run)
        await wait_all_tasks_blocked()
        start_s = trio.current_time()
        for number in range(100):
            journal.timeline(line(number))
        await trio.sleep(20.0)
        assert [len(batch.timeline) for batch in store.batches] == [100]
        pauses = [after - before for before, after in zip(store.attempts, store.attempts[1:], strict=False)]
        assert store.attempts[0] - start_s == pytest.approx(HISTORY_WITHIN_S)
        assert pauses == pytest.approx([*RETRY_AFTER_S, RETRY_AFTER_S[-1], RETRY_AFTER_S[-1]])
        journal.timeline(line(100))
        await trio.sleep(HISTORY_WITHIN_S + 0.001)
        assert len(store.batches) == 2
        nursery.cancel_scope.cancel()


async def test_each_kind_waits_for_as_long_as_it_may_and_the_first_that_is_due_takes_all_along(
    store: Store, journal: Journal, autojump_clock: MockClock
) -> None:
    kinds: list[tuple[Callable[[], None], float]] = [
        (lambda: journal.heartbeat(heartbeat(1)), HISTORY_WITHIN_S),
        (lambda: journal.timeline(line(1)), HISTORY_WITHIN_S),
        (lambda: journal.playback(playback()), HISTORY_WITHIN_S),
        (lambda: journal.ledger(ledger(LedgerState.SENT)), WITHIN_S),
        (lambda: journal.presence(presence()), WITHIN_S),
        (lambda: journal.command(command(CommandStatus.SENT)), WITHIN_S),
        (lambda: journal.emergency(EmergencyRecord("t", "e", EmergencyStatus.CLEARED, 5)), WITHIN_S),
    ]
    async with trio.open_nursery() as nursery:
        nursery.start_soon(journal.run)
        await wait_all_tasks_blocked()
        for record, within_s in kinds:
            start_s = trio.current_time()
            record()
            await trio.sleep(5.0)
            assert store.attempts[-1] - start_s == pytest.approx(within_s)
        assert len(store.batches) == 7

        start_s = trio.current_time()
        journal.heartbeat(heartbeat(2))
        await trio.sleep(0.1)
        journal.ledger(ledger(LedgerState.RECEIVED))
        await trio.sleep(WITHIN_S / 2)
        journal.ledger(ledger(LedgerState.RENDERED))
        await trio.sleep(5.0)
        assert store.attempts[-1] - start_s == pytest.approx(0.1 + WITHIN_S)
        assert (len(store.batches), len(store.batches[-1])) == (8, 2)

        start_s = trio.current_time()
        journal.heartbeat(heartbeat(3))
        await trio.sleep(HISTORY_WITHIN_S - 0.01)
        journal.command(command(CommandStatus.RECEIVED))
        await trio.sleep(5.0)
        assert store.attempts[-1] - start_s == pytest.approx(HISTORY_WITHIN_S), "no record is put off"
        assert (len(store.batches), len(store.batches[-1])) == (9, 2)
        nursery.cancel_scope.cancel()


async def test_what_came_while_a_batch_was_written_and_what_a_cancelled_one_left_are_due_by_themselves(
    store: Store, journal: Journal, autojump_clock: MockClock
) -> None:
    store.gate = trio.Event()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(journal.run)
        journal.presence(presence())
        await trio.sleep(1.0)
        journal.ledger(ledger(LedgerState.SENT))
        start_s = trio.current_time()
        store.gate.set()
        await trio.sleep(5.0)
        assert store.attempts[1:] == pytest.approx([start_s + WITHIN_S])
        store.gate = trio.Event()
        journal.presence(presence())
        await trio.sleep(1.0)
        nursery.cancel_scope.cancel()
    store.gate.set()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(journal.run)
        await trio.sleep(5.0)
        assert [len(batch) for batch in store.batches] == [1, 1, 1] and journal.waiting == 0
        nursery.cancel_scope.cancel()


async def test_a_cancelled_write_loses_nothing_the_flush_writes_it(store: Store, journal: Journal) -> None:
    store.gate = trio.Event()
    journal.timeline(line(1))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(journal.run)
        with trio.fail_after(5):
            while not store.attempts:
                await trio.sleep(0)
        nursery.cancel_scope.cancel()
    assert journal.waiting == 1
    store.gate = None
    await journal.flush()
    assert [batch.timeline for batch in store.batches] == [[line(1)]]


async def test_the_flush_tries_again_until_its_caller_has_had_enough(
    store: Store, journal: Journal, autojump_clock: MockClock
) -> None:
    journal.timeline(line(1))
    store.down = 3
    with trio.fail_after(2):
        await journal.flush()
    assert len(store.batches) == 1
    store.down = 1_000
    journal.timeline(line(2))
    with trio.move_on_after(2) as scope:
        await journal.flush()
    assert scope.cancelled_caught and journal.waiting == 1


async def test_history_is_bounded_while_the_store_is_away_the_oldest_goes_and_is_counted(
    store: Store, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "HISTORY_LIMIT", 100)
    store.down = 3
    for number in range(350):
        journal.timeline(line(number))
        if number % 100 == 50:
            await journal._write()
    assert journal.waiting <= 200
    await journal.flush()
    kept = [record.at_ms for batch in store.batches for record in batch.timeline]
    assert kept[-1] == 349 and kept == sorted(kept)
    assert len(kept) + journal.dropped["events"] == 350


async def test_what_piled_up_is_written_in_parts_states_first_and_history_in_order(
    store: Store, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "HISTORY_PER_WRITE", 100)
    for number in range(250):
        journal.timeline(line(number))
    journal.presence(presence())
    store.down = 1
    await journal.flush()
    assert [len(batch.timeline) for batch in store.batches] == [100, 100, 50]
    assert [record.at_ms for batch in store.batches for record in batch.timeline] == list(range(250))
    assert [len(batch.presence) for batch in store.batches] == [1, 0, 0]


async def test_refused_rows_are_counted(store: Store, journal: Journal) -> None:
    store.answer = Written(2, frozenset())
    journal.timeline(line(1))
    await journal.flush()
    assert journal.refused == 2
