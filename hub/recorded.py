"""One record of a screen's log as it is kept: within bounds, its texts cleaned. Pure; `now_ms` is the hub's.

Rule 1: what a screen says it played is its word; that it makes sense is seen to here: instants neither of
        long ago nor of the days to come, lengths of a year at most, ids that are ids.
Rule 2: numbers of a frame grow; a record that does not fit that is left out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from hub.live.surroundings import clean, event_sentence
from protocol.frames import DeviceEvent, Play, Record
from protocol.vocabulary import EventName

DAY_MS: Final = 86_400_000
OLDEST_MS: Final = 400 * DAY_MS
"""No screen was alone for longer; what says so has lost its clock."""
AHEAD_MS: Final = DAY_MS
"""So far a screen's clock may be ahead."""
SHOWN_AT_MOST_MS: Final = 366 * DAY_MS
EVENT_COST: Final = 50
"""An event is a line that people read: of them a screen may have 120 a minute, of plays 6,000."""
UNKEPT: Final = (EventName.PLAYBACK_STARTED, EventName.PLAYBACK_ENDED)
"""What was played says the same."""

_ID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_NUMBER_AT_MOST: Final = 2**31 - 1


class KeptPlay(NamedTuple):
    """Fits `persistence.records.Play`."""

    number: int
    media_id: str | None
    name: str
    playlist_id: str | None
    playlist_number: int | None
    started_ms: int
    ended_ms: int
    shown_ms: int
    plays: int
    completed: int


class KeptEvent(NamedTuple):
    """Fits `persistence.records.Happening`."""

    number: int
    at_ms: int
    kind: EventName
    text: str


def taken(records: Sequence[Record], now_ms: int) -> tuple[list[KeptPlay], list[KeptEvent], int]:
    """What is kept of a frame, and its highest number."""
    plays: list[KeptPlay] = []
    events: list[KeptEvent] = []
    last = 0
    for record in records:
        if record.number <= last:
            continue
        last, what = record.number, record.what
        if isinstance(what, Play):
            plays.append(_play(last, what, now_ms))
        elif what.event not in UNKEPT:
            events.append(_event(last, what, now_ms))
    return plays, events, last


def cost_of(records: Sequence[Record]) -> int:
    """What a frame takes of a screen's budget."""
    return sum(1 if isinstance(record.what, Play) else EVENT_COST for record in records)


def _play(number: int, play: Play, now_ms: int) -> KeptPlay:
    started_ms = _instant(play.started_ms, now_ms)
    return KeptPlay(
        number,
        _id(play.media_id),
        clean(play.name) or "",
        _id(play.playlist_id),
        None if (play.playlist_number or 0) > _NUMBER_AT_MOST else play.playlist_number,
        started_ms,
        max(_instant(play.ended_ms, now_ms), started_ms),
        min(play.shown_ms, SHOWN_AT_MOST_MS),
        play.plays,
        min(play.completed, play.plays),
    )


def _event(number: int, event: DeviceEvent, now_ms: int) -> KeptEvent:
    at_ms = now_ms if event.at_ms is None else min(_instant(event.at_ms, now_ms), now_ms)
    return KeptEvent(number, at_ms, event.event, event_sentence(event))


def _instant(at_ms: int, now_ms: int) -> int:
    return min(max(at_ms, now_ms - OLDEST_MS), now_ms + AHEAD_MS)


def _id(text: str | None) -> str | None:
    lower = (text or "").lower()
    return lower if _ID.fullmatch(lower) else None
