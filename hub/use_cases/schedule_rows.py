"""From an entry as it is kept to one as a screen meets it, and to one as people read it."""

from __future__ import annotations

import msgspec

from hub.schedule.entries import ScheduleEntry, Specificity, Times, times_of
from hub.schedule.words import when_words
from hub.use_cases.schedule_ports import EntryRow
from protocol.schedule import Entry, Target


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


def entry_body(row: EntryRow) -> Entry:
    """As the API says it, with the words."""
    entry = row.entry
    words = when_words(times_of_entry(entry), entry.recurrence, entry.valid_from, entry.valid_until)
    return msgspec.structs.replace(entry, target_text=target_words(row), when_text=words)


def target_words(row: EntryRow) -> str:
    """For whom it is: "the screen Lobby 1", "every screen"."""
    target = row.entry.target
    if target.device_id is not None:
        return f"the screen {row.target_name}"
    if target.group_id is not None:
        return f"the group {row.target_name}"
    if target.site_id is not None:
        return f"the site {row.target_name}"
    return "every screen" if target.tag_query is None else f"screens with {target.tag_query}"


def called(entry: Entry) -> str:
    """What people call it: its name, or that of its playlist."""
    return f"“{entry.name or entry.playlist_name}”"
