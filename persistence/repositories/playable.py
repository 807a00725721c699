"""What items of playlists stand for, as it is now: media, and those that have a tag."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final, LiteralString, NamedTuple

from persistence.repositories.base import Repository
from protocol.vocabulary import MediaKind, MediaStatus


class Playable(NamedTuple):
    """One version of a content, which has the `name` and `valid_until`. `duration_s`: its own length."""

    media_id: str
    content_id: str
    name: str
    number: int
    kind: MediaKind | None
    status: MediaStatus
    duration_s: float | None
    valid_until: datetime | None


_MEDIA: Final[LiteralString] = """
SELECT m.id AS media_id, m.content_id, c.name, m.number, m.kind, m.status, m.duration_s, c.valid_until
  FROM media m JOIN contents c ON c.tenant_id = m.tenant_id AND c.id = m.content_id
 WHERE m.tenant_id = %(tenant)s AND m.id = ANY (%(ids)s::uuid[])
"""
_TAGGED: Final[LiteralString] = """
SELECT t.tag, m.id
  FROM unnest(%(tags)s::text[]) AS t (tag)
       JOIN contents c ON c.tenant_id = %(tenant)s AND c.tags @> ARRAY[t.tag]
       CROSS JOIN LATERAL (
           SELECT m.id FROM media m
            WHERE m.tenant_id = %(tenant)s AND m.content_id = c.id AND m.status = 'approved'
            ORDER BY m.number DESC LIMIT 1) m
 ORDER BY t.tag, lower(c.name), c.id
"""


class Playables(Repository):
    """Fits `hub.use_cases.playlist_ports.Playables`."""

    def by_ids(self, media_ids: Collection[str], *, held: bool = False) -> dict[str, Playable]:
        """Those of them that there are. `held`: until the end of the transaction they stay as they are."""
        hold: LiteralString = " ORDER BY m.id FOR SHARE OF m" if held else ""
        rows = self._rows(_MEDIA + hold, ids=sorted(media_ids)) if media_ids else []
        return {row["media_id"]: _playable(row) for row in rows}

    def tagged(self, tags: Collection[str]) -> dict[str, list[str]]:
        """By tag that something has, the newest approved version of each content, by the contents' names."""
        found: dict[str, list[str]] = {}
        for row in self._rows(_TAGGED, tags=sorted(tags)) if tags else []:
            found.setdefault(row["tag"], []).append(row["id"])
        return found


def _playable(row: dict[str, object]) -> Playable:
    kind, status = row.pop("kind"), MediaStatus(str(row.pop("status")))
    return Playable(**row, kind=None if kind is None else MediaKind(str(kind)), status=status)  # type: ignore[arg-type]
