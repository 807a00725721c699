"""What was played, as operators read it: item by item, and added up."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any, Final, LiteralString, NamedTuple, Protocol

import msgspec

from persistence.repositories.at_sites import devices_at, values_of
from persistence.repositories.base import Repository
from protocol.reports import Played, PlaySum


class Wanted(Protocol):
    """The days of a report, the last one included; what it has a line for each of; of what alone it is."""

    @property
    def since(self) -> date: ...
    @property
    def until(self) -> date: ...
    @property
    def by_day(self) -> bool: ...
    @property
    def by_screen(self) -> bool: ...
    @property
    def by_content(self) -> bool: ...
    @property
    def device_id(self) -> str | None: ...
    @property
    def content_id(self) -> str | None: ...
    @property
    def site_id(self) -> str | None: ...


class SumRow(NamedTuple):
    """A line of a report. `what`: by which its content is told from others of the same name."""

    line: PlaySum
    what: str


class Total(NamedTuple):
    """All of a report."""

    plays: int
    completed: int
    shown_s: float


_PLAYS: Final = """
SELECT p.device_id, d.name AS device_name, p.media_id, p.content_id, p.name, p.version, p.playlist_id,
       p.playlist_number, p.started_at, p.ended_at, p.shown_ms / 1000.0::float8 AS shown_s, p.plays,
       p.completed, p.number
  FROM plays p JOIN devices d ON d.tenant_id = p.tenant_id AND d.id = p.device_id
 WHERE p.tenant_id = %(tenant)s AND p.device_id = %(device)s
"""
# A screen may claim what it likes: no sum of claims is more than a number can say.
_ADDED: Final[LiteralString] = """
       least(coalesce(sum(p.plays), 0), 9007199254740992)::bigint AS plays,
       least(coalesce(sum(p.completed), 0), 9007199254740992)::bigint AS completed,
       (coalesce(sum(p.shown_ms), 0) / 1000.0)::float8 AS shown_s
"""
_FROM: Final[LiteralString] = """
  FROM play_days p JOIN devices d ON d.tenant_id = p.tenant_id AND d.id = p.device_id
 WHERE p.tenant_id = %(tenant)s AND p.day BETWEEN %(since)s AND %(until)s
"""
_GROUPED: Final[LiteralString] = (
    """
SELECT CASE WHEN %(by_day)s THEN p.day END AS day,
       CASE WHEN %(by_screen)s THEN p.device_id END AS device_id,
       CASE WHEN %(by_screen)s THEN d.name END AS device_name,
       CASE WHEN %(by_content)s THEN p.what END AS what,
       CASE WHEN %(by_content)s THEN max(p.content_id::text)::uuid END AS content_id,
       CASE WHEN %(by_content)s THEN max(p.name) END AS name,
       CASE WHEN %(by_content)s THEN max(p.version) END AS version,
       min(p.first_at) AS first_at, max(p.last_at) AS last_at,
"""
    + _ADDED
    + _FROM
)
_KEY: Final[LiteralString] = (
    "(coalesce(g.day, '0001-01-01'), coalesce(g.device_name, ''),"
    " coalesce(g.device_id, '00000000-0000-0000-0000-000000000000'), coalesce(g.name, ''),"
    " coalesce(g.what, ''))"
)


class Plays(Repository):
    """Fits `hub.use_cases.report_ports.Plays`."""

    def of_device(
        self, device_id: str, *, before: tuple[datetime, int] | None, limit: int
    ) -> list[tuple[Played, int]]:
        """The newest first, those before the pair (start, number of the record), each with that number."""
        sql: LiteralString = _PLAYS
        values: dict[str, Any] = {}
        if before is not None:
            sql += " AND (p.started_at, p.number) < (%(at)s, %(number)s)"
            values["at"], values["number"] = before
        sql += " ORDER BY p.started_at DESC, p.number DESC LIMIT %(limit)s"
        rows = self._rows(sql, device=device_id, limit=limit, **values)
        return [(msgspec.convert(row, Played), row["number"]) for row in rows]

    def sums(
        self,
        wanted: Wanted,
        *,
        sites: Collection[str] | None,
        after: tuple[date, str, str, str, str] | None,
        limit: int,
    ) -> list[SumRow]:
        """In the order of (day, screen's name, screen, content's name, what), those after that key."""
        sql: LiteralString = (
            "SELECT * FROM (" + _GROUPED + _only(wanted, sites) + " GROUP BY 1, 2, 3, 4) g"  # noqa: S608
        )
        values = _values(wanted, sites)
        if after is not None:
            sql += " WHERE " + _KEY + " > (%(day)s, %(screen)s, %(screen_id)s::uuid, %(name)s, %(what)s)"
            values |= dict(zip(("day", "screen", "screen_id", "name", "what"), after, strict=True))
        sql += " ORDER BY " + _KEY + " LIMIT %(limit)s"
        rows = self._rows(sql, limit=limit, **values)
        return [SumRow(msgspec.convert(row, PlaySum), row["what"] or "") for row in rows]

    def total(self, wanted: Wanted, *, sites: Collection[str] | None) -> Total:
        """The sum of all lines."""
        row = self._row("SELECT " + _ADDED + _FROM + _only(wanted, sites), **_values(wanted, sites))
        assert row is not None
        return Total(**row)


def _only(wanted: Wanted, sites: Collection[str] | None) -> LiteralString:
    sql: LiteralString = devices_at(sites)
    if wanted.device_id is not None:
        sql += " AND p.device_id = %(device)s"
    if wanted.content_id is not None:
        sql += " AND p.content_id = %(content)s"
    if wanted.site_id is not None:
        sql += " AND d.site_id = %(site)s"
    return sql


def _values(wanted: Wanted, sites: Collection[str] | None) -> dict[str, Any]:
    return {
        "since": wanted.since,
        "until": wanted.until,
        "by_day": wanted.by_day,
        "by_screen": wanted.by_screen,
        "by_content": wanted.by_content,
        "device": wanted.device_id,
        "content": wanted.content_id,
        "site": wanted.site_id,
        **values_of(sites),
    }
