"""Schedules, and where a screen stands, in words. Pure."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from dashboard.clock import Clock, to_ms
from dashboard.sentences import begun, count
from dashboard.week import Week
from protocol.manifest import DevicePlaylist, PlaylistPlaying
from protocol.schedule import Candidate, Entry, ResolvedSchedule, Segment, Target
from protocol.vocabulary import PlaysBecause

NOTHING: Final = "Nothing"
_ASKED_BESIDE: Final = timedelta(hours=12)
"""So far beyond the week it is asked at least, whatever zone the screen turns out to be in."""
BECAUSE: Final[dict[PlaysBecause, str]] = {
    PlaysBecause.EMERGENCY: "an emergency goes before everything",
    PlaysBecause.TAKEOVER: "it takes over",
    PlaysBecause.PRIORITY: "it has the highest priority",
    PlaysBecause.SPECIFICITY: "it is meant for fewer screens than the others",
    PlaysBecause.NEWEST: "it is the newest",
    PlaysBecause.ONLY_ONE: "nothing else is scheduled then",
    PlaysBecause.DEFAULT: "nothing is scheduled then: the default playlist plays",
    PlaysBecause.NOTHING: "nothing is scheduled, and there is no default playlist",
}
"""Why a screen plays what it plays; each completes "… because"."""

CANDIDATE_WORDS: Final = {"plays": "Plays", "beaten": "Beaten", "not_now": "Not then", "disabled": "Off"}
CANDIDATE_TONES: Final = {"plays": "ok", "beaten": "warn", "not_now": "", "disabled": ""}
_SAID: Final = ("plays", "beaten", "not then", "switched off")
TARGETS: Final = {
    "device": "One screen",
    "group": "A group of screens",
    "site": "A site",
    "tag": "Screens with tags",
    "all": "Every screen",
}


def verdict(candidate: Candidate) -> str:
    """Why, without the word that its pill says already."""
    word, colon, why = candidate.verdict.partition(": ")
    return begun(why if colon and word in _SAID else candidate.verdict)


def target_kind(target: Target) -> str:
    """One of `TARGETS`."""
    if target.device_id is not None:
        return "device"
    if target.group_id is not None:
        return "group"
    if target.site_id is not None:
        return "site"
    return "all" if target.tag_query is None else "tag"


def week_words(days: list[date]) -> str:
    """`16 – 22 Nov 2026`, `28 Dec 2026 – 3 Jan 2027`."""
    first, last = days[0], days[-1]
    if first.year != last.year:
        return f"{first.day} {first:%b %Y} – {last.day} {last:%b %Y}"
    month = "" if first.month == last.month else f" {first:%b}"
    return f"{first.day}{month} – {last.day} {last:%b %Y}"


def hours(segment: Segment, week: Week) -> str:
    """`08:00–18:00`, by the clock there; with days where it lasts longer than one. Since when something plays
    that was there long before the week, and how long it will, was not asked."""
    begins, ends = segment.begins_at.astimezone(week.zone), segment.ends_at.astimezone(week.zone)
    was_there, goes_on = week.begins - begins > _ASKED_BESIDE, ends - week.ends > _ASKED_BESIDE
    if was_there and goes_on:
        return "all week"
    if was_there:
        return f"until {ends:%a %H:%M}"
    if goes_on:
        return f"from {begins:%a %H:%M}"
    if _within_a_day(segment):
        return f"{begins:%H:%M}–{ends:%H:%M}"
    return f"{begins:%a %H:%M} – {ends:%a %H:%M}"


def block_words(segment: Segment, week: Week) -> str:
    """What a block of the calendar says when it is pointed at or read aloud."""
    day = f"{segment.begins_at.astimezone(week.zone):%A} " if _within_a_day(segment) else ""
    return f"{segment.playlist_name}, {day}{hours(segment, week)}, because {BECAUSE[segment.because]}"


def _within_a_day(segment: Segment) -> bool:
    return segment.ends_at - segment.begins_at < timedelta(days=1)


def entry_marks(entry: Entry) -> list[str]:
    """What is unusual of an entry, each in a word or two."""
    marks = []
    if not entry.enabled:
        marks.append("off")
    if entry.is_takeover:
        marks.append("takes over")
    if entry.priority:
        marks.append(f"priority {entry.priority}")
    return marks


def numbered(playing: PlaylistPlaying | None) -> str:
    """`Welcome #7`."""
    return NOTHING if playing is None else f"{playing.name} #{playing.number}"


def plays(standing: DevicePlaylist) -> str:
    """What it plays, as far as it has said."""
    if standing.plays is None and standing.lags_since is not None:
        return "Not known"
    return numbered(standing.plays)


def lags(standing: DevicePlaylist, clock: Clock, now_ms: int, *, online: bool) -> str:
    """Why a screen does not play what it should yet, in a sentence; nothing where it does."""
    if standing.lags_since is None:
        return ""
    since = clock.moment(to_ms(standing.lags_since), now_ms)
    if not online:
        return f"Has been behind since {since}. It is offline, and gets it when it returns."
    return f"Has been behind since {since}: it has not said yet that it plays the new one."


def next_changes(schedule: ResolvedSchedule, now: datetime, most: int = 3) -> list[tuple[datetime, str]]:
    """When the screen changes to which playlist, the soonest first."""
    before = next((s.playlist_id for s in schedule.segments if s.begins_at <= now < s.ends_at), None)
    changes: list[tuple[datetime, str]] = []
    for segment in schedule.segments:
        if segment.begins_at > now and segment.playlist_id != before:
            changes.append((segment.begins_at, segment.playlist_name or NOTHING))
        if segment.ends_at > now:
            before = segment.playlist_id
    return changes[:most]


def change_words(at: datetime, zone: ZoneInfo, now: datetime) -> str:
    """`18:00`, `tomorrow 08:00`, `Mon 08:00`, by the clock there; up to a week ahead."""
    local, today = at.astimezone(zone), now.astimezone(zone)
    days = (local.date() - today.date()).days
    if days == 0:
        return f"{local:%H:%M}"
    return f"tomorrow {local:%H:%M}" if days == 1 else f"{local:%a %H:%M}"


def entries_words(entries: int) -> str:
    return "No entry" if not entries else count(entries, "entry", "entries")
