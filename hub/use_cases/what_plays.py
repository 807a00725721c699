"""What plays on a screen: for the days to come, and at an instant, with the reason.

Rule 1: what is said here is what the manifests are made of: the same entries, resolved by the same page.
Rule 2: an emergency in force comes before all of it, from when it was triggered until now; nobody knows yet
        how long it lasts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from hub.operator import Operator
from hub.permissions import require
from hub.schedule.explaining import Candidate, Finding, explain
from hub.schedule.named_days import EARLIEST, LATEST
from hub.schedule.resolving import resolve
from hub.schedule.wall_clock import wall
from hub.use_cases.errors import NO_SUCH_DEVICE, Invalid, NotFound
from hub.use_cases.opening_hours import checked_time_zone
from hub.use_cases.ports import Database, Transaction
from hub.use_cases.realtime import Realtime
from hub.use_cases.schedule_ports import DefaultPlaylist, EntryRow, ScheduledScreen
from hub.use_cases.schedule_rows import called, entry_body, may_play, schedule_entry
from protocol.frames import Alert
from protocol.schedule import Candidate as CandidateBody
from protocol.schedule import Explanation, ResolvedSchedule, Segment
from protocol.vocabulary import Permission, PlaysBecause

DAYS_AT_MOST: Final = 32
_NO_SUCH_GROUP: Final = "There is no such group. It may have been deleted, or the id is mistyped."


class WhatPlays:
    """Reading only."""

    def __init__(self, database: Database, realtime: Realtime, now: Callable[[], datetime]) -> None:
        self._database = database
        self._realtime = realtime
        self._now = now

    async def of_screen(
        self, operator: Operator, device_id: str, begins: datetime, ends: datetime
    ) -> ResolvedSchedule:
        """What it plays from one instant until another. Raises NotAllowed, NotFound, Invalid."""
        require(operator, Permission.CONTENT_VIEW)
        _require_span(begins, ends)
        screen, rows, default = await self._known(operator, device_id)
        segments = _segments(rows, screen.time_zone, begins, ends, default)
        return ResolvedSchedule(device_id, screen.time_zone, segments)

    async def of_group(
        self, operator: Operator, group_id: str, time_zone: str, begins: datetime, ends: datetime
    ) -> ResolvedSchedule:
        """What the entries that name the group would play, by the clock of a zone. Raises NotAllowed,
        NotFound, Invalid."""
        require(operator, Permission.CONTENT_VIEW)
        _require_span(begins, ends)
        zone = checked_time_zone(time_zone)

        def read(tx: Transaction) -> Sequence[EntryRow]:
            if not tx.names.of("device_groups", [group_id]):
                raise NotFound(_NO_SUCH_GROUP)
            return tx.schedule.of_group(group_id)

        rows = await self._database.transact(operator.tenant_id, read)
        return ResolvedSchedule(None, zone, _segments(rows, zone, begins, ends, None), group_id)

    async def explain(self, operator: Operator, device_id: str, at: datetime | None) -> Explanation:
        """What plays there at an instant (None: now), and why. Raises NotAllowed, NotFound, Invalid."""
        require(operator, Permission.CONTENT_VIEW)
        now = self._now()
        at = now if at is None else at.astimezone(UTC)
        if not EARLIEST < at.date() < LATEST:
            raise Invalid({"at": f"must be between {EARLIEST} and {LATEST}"})
        screen, rows, default = await self._known(operator, device_id)
        found = explain([_candidate(row) for row in rows], screen.time_zone, at, _id_of(default))
        explanation = _explanation(screen, rows, default, at, found)
        if at <= now:
            for alert in self._realtime.alerts_for(device_id):
                if _instant(alert.issued_ms) <= at:
                    return _under(explanation, alert)
        return explanation

    async def _known(
        self, operator: Operator, device_id: str
    ) -> tuple[ScheduledScreen, Sequence[EntryRow], DefaultPlaylist | None]:
        def read(tx: Transaction) -> tuple[ScheduledScreen, Sequence[EntryRow], DefaultPlaylist | None]:
            screen = tx.schedule.screen(device_id, operator.sites)
            if screen is None:
                raise NotFound(NO_SUCH_DEVICE)
            return screen, tx.schedule.for_device(device_id), tx.schedule.default_playlist()

        return await self._database.transact(operator.tenant_id, read)


def _require_span(begins: datetime, ends: datetime) -> None:
    if not EARLIEST < begins.astimezone(UTC).date() < LATEST:
        raise Invalid({"from": f"must be between {EARLIEST} and {LATEST}"})
    if not timedelta() < ends - begins <= timedelta(days=DAYS_AT_MOST):
        raise Invalid({"until": f"must be after from, by at most {DAYS_AT_MOST} days"})


def _id_of(default: DefaultPlaylist | None) -> str | None:
    return None if default is None or default.active_number is None else default.id


def _segments(
    rows: Sequence[EntryRow], zone: str, begins: datetime, ends: datetime, default: DefaultPlaylist | None
) -> list[Segment]:
    entries = [schedule_entry(row) for row in rows if may_play(row)]
    names = _names(rows, default)
    found = resolve(entries, zone, begins.astimezone(UTC), ends.astimezone(UTC), _id_of(default))
    return [
        Segment(
            begins_at=segment.begins_at,
            ends_at=segment.ends_at,
            playlist_id=segment.playlist_id,
            playlist_name=names.get(segment.playlist_id),
            entry_id=segment.entry_id,
            because=segment.because,
        )
        for segment in found
    ]


def _names(rows: Sequence[EntryRow], default: DefaultPlaylist | None) -> Mapping[str | None, str]:
    names: dict[str | None, str] = {row.entry.playlist_id: row.entry.playlist_name for row in rows}
    return names if default is None else {**names, default.id: default.name}


def _candidate(row: EntryRow) -> Candidate:
    entry = row.entry
    if not entry.enabled:
        return Candidate(schedule_entry(row), called(entry), "switched off: it plays at no time", True)
    if row.active_number is None:
        why = f"not then: the playlist “{entry.playlist_name}” was never published"
        return Candidate(schedule_entry(row), called(entry), why)
    return Candidate(schedule_entry(row), called(entry))


def _explanation(
    screen: ScheduledScreen,
    rows: Sequence[EntryRow],
    default: DefaultPlaylist | None,
    at: datetime,
    found: Finding,
) -> Explanation:
    by_id = {row.entry.id: row for row in rows}
    choice = found.choice
    numbers = {row.entry.playlist_id: row.active_number for row in rows}
    if default is not None:
        numbers[default.id] = default.active_number
    candidates = []
    for verdict in found.verdicts:
        body = entry_body(by_id[verdict.candidate.entry.id])
        said = {name: getattr(body, name) for name in CandidateBody.__struct_fields__ if hasattr(body, name)}
        candidates.append(
            CandidateBody(entry_id=body.id, state=verdict.state, verdict=verdict.sentence, **said)
        )
    return Explanation(
        device_id=screen.id,
        at=at,
        local_time=f"{wall(at, screen.time_zone):%Y-%m-%d %H:%M:%S}",
        time_zone=screen.time_zone,
        because=choice.because,
        sentence=_sentence(by_id, default, found),
        playlist_id=choice.playlist_id,
        playlist_name=_names(rows, default).get(choice.playlist_id),
        number=None if choice.playlist_id is None else numbers[choice.playlist_id],
        entry_id=choice.entry_id,
        begins_at=found.begins_at,
        ends_at=found.ends_at,
        candidates=candidates,
    )


def _sentence(by_id: Mapping[str, EntryRow], default: DefaultPlaylist | None, found: Finding) -> str:
    choice = found.choice
    if choice.entry_id is not None:
        body = entry_body(by_id[choice.entry_id])
        why = found.verdicts[0].sentence.removeprefix("plays: ")
        entry = f"the entry {called(body)} for {body.target_text} ({body.when_text})"
        return f"“{body.playlist_name}” plays by {entry}: {why}."
    if choice.playlist_id is not None and default is not None:
        return f"“{default.name}” plays: no entry of the schedule would, and it is the default playlist."
    if default is not None:
        return (
            "Nothing plays: no entry of the schedule would, and the default playlist "
            f"“{default.name}” was never published."
        )
    return "Nothing plays: no entry of the schedule would, and there is no default playlist."


def _under(explanation: Explanation, alert: Alert) -> Explanation:
    """The same where an emergency is shown instead."""
    shown = f"the emergency “{alert.title}”"
    without = explanation.sentence[:1].lower() + explanation.sentence[1:]
    return msgspec.structs.replace(
        explanation,
        because=PlaysBecause.EMERGENCY,
        sentence=f"{shown[:1].upper()}{shown[1:]} is shown, before everything else. Without it: {without}",
        playlist_id=None,
        playlist_name=None,
        number=None,
        entry_id=None,
        begins_at=_instant(alert.issued_ms),
        ends_at=None if alert.expires_ms is None else _instant(alert.expires_ms),
        candidates=[
            msgspec.structs.replace(one, state="beaten", verdict=f"beaten: {shown} is shown")
            if one.state == "plays"
            else one
            for one in explanation.candidates
        ],
    )


def _instant(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)
