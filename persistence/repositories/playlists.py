"""Playlists: what people name, and which of their versions are played."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final, LiteralString

import msgspec
from psycopg.errors import UniqueViolation
from psycopg.types.json import Jsonb

from persistence.repositories.base import Repository
from protocol.playlists import Canary, Playlist

# What is counted over the items is not here: whoever answers it has resolved them.
_SELECT: Final[LiteralString] = """
SELECT p.id, p.name, p.description, p.is_default, p.shuffle, p.revision, 0 AS items, 0.0 AS total_s,
       p.active_number, p.canary_number, p.canary, false AS has_changes, v.published_at,
       v.published_by_name AS published_by, 0 AS screens, p.created_by_name AS created_by, p.created_at,
       p.updated_at
  FROM playlists p LEFT JOIN playlist_versions v
       ON v.tenant_id = p.tenant_id AND v.playlist_id = p.id AND v.number = p.active_number
 WHERE p.tenant_id = %(tenant)s
"""
_COLUMNS: Final[dict[str, LiteralString]] = {
    "name": "name = %(name)s",
    "description": "description = %(description)s",
    "shuffle": "shuffle = %(shuffle)s",
    "is_default": "is_default = %(is_default)s",
}
# Of the draft, and of what screens play: the hub publishes a playlist anew when one that it names changes.
_NESTED: Final[LiteralString] = """
SELECT i.playlist_id AS above, i.nested_id AS below FROM playlist_items i
 WHERE i.tenant_id = %(tenant)s AND i.nested_id IS NOT NULL
UNION
SELECT p.id, (d ->> 'playlist_id')::uuid
  FROM playlists p
       JOIN playlist_versions v ON v.tenant_id = p.tenant_id AND v.playlist_id = p.id AND v.follows
            AND v.number IN (p.active_number, p.canary_number)
       CROSS JOIN LATERAL jsonb_array_elements(v.draft) d
 WHERE p.tenant_id = %(tenant)s AND d ? 'playlist_id'
"""


# Screens that are to play the same have the same manifest: few are read, however many screens there are.
_SCREENS: Final[LiteralString] = """
WITH counted AS MATERIALIZED (
    SELECT d.manifest_digest AS digest, count(*) AS screens FROM devices d
     WHERE d.tenant_id = %(tenant)s AND d.status = 'approved' AND d.manifest_digest IS NOT NULL
       AND (%(sites)s::uuid[] IS NULL OR d.site_id = ANY (%(sites)s::uuid[]))
     GROUP BY d.manifest_digest
)
SELECT p ->> 'playlist_id' AS playlist_id, (p ->> 'number')::int AS number, sum(c.screens)::int AS screens
  FROM counted c JOIN manifests m ON m.tenant_id = %(tenant)s AND m.digest = c.digest
       CROSS JOIN LATERAL jsonb_array_elements(m.body::jsonb -> 'playlists') p
 WHERE p ->> 'playlist_id' = ANY (%(ids)s::text[])
 GROUP BY 1, 2
"""


class Playlists(Repository):
    """Fits `hub.use_cases.playlist_ports.Playlists`."""

    def lock(self) -> None:
        """Until the end of the transaction nobody else publishes, nests, or chooses the default playlist."""
        self._run(
            "SELECT pg_advisory_xact_lock(hashtextextended('clarion.playlists.' || %(tenant)s::text, 0))"
        )

    def find(self, *, text: str | None, after: tuple[str, str] | None, limit: int) -> list[Playlist]:
        """By name; whose name or description has the text."""
        name, playlist_id = after or (None, None)
        rows = self._rows(
            _SELECT + " AND (%(text)s::text IS NULL OR strpos(lower(p.name), lower(%(text)s)) > 0"
            " OR strpos(lower(p.description), lower(%(text)s)) > 0)"
            " AND (%(name)s::text IS NULL OR (lower(p.name), p.id) > (lower(%(name)s), %(id)s::uuid))"
            " ORDER BY lower(p.name), p.id LIMIT %(limit)s",
            text=text,
            name=name,
            id=playlist_id,
            limit=limit,
        )
        return msgspec.convert(rows, list[Playlist])

    def get(self, playlist_id: str) -> Playlist | None:
        """One of this tenant."""
        return self._one(_SELECT + " AND p.id = %(id)s", playlist_id)

    def get_locked(self, playlist_id: str) -> Playlist | None:
        """The same; nobody else changes it until the end of the transaction."""
        return self._one(_SELECT + " AND p.id = %(id)s FOR NO KEY UPDATE OF p", playlist_id)

    def names(self, playlist_ids: Collection[str]) -> dict[str, str]:
        """By id, what those of them are called that there are."""
        rows = self._rows(
            "SELECT id, name FROM playlists WHERE tenant_id = %(tenant)s AND id = ANY (%(ids)s::uuid[])",
            ids=list(playlist_ids),
        )
        return {row["id"]: row["name"] for row in rows}

    def names_like(self, name: str) -> set[str]:
        """In lower case, the names that begin with this one, whatever the case."""
        rows = self._rows(
            "SELECT lower(name) AS name FROM playlists WHERE tenant_id = %(tenant)s"
            " AND starts_with(lower(name), lower(%(name)s))",
            name=name,
        )
        return {row["name"] for row in rows}

    def add(self, facts: Mapping[str, Any], user_id: str, by: str, at: datetime) -> str | None:
        """A new one, with all of its facts; its id. None if the name is taken."""
        row = self._row(
            "INSERT INTO playlists (tenant_id, name, description, shuffle, created_by, created_by_name,"
            " created_at, updated_at) VALUES (%(tenant)s, %(name)s, %(description)s, %(shuffle)s, %(user)s,"
            " %(by)s, %(at)s, %(at)s) ON CONFLICT DO NOTHING RETURNING id",
            user=user_id,
            by=by,
            at=at,
            **facts,
        )
        return row["id"] if row else None

    def change(self, playlist_id: str, facts: Mapping[str, Any], at: datetime) -> bool:
        """Sets these facts, and raises the revision. False if the name is taken."""
        sets: LiteralString = "".join(", " + _COLUMNS[name] for name in facts)
        try:
            self._run(
                "UPDATE playlists SET revision = revision + 1, updated_at = %(at)s"  # noqa: S608 -- literals
                + sets
                + " WHERE tenant_id = %(tenant)s AND id = %(id)s",
                id=playlist_id,
                at=at,
                **facts,
            )
        except UniqueViolation:
            return False
        return True

    def no_default(self) -> None:
        """No playlist is the default one any more."""
        self._run(
            "UPDATE playlists SET is_default = false, revision = revision + 1"
            " WHERE tenant_id = %(tenant)s AND is_default"
        )

    def play(self, playlist_id: str, active: int | None, canary_number: int | None, canary: Any) -> None:
        """These versions from now on; `canary`: who plays the second one, as a `Canary` or None."""
        self._run(
            "UPDATE playlists SET active_number = %(active)s, canary_number = %(number)s, canary = %(canary)s"
            " WHERE tenant_id = %(tenant)s AND id = %(id)s",
            id=playlist_id,
            active=active,
            number=canary_number,
            canary=None if canary is None else Jsonb(_said(canary)),
        )

    def remove(self, playlist_id: str) -> None:
        """With its draft and its versions. Nothing must name it any more."""
        self._run("DELETE FROM playlists WHERE tenant_id = %(tenant)s AND id = %(id)s", id=playlist_id)

    def nesting(self) -> dict[str, set[str]]:
        """By the id of each playlist that has others in it, theirs: of its draft and of what is played."""
        found: dict[str, set[str]] = {}
        for row in self._rows(_NESTED):
            found.setdefault(row["above"], set()).add(row["below"])
        return found

    def schedule_entries(self, playlist_id: str) -> int:
        """How many entries of the schedule name it."""
        row = self._row(
            "SELECT count(*)::int AS n FROM schedule_entries"
            " WHERE tenant_id = %(tenant)s AND playlist_id = %(id)s",
            id=playlist_id,
        )
        return row["n"] if row else 0

    def screens(
        self, playlist_ids: Collection[str], sites: Collection[str] | None
    ) -> dict[tuple[str, int], int]:
        """By playlist and number, how many screens at these sites (None: all) have it in their manifest."""
        rows = self._rows(_SCREENS, ids=list(playlist_ids), sites=None if sites is None else list(sites))
        return {(row["playlist_id"], row["number"]): row["screens"] for row in rows}

    def _one(self, sql: LiteralString, playlist_id: str) -> Playlist | None:
        row = self._row(sql, id=playlist_id)
        return None if row is None else msgspec.convert(row, Playlist)


def _said(canary: Canary) -> dict[str, Any]:
    told = {"fraction": canary.fraction, "group_id": canary.group_id}
    return {name: value for name, value in told.items() if value is not None}
