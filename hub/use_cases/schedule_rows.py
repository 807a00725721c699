"""From an entry as it is kept to one as a screen meets it, and to one as people read it."""

from __future__ import annotations

import msgspec

from hub.schedule.entries import ScheduleEntry
from hub.schedule.kept import kept_times, schedule_entry, specificity_of
from hub.schedule.words import when_words
from hub.use_cases.schedule_ports import EntryRow
from protocol.schedule import Entry


def entry_of(row: EntryRow) -> ScheduleEntry:
    """The entry, for `hub.schedule.resolving.resolve`."""
    target = row.entry.target
    narrow = specificity_of(
        device_id=target.device_id, group_id=target.group_id, tags=target.tag_query, site_id=target.site_id
    )
    return schedule_entry(row.entry, narrow)


def entry_body(row: EntryRow) -> Entry:
    """As the API says it, with the words."""
    entry = row.entry
    words = when_words(kept_times(entry), entry.recurrence, entry.valid_from, entry.valid_until)
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
