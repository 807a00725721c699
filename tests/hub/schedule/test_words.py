"""The times of an entry in plain words."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from hub.schedule.entries import times_of
from hub.schedule.words import when_words

FIRST = date(2026, 1, 1)


def said(
    recurrence: str | None = None,
    first_day: date | None = None,
    valid_from: datetime | None = None,
    valid_until: datetime | None = None,
    **facts: Any,
) -> str:
    times = times_of(
        first_day=first_day,
        recurrence_text=recurrence,
        except_days=facts.get("without", ()),
        pairs=facts.get("pairs", ()),
        time_zone=facts.get("zone"),
    )
    return when_words(times, recurrence, valid_from, valid_until)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("FREQ=DAILY", "every day"),
        ("FREQ=DAILY;INTERVAL=3", "every 3 days"),
        ("FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR", "Mondays to Fridays"),
        ("FREQ=DAILY;BYMONTH=6,7", "every day in June and July"),
        ("FREQ=WEEKLY", "Thursdays"),
        ("FREQ=WEEKLY;BYDAY=MO,FR", "Mondays and Fridays"),
        ("FREQ=WEEKLY;BYDAY=SA,SU", "Saturdays and Sundays"),
        ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU", "every day"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", "Tuesdays of every 2nd week"),
        ("FREQ=MONTHLY", "the 1st of every month"),
        ("FREQ=MONTHLY;BYMONTHDAY=1,15,-1", "the 1st, 15th and last day of every month"),
        ("FREQ=MONTHLY;BYDAY=1MO,-1FR", "the 1st Monday and last Friday of every month"),
        ("FREQ=MONTHLY;INTERVAL=3;BYDAY=2TU", "the 2nd Tuesday of every 3rd month"),
        ("FREQ=YEARLY", "the 1st of January every year"),
        ("FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24,25", "the 24th and 25th of December every year"),
        ("FREQ=YEARLY;BYWEEKNO=20", "days by the rule FREQ=YEARLY;BYWEEKNO=20"),
        ("FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-1", "days by the rule FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-1"),
        ("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", "days by the rule FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13"),
    ],
)
def test_a_rule_is_said_as_people_say_it_or_quoted(rule: str, words: str) -> None:
    assert said(rule, FIRST) == f"{words}, local time of the screen, from 1 Jan 2026"


def test_times_bounds_and_exceptions_are_all_said() -> None:
    assert said() == "always"
    assert said(pairs=[["22:00", "02:00"]]) == "every day 22:00–02:00, local time of the screen"
    assert said(first_day=FIRST, zone="UTC") == "1 Jan 2026, UTC"
    assert said("FREQ=WEEKLY;COUNT=3", FIRST, zone="Europe/Berlin") == (
        "Thursdays, time of Europe/Berlin, from 1 Jan 2026, 3 times"
    )
    assert said("FREQ=WEEKLY;UNTIL=20261224", FIRST, without=[date(2026, 5, 1), date(2026, 4, 3)]) == (
        "Thursdays, local time of the screen, from 1 Jan 2026, until 24 Dec 2026,"
        " except 3 Apr 2026 and 1 May 2026"
    )
    many = [date(2026, 5, day) for day in range(1, 6)]
    assert said(without=many) == "every day, local time of the screen, except 5 days"
    since, until = datetime(2026, 6, 1, 12, tzinfo=UTC), datetime(2026, 6, 2, tzinfo=UTC)
    assert said(valid_from=since) == "always, valid from 1 Jun 2026 12:00 UTC"
    assert said(valid_until=until, pairs=[["08:00", "09:00"]], zone="Europe/Berlin") == (
        "every day 08:00–09:00, time of Europe/Berlin, valid until 2 Jun 2026 02:00"
    )
