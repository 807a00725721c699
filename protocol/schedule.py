"""Bodies of the HTTP API about schedules: what plays where and when, and why. As in `protocol.api`.

Rule 1: an entry plays when the clock on the wall shows it: a local time that is skipped plays never that day,
        one that comes twice plays twice. See docs/decisions/0031-schedules.md.
Rule 2: of the entries that would play at a moment, one does: a takeover before others; the higher priority;
        the more specific (a device, a group, a tag, a site, everybody); the newest; the greater id.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from protocol.api import Id
from protocol.places import FromUntil, TagQuery
from protocol.vocabulary import PlaysBecause

Dayparts = Annotated[list[FromUntil], Meta(max_length=24)]
Recurrence = Annotated[str, Meta(min_length=1, max_length=500)]
Priority = Annotated[int, Meta(ge=0, le=100)]
TimeZone = Annotated[str, Meta(min_length=1, max_length=60)]
ExceptDays = Annotated[list[date], Meta(max_length=1000)]
EntryName = Annotated[str, Meta(max_length=200)]
Instant = Annotated[datetime, Meta(tz=True)]


class Target(Struct, frozen=True, omit_defaults=True):
    """Which screens: one of these, or none of them for every screen of the tenant."""

    device_id: Id | None = None
    group_id: Id | None = None
    site_id: Id | None = None
    tag_query: TagQuery | None = None


class EntryRequest(Struct, frozen=True):
    """A playlist on some screens, at some times. Without times: always.

    `dayparts`: pairs of local times, `["22:00", "02:00"]` goes on into the next day; none: the whole day.
    `recurrence`: an RRULE of RFC 5545 (`FREQ=WEEKLY;BYDAY=MO,FR`) that names days, from `first_day` on; none:
    every day, or `first_day` alone if there is one. `except_days` are left out. `time_zone`: None for that of
    the screen's site. `valid_from` and `valid_until` bound all of it.
    """

    playlist_id: Id
    target: Target = field(default_factory=Target)
    name: EntryName = ""
    is_takeover: bool = False
    priority: Priority = 0
    enabled: bool = True
    valid_from: Instant | None = None
    valid_until: Instant | None = None
    first_day: date | None = None
    recurrence: Recurrence | None = None
    except_days: ExceptDays = field(default_factory=list)
    dayparts: Dayparts = field(default_factory=list)
    time_zone: TimeZone | None = None


class EntryPatch(Struct, frozen=True):
    """What is left out stays."""

    playlist_id: Id | UnsetType = UNSET
    target: Target | UnsetType = UNSET
    name: EntryName | UnsetType = UNSET
    is_takeover: bool | UnsetType = UNSET
    priority: Priority | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    valid_from: Instant | UnsetType | None = UNSET
    valid_until: Instant | UnsetType | None = UNSET
    first_day: date | UnsetType | None = UNSET
    recurrence: Recurrence | UnsetType | None = UNSET
    except_days: ExceptDays | UnsetType = UNSET
    dayparts: Dayparts | UnsetType = UNSET
    time_zone: TimeZone | UnsetType | None = UNSET


class Entry(Struct, frozen=True):
    """`target_text`: the target in words, as it is called now; `when_text`: the times in words."""

    id: str
    playlist_id: str
    playlist_name: str
    target: Target
    target_text: str
    when_text: str
    name: str
    is_takeover: bool
    priority: int
    enabled: bool
    valid_from: datetime | None
    valid_until: datetime | None
    first_day: date | None
    recurrence: str | None
    except_days: list[date]
    dayparts: list[list[str]]
    time_zone: str | None
    revision: int
    created_by: str
    created_at: datetime
    updated_at: datetime


class Segment(Struct, frozen=True):
    """From `begins_at` until `ends_at` one playlist plays, or nothing (`playlist_id` None)."""

    begins_at: datetime
    ends_at: datetime
    playlist_id: str | None
    playlist_name: str | None
    entry_id: str | None
    because: PlaysBecause


class ResolvedSchedule(Struct, frozen=True):
    """What one screen plays between two instants, without a gap. `time_zone`: the screen's. Of a group: what
    the entries that name it, and nothing else, would play by the clock of that zone."""

    device_id: str | None
    time_zone: str
    segments: list[Segment]
    group_id: str | None = None


class Assignment(Struct, frozen=True):
    """The playlist that a screen plays whenever nothing else is scheduled for it."""

    playlist_id: Id


class Candidate(Struct, frozen=True):
    """An entry that concerns the screen. `verdict`: plays, beaten (by which rule), or not now (and why), in a
    sentence."""

    entry_id: str
    name: str
    playlist_id: str
    playlist_name: str
    target_text: str
    when_text: str
    priority: int
    is_takeover: bool
    state: Literal["plays", "beaten", "not_now", "disabled"]
    verdict: str


class Explanation(Struct, frozen=True):
    """What plays on a screen at an instant, and why. `sentence` is for people; `number`: the version of the
    playlist that the screen should play then (of another moment than now: the one of now)."""

    device_id: str
    at: datetime
    local_time: str
    time_zone: str
    because: PlaysBecause
    sentence: str
    playlist_id: str | None
    playlist_name: str | None
    number: int | None
    entry_id: str | None
    begins_at: datetime | None
    ends_at: datetime | None
    candidates: list[Candidate]
