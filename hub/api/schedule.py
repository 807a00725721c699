"""The schedule: entries, what comes of them, and why."""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import Meta, Struct, field

from hub.api.queries import PageQuery
from hub.api.route import Answer, route
from hub.operator import Operator
from hub.use_cases.schedule import Filter
from hub.use_cases.schedule_ports import TargetKind
from hub.use_cases.wiring import UseCases
from protocol.api import Id, Page
from protocol.schedule import (
    Assignment,
    Entry,
    EntryPatch,
    EntryRequest,
    Explanation,
    Instant,
    ResolvedSchedule,
)


class ScheduleQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    """`device`: those that are for the screen, by whatever way; `group`: those that name it; `target`: of one
    kind."""

    device_id: Id | None = field(default=None, name="device")
    group_id: Id | None = field(default=None, name="group")
    playlist_id: Id | None = field(default=None, name="playlist")
    target: TargetKind | None = None


class SpanQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """From one instant (without it: now) until another, at most 32 days later (without it: a week)."""

    begins: Instant | None = field(default=None, name="from")
    ends: Instant | None = field(default=None, name="until")


class GroupSpanQuery(SpanQuery, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`time_zone`: by whose clock, where an entry takes that of the screen."""

    time_zone: Annotated[str, Meta(min_length=1, max_length=60)] = "UTC"


class ExplainQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Without `at`: now."""

    at: Instant | None = None


# ---- entries ----


async def list_entries(use_cases: UseCases, operator: Operator, query: ScheduleQuery) -> Page[Entry]:
    wanted = Filter(query.device_id, query.group_id, query.playlist_id, query.target)
    return await use_cases.schedule.find(operator, wanted, query.cursor, query.limit)


async def add_entry(use_cases: UseCases, operator: Operator, body: EntryRequest) -> Answer:
    return _tagged(await use_cases.schedule.add(operator, body), 201)


async def get_entry(use_cases: UseCases, operator: Operator, entry_id: str) -> Answer:
    return _tagged(await use_cases.schedule.get(operator, entry_id))


async def change_entry(
    use_cases: UseCases, operator: Operator, entry_id: str, body: EntryPatch, if_match: int | None
) -> Answer:
    return _tagged(await use_cases.schedule.change(operator, entry_id, body, if_match))


async def delete_entry(use_cases: UseCases, operator: Operator, entry_id: str) -> None:
    await use_cases.schedule.delete(operator, entry_id)


async def assign_playlist(
    use_cases: UseCases, operator: Operator, device_id: str, body: Assignment
) -> Answer:
    return _tagged(await use_cases.schedule.assign(operator, device_id, body.playlist_id))


def _tagged(entry: Entry, status: int = 200) -> Answer:
    return Answer(entry, status, {"ETag": f'"{entry.revision}"'})


# ---- what comes of them ----


async def schedule_of_device(
    use_cases: UseCases, operator: Operator, device_id: str, query: SpanQuery
) -> ResolvedSchedule:
    return await use_cases.what_plays.of_screen(operator, device_id, query.begins, query.ends)


async def schedule_of_group(
    use_cases: UseCases, operator: Operator, group_id: str, query: GroupSpanQuery
) -> ResolvedSchedule:
    return await use_cases.what_plays.of_group(operator, group_id, query.time_zone, query.begins, query.ends)


async def explain(
    use_cases: UseCases, operator: Operator, device_id: str, query: ExplainQuery
) -> Explanation:
    return await use_cases.what_plays.explain(operator, device_id, query.at)


_NO_ENTRY: Final = {404: "Your tenant has no such entry, or it concerns none of your screens."}
_NO_DEVICE: Final = {404: "Your tenant has no such screen, or it is at none of your sites."}

ROUTES: Final = (
    route(
        "GET",
        "/api/v1/schedule",
        list_entries,
        tag="schedule",
        summary="Entries of the schedule, the newest first; with `device` all that are for that screen",
        answers={200: (Page[Entry], "One page.")},
        problems=_NO_DEVICE,
    ),
    route(
        "POST",
        "/api/v1/schedule",
        add_entry,
        tag="schedule",
        summary="Put a playlist on screens, for always or at times",
        answers={201: (Entry, "The entry; its ETag is its revision.")},
    ),
    route(
        "GET",
        "/api/v1/schedule/{entry_id}",
        get_entry,
        tag="schedule",
        summary="One entry",
        answers={200: (Entry, "The entry; its ETag is its revision.")},
        problems=_NO_ENTRY,
    ),
    route(
        "PATCH",
        "/api/v1/schedule/{entry_id}",
        change_entry,
        tag="schedule",
        summary="Change an entry; what is left out stays. With If-Match only if nobody else changed it",
        answers={200: (Entry, "The entry as it is now.")},
        problems=_NO_ENTRY | {412: "Somebody changed it since that revision."},
    ),
    route(
        "DELETE",
        "/api/v1/schedule/{entry_id}",
        delete_entry,
        tag="schedule",
        summary="Delete an entry: it plays no more",
        answers={204: (None, "It is gone.")},
        problems=_NO_ENTRY,
    ),
    route(
        "PUT",
        "/api/v1/devices/{device_id}/playlist",
        assign_playlist,
        tag="schedule",
        summary="Assign a playlist to a screen: make or change its one entry without times",
        answers={200: (Entry, "That entry.")},
        problems=_NO_DEVICE,
    ),
    route(
        "GET",
        "/api/v1/devices/{device_id}/schedule",
        schedule_of_device,
        tag="schedule",
        summary="What a screen plays from one instant until another",
        answers={200: (ResolvedSchedule, "Without a gap, in order.")},
        problems=_NO_DEVICE,
    ),
    route(
        "GET",
        "/api/v1/groups/{group_id}/schedule",
        schedule_of_group,
        tag="schedule",
        summary="What the entries that name a group would play, by the clock of a zone",
        answers={200: (ResolvedSchedule, "Without a gap, in order.")},
        problems={404: "Your tenant has no such group."},
    ),
    route(
        "GET",
        "/api/v1/devices/{device_id}/explain",
        explain,
        tag="schedule",
        summary="What plays on a screen at any instant, and why",
        answers={200: (Explanation, "What plays, and a verdict on every entry that is for the screen.")},
        problems=_NO_DEVICE,
    ),
)
