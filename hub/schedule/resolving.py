"""What plays when: from the entries that are for a screen to a row of segments without gaps. Pure.

Rule 1: it is asked with the entries that could play: enabled, for this screen, of a published playlist.
Rule 2: where no entry would play the default playlist does; where there is none, nothing.
Rule 3: `because` says by which rule the one that plays came before the next best.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

from hub.schedule.entries import ScheduleEntry
from protocol.vocabulary import PlaysBecause


class PlainSegment(NamedTuple):
    """From `begins_at` until before `ends_at` one playlist plays; None: nothing does."""

    begins_at: datetime
    ends_at: datetime
    playlist_id: str | None
    entry_id: str | None
    because: PlaysBecause


class Choice(NamedTuple):
    """What plays at a moment."""

    playlist_id: str | None
    entry_id: str | None
    because: PlaysBecause


def resolve(
    entries: Sequence[ScheduleEntry],
    zone: str,
    begins: datetime,
    ends: datetime,
    default_playlist_id: str | None,
) -> list[PlainSegment]:
    """From `begins` until `ends`, in order, without a gap; neighbours differ. `zone`: the screen's."""
    ranked = sorted(entries, key=lambda entry: entry.rank, reverse=True)
    segments: list[PlainSegment] = []
    for since, until, playing in _stretches(ranked, zone, begins, ends):
        chosen = choose([ranked[place] for place in playing[:2]], default_playlist_id)
        if segments and segments[-1][2:] == chosen:
            segments[-1] = segments[-1]._replace(ends_at=until)
        else:
            segments.append(PlainSegment(since, until, *chosen))
    return segments


def choose(playing: Sequence[ScheduleEntry], default_playlist_id: str | None) -> Choice:
    """Of the entries that would play at a moment, the greatest first: what plays, and by which rule."""
    if not playing:
        because = PlaysBecause.NOTHING if default_playlist_id is None else PlaysBecause.DEFAULT
        return Choice(default_playlist_id, None, because)
    first = playing[0]
    because = PlaysBecause.ONLY_ONE if len(playing) == 1 else rule_between(first, playing[1])
    return Choice(first.playlist_id, first.id, because)


def rule_between(one: ScheduleEntry, other: ScheduleEntry) -> PlaysBecause:
    """By which rule one of two entries comes before the other."""
    if one.is_takeover != other.is_takeover:
        return PlaysBecause.TAKEOVER
    if one.priority != other.priority:
        return PlaysBecause.PRIORITY
    if one.specificity != other.specificity:
        return PlaysBecause.SPECIFICITY
    return PlaysBecause.NEWEST


def never_changes(entries: Iterable[ScheduleEntry], at: datetime) -> bool:
    """Whether what plays from `at` on is always the same, whatever the clock says."""
    open_ended = [entry for entry in entries if not entry.is_over(at)]
    always = max((entry.rank for entry in open_ended if entry.is_always), default=None)
    return all(entry.is_always or (always is not None and entry.rank < always) for entry in open_ended)


def _stretches(
    ranked: Sequence[ScheduleEntry], zone: str, begins: datetime, ends: datetime
) -> Iterator[tuple[datetime, datetime, list[int]]]:
    """Between any two moments at which something begins or ends: the places of those that would play."""
    turns: dict[datetime, list[tuple[int, bool]]] = {begins: [], ends: []}
    for place, entry in enumerate(ranked):
        for since, until in entry.spans(zone, begins, ends):
            turns.setdefault(since, []).append((place, True))
            turns.setdefault(until, []).append((place, False))
    moments = sorted(turns)
    playing: list[int] = []
    for since, until in pairwise(moments):
        for place, starts in sorted(turns[since], key=lambda turn: turn[1]):
            if starts:
                insort(playing, place)
            else:
                playing.remove(place)
        yield since, until, playing
