"""The schedule: which playlist on which screens at which times, one row an entry.

Rule: which entries are for a screen is asked here, of its groups, tags and site as they are now; which of
      them plays is not PostgreSQL's to say.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final, Literal, LiteralString, NamedTuple

import msgspec
from psycopg.types.json import Jsonb

from persistence.group_reach import groups_of_devices
from persistence.repositories.base import Repository
from protocol.schedule import Entry


class EntryRow(NamedTuple):
    """One entry. `entry`: as the API says it, without the words for whom and when. `target_name`: of the one
    screen, group or site; `at_site_id`: of the one site, or of that of the one screen; `tag_terms`: the tag
    query, parsed."""

    entry: Entry
    target_name: str | None
    at_site_id: str | None
    tag_terms: list[list[str]] | None


class ScheduledScreen(NamedTuple):
    """A screen, and the time there: UTC where it is at no site."""

    id: str
    name: str
    time_zone: str


_SELECT: Final[LiteralString] = """
SELECT e.id, e.playlist_id, p.name AS playlist_name, e.name, e.is_takeover, e.priority, e.enabled,
       e.valid_from, e.valid_until, e.first_day, e.recurrence, e.except_days, e.dayparts, e.time_zone,
       e.revision, e.created_by_name AS created_by, e.created_at, e.updated_at,
       jsonb_build_object('device_id', e.device_id, 'group_id', e.group_id, 'site_id', e.site_id,
                          'tag_query', e.tag_query) AS target,
       '' AS target_text, '' AS when_text, coalesce(d.name, g.name, s.name) AS target_name,
       coalesce(d.site_id, e.site_id) AS at_site_id, e.tag_terms
  FROM schedule_entries e
       JOIN playlists p ON p.tenant_id = e.tenant_id AND p.id = e.playlist_id
       LEFT JOIN devices d ON d.tenant_id = e.tenant_id AND d.id = e.device_id
       LEFT JOIN device_groups g ON g.tenant_id = e.tenant_id AND g.id = e.group_id
       LEFT JOIN sites s ON s.tenant_id = e.tenant_id AND s.id = e.site_id
 WHERE e.tenant_id = %(tenant)s
"""
_FOR_EVERYBODY: Final[LiteralString] = "num_nonnulls(e.device_id, e.group_id, e.site_id, e.tag_query) = 0"
# Whom it is for may be one of theirs, or nobody by name.
_SEEN: Final[LiteralString] = """
 AND (e.device_id IS NULL AND e.site_id IS NULL OR coalesce(d.site_id, e.site_id) = ANY (%(sites)s::uuid[]))
"""
_KINDS: Final[dict[str, LiteralString]] = {
    "device": " AND e.device_id IS NOT NULL",
    "group": " AND e.group_id IS NOT NULL",
    "site": " AND e.site_id IS NOT NULL",
    "tag": " AND e.tag_query IS NOT NULL",
    "all": " AND " + _FOR_EVERYBODY,
}
_NAMING: Final[dict[str, LiteralString]] = {
    "group": " AND e.group_id = %(id)s",
    "site": " AND e.site_id = %(id)s",
}
_NEWEST_FIRST: Final[LiteralString] = " ORDER BY e.created_at DESC, e.id DESC"
_FOR_SCREEN: Final[LiteralString] = f"""{_SELECT}
   AND EXISTS (SELECT FROM devices x WHERE x.tenant_id = %(tenant)s AND x.id = %(id)s
                  AND (e.device_id = x.id OR e.group_id = ANY (%(groups)s::uuid[]) OR e.site_id = x.site_id
                       OR e.tag_terms IS NOT NULL AND tags_match(x.tags, e.tag_terms) OR {_FOR_EVERYBODY}))
{_NEWEST_FIRST}
"""
_ALWAYS_OF_SCREEN: Final[LiteralString] = """
SELECT e.id FROM schedule_entries e
 WHERE e.tenant_id = %(tenant)s AND e.device_id = %(id)s
   AND NOT e.is_takeover AND e.valid_from IS NULL AND e.valid_until IS NULL AND e.first_day IS NULL
   AND e.dayparts = '[]' AND e.except_days = '{}'
 ORDER BY e.enabled DESC, e.priority DESC, e.created_at DESC, e.id DESC LIMIT 1
"""
_COLUMNS: Final[dict[str, LiteralString]] = {
    "playlist_id": "playlist_id = %(playlist_id)s",
    "device_id": "device_id = %(device_id)s",
    "group_id": "group_id = %(group_id)s",
    "site_id": "site_id = %(site_id)s",
    "tag_query": "tag_query = %(tag_query)s",
    "tag_terms": "tag_terms = %(tag_terms)s",
    "name": "name = %(name)s",
    "is_takeover": "is_takeover = %(is_takeover)s",
    "priority": "priority = %(priority)s",
    "enabled": "enabled = %(enabled)s",
    "valid_from": "valid_from = %(valid_from)s",
    "valid_until": "valid_until = %(valid_until)s",
    "first_day": "first_day = %(first_day)s",
    "recurrence": "recurrence = %(recurrence)s",
    "except_days": "except_days = %(except_days)s",
    "dayparts": "dayparts = %(dayparts)s",
    "time_zone": "time_zone = %(time_zone)s",
}


class Schedule(Repository):
    """Fits `hub.use_cases.schedule_ports.Schedule`."""

    def get(self, entry_id: str, sites: Collection[str] | None = None) -> EntryRow | None:
        """One entry, if it can concern a screen at these sites."""
        return self._one(_SELECT + " AND e.id = %(id)s", sites, id=entry_id)

    def get_locked(self, entry_id: str, sites: Collection[str] | None = None) -> EntryRow | None:
        """The same; nobody else changes it until the end of the transaction."""
        self._row(
            "SELECT FROM schedule_entries WHERE tenant_id = %(tenant)s AND id = %(id)s FOR NO KEY UPDATE",
            id=entry_id,
        )
        return self.get(entry_id, sites)

    def find(
        self,
        *,
        sites: Collection[str] | None,
        group_id: str | None,
        playlist_id: str | None,
        target: str | None,
        after: tuple[datetime, str] | None,
        limit: int,
    ) -> list[EntryRow]:
        """The newest first. `target`: which kind. `sites`: those that can concern a screen there."""
        sql: LiteralString = _SELECT
        values: dict[str, Any] = {}
        if target is not None:
            sql += _KINDS[target]
        if group_id is not None:
            sql += " AND e.group_id = %(group)s"
            values["group"] = group_id
        if playlist_id is not None:
            sql += " AND e.playlist_id = %(playlist)s"
            values["playlist"] = playlist_id
        if after is not None:
            sql += " AND (e.created_at, e.id) < (%(at)s, %(after)s::uuid)"
            values["at"], values["after"] = after
        if sites is not None:
            sql += _SEEN
            values["sites"] = list(sites)
        sql += _NEWEST_FIRST + " LIMIT %(limit)s"
        return [_made(row) for row in self._rows(sql, limit=limit, **values)]

    def for_device(self, device_id: str) -> list[EntryRow]:
        """Those that are for this screen: itself, a group that reaches it, its tags, its site, everybody. The
        newest first."""
        groups = groups_of_devices(self._connection, self._tenant_id, [device_id])[device_id]
        rows = self._rows(_FOR_SCREEN, id=device_id, groups=groups.ids)
        return [_made(row) for row in rows]

    def naming(self, kind: Literal["group", "site"], place_id: str) -> list[EntryRow]:
        """Those that name this group, or site, itself, the newest first."""
        rows = self._rows(_SELECT + _NAMING[kind] + _NEWEST_FIRST, id=place_id)
        return [_made(row) for row in rows]

    def always_of_device(self, device_id: str) -> str | None:
        """The id of the entry without times that names this screen: the one that comes before others."""
        row = self._row(_ALWAYS_OF_SCREEN, id=device_id)
        return row["id"] if row else None

    def screen(self, device_id: str, sites: Collection[str] | None = None) -> ScheduledScreen | None:
        """A screen (at these sites)."""
        row = self._row(
            "SELECT d.id, d.name, coalesce(s.time_zone, 'UTC') AS time_zone"
            " FROM devices d LEFT JOIN sites s ON s.tenant_id = d.tenant_id AND s.id = d.site_id"
            " WHERE d.tenant_id = %(tenant)s AND d.id = %(id)s"
            " AND (%(sites)s::uuid[] IS NULL OR d.site_id = ANY (%(sites)s::uuid[]))",
            id=device_id,
            sites=None if sites is None else list(sites),
        )
        return ScheduledScreen(**row) if row else None

    def has_playlist(self, playlist_id: str) -> bool:
        """Whether there is such a playlist. It stays until the end of the transaction."""
        found = self._row(
            "SELECT id FROM playlists WHERE tenant_id = %(tenant)s AND id = %(id)s FOR KEY SHARE",
            id=playlist_id,
        )
        return found is not None

    def add(self, facts: Mapping[str, Any]) -> str:
        """A new one, with all of its facts; its id. What it names must be there."""
        row = self._row(
            "INSERT INTO schedule_entries (tenant_id, playlist_id, device_id, group_id, site_id, tag_query,"
            " tag_terms, name, is_takeover, priority, enabled, valid_from, valid_until, first_day,"
            " recurrence, except_days, dayparts, time_zone, created_by, created_by_name, created_at,"
            " updated_at)"
            " VALUES (%(tenant)s, %(playlist_id)s, %(device_id)s, %(group_id)s, %(site_id)s, %(tag_query)s,"
            " %(tag_terms)s, %(name)s, %(is_takeover)s, %(priority)s, %(enabled)s, %(valid_from)s,"
            " %(valid_until)s, %(first_day)s, %(recurrence)s, %(except_days)s, %(dayparts)s, %(time_zone)s,"
            " %(created_by)s, %(created_by_name)s, %(at)s, %(at)s) RETURNING id",
            **_stored(facts),
        )
        assert row is not None  # an INSERT returns its row
        return str(row["id"])

    def change(self, entry_id: str, facts: Mapping[str, Any], at: datetime) -> None:
        """Sets these facts; its revision rises."""
        sets: LiteralString = ", ".join(_COLUMNS[name] for name in facts)
        self._run(
            "UPDATE schedule_entries SET updated_at = %(at)s, revision = revision + 1"  # noqa: S608 -- literals
            + (", " + sets if sets else "")
            + " WHERE tenant_id = %(tenant)s AND id = %(id)s",
            id=entry_id,
            at=at,
            **_stored(facts),
        )

    def remove(self, entry_id: str) -> None:
        """It plays no more."""
        self._run("DELETE FROM schedule_entries WHERE tenant_id = %(tenant)s AND id = %(id)s", id=entry_id)

    def _one(self, sql: LiteralString, sites: Collection[str] | None, **values: Any) -> EntryRow | None:
        if sites is not None:
            sql += _SEEN
            values["sites"] = list(sites)
        row = self._row(sql, **values)
        return _made(row) if row else None


def _made(row: dict[str, Any]) -> EntryRow:
    more = [row.pop(name) for name in EntryRow._fields[1:]]
    return EntryRow(msgspec.convert(row, Entry), *more)


def _stored(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: Jsonb(value) if name in ("tag_terms", "dayparts") and value is not None else value
        for name, value in facts.items()
    }
