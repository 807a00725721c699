"""The journal under pressure: what goes first, what never goes, how late it is, what no outage explains."""

from __future__ import annotations

import logging
import random
from collections import defaultdict

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from hub import journal as page
from hub.journal import Journal
from hub.journal_records import Batch, joined
from persistence.journal import Written
from protocol.vocabulary import CommandStatus, LedgerState, Presence
from tests.hub.journal_store import Away, Store, command, heartbeat, ledger, line, playback, presence


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def journal(store: Store, monkeypatch: pytest.MonkeyPatch) -> Journal:
    monkeypatch.setattr(page, "HISTORY_LIMIT", 100)
    return Journal(store, Away)


# ---- what is dropped ----


async def test_heartbeats_go_first_then_events_the_oldest_of_each_and_both_are_counted(
    store: Store, journal: Journal
) -> None:
    for number in range(60):
        journal.heartbeat(heartbeat(number))
    for number in range(60):
        journal.timeline(line(number))
    assert journal.dropped == {"heartbeats": 20, "events": 0}
    for number in range(60, 120):
        journal.timeline(line(number))
    assert journal.dropped == {"heartbeats": 60, "events": 20}
    await journal.flush()
    assert [record.at_ms for record in store.timeline] == list(range(20, 120))


async def test_a_heartbeat_that_comes_under_pressure_is_the_one_to_be_dropped_next(journal: Journal) -> None:
    for number in range(100):
        journal.timeline(line(number))
    journal.heartbeat(heartbeat(0))
    assert journal.dropped == {"heartbeats": 0, "events": 10}
    for number in range(9):
        journal.timeline(line(number))
    journal.timeline(line(9))
    assert journal.dropped == {"heartbeats": 1, "events": 10}


async def test_lines_that_tell_of_presence_and_states_are_never_dropped(
    store: Store, journal: Journal
) -> None:
    store.down = 20
    for number in range(400):
        journal.timeline(line(number, random.Random(number).choice(["online", "offline"])))
        journal.timeline(line(number, "error"))
        journal.heartbeat(heartbeat(number))
        journal.presence(presence(f"screen {number}"))
        if number % 40 == 0:
            await journal._write()
    assert journal.dropped["heartbeats"] and journal.dropped["events"]
    store.down = 0
    await journal.flush()
    told = [record.at_ms for record in store.timeline if record.kind != "error"]
    assert told == list(range(400))
    assert sum(len(batch.presence) for batch in store.batches) == 400
    kept = sum(len(batch.heartbeats) for batch in store.batches)
    assert kept + journal.dropped["heartbeats"] == 400
    events = [record for record in store.timeline if record.kind == "error"]
    assert len(events) + journal.dropped["events"] == 400


async def test_history_that_failed_to_be_written_stays_within_the_limit(
    store: Store, journal: Journal
) -> None:
    store.down = 1_000
    for number in range(2_000):
        journal.timeline(line(number))
        journal.heartbeat(heartbeat(number))
        if number % 7 == 0:
            await journal._write()
    assert journal.waiting <= 100


# ---- the order ----


async def test_what_is_said_of_a_device_is_written_in_the_order_in_which_it_was_said(
    store: Store, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through outages, faults, and parts."""
    monkeypatch.setattr(page, "HISTORY_LIMIT", 100_000)
    monkeypatch.setattr(page, "HISTORY_PER_WRITE", 64)
    chance = random.Random(5)

    def fault(batch: Batch) -> None:
        if any(record.text == "line 77" for record in batch.timeline):
            raise RuntimeError("a poison")

    store.fault = fault
    said: defaultdict[str, list[int]] = defaultdict(list)
    for number in range(1_000):
        device_id = f"d{chance.randrange(7)}"
        journal.timeline(line(number, device_id=device_id))
        said[device_id].append(number)
        if chance.random() < 0.05:
            store.down = chance.randrange(2)
            await journal._write()
    store.down = 0
    while journal.waiting:
        await journal._write()
    found: defaultdict[str, list[int]] = defaultdict(list)
    for record in store.timeline:
        found[record.device_id].append(record.at_ms)
    assert found == {key: [number for number in numbers if number != 77] for key, numbers in said.items()}
    assert journal.refused == 1


def test_what_is_merged_keeps_the_highest_epoch() -> None:
    for first, second in ((1, 2), (2, 1)):
        old = Batch(
            presence={"d": presence(at_ms=1, epoch=first)},
            playback={"d": playback(1, "2.1", "192.0.2.7", epoch=first)},
            commands={"c": command(CommandStatus.SENT, first, sent_ms=1)},
            ledger={("e", "d"): ledger(LedgerState.SENT, first)},
        )
        new = Batch(
            presence={"d": presence(at_ms=2, state=Presence.OFFLINE, epoch=second)},
            playback={"d": playback(2, epoch=second)},
            commands={"c": command(CommandStatus.SUCCEEDED, second, finished_ms=2)},
            ledger={("e", "d"): ledger(LedgerState.RENDERED, second)},
        )
        whole = joined([old, new])
        assert whole.presence["d"] == presence(at_ms=2, state=Presence.OFFLINE, epoch=2)
        assert whole.playback["d"] == playback(2, "2.1", "192.0.2.7", epoch=2)
        assert whole.commands["c"] == command(CommandStatus.SUCCEEDED, 2, sent_ms=1, finished_ms=2)
        assert whole.ledger["e", "d"] == ledger(LedgerState.RENDERED, 2)


def test_a_batch_is_halved_until_single_records_are_left_and_none_is_lost() -> None:
    batch = Batch(
        presence={str(n): presence(str(n)) for n in range(5)},
        playback={"d": playback()},
        commands={"c": command(CommandStatus.SENT)},
        heartbeats=[heartbeat(n) for n in range(3)],
        timeline=[line(n) for n in range(4)],
    )
    todo, leaves = [batch], []
    while todo:
        part = todo.pop()
        if len(part) == 1:
            leaves.append(part)
        else:
            todo.extend(reversed(part.halves()))
    assert len(leaves) == len(batch) and joined(leaves) == batch
    with pytest.raises(ValueError):
        leaves[0].halves()


# ---- how late it is ----


async def test_the_lag_is_the_age_of_the_oldest_record_that_is_not_written(store: Store) -> None:
    now = 100.0
    journal = Journal(store, Away, clock_s=lambda: now)
    assert journal.lag_s == 0.0
    journal.timeline(line(1))
    now = 103.0
    journal.presence(presence())
    assert journal.lag_s == 3.0
    store.down, store.gate = 1, trio.Event()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(journal._write)
        await wait_all_tasks_blocked()
        assert journal.lag_s == 3.0, "what is being written is not written yet"
        store.gate.set()
    now = 110.0
    assert journal.lag_s == 10.0, "the outage is seen"
    store.gate = trio.Event()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(journal._write)
        await wait_all_tasks_blocked()
        journal.timeline(line(2))
        now = 112.0
        assert journal.lag_s == 12.0
        store.gate.set()
    assert journal.lag_s == 2.0, "what came while the rest was written"
    await journal.flush()
    assert journal.lag_s == 0.0


# ---- faults that are no outage ----


async def test_a_record_that_nobody_can_write_is_left_out_named_and_counted_and_the_journal_goes_on(
    store: Store, journal: Journal, autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    def fault(batch: Batch) -> None:
        if "poison" in batch.presence or any(record.at_ms == 5 for record in batch.heartbeats):
            raise KeyError("a fault of ours")

    store.fault = fault
    async with trio.open_nursery() as nursery:
        nursery.start_soon(journal.run)
        for number in range(10):
            journal.timeline(line(number))
            journal.heartbeat(heartbeat(number))
            journal.presence(presence(f"screen {number}"))
        journal.presence(presence("poison"))
        await trio.sleep(10)
        assert (journal.waiting, journal.refused, journal.written) == (0, 2, 29)
        assert [record.at_ms for record in store.timeline] == list(range(10))
        assert sum(len(batch.presence) for batch in store.batches) == 10
        errors = [r.getMessage() for r in caplog.records if "leaves out" in r.getMessage()]
        assert len(errors) == 2 and any("'poison'" in text for text in errors)
        assert [r.exc_info is not None for r in caplog.records if "tries again" in r.getMessage()] == [
            True
        ] * 2
        journal.timeline(line(99))
        await trio.sleep(1)
        assert store.timeline[-1].at_ms == 99
        nursery.cancel_scope.cancel()


async def test_a_fault_that_passes_costs_nothing(
    store: Store, journal: Journal, autojump_clock: MockClock
) -> None:
    times = iter(range(2))

    def fault(batch: Batch) -> None:
        if next(times, None) is not None:
            raise RuntimeError("now and then")

    store.fault = fault
    for number in range(10):
        journal.timeline(line(number))
    await journal.flush()
    assert [len(batch.timeline) for batch in store.batches] == [10]
    assert journal.refused == 0


async def test_when_one_kind_can_never_be_written_the_others_are_and_the_attempts_are_bounded(
    store: Store, journal: Journal, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "HISTORY_LIMIT", 100_000)

    def fault(batch: Batch) -> None:
        if batch.timeline:
            raise RuntimeError("the table is gone")

    store.fault = fault
    for number in range(4_000):
        journal.timeline(line(number))
    journal.presence(presence())
    journal.command(command(CommandStatus.SENT))
    await journal.flush()
    assert (journal.refused, journal.written) == (4_000, 2)
    assert len(store.attempts) < 3 * page.FAULTS_OF_PARTS


async def test_an_outage_in_the_middle_of_the_parts_loses_nothing_and_keeps_the_order(
    store: Store, journal: Journal, autojump_clock: MockClock
) -> None:
    wrote = 0

    def fault(batch: Batch) -> None:
        nonlocal wrote
        if any(record.at_ms == 40 for record in batch.timeline):
            raise RuntimeError("a poison")
        wrote += 1
        if wrote == 2:
            raise Away("no connection")

    store.fault = fault
    for number in range(64):
        journal.timeline(line(number))
    await journal.flush()
    assert [record.at_ms for record in store.timeline] == [number for number in range(64) if number != 40]
    assert journal.refused == 1


async def test_the_journal_outlives_a_fault_and_is_ended_by_its_cancellation_only(
    journal: Journal, store: Store, autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)

    def fault(batch: Batch) -> None:
        raise RuntimeError("always")

    store.fault = fault
    ended = trio.Event()

    async def run() -> None:
        try:
            await journal.run()
        finally:
            ended.set()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(run)
        for number in range(30):
            journal.timeline(line(number))
            await trio.sleep(2)
        assert not ended.is_set()
        nursery.cancel_scope.cancel()


# ---- newer sessions elsewhere ----


async def test_a_device_that_another_hub_has_taken_over_is_given_up(store: Store) -> None:
    given_up: list[str] = []
    journal = Journal(store, Away, given_up.append)
    store.answer = Written(0, frozenset({"d"}))
    journal.presence(presence())
    await journal.flush()
    assert (given_up, journal.stale) == (["d"], 1)


async def test_a_session_that_came_while_the_batch_was_written_is_judged_with_its_own_records(
    store: Store,
) -> None:
    given_up: list[str] = []
    journal = Journal(store, Away, given_up.append)
    store.answer, store.gate = Written(0, frozenset({"d"})), trio.Event()
    journal.presence(presence(epoch=1))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(journal._write)
        await wait_all_tasks_blocked()
        journal.presence(presence(epoch=9))
        store.gate.set()
    assert given_up == []
    store.answer = Written(0, frozenset())
    await journal.flush()
    assert given_up == []
