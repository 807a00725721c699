"""Manifests as they were made, and what each number of each screen meant."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from persistence.repositories import locks
from persistence.repositories.at_sites import devices_at, values_of
from persistence.repositories.base import Repository


class Standing(NamedTuple):
    """Where a screen stands: what it must play and what it said that it plays, each with its manifest."""

    version: int
    digest: str | None
    wanted_since: datetime | None
    reported: int
    reported_digest: str | None


class Number(NamedTuple):
    """What a number of a screen meant. `playlists`: id, name and number of each."""

    version: int
    digest: str
    since: datetime
    playlists: list[dict[str, Any]]


_CHANGED: Final = """
UPDATE devices d SET manifest_digest = c.digest, playlist_version = d.playlist_version + 1
  FROM unnest(%(ids)s::uuid[], %(digests)s::text[]) AS c(id, digest)
 WHERE d.tenant_id = %(tenant)s AND d.id = c.id
RETURNING d.id, d.playlist_version
"""
_STANDING: Final = """
SELECT d.playlist_version AS version, d.manifest_digest AS digest, w.since AS wanted_since,
       d.reported_playlist_version AS reported, r.digest AS reported_digest
  FROM devices d
       LEFT JOIN device_manifests w ON w.tenant_id = d.tenant_id AND w.device_id = d.id
                                    AND w.version = d.playlist_version
       LEFT JOIN device_manifests r ON r.tenant_id = d.tenant_id AND r.device_id = d.id
                                    AND r.version = d.reported_playlist_version
 WHERE d.tenant_id = %(tenant)s AND d.id = %(id)s
"""
_NUMBERS: Final = """
SELECT n.version, n.digest, n.since,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('playlist_id', p -> 'playlist_id', 'name', p -> 'name',
                                                     'number', p -> 'number') ORDER BY place), '[]')
          FROM jsonb_array_elements(m.body::jsonb -> 'playlists') WITH ORDINALITY AS x(p, place)) AS playlists
  FROM device_manifests n JOIN manifests m ON m.tenant_id = n.tenant_id AND m.digest = n.digest
 WHERE n.tenant_id = %(tenant)s AND n.device_id = %(id)s
   AND (%(before)s::bigint IS NULL OR n.version < %(before)s)
 ORDER BY n.version DESC LIMIT %(limit)s
"""
_FORGET: Final = """
DELETE FROM device_manifests n
 WHERE n.tenant_id = %(tenant)s AND n.since < %(before)s
   AND NOT EXISTS (SELECT FROM devices d
                    WHERE d.tenant_id = %(tenant)s AND d.id = n.device_id
                      AND n.version IN (d.playlist_version, d.reported_playlist_version))
"""
_FORGET_BODIES: Final = """
DELETE FROM manifests m
 WHERE m.tenant_id = %(tenant)s AND m.made_at < %(before)s
   AND NOT EXISTS (SELECT FROM device_manifests n WHERE n.tenant_id = %(tenant)s AND n.digest = m.digest)
"""


class Manifests(Repository):
    """Fits `hub.use_cases.manifest_ports.Manifests`."""

    def keep(self, bodies: Mapping[str, bytes], wanted: Mapping[str, str], at: datetime) -> dict[str, int]:
        """`bodies`: manifests by digest; `wanted`: by device id the digest that it must play from now on.
        The number that this has for each of them."""
        if not wanted:
            return {}
        used = sorted(set(wanted.values()))
        self._run(
            "INSERT INTO manifests (tenant_id, digest, body, made_at)"
            " SELECT %(tenant)s, n.digest, n.body, %(at)s"
            " FROM unnest(%(digests)s::text[], %(bodies)s::text[]) AS n(digest, body) ON CONFLICT DO NOTHING",
            digests=used,
            bodies=[bodies[digest].decode() for digest in used],
            at=at,
        )
        ids = sorted(wanted)
        locks.devices(self._connection, self._tenant_id, ids)
        digests = [wanted[device_id] for device_id in ids]
        rows = self._rows(_CHANGED, ids=ids, digests=digests)
        numbers = {row["id"]: int(row["playlist_version"]) for row in rows}
        told = [device_id for device_id in ids if device_id in numbers]
        self._run(
            "INSERT INTO device_manifests (tenant_id, device_id, version, digest, since)"
            " SELECT %(tenant)s, n.device, n.version, n.digest, %(at)s"
            " FROM unnest(%(ids)s::uuid[], %(versions)s::bigint[], %(digests)s::text[])"
            " AS n(device, version, digest)",
            ids=told,
            versions=[numbers[device_id] for device_id in told],
            digests=[wanted[device_id] for device_id in told],
            at=at,
        )
        return numbers

    def forget(self, before: datetime) -> None:
        """What numbers meant that were over before this, and manifests that no number means any more."""
        self._run(_FORGET, before=before)
        self._run(_FORGET_BODIES, before=before)

    # ---- what is asked ----

    def wanted(self, device_id: str) -> tuple[int, str | None] | None:
        """The number and the digest of what the screen must play; None: there is no such screen."""
        row = self._row(
            "SELECT playlist_version, manifest_digest FROM devices"
            " WHERE tenant_id = %(tenant)s AND id = %(id)s",
            id=device_id,
        )
        return None if row is None else (row["playlist_version"], row["manifest_digest"])

    def body(self, digest: str) -> bytes | None:
        """A manifest as it is kept: JSON, without signed addresses."""
        row = self._row(
            "SELECT body FROM manifests WHERE tenant_id = %(tenant)s AND digest = %(digest)s", digest=digest
        )
        return None if row is None else str(row["body"]).encode()

    def standing(self, device_id: str, sites: Collection[str] | None) -> Standing | None:
        """Where a screen (at these sites) stands."""
        row = self._row(_STANDING + devices_at(sites), id=device_id, **values_of(sites))
        return None if row is None else Standing(**row)

    def numbers(self, device_id: str, *, before: int | None, limit: int) -> list[Number]:
        """What the numbers of a screen meant, the newest first."""
        return [Number(**row) for row in self._rows(_NUMBERS, id=device_id, before=before, limit=limit)]
