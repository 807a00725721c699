"""The drafts of playlists: their items, in order."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final, NamedTuple

import msgspec
from psycopg.types.json import Jsonb

from persistence.repositories.base import Repository
from protocol.playlists import DraftItem

_SELECT: Final = """
SELECT i.playlist_id AS of, i.id, coalesce(c.name, n.name, i.content_tag) AS name, i.media_id,
       i.nested_id AS playlist_id, i.content_tag, i.duration_s, i.transition, i.enabled, i.valid_from,
       i.valid_until
  FROM playlist_items i
       LEFT JOIN media m ON m.tenant_id = i.tenant_id AND m.id = i.media_id
       LEFT JOIN contents c ON c.tenant_id = i.tenant_id AND c.id = m.content_id
       LEFT JOIN playlists n ON n.tenant_id = i.tenant_id AND n.id = i.nested_id
 WHERE i.tenant_id = %(tenant)s AND i.playlist_id = ANY (%(ids)s::uuid[])
 ORDER BY i.playlist_id, i.position
"""
# What stays as it is is not written: each row that is raises the tenant's content version.
_PUT: Final = """
INSERT INTO playlist_items AS i (id, tenant_id, playlist_id, position, media_id, nested_id, content_tag,
                                 duration_s, transition, enabled, valid_from, valid_until)
SELECT x.id, %(tenant)s, %(id)s, x.position - 1, x.media_id, x.playlist_id, x.content_tag, x.duration_s,
       coalesce(x.transition, 'cut'), coalesce(x.enabled, true), x.valid_from, x.valid_until
  FROM ROWS FROM (jsonb_to_recordset(%(items)s) AS (
           id uuid, media_id uuid, playlist_id uuid, content_tag text, duration_s double precision,
           transition text, enabled boolean, valid_from timestamptz, valid_until timestamptz))
       WITH ORDINALITY AS x (id, media_id, playlist_id, content_tag, duration_s, transition, enabled,
                             valid_from, valid_until, position)
    ON CONFLICT (id) DO UPDATE
   SET position = EXCLUDED.position, media_id = EXCLUDED.media_id, nested_id = EXCLUDED.nested_id,
       content_tag = EXCLUDED.content_tag, duration_s = EXCLUDED.duration_s,
       transition = EXCLUDED.transition, enabled = EXCLUDED.enabled, valid_from = EXCLUDED.valid_from,
       valid_until = EXCLUDED.valid_until
 WHERE i.tenant_id = %(tenant)s AND i.playlist_id = EXCLUDED.playlist_id
   AND (i.position, i.media_id, i.nested_id, i.content_tag, i.duration_s, i.transition, i.enabled,
        i.valid_from, i.valid_until)
       IS DISTINCT FROM
       (EXCLUDED.position, EXCLUDED.media_id, EXCLUDED.nested_id, EXCLUDED.content_tag, EXCLUDED.duration_s,
        EXCLUDED.transition, EXCLUDED.enabled, EXCLUDED.valid_from, EXCLUDED.valid_until)
"""


# What `hub.use_cases.playlist_resolving` comes to, without reading all that hundreds of items stand for.
_TOTALS: Final = """
SELECT i.playlist_id, count(*)::int AS items, coalesce(sum(CASE
           WHEN NOT i.enabled OR i.valid_until <= %(at)s THEN 0
           WHEN m.status = 'approved' THEN coalesce(i.duration_s, m.duration_s, %(without_length_s)s)
           WHEN i.nested_id IS NOT NULL THEN v.total_s
           ELSE t.total_s END), 0)::float8 AS total_s
  FROM playlist_items i
       LEFT JOIN media m ON m.tenant_id = i.tenant_id AND m.id = i.media_id
       LEFT JOIN playlists n ON n.tenant_id = i.tenant_id AND n.id = i.nested_id
       LEFT JOIN playlist_versions v
            ON v.tenant_id = n.tenant_id AND v.playlist_id = n.id AND v.number = n.active_number
       LEFT JOIN LATERAL (
           SELECT sum(coalesce(i.duration_s, x.duration_s, %(without_length_s)s)) AS total_s
             FROM contents c CROSS JOIN LATERAL (
                  SELECT y.duration_s FROM media y
                   WHERE y.tenant_id = %(tenant)s AND y.content_id = c.id AND y.status = 'approved'
                   ORDER BY y.number DESC LIMIT 1) x
            -- In here: outside of it contents would be read through for each item, also those without a tag.
            WHERE i.content_tag IS NOT NULL AND i.enabled
              AND c.tenant_id = %(tenant)s AND c.tags @> ARRAY[i.content_tag]) t ON true
 WHERE i.tenant_id = %(tenant)s AND i.playlist_id = ANY (%(ids)s::uuid[])
 GROUP BY i.playlist_id
"""


class Total(NamedTuple):
    """Of a draft: how many items it has, and how long those take that would play."""

    items: int
    total_s: float


class PlaylistItems(Repository):
    """Fits `hub.use_cases.playlist_ports.PlaylistItems`."""

    def of(self, playlist_ids: Collection[str]) -> dict[str, list[DraftItem]]:
        """The items of each of these playlists, in order."""
        found: dict[str, list[DraftItem]] = {playlist_id: [] for playlist_id in playlist_ids}
        for row in self._rows(_SELECT, ids=list(playlist_ids)) if playlist_ids else []:
            found[row.pop("of")].append(msgspec.convert(row, DraftItem))
        return found

    def totals(
        self, playlist_ids: Collection[str], at: datetime, without_length_s: float
    ) -> dict[str, Total]:
        """Of each of these drafts that has items. What is nested takes as long as when it was published."""
        rows = self._rows(_TOTALS, ids=list(playlist_ids), at=at, without_length_s=without_length_s)
        return {row["playlist_id"]: Total(row["items"], row["total_s"]) for row in rows}

    def put(self, playlist_id: str, items: Sequence[DraftItem]) -> None:
        """These items in this order, and no others. The playlist must be locked."""
        self._run(
            "DELETE FROM playlist_items WHERE tenant_id = %(tenant)s AND playlist_id = %(id)s"
            " AND id <> ALL (%(kept)s::uuid[])",
            id=playlist_id,
            kept=[item.id for item in items],
        )
        self._run(_PUT, id=playlist_id, items=Jsonb(msgspec.to_builtins(items)))
