"""From an entry as it is kept to one as a screen meets it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Protocol

from hub.schedule.entries import ScheduleEntry, Specificity, Times, times_of


class KeptEntry(Protocol):
    """What is kept of an entry, but for whom it is."""

    @property
    def id(self) -> str: ...
    @property
    def playlist_id(self) -> str: ...
    @property
    def is_takeover(self) -> bool: ...
    @property
    def priority(self) -> int: ...
    @property
    def valid_from(self) -> datetime | None: ...
    @property
    def valid_until(self) -> datetime | None: ...
    @property
    def first_day(self) -> date | None: ...
    @property
    def recurrence(self) -> str | None: ...
    @property
    def except_days(self) -> list[date]: ...
    @property
    def dayparts(self) -> list[list[str]]: ...
    @property
    def time_zone(self) -> str | None: ...
    @property
    def created_at(self) -> datetime: ...


def schedule_entry(kept: KeptEntry, specificity: Specificity) -> ScheduleEntry:
    """The entry, for `hub.schedule.resolving.resolve`. Raises CannotBeMeant, but not for what was checked."""
    return ScheduleEntry(
        id=kept.id,
        playlist_id=kept.playlist_id,
        specificity=specificity,
        created_at=kept.created_at,
        is_takeover=kept.is_takeover,
        priority=kept.priority,
        times=kept_times(kept),
        valid_from=kept.valid_from,
        valid_until=kept.valid_until,
    )


def kept_times(kept: KeptEntry) -> Times:
    """Its days and the times of them. Raises CannotBeMeant, but not for what was checked."""
    return times_of(
        first_day=kept.first_day,
        recurrence_text=kept.recurrence,
        except_days=kept.except_days,
        pairs=kept.dayparts,
        time_zone=kept.time_zone,
    )


def specificity_of(
    *, device_id: str | None, group_id: str | None, tags: Sequence[object] | None, site_id: str | None
) -> Specificity:
    """How narrowly an entry names its screens. `tags`: the query, as it is kept or as it was written."""
    if device_id is not None:
        return Specificity.DEVICE
    if group_id is not None:
        return Specificity.GROUP
    if tags is not None:
        return Specificity.TAG
    return Specificity.EVERYBODY if site_id is None else Specificity.SITE
