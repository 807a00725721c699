"""Sites: where screens are, when it is open there, and who is limited to it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, LiteralString

import msgspec
from psycopg.errors import ForeignKeyViolation, UniqueViolation
from psycopg.types.json import Jsonb

from persistence.repositories import locks
from persistence.repositories.base import Repository
from protocol.places import Site

_SELECT: Final = """
SELECT s.id, s.name, s.address, s.time_zone, s.latitude, s.longitude, s.opening_hours,
       (SELECT count(*) FROM devices d
         WHERE d.tenant_id = s.tenant_id AND d.site_id = s.id AND d.status = 'approved')::int AS devices
  FROM sites s WHERE s.tenant_id = %(tenant)s
"""
_COLUMNS: Final[dict[str, LiteralString]] = {
    "name": "name = %(name)s",
    "address": "address = %(address)s",
    "time_zone": "time_zone = %(time_zone)s",
    "latitude": "latitude = %(latitude)s",
    "longitude": "longitude = %(longitude)s",
    "opening_hours": "opening_hours = %(opening_hours)s",
}


class Sites(Repository):
    """Fits `hub.use_cases.places_ports.Sites`."""

    def lock(self) -> None:
        """Until the end of the transaction nobody else changes sites and groups, or what is in them."""
        locks.places(self._connection, self._tenant_id)

    def all(self, ids: Collection[str] | None = None) -> list[Site]:
        """These of them, or all, by name."""
        rows = self._rows(
            _SELECT + " AND (%(ids)s::uuid[] IS NULL OR s.id = ANY (%(ids)s::uuid[])) ORDER BY s.name, s.id",
            ids=None if ids is None else list(ids),
        )
        return msgspec.convert(rows, list[Site])

    def get(self, site_id: str) -> Site | None:
        """One site of this tenant."""
        row = self._row(_SELECT + " AND s.id = %(id)s", id=site_id)
        return msgspec.convert(row, Site) if row else None

    def add(self, facts: Mapping[str, Any]) -> str | None:
        """A new one, with all of its facts; its id. None if the name is taken."""
        row = self._row(
            "INSERT INTO sites (tenant_id, name, address, time_zone, latitude, longitude, opening_hours)"
            " VALUES (%(tenant)s, %(name)s, %(address)s, %(time_zone)s, %(latitude)s, %(longitude)s,"
            " %(opening_hours)s) ON CONFLICT DO NOTHING RETURNING id",
            **_stored(facts),
        )
        return row["id"] if row else None

    def change(self, site_id: str, facts: Mapping[str, Any], at: datetime) -> bool:
        """Sets these facts. False if the name is taken."""
        sets: LiteralString = ", ".join(_COLUMNS[name] for name in facts)
        try:
            self._run(
                "UPDATE sites SET updated_at = %(at)s"  # noqa: S608 -- every piece is a literal of this page
                + (", " + sets if sets else "")
                + " WHERE tenant_id = %(tenant)s AND id = %(id)s",
                id=site_id,
                at=at,
                **_stored(facts),
            )
        except UniqueViolation:
            return False
        return True

    def remove(self, site_id: str) -> bool:
        """Also from those who are limited to it. False if there are screens in it."""
        try:
            self._run("DELETE FROM sites WHERE tenant_id = %(tenant)s AND id = %(id)s", id=site_id)
        except ForeignKeyViolation:
            return False
        return True

    def screens(self, site_id: str) -> list[str]:
        """The ids of all devices in it, also of those that are not let in."""
        rows = self._rows(
            "SELECT id FROM devices WHERE tenant_id = %(tenant)s AND site_id = %(id)s ORDER BY id", id=site_id
        )
        return [row["id"] for row in rows]

    def people(self, site_id: str) -> list[str]:
        """The ids of the users who are limited to sites, and have this one."""
        rows = self._rows(
            "SELECT u.id FROM user_sites x JOIN users u ON u.tenant_id = x.tenant_id AND u.id = x.user_id"
            " WHERE x.tenant_id = %(tenant)s AND x.site_id = %(id)s AND NOT u.all_sites ORDER BY u.id",
            id=site_id,
        )
        return [row["id"] for row in rows]

    def put_people(self, site_id: str, user_ids: Sequence[str]) -> None:
        """These users, and no others."""
        self._run(
            "DELETE FROM user_sites WHERE tenant_id = %(tenant)s AND site_id = %(id)s"
            " AND user_id <> ALL (%(users)s::uuid[])",
            id=site_id,
            users=list(user_ids),
        )
        self._run(
            "INSERT INTO user_sites (tenant_id, user_id, site_id)"
            " SELECT %(tenant)s, u, %(id)s FROM unnest(%(users)s::uuid[]) u ON CONFLICT DO NOTHING",
            id=site_id,
            users=list(user_ids),
        )


def _stored(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: Jsonb(value) if name == "opening_hours" else value for name, value in facts.items()}
