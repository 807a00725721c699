"""The drafts of playlists: their items, in order."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

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


class PlaylistItems(Repository):
    """Fits `hub.use_cases.playlist_ports.PlaylistItems`."""

    def of(self, playlist_ids: Collection[str]) -> dict[str, list[DraftItem]]:
        """The items of each of these playlists, in order."""
        found: dict[str, list[DraftItem]] = {playlist_id: [] for playlist_id in playlist_ids}
        for row in self._rows(_SELECT, ids=list(playlist_ids)) if playlist_ids else []:
            found[row.pop("of")].append(msgspec.convert(row, DraftItem))
        return found

    def put(self, playlist_id: str, items: Sequence[DraftItem]) -> None:
        """These items in this order, and no others. The playlist must be locked."""
        self._run(
            "DELETE FROM playlist_items WHERE tenant_id = %(tenant)s AND playlist_id = %(id)s"
            " AND id <> ALL (%(kept)s::uuid[])",
            id=playlist_id,
            kept=[item.id for item in items],
        )
        self._run(_PUT, id=playlist_id, items=Jsonb(msgspec.to_builtins(items)))
