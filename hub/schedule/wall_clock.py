"""What the clock on a wall shows, and when: the one page that knows of clock changes.

Rule 1: a zone is a row of pieces with one offset each. In a piece the wall is the instant plus the offset.
Rule 2: a span of the wall is looked up in every piece. So what is skipped is nowhere, and what comes twice is
        there twice: nothing here speaks of daylight saving.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

Span: TypeAlias = tuple[datetime, datetime]
"""From the first until before the second: two instants (UTC), or two times of a wall (naive)."""

_HOUR: Final = timedelta(hours=1)
_SECOND: Final = timedelta(seconds=1)


class Piece(NamedTuple):
    """From `begins` until before `ends`, instants, the wall is ahead of UTC by `offset`."""

    begins: datetime
    ends: datetime
    offset: timedelta


def wall(instant: datetime, zone: str) -> datetime:
    """What the clock shows at an instant: naive."""
    return instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)


def wall_span(zone: str, begins: datetime, ends: datetime) -> Span:
    """Between which times of the wall everything lies that it shows from one instant until another."""
    pieces = _pieces_over(zone, begins, ends)
    return (
        min(piece.begins + piece.offset for piece in pieces).replace(tzinfo=None),
        max(piece.ends + piece.offset for piece in pieces).replace(tzinfo=None),
    )


def instants(walls: Sequence[Span], zone: str, begins: datetime, ends: datetime) -> Iterator[Span]:
    """When, from one instant until another, the wall shows a time of these. `walls` is in order and does not
    overlap; nor does what comes out."""
    before: Span | None = None
    for piece in _pieces_over(zone, begins, ends):
        first, last = max(piece.begins, begins), min(piece.ends, ends)
        for opens, closes in walls:
            span = (
                max(opens.replace(tzinfo=UTC) - piece.offset, first),
                min(closes.replace(tzinfo=UTC) - piece.offset, last),
            )
            if span[0] >= span[1]:
                continue
            if before is not None and before[1] == span[0]:
                before = (before[0], span[1])
                continue
            if before is not None:
                yield before
            before = span
    if before is not None:
        yield before


def _pieces_over(zone: str, begins: datetime, ends: datetime) -> tuple[Piece, ...]:
    # Whole days are asked for, so that many who ask nearly the same share the answer.
    first = begins.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    last = ends.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    found = _pieces(zone, first, last)
    return tuple(piece for piece in found if piece.begins < ends and piece.ends > begins)


@lru_cache(maxsize=2_000)
def _pieces(zone: str, begins: datetime, ends: datetime) -> tuple[Piece, ...]:
    """`zoneinfo` tells no clock changes, only offsets: it is asked hour by hour. No zone has ever changed its
    clock and changed it back within an hour."""
    place = ZoneInfo(zone)
    found: list[Piece] = []
    since, offset = begins, _offset(begins, place)
    at = begins
    while at < ends:
        after = min(at + _HOUR, ends)
        if _offset(after, place) != offset:
            low, high = at, after
            while high - low > _SECOND:
                middle = low + (high - low) // _SECOND // 2 * _SECOND
                low, high = (middle, high) if _offset(middle, place) == offset else (low, middle)
            found.append(Piece(since, high, offset))
            since, offset = high, _offset(high, place)
        at = after
    if since < ends:
        found.append(Piece(since, ends, offset))
    return tuple(found)


def _offset(instant: datetime, place: ZoneInfo) -> timedelta:
    offset = instant.astimezone(place).utcoffset()
    assert offset is not None  # a ZoneInfo has one for every instant
    return offset
