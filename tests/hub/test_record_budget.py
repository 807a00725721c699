"""What one screen may have kept is bounded by the minute and by the day."""

from __future__ import annotations

from hub.record_budget import BUDGET_OF_MINUTE, MINUTE_MS, RECORDS_OF_DAY, RecordBudget
from hub.recorded import DAY_MS
from protocol.frames import DeviceEvent, Play, Record
from protocol.vocabulary import EventName

MIDNIGHT_MS = 20_000 * DAY_MS
PLAYS = [Record(number, Play("Menu", 0, 0, 0)) for number in range(1, 101)]
EVENTS = [Record(number, DeviceEvent(EventName.ERROR)) for number in range(1, 101)]


def test_a_minute_takes_so_many_plays_or_a_few_events_and_the_next_one_as_many_again() -> None:
    budget = RecordBudget()
    for minute in range(2):
        now_ms = MIDNIGHT_MS + minute * MINUTE_MS
        taken = sum(budget.affords("d1", PLAYS, now_ms) for _ in range(1_000))
        assert taken * 100 == BUDGET_OF_MINUTE
    assert budget.affords("d2", EVENTS, now_ms), "another screen's is another one"
    assert not budget.affords("d2", EVENTS, now_ms)


def test_a_screen_that_talks_without_end_is_kept_up_to_the_bound_of_a_day() -> None:
    budget = RecordBudget()
    for day in range(2):
        kept = sum(
            budget.affords("d1", PLAYS, MIDNIGHT_MS + day * DAY_MS + minute * MINUTE_MS)
            for minute in range(24 * 60)
            for _ in range(60)
        )
        assert kept * 100 == RECORDS_OF_DAY


def test_a_screen_that_was_told_off_waits_for_the_next_minute() -> None:
    budget = RecordBudget()
    budget.exhaust("d1", MIDNIGHT_MS)
    assert not budget.affords("d1", PLAYS, MIDNIGHT_MS)
    assert budget.affords("d1", PLAYS, MIDNIGHT_MS + MINUTE_MS)
