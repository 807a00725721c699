"""From an entry as it is kept to one as a screen meets it. For whoever resolves schedules."""

from __future__ import annotations

from hub.schedule.entries import ScheduleEntry, Specificity, Times, times_of
from hub.use_cases.schedule_ports import EntryRow
from protocol.schedule import Entry, Target


def may_play(row: EntryRow) -> bool:
    """Whether it plays at its times: it is switched on, and its playlist was published."""
    return row.entry.enabled and row.active_number is not None


def schedule_entry(row: EntryRow) -> ScheduleEntry:
    """The entry, for `hub.schedule.resolving.resolve`."""
    entry = row.entry
    return ScheduleEntry(
        id=entry.id,
        playlist_id=entry.playlist_id,
        specificity=specificity(entry.target),
        created_at=entry.created_at,
        is_takeover=entry.is_takeover,
        priority=entry.priority,
        times=times_of_entry(entry),
        valid_from=entry.valid_from,
        valid_until=entry.valid_until,
    )


def times_of_entry(entry: Entry) -> Times:
    """Its days and the times of them."""
    return times_of(
        first_day=entry.first_day,
        recurrence_text=entry.recurrence,
        except_days=entry.except_days,
        pairs=entry.dayparts,
        time_zone=entry.time_zone,
    )


def specificity(target: Target) -> Specificity:
    """How narrowly it names its screens."""
    if target.device_id is not None:
        return Specificity.DEVICE
    if target.group_id is not None:
        return Specificity.GROUP
    if target.tag_query is not None:
        return Specificity.TAG
    return Specificity.EVERYBODY if target.site_id is None else Specificity.SITE
