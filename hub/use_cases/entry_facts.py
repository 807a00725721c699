"""What is said of an entry of the schedule, checked: from the body of a request to what is kept. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

import msgspec

from hub.schedule import dayparts, recurrence
from hub.schedule.errors import CannotBeMeant
from hub.schedule.named_days import EARLIEST, LATEST, first_named, last_of_count
from hub.use_cases import tag_query
from hub.use_cases.errors import Invalid
from hub.use_cases.instants import in_utc, require_window
from hub.use_cases.opening_hours import checked_time_zone
from hub.use_cases.patches import fields_of
from hub.use_cases.texts import one_line
from protocol.schedule import Entry, EntryPatch, EntryRequest, Target

_SAID: Final = EntryRequest.__struct_fields__


def patched(entry: Entry, patch: EntryPatch) -> EntryRequest:
    """The entry as it would be said anew, with what the patch names."""
    said = {name: getattr(entry, name) for name in _SAID}
    return EntryRequest(**{**said, **fields_of(patch)})


def checked(request: EntryRequest) -> dict[str, Any]:
    """By column what is kept of it. Whether what it names is there is not known here. Raises Invalid."""
    valid_from = checked_instant("valid_from", request.valid_from)
    valid_until = checked_instant("valid_until", request.valid_until)
    require_window(valid_from, valid_until)
    return {
        "playlist_id": request.playlist_id.lower(),
        **_target(request.target),
        "name": one_line("name", request.name) if request.name.strip() else "",
        "is_takeover": request.is_takeover,
        "priority": request.priority,
        "enabled": request.enabled,
        "valid_from": valid_from,
        "valid_until": valid_until,
        "first_day": _first_day(request.first_day),
        "recurrence": _recurrence(request.recurrence, request.first_day),
        "except_days": sorted(set(request.except_days)),
        "dayparts": _dayparts(request.dayparts),
        "time_zone": None if request.time_zone is None else checked_time_zone(request.time_zone),
    }


def checked_instant(field: str, at: datetime | None) -> datetime | None:
    """In UTC. Raises Invalid for one that no calendar here reaches."""
    if at is not None and not EARLIEST < at.date() < LATEST:
        raise Invalid({field: f"must be between {EARLIEST} and {LATEST}"})
    return in_utc(field, at)


def kept(entry: Entry, terms: Sequence[Sequence[str]] | None) -> dict[str, Any]:
    """The same of an entry that is kept, to compare."""
    target = {name: getattr(entry.target, name) for name in Target.__struct_fields__}
    said = {name: getattr(entry, name) for name in _SAID if name != "target"}
    return {**said, **target, "tag_terms": terms}


def _target(target: Target) -> dict[str, Any]:
    named = {name: value for name, value in msgspec.structs.asdict(target).items() if value is not None}
    if len(named) > 1:
        raise Invalid(
            {"target": f"names {' and '.join(sorted(named))}: name one of them, or make an entry each"}
        )
    facts: dict[str, Any] = dict.fromkeys((*Target.__struct_fields__, "tag_terms"))
    for name, value in named.items():
        facts[name] = value.lower()
    if target.tag_query is not None:
        try:
            terms = tag_query.parse(target.tag_query)
        except Invalid as error:
            raise Invalid({"target.tag_query": error.fields["tag_query"]}) from error
        facts["tag_query"] = tag_query.in_text(terms)
        facts["tag_terms"] = [list(term) for term in terms]
    return facts


def _first_day(day: date | None) -> date | None:
    if day is not None and not EARLIEST <= day <= LATEST:
        raise Invalid({"first_day": f"must be from {EARLIEST} to {LATEST}"})
    return day


def _recurrence(text: str | None, first_day: date | None) -> str | None:
    """As it is kept: in capitals. Raises Invalid also for a rule that names no day."""
    if text is None:
        return None
    try:
        rule = recurrence.parse(text)
    except CannotBeMeant as error:
        raise Invalid({"recurrence": str(error)}) from error
    if first_day is None:
        raise Invalid({"first_day": "is missing: a recurrence begins on a day"})
    if first_named(rule, first_day) is None:
        raise Invalid({"recurrence": f"names no day from {first_day} on"})
    if rule.count is not None and last_of_count(rule, first_day) is None:
        raise Invalid(
            {"recurrence": f"names fewer than {rule.count} days, or they are more than 60 years off"}
        )
    return text.strip().upper().removeprefix("RRULE:")


def _dayparts(pairs: Sequence[Sequence[str]]) -> list[list[str]]:
    """In the order of the day."""
    try:
        dayparts.parse(pairs)
    except CannotBeMeant as error:
        raise Invalid({"dayparts": str(error)}) from error
    return sorted(list(pair) for pair in pairs)
