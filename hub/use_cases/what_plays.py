"""What plays on a screen: for the days to come, and at an instant, with the reason.

Rule 1: what is said here is what the manifests are made of: the same entries, playlists and canaries,
        resolved by the same page.
Rule 2: an emergency in force comes before all of it, from when it was triggered until now; nobody knows yet
        how long it lasts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

import msgspec

from hub.manifests.reach import Canaries
from hub.operator import Operator
from hub.permissions import require
from hub.schedule.explaining import Candidate, Finding, Verdict, explain
from hub.schedule.resolving import resolve
from hub.schedule.wall_clock import wall
from hub.use_cases.entry_facts import checked_instant
from hub.use_cases.errors import NO_SUCH_DEVICE, Invalid, NotFound
from hub.use_cases.manifest_ports import PlaylistFact
from hub.use_cases.opening_hours import checked_time_zone
from hub.use_cases.ports import Database, Transaction
from hub.use_cases.realtime import Realtime
from hub.use_cases.schedule_ports import EntryRow, ScheduledScreen
from hub.use_cases.schedule_rows import called, entry_body, entry_of
from protocol.frames import Alert
from protocol.schedule import Candidate as CandidateBody
from protocol.schedule import Entry, Explanation, ResolvedSchedule, Segment
from protocol.vocabulary import Permission, PlaysBecause

DAYS_AT_MOST: Final = 32
_A_WEEK: Final = timedelta(days=7)
_NO_SUCH_GROUP: Final = "There is no such group. It may have been deleted, or the id is mistyped."


class WhatPlays:
    """Reading only."""

    def __init__(self, database: Database, realtime: Realtime, now: Callable[[], datetime]) -> None:
        self._database = database
        self._realtime = realtime
        self._now = now

    async def of_screen(
        self, operator: Operator, device_id: str, begins: datetime | None, ends: datetime | None
    ) -> ResolvedSchedule:
        """What it plays from one instant until another. Raises NotAllowed, NotFound, Invalid."""
        require(operator, Permission.CONTENT_VIEW)
        begins, ends = _span(begins, ends, self._now())
        known = await self._known(operator, device_id)
        zone = known.screen.time_zone
        return ResolvedSchedule(device_id, zone, _segments(known.rows, known.published, zone, begins, ends))

    async def of_group(
        self,
        operator: Operator,
        group_id: str,
        time_zone: str,
        begins: datetime | None,
        ends: datetime | None,
    ) -> ResolvedSchedule:
        """What the entries that name the group would play, by the clock of a zone. Raises NotAllowed,
        NotFound, Invalid."""
        require(operator, Permission.CONTENT_VIEW)
        begins, ends = _span(begins, ends, self._now())
        zone = checked_time_zone(time_zone)

        def read(tx: Transaction) -> tuple[Sequence[EntryRow], _Published]:
            if not tx.names.of("device_groups", [group_id]):
                raise NotFound(_NO_SUCH_GROUP)
            numbers = {one.id: one.active_number for one in tx.manifest_facts.playlists()}
            return tx.schedule.naming("group", group_id), _Published(None, numbers)

        rows, published = await self._database.transact(operator.tenant_id, read)
        return ResolvedSchedule(None, zone, _segments(rows, published, zone, begins, ends), group_id)

    async def explain(self, operator: Operator, device_id: str, at: datetime | None) -> Explanation:
        """What plays there at an instant (None: now), and why. Raises NotAllowed, NotFound, Invalid."""
        require(operator, Permission.CONTENT_VIEW)
        now = self._now()
        at = checked_instant("at", at) or now
        explanation = _explanation(await self._known(operator, device_id), at)
        if at <= now:
            for alert in self._realtime.alerts_for(device_id):
                if _instant(alert.issued_ms) <= at:
                    return _under(explanation, alert)
        return explanation

    async def _known(self, operator: Operator, device_id: str) -> _Known:
        def read(tx: Transaction) -> _Known:
            screen = tx.schedule.screen(device_id, operator.sites)
            if screen is None:
                raise NotFound(NO_SUCH_DEVICE)
            playlists = tx.manifest_facts.playlists()
            canaries = Canaries(playlists, tx.manifest_facts.members).of(device_id)
            numbers = {
                one.id: one.canary_number if one.id in canaries else one.active_number for one in playlists
            }
            default = next((one for one in playlists if one.is_default), None)
            return _Known(screen, tx.schedule.for_device(device_id), _Published(default, numbers))

        return await self._database.transact(operator.tenant_id, read)


class _Published(NamedTuple):
    """`numbers`: by id of each playlist that was published, the version that the screen plays; None: only a
    trial of it was, on other screens."""

    default: PlaylistFact | None
    numbers: Mapping[str, int | None]

    @property
    def default_id(self) -> str | None:
        """What plays where no entry does."""
        return None if self.default is None or self.numbers[self.default.id] is None else self.default.id

    def has(self, row: EntryRow) -> bool:
        """Whether there is a version to play of the entry's playlist."""
        return self.numbers.get(row.entry.playlist_id) is not None


class _Known(NamedTuple):
    """All that decides what one screen plays."""

    screen: ScheduledScreen
    rows: Sequence[EntryRow]
    published: _Published


def _span(begins: datetime | None, ends: datetime | None, now: datetime) -> tuple[datetime, datetime]:
    begins = checked_instant("from", begins) or now
    ends = checked_instant("until", ends) or begins + _A_WEEK
    if not timedelta() < ends - begins <= timedelta(days=DAYS_AT_MOST):
        raise Invalid({"until": f"must be after from, by at most {DAYS_AT_MOST} days"})
    return begins, ends


def _segments(
    rows: Sequence[EntryRow], published: _Published, zone: str, begins: datetime, ends: datetime
) -> list[Segment]:
    entries = [entry_of(row) for row in rows if row.entry.enabled and published.has(row)]
    names = _names(rows, published)
    return [
        Segment(
            begins_at=segment.begins_at,
            ends_at=segment.ends_at,
            playlist_id=segment.playlist_id,
            playlist_name=names.get(segment.playlist_id),
            entry_id=segment.entry_id,
            because=segment.because,
        )
        for segment in resolve(entries, zone, begins, ends, published.default_id)
    ]


def _names(rows: Sequence[EntryRow], published: _Published) -> Mapping[str | None, str]:
    names: dict[str | None, str] = {row.entry.playlist_id: row.entry.playlist_name for row in rows}
    default = published.default
    return names if default is None else {**names, default.id: default.name}


def _candidate(row: EntryRow, published: _Published) -> Candidate:
    entry, name = row.entry, called(row.entry)
    if not entry.enabled:
        return Candidate(entry_of(row), name, "switched off: it plays at no time", is_off=True)
    if entry.playlist_id not in published.numbers:
        why = f"not then: the playlist “{entry.playlist_name}” was never published"
        return Candidate(entry_of(row), name, why)
    if not published.has(row):
        why = f"not then: the playlist “{entry.playlist_name}” is tried on other screens first"
        return Candidate(entry_of(row), name, why)
    return Candidate(entry_of(row), name)


def _explanation(known: _Known, at: datetime) -> Explanation:
    screen, rows, published = known
    candidates = [_candidate(row, published) for row in rows]
    found = explain(candidates, screen.time_zone, at, published.default_id)
    bodies = {row.entry.id: entry_body(row) for row in rows}
    choice = found.choice
    return Explanation(
        device_id=screen.id,
        at=at,
        local_time=f"{wall(at, screen.time_zone):%Y-%m-%d %H:%M:%S}",
        time_zone=screen.time_zone,
        because=choice.because,
        sentence=_sentence(bodies, published, found),
        playlist_id=choice.playlist_id,
        playlist_name=_names(rows, published).get(choice.playlist_id),
        number=None if choice.playlist_id is None else published.numbers[choice.playlist_id],
        entry_id=choice.entry_id,
        begins_at=found.begins_at,
        ends_at=found.ends_at,
        candidates=[_verdict(bodies[one.candidate.entry.id], one) for one in found.verdicts],
    )


def _verdict(body: Entry, verdict: Verdict) -> CandidateBody:
    return CandidateBody(
        entry_id=body.id,
        name=body.name,
        playlist_id=body.playlist_id,
        playlist_name=body.playlist_name,
        target_text=body.target_text,
        when_text=body.when_text,
        priority=body.priority,
        is_takeover=body.is_takeover,
        state=verdict.state,
        verdict=verdict.sentence,
    )


def _sentence(bodies: Mapping[str, Entry], published: _Published, found: Finding) -> str:
    choice, default = found.choice, published.default
    if choice.entry_id is not None:
        body = bodies[choice.entry_id]
        why = found.verdicts[0].sentence.removeprefix("plays: ")
        entry = f"the entry {called(body)} for {body.target_text} ({body.when_text})"
        return f"“{body.playlist_name}” plays by {entry}: {why}."
    if choice.playlist_id is not None and default is not None:
        return f"“{default.name}” plays: no entry of the schedule would, and it is the default playlist."
    return "Nothing plays: no entry of the schedule would, and no default playlist was published."


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
