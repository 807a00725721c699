"""Tags: which are in use, and whom a query finds."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final, LiteralString

import msgspec
from psycopg.types.json import Jsonb

from persistence.repositories.base import Repository
from protocol.places import TagInUse, TagQueryPreview

_HERE: Final[LiteralString] = """
    d.tenant_id = %(tenant)s AND d.status = 'approved'
    AND (%(sites)s::uuid[] IS NULL OR d.site_id = ANY (%(sites)s::uuid[]))
"""
_IN_USE: Final[LiteralString] = f"""
WITH counted AS (
    SELECT t.key, t.value, count(*)::int AS devices,
           row_number() OVER (PARTITION BY t.key ORDER BY count(*) DESC, t.value) AS place
      FROM devices d CROSS JOIN LATERAL jsonb_each_text(d.tags) t WHERE {_HERE} GROUP BY t.key, t.value
)
SELECT key, sum(devices)::int AS devices,
       coalesce(jsonb_agg(jsonb_build_object('value', value, 'devices', devices) ORDER BY place)
                FILTER (WHERE place <= %(most)s), '[]') AS values,
       greatest(count(*) - %(most)s, 0)::int AS more_values
  FROM counted GROUP BY key ORDER BY sum(devices) DESC, key LIMIT %(keys)s
"""  # noqa: S608 -- every piece is a literal of this page
_FOUND: Final[LiteralString] = f"""
SELECT d.name, count(*) OVER ()::int AS devices FROM devices d
 WHERE {_HERE} AND tags_match(d.tags, %(terms)s) ORDER BY d.name, d.id LIMIT %(first)s
"""  # noqa: S608 -- every piece is a literal of this page


class Tags(Repository):
    """Of the approved devices at `sites`; None: at all of them. Fits `hub.use_cases.places_ports.Tags`."""

    def in_use(self, sites: Collection[str] | None, *, keys: int, values: int) -> list[TagInUse]:
        """The most frequent keys first, at most so many, each with at most so many values."""
        rows = self._rows(_IN_USE, sites=None if sites is None else list(sites), keys=keys, most=values)
        return msgspec.convert(rows, list[TagInUse])

    def found(
        self, terms: Sequence[Sequence[str]], sites: Collection[str] | None, first: int
    ) -> TagQueryPreview:
        """How many fit, and the first of them by name."""
        asked = Jsonb([list(term) for term in terms])
        rows = self._rows(_FOUND, terms=asked, sites=None if sites is None else list(sites), first=first)
        return TagQueryPreview(rows[0]["devices"] if rows else 0, [row["name"] for row in rows])
