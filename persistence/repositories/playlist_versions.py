"""Versions of playlists: written once, and never again."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final, LiteralString, NamedTuple

import msgspec
from psycopg.types.json import Jsonb

from persistence.repositories.base import Repository
from protocol.playlists import DraftItem, PlaylistVersion, VersionItem


class KeptVersion(NamedTuple):
    """A version with the draft that it was made of."""

    playlist_id: str
    number: int
    shuffle: bool
    total_s: float
    is_active: bool
    draft: list[DraftItem]
    items: list[VersionItem]


class PlayedDraft(NamedTuple):
    """What was published: the draft, and whether it is shuffled."""

    shuffle: bool
    draft: list[DraftItem]


# From PostgreSQL's text: a tenant may have a hundred thousand items in what it plays.
_DRAFT: Final = msgspec.json.Decoder(list[DraftItem])
_ITEMS: Final = msgspec.json.Decoder(list[VersionItem])

_SELECT: Final[LiteralString] = """
SELECT v.playlist_id, v.number, v.shuffle, v.item_count, v.total_s, v.note, v.rolled_back_to,
       v.published_by_name AS published_by, v.published_at, 0 AS screens,
       CASE v.number WHEN p.active_number THEN 'active' WHEN p.canary_number THEN 'canary' ELSE 'past' END
           AS state
  FROM playlist_versions v JOIN playlists p ON p.tenant_id = v.tenant_id AND p.id = v.playlist_id
 WHERE v.tenant_id = %(tenant)s AND v.playlist_id = %(id)s
"""
_KEPT: Final[LiteralString] = """
SELECT v.playlist_id, v.number, v.shuffle, v.total_s,
       coalesce(v.number = p.active_number, false) AS is_active, v.draft::text, v.items::text
  FROM playlist_versions v JOIN playlists p ON p.tenant_id = v.tenant_id AND p.id = v.playlist_id
 WHERE v.tenant_id = %(tenant)s
"""
_ADD: Final = """
INSERT INTO playlist_versions (tenant_id, playlist_id, number, shuffle, follows, draft, items, item_count,
                               total_s, note, rolled_back_to, published_by, published_by_name, published_at)
SELECT %(tenant)s, p.id, 1 + coalesce(
           (SELECT max(v.number) FROM playlist_versions v
             WHERE v.tenant_id = %(tenant)s AND v.playlist_id = %(id)s), 0),
       %(shuffle)s, %(follows)s, %(draft)s, %(items)s, %(item_count)s, %(total_s)s, %(note)s,
       %(rolled_back_to)s, %(user)s, %(by)s, %(at)s
  FROM playlists p WHERE p.tenant_id = %(tenant)s AND p.id = %(id)s
RETURNING number
"""


class PlaylistVersions(Repository):
    """Fits `hub.use_cases.playlist_ports.PlaylistVersions`."""

    def page(self, playlist_id: str, *, before: int | None, limit: int) -> list[PlaylistVersion]:
        """The newest first, without their items."""
        rows = self._rows(
            _SELECT + " AND (%(before)s::bigint IS NULL OR v.number < %(before)s)"
            " ORDER BY v.number DESC LIMIT %(limit)s",
            id=playlist_id,
            before=before,
            limit=limit,
        )
        return msgspec.convert(rows, list[PlaylistVersion])

    def get(self, playlist_id: str, number: int) -> PlaylistVersion | None:
        """One of them, without its items."""
        row = self._row(_SELECT + " AND v.number = %(number)s", id=playlist_id, number=number)
        return None if row is None else msgspec.convert(row, PlaylistVersion)

    def kept(self, playlist_id: str, number: int) -> KeptVersion | None:
        """One of them, with its draft and its items."""
        rows = self._rows(
            _KEPT + " AND v.playlist_id = %(id)s AND v.number = %(number)s", id=playlist_id, number=number
        )
        return _kept(rows[0]) if rows else None

    def active(self, playlist_ids: Collection[str]) -> dict[str, KeptVersion]:
        """By the id of each of these playlists that has one, its active version."""
        rows = self._rows(
            _KEPT + " AND p.id = ANY (%(ids)s::uuid[]) AND v.number = p.active_number", ids=list(playlist_ids)
        )
        return {row["playlist_id"]: _kept(row) for row in rows}

    def active_drafts(self, playlist_ids: Collection[str]) -> dict[str, PlayedDraft]:
        """The same, without their items."""
        rows = self._rows(
            "SELECT p.id, v.shuffle, v.draft::text FROM playlists p JOIN playlist_versions v"
            " ON v.tenant_id = p.tenant_id AND v.playlist_id = p.id AND v.number = p.active_number"
            " WHERE p.tenant_id = %(tenant)s AND p.id = ANY (%(ids)s::uuid[])",
            ids=list(playlist_ids),
        )
        return {row["id"]: PlayedDraft(row["shuffle"], _DRAFT.decode(row["draft"])) for row in rows}

    def following(self) -> list[KeptVersion]:
        """What is played, or played as a canary, and has items that stand for others."""
        rows = self._rows(
            _KEPT + " AND v.follows AND v.number IN (p.active_number, p.canary_number)"
            " ORDER BY v.playlist_id, v.number"
        )
        return [_kept(row) for row in rows]

    def add(
        self,
        playlist_id: str,
        *,
        shuffle: bool,
        follows: bool,
        draft: Sequence[DraftItem],
        items: Sequence[VersionItem],
        total_s: float,
        note: str,
        rolled_back_to: int | None,
        user_id: str | None,
        by: str,
        at: datetime,
    ) -> int:
        """A new version, with the next number. The playlist must be locked."""
        row = self._row(
            _ADD,
            id=playlist_id,
            shuffle=shuffle,
            follows=follows,
            draft=Jsonb(msgspec.to_builtins(draft)),
            items=Jsonb(msgspec.to_builtins(items)),
            item_count=len(items),
            total_s=total_s,
            note=note,
            rolled_back_to=rolled_back_to,
            user=user_id,
            by=by,
            at=at,
        )
        assert row is not None
        self._run(
            "INSERT INTO playlist_version_media (tenant_id, playlist_id, number, media_id)"
            " SELECT %(tenant)s, %(id)s, %(number)s, m FROM unnest(%(media)s::uuid[]) m",
            id=playlist_id,
            number=row["number"],
            media=sorted({item.media_id for item in items}),
        )
        return int(row["number"])


def _kept(row: dict[str, Any]) -> KeptVersion:
    draft, items = _DRAFT.decode(row.pop("draft")), _ITEMS.decode(row.pop("items"))
    return KeptVersion(**row, draft=draft, items=items)
