"""An entry of the schedule as a screen meets it: when it would play, and before whom.

Rule: of two entries that would play at the same moment one does: a takeover before others; the higher
      priority; the more specific; the newer; the one with the greater id. `rank` is that rule.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import IntEnum
from functools import lru_cache
from typing import Final

from hub.schedule import dayparts, named_days, recurrence
from hub.schedule.dayparts import WHOLE_DAY, Daypart
from hub.schedule.recurrence import Rule
from hub.schedule.wall_clock import Span, instants, wall_span

_DAY: Final = timedelta(days=1)


class Specificity(IntEnum):
    """How narrowly an entry names its screens."""

    EVERYBODY = 0
    SITE = 1
    TAG = 2
    GROUP = 3
    DEVICE = 4


@dataclass(frozen=True, slots=True)
class Times:
    """On which days, at which times of the wall. Without a first day: every day; with no more than that: that
    day. `time_zone`: None for that of whoever asks."""

    first_day: date | None = None
    rule: Rule | None = None
    except_days: frozenset[date] = frozenset()
    dayparts: tuple[Daypart, ...] = WHOLE_DAY
    time_zone: str | None = None

    @property
    def is_always(self) -> bool:
        """Whether no clock is needed to know that it plays."""
        return self.first_day is None and not self.except_days and self.dayparts == WHOLE_DAY

    def names(self, day: date) -> bool:
        """Whether what begins on this day plays."""
        if day in self.except_days:
            return False
        if self.first_day is None:
            return True
        if self.rule is None:
            return day == self.first_day
        return named_days.names(self.rule, self.first_day, day)

    @property
    def last_day(self) -> date | None:
        """The last day that could be named, as far as that is written down; None: there may always be one."""
        if self.rule is None or self.first_day is None:
            return self.first_day
        if self.rule.count is not None:
            return named_days.last_of_count(self.rule, self.first_day)
        return self.rule.until

    def spans(self, zone: str, begins: datetime, ends: datetime) -> Iterator[Span]:
        """When it plays from one instant until another, in order. `zone`: that of the screen."""
        if self.is_always:
            yield begins, ends
            return
        yield from _spans(self, self.time_zone or zone, begins, ends)


@lru_cache(maxsize=4096)
def _spans(times: Times, zone: str, begins: datetime, ends: datetime) -> tuple[Span, ...]:
    """An entry is asked for the same days by every manifest that it is in."""
    opens, closes = wall_span(zone, begins, ends)
    # What began the day before may go on past midnight.
    days = (opens.date() - _DAY + n * _DAY for n in range((closes.date() - opens.date()).days + 2))
    walls = [span for day in days if times.names(day) for span in dayparts.walls_of(day, times.dayparts)]
    return tuple(instants(walls, zone, begins, ends))


ALWAYS: Final = Times()


@dataclass(frozen=True, slots=True)
class ScheduleEntry:
    """One entry that is for the screen. `valid_from`, `valid_until`: instants that bound its times."""

    id: str
    playlist_id: str
    specificity: Specificity
    created_at: datetime
    is_takeover: bool = False
    priority: int = 0
    times: Times = ALWAYS
    valid_from: datetime | None = None
    valid_until: datetime | None = None

    @property
    def rank(self) -> tuple[bool, int, int, datetime, str]:
        """The greatest of those that would play does."""
        return self.is_takeover, self.priority, self.specificity, self.created_at, self.id

    @property
    def is_always(self) -> bool:
        """Whether it would play at every moment."""
        return self.times.is_always and self.valid_from is None and self.valid_until is None

    def is_over(self, at: datetime) -> bool:
        """Whether it will never play again, as far as that is certain."""
        if self.valid_until is not None and self.valid_until <= at:
            return True
        last = self.times.last_day
        # Two days: what begins on it may go on into the next, and its zone may be behind UTC.
        return last is not None and at.date() > last + 2 * _DAY

    def spans(self, zone: str, begins: datetime, ends: datetime) -> Iterator[Span]:
        """When it would play from one instant until another, in order, if there were no other entry."""
        begins = begins if self.valid_from is None else max(begins, self.valid_from)
        ends = ends if self.valid_until is None else min(ends, self.valid_until)
        if begins < ends:
            yield from self.times.spans(zone, begins, ends)


def times_of(
    *,
    first_day: date | None,
    recurrence_text: str | None,
    except_days: Sequence[date],
    pairs: Sequence[Sequence[str]],
    time_zone: str | None,
) -> Times:
    """The times of an entry as it is kept. Raises CannotBeMeant, but not for what was checked before."""
    return Times(
        first_day=first_day,
        rule=None if recurrence_text is None else recurrence.parse(recurrence_text),
        except_days=frozenset(except_days),
        dayparts=dayparts.parse(pairs),
        time_zone=time_zone,
    )
