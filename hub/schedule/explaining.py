"""What plays on a screen at an instant, and why, entry by entry. Pure; the sentences are for 3 a.m.

Rule: it decides nothing: which entry plays is `resolve`'s word, and this page says why.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple, TypeAlias

from hub.schedule.entries import ScheduleEntry, Specificity
from hub.schedule.resolving import Choice, choose, resolve, rule_between
from hub.schedule.words import moment
from protocol.vocabulary import PlaysBecause

LOOKED_AHEAD: Final = timedelta(days=35)
"""How far it looks for when an entry plays next."""

_AROUND: Final = timedelta(days=8)
_MOMENT: Final = timedelta(microseconds=1)
_WHOM: Final[dict[Specificity, str]] = {
    Specificity.DEVICE: "this screen by itself",
    Specificity.GROUP: "a group",
    Specificity.TAG: "a tag",
    Specificity.SITE: "a site",
    Specificity.EVERYBODY: "every screen",
}

State: TypeAlias = Literal["plays", "beaten", "not_now", "disabled"]


class Candidate(NamedTuple):
    """An entry that is for the screen. `called`: what people call it. `hindrance`: why it would not play even
    at its times, in a sentence; `is_off`: whether that is because it was switched off."""

    entry: ScheduleEntry
    called: str
    hindrance: str | None = None
    is_off: bool = False


class Verdict(NamedTuple):
    """Of one candidate. `sentence` begins in lower case, without a full stop."""

    candidate: Candidate
    state: State
    sentence: str


class Finding(NamedTuple):
    """`begins_at`, `ends_at`: of what plays; None where it is more than a week away. `verdicts`: what plays
    first, then what it came before, then the others."""

    choice: Choice
    begins_at: datetime | None
    ends_at: datetime | None
    verdicts: list[Verdict]


def explain(
    candidates: Sequence[Candidate], zone: str, at: datetime, default_playlist_id: str | None
) -> Finding:
    """What plays at an instant. `zone`: the screen's."""
    able = [candidate for candidate in candidates if candidate.hindrance is None]
    playing = sorted(
        (candidate for candidate in able if _plays(candidate.entry, zone, at)),
        key=lambda candidate: candidate.entry.rank,
        reverse=True,
    )
    choice = choose([candidate.entry for candidate in playing], default_playlist_id)
    verdicts = [Verdict(playing[0], "plays", _won(playing, choice.because))] if playing else []
    verdicts += [Verdict(one, "beaten", _beaten(one, playing[0])) for one in playing[1:]]
    verdicts += [Verdict(one, "not_now", _not_now(one.entry, zone, at)) for one in able if one not in playing]
    for one in candidates:
        if one.hindrance is not None:
            verdicts.append(Verdict(one, "disabled" if one.is_off else "not_now", one.hindrance))
    begins_at, ends_at = _span([one.entry for one in able], zone, at, default_playlist_id)
    return Finding(choice, begins_at, ends_at, verdicts)


def _plays(entry: ScheduleEntry, zone: str, at: datetime) -> bool:
    return next(entry.spans(zone, at, at + _MOMENT), None) is not None


def _span(
    entries: Sequence[ScheduleEntry], zone: str, at: datetime, default_playlist_id: str | None
) -> tuple[datetime | None, datetime | None]:
    """From when until when what plays at `at` does: the same playlist by the same entry."""
    first, last = at - _AROUND, at + _AROUND
    segments = resolve(entries, zone, first, last, default_playlist_id)
    place = next(n for n, segment in enumerate(segments) if segment.begins_at <= at < segment.ends_at)
    what = segments[place][2:4]
    low = high = place
    while low > 0 and segments[low - 1][2:4] == what:
        low -= 1
    while high + 1 < len(segments) and segments[high + 1][2:4] == what:
        high += 1
    begins_at, ends_at = segments[low].begins_at, segments[high].ends_at
    return (None if begins_at == first else begins_at), (None if ends_at == last else ends_at)


def _won(playing: Sequence[Candidate], because: PlaysBecause) -> str:
    if len(playing) == 1:
        return "plays: no other entry would at that moment"
    first, second = playing[0].entry, playing[1]
    match because:
        case PlaysBecause.TAKEOVER:
            return f"plays: it takes over, {second.called} does not"
        case PlaysBecause.PRIORITY:
            return f"plays: its priority is {first.priority}, that of {second.called} {second.entry.priority}"
        case PlaysBecause.SPECIFICITY:
            whom = f"{_WHOM[first.specificity]}, {second.called} {_WHOM[second.entry.specificity]}"
            return f"plays: it names {whom}"
    return f"plays: it is newer than {second.called}"


def _beaten(one: Candidate, winner: Candidate) -> str:
    entry, first = one.entry, winner.entry
    match rule_between(first, entry):
        case PlaysBecause.TAKEOVER:
            return f"beaten: {winner.called} takes over"
        case PlaysBecause.PRIORITY:
            return f"beaten: {winner.called} has priority {first.priority}, this has {entry.priority}"
        case PlaysBecause.SPECIFICITY:
            whom = f"{_WHOM[first.specificity]}, this names {_WHOM[entry.specificity]}"
            return f"beaten: {winner.called} names {whom}"
    return f"beaten: {winner.called} is newer"


def _not_now(entry: ScheduleEntry, zone: str, at: datetime) -> str:
    if entry.valid_until is not None and entry.valid_until <= at:
        return f"not then: it was valid until {moment(entry.valid_until, zone)}"
    if entry.valid_from is not None and entry.valid_from > at:
        return f"not then: it is valid from {moment(entry.valid_from, zone)} on"
    if entry.is_over(at):
        return "not then: its days are over"
    coming = next(entry.spans(zone, at, at + LOOKED_AHEAD), None)
    if coming is None:
        return f"not then, nor within {LOOKED_AHEAD.days} days after"
    return f"not then: it plays next on {moment(coming[0], zone)}"
