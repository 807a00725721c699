"""A week of a schedule as a calendar draws it. Pure.

Rule 1: what is drawn is the clock on the wall: a block stands where that clock showed it. Where it goes back
        an hour is drawn twice, one on the other; where it goes forward an hour stays empty.
Rule 2: a block lies within one day, and within one of the two hours that a day may have twice.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, NamedTuple
from zlib import crc32
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import structs

from protocol.schedule import Segment
from protocol.vocabulary import PlaysBecause

DAY_MIN: Final = 24 * 60
TONES: Final = 8
"""How many colours there are for playlists; see static/schedule.css."""

_RULES: Final = list(PlaysBecause)


class Block(NamedTuple):
    """`day`: 0 is Monday; the minutes are those of the clock on the wall."""

    day: int
    begins_min: int
    ends_min: int
    segment: Segment


class Week(NamedTuple):
    """Seven days from a Monday on, in a time zone."""

    monday: date
    zone: ZoneInfo

    @property
    def begins(self) -> datetime:
        return midnight(self.monday, self.zone)

    @property
    def ends(self) -> datetime:
        return midnight(self.monday + timedelta(days=7), self.zone)

    @property
    def days(self) -> list[date]:
        return [self.monday + timedelta(days=number) for number in range(7)]

    def moved(self, weeks: int) -> Week:
        return self._replace(monday=self.monday + timedelta(weeks=weeks))


def week_of_day(day: date, zone: ZoneInfo) -> Week:
    """The week that the day is in."""
    return Week(day - timedelta(days=day.weekday()), zone)


def zone_of(name: str) -> ZoneInfo:
    """The zone of that name; UTC where this machine lacks it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which the day begins there."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def instant(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """When the clock on the wall shows it, the first time if twice; after the gap if it is skipped."""
    local = datetime.combine(day, time(), zone) + timedelta(minutes=minute)
    return local.astimezone(UTC)


def joined(segments: Iterable[Segment]) -> list[Segment]:
    """One where an entry goes on by another rule: by the strongest of them."""
    whole: list[Segment] = []
    for segment in segments:
        last = whole[-1] if whole else None
        if last is None or (last.entry_id, last.playlist_id) != (segment.entry_id, segment.playlist_id):
            whole.append(segment)
            continue
        because = min(last.because, segment.because, key=_RULES.index)
        whole[-1] = structs.replace(last, ends_at=segment.ends_at, because=because)
    return whole


def blocks(segments: Iterable[Segment], week: Week) -> list[Block]:
    """What plays, cut to days; where nothing does there is no block."""
    cuts = list(_cuts(week))
    drawn: list[Block] = []
    for segment in joined(segments):
        if segment.playlist_id is None:
            continue
        for begins, ends in itertools.pairwise(cuts):
            first, last = max(begins, segment.begins_at), min(ends, segment.ends_at)
            if first >= last:
                continue
            local = first.astimezone(week.zone)
            minute = local.hour * 60 + local.minute
            length = -(-int((last - first).total_seconds()) // 60)
            day = (local.date() - week.monday).days
            drawn.append(Block(day, minute, min(minute + length, DAY_MIN), segment))
    return drawn


def clock_change(day: date, zone: ZoneInfo) -> str:
    """What the clocks do on that day: `Clocks go back, 03:00 becomes 02:00`; or nothing."""
    turn = _turn(midnight(day, zone), midnight(day + timedelta(days=1), zone), zone)
    if turn is None:
        return ""
    before = (turn - timedelta(seconds=1)).astimezone(zone).utcoffset() or timedelta()
    after = turn.astimezone(zone)
    forward = (after.utcoffset() or timedelta()) > before
    old = (turn + before).strftime("%H:%M")
    return f"Clocks go {'forward' if forward else 'back'}: {old} becomes {after:%H:%M}."


def tones(playlist_ids: Iterable[str]) -> dict[str, int]:
    """A colour for each: the same one every time where no other has it already."""
    given: dict[str, int] = {}
    for playlist_id in sorted(set(playlist_ids)):
        wanted = crc32(playlist_id.encode()) % TONES
        free = [tone for tone in range(TONES) if tone not in given.values()]
        given[playlist_id] = wanted if wanted in free or not free else free[wanted % len(free)]
    return given


def _cuts(week: Week) -> Iterator[datetime]:
    """Where days begin, and where the clocks change."""
    for day in week.days:
        begins, ends = midnight(day, week.zone), midnight(day + timedelta(days=1), week.zone)
        if begins == ends:  # a whole day that was left out
            continue
        yield begins
        turn = _turn(begins, ends, week.zone)
        if turn is not None:
            yield turn
    yield week.ends


def _turn(begins: datetime, ends: datetime, zone: ZoneInfo) -> datetime | None:
    """The instant after `begins` and before `ends` at which the offset changes, to the minute."""

    def offset(at: datetime) -> timedelta | None:
        return at.astimezone(zone).utcoffset()

    first = offset(begins)
    low, high = 0, int((ends - begins).total_seconds()) // 60
    if offset(ends - timedelta(minutes=1)) == first:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        if offset(begins + timedelta(minutes=middle)) == first:
            low = middle
        else:
            high = middle
    return begins + timedelta(minutes=high)
