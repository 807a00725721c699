"""Keeps what screens recorded: plays, their sums, and events; each record of a log once.

Rule 1: how far a screen's log is kept (`device_logs.kept`) is locked first and raised last, in the
        transaction that keeps the records. What is said again, by whichever hub, is left out by its number.
Rule 2: a session that another one has followed keeps nothing: the screen says it again on its newer link.
Rule 3: a play names its content as it is called now: it outlives the content.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, LiteralString, NamedTuple, Protocol
from zoneinfo import ZoneInfo

from persistence.columns import as_array
from persistence.database import Database
from persistence.repositories.base import Connection


class Play(Protocol):
    """One play of a log, or a sum of them; within bounds, and with ids that are ids."""

    @property
    def number(self) -> int: ...
    @property
    def media_id(self) -> str | None: ...
    @property
    def name(self) -> str: ...
    @property
    def playlist_id(self) -> str | None: ...
    @property
    def playlist_number(self) -> int | None: ...
    @property
    def started_ms(self) -> int: ...
    @property
    def ended_ms(self) -> int: ...
    @property
    def shown_ms(self) -> int: ...
    @property
    def plays(self) -> int: ...
    @property
    def completed(self) -> int: ...


class Happening(Protocol):
    """One event of a log, as a line of the screen's history."""

    @property
    def number(self) -> int: ...
    @property
    def at_ms(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def text(self) -> str: ...


class Said(Protocol):
    """Records of one screen, in order. `last`: the highest number, whatever became of its record. `epoch`: of
    the session that said it."""

    @property
    def device_id(self) -> str: ...
    @property
    def epoch(self) -> int: ...
    @property
    def log(self) -> str: ...
    @property
    def last(self) -> int: ...
    @property
    def plays(self) -> Sequence[Play]: ...
    @property
    def events(self) -> Sequence[Happening]: ...


class Kept(NamedTuple):
    """How far a log was kept before the transaction, and how far it is now."""

    before: int
    now: int


class _Version(NamedTuple):
    content_id: str
    name: str
    number: int


class _Screen(NamedTuple):
    """Of whom new records are: how far they were kept, and by which clock its days begin."""

    said: Said
    before: int
    zone: ZoneInfo

    def day_of(self, at_ms: int) -> date:
        return datetime.fromtimestamp(at_ms / 1000, self.zone).date()


_CURRENT: Final = """
    SELECT d.id, coalesce(s.time_zone, 'UTC')
      FROM unnest(%(ids)s::uuid[], %(epochs)s::bigint[]) AS r(id, epoch)
           JOIN devices d ON d.tenant_id = %(tenant)s AND d.id = r.id AND d.session_epoch <= r.epoch
           LEFT JOIN sites s ON s.tenant_id = d.tenant_id AND s.id = d.site_id
"""
# In the order of their ids, as every hub does it. Another log begins at nothing.
_LOCK: Final = """
    INSERT INTO device_logs AS l (tenant_id, device_id, log, kept)
    SELECT %(tenant)s, r.id, r.log, 0 FROM unnest(%(ids)s::uuid[], %(logs)s::text[]) AS r(id, log)
     ORDER BY r.id
    ON CONFLICT (device_id) DO UPDATE
       SET log = excluded.log, kept = CASE l.log WHEN excluded.log THEN l.kept ELSE 0 END
     WHERE l.tenant_id = %(tenant)s
    RETURNING device_id, kept
"""
_RAISE: Final = """
    UPDATE device_logs l SET kept = greatest(l.kept, r.last)
      FROM unnest(%(ids)s::uuid[], %(lasts)s::bigint[]) AS r(id, last)
     WHERE l.tenant_id = %(tenant)s AND l.device_id = r.id
"""
_VERSIONS: Final = """
    SELECT m.id, m.content_id, c.name, m.number
      FROM media m JOIN contents c ON c.tenant_id = m.tenant_id AND c.id = m.content_id
     WHERE m.tenant_id = %(tenant)s AND m.id = ANY (%(ids)s::uuid[])
"""
# By the clock of PostgreSQL: the days of this table are made by it too.
_PLAYS: Final = """
    INSERT INTO plays (tenant_id, kept_at, device_id, number, day, media_id, content_id, name, version,
                       playlist_id, playlist_number, started_at, ended_at, shown_ms, plays, completed)
    SELECT %s::uuid, now(), r.device, r.number, r.day, r.media, r.content, r.name, r.version, r.playlist,
           r.playlist_number, to_timestamp(r.started / 1000.0), to_timestamp(r.ended / 1000.0), r.shown,
           r.plays, r.completed
      FROM unnest(%s::uuid[], %s::bigint[], %s::date[], %s::uuid[], %s::uuid[], %s::text[], %s::integer[],
                  %s::uuid[], %s::integer[], %s::bigint[], %s::bigint[], %s::bigint[], %s::integer[],
                  %s::integer[])
           AS r(device, number, day, media, content, name, version, playlist, playlist_number, started, ended,
                shown, plays, completed)
"""
_SUMS: Final = """
    INSERT INTO play_days AS p (tenant_id, day, device_id, what, media_id, content_id, name, version, plays,
                                completed, shown_ms, first_at, last_at)
    SELECT %s::uuid, r.day, r.device, r.what, r.media, r.content, r.name, r.version, r.plays, r.completed,
           r.shown, to_timestamp(r.first / 1000.0), to_timestamp(r.last / 1000.0)
      FROM unnest(%s::date[], %s::uuid[], %s::text[], %s::uuid[], %s::uuid[], %s::text[], %s::integer[],
                  %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[])
           AS r(day, device, what, media, content, name, version, plays, completed, shown, first, last)
    ON CONFLICT (tenant_id, day, device_id, what) DO UPDATE
       SET name = excluded.name, content_id = coalesce(excluded.content_id, p.content_id),
           version = coalesce(excluded.version, p.version), plays = p.plays + excluded.plays,
           completed = p.completed + excluded.completed, shown_ms = p.shown_ms + excluded.shown_ms,
           first_at = least(p.first_at, excluded.first_at), last_at = greatest(p.last_at, excluded.last_at)
"""
_EVENTS: Final = """
    INSERT INTO device_events (tenant_id, device_id, at, kind, text)
    SELECT %s::uuid, r.device, to_timestamp(r.at / 1000.0), r.kind, r.text
      FROM unnest(%s::uuid[], %s::bigint[], %s::text[], %s::text[])
           WITH ORDINALITY AS r(device, at, kind, text, place)
     ORDER BY r.place
"""


class RecordWriter:
    """Fulfils `hub.records.RecordStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, tenant_id: str, said: Sequence[Said]) -> dict[str, Kept]:
        """Keep what is new of it, in one transaction; of each device at most one. How far each log is kept,
        by device; whose session is over is left out. Raises DatabaseUnavailable."""

        def work(connection: Connection) -> dict[str, Kept]:
            return _Keeping(connection, tenant_id).keep(said)

        return await self._database.run(work, tenant_id=tenant_id)


class _Keeping:
    """One transaction."""

    def __init__(self, connection: Connection, tenant_id: str) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    def keep(self, said: Sequence[Said]) -> dict[str, Kept]:
        screens = self._locked({each.device_id: each for each in said})
        new = [screen for screen in screens if screen.said.last > screen.before]
        plays = [
            (screen, play) for screen in new for play in screen.said.plays if play.number > screen.before
        ]
        if plays:
            rows = self._rows_of(plays)
            self._unnest(_PLAYS, rows)
            self._unnest(_SUMS, _sums_of(rows))
        self._unnest(
            _EVENTS,
            [
                (screen.said.device_id, event.at_ms, event.kind, event.text)
                for screen in new
                for event in screen.said.events
                if event.number > screen.before
            ],
        )
        self._run(
            _RAISE,
            ids=as_array([screen.said.device_id for screen in new]),
            lasts=as_array([screen.said.last for screen in new]),
        )
        return {
            screen.said.device_id: Kept(screen.before, max(screen.before, screen.said.last))
            for screen in screens
        }

    def _locked(self, said: Mapping[str, Said]) -> list[_Screen]:
        zones = dict(
            self._run(
                _CURRENT,
                ids=as_array(list(said)),
                epochs=as_array([each.epoch for each in said.values()]),
            )
        )
        logs = self._run(_LOCK, ids=as_array(list(zones)), logs=[said[device_id].log for device_id in zones])
        return [_Screen(said[device_id], kept, _zone(zones[device_id])) for device_id, kept in logs]

    def _rows_of(self, plays: Sequence[tuple[_Screen, Play]]) -> list[tuple[Any, ...]]:
        ids = {play.media_id for _, play in plays if play.media_id is not None}
        found = self._run(_VERSIONS, ids=as_array(sorted(ids)))
        versions = {media_id: _Version(*rest) for media_id, *rest in found}
        rows: list[tuple[Any, ...]] = []
        for screen, play in plays:
            version = versions.get(play.media_id or "")
            rows.append(
                (
                    screen.said.device_id,
                    play.number,
                    screen.day_of(play.started_ms).isoformat(),
                    play.media_id,
                    version.content_id if version else None,
                    version.name if version else play.name,
                    version.number if version else None,
                    play.playlist_id,
                    play.playlist_number,
                    play.started_ms,
                    play.ended_ms,
                    play.shown_ms,
                    play.plays,
                    play.completed,
                )
            )
        return rows

    def _unnest(self, sql: LiteralString, rows: Sequence[tuple[Any, ...]]) -> None:
        if rows:
            columns = [as_array(column) for column in zip(*rows, strict=True)]
            self._connection.execute(sql, [self._tenant_id, *columns])

    def _run(self, sql: LiteralString, **values: Any) -> list[tuple[Any, ...]]:
        cursor = self._connection.execute(sql, {"tenant": self._tenant_id, **values})
        return cursor.fetchall() if cursor.description else []


def _sums_of(rows: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """One row a day, screen and thing, in the order of their keys: PostgreSQL adds up no row twice."""
    sums: dict[tuple[str, str, str], tuple[Any, ...]] = {}
    for row in rows:
        device_id, _, day, media_id, content_id, name, version, _, _, started, ended, shown, plays, done = row
        key = (day, device_id, media_id or name)
        before = sums.get(key)
        if before is not None:
            plays, done, shown = plays + before[7], done + before[8], shown + before[9]
            started, ended = min(started, before[10]), max(ended, before[11])
        sums[key] = (*key, media_id, content_id, name, version, plays, done, shown, started, ended)
    return [sums[key] for key in sorted(sums)]


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")
