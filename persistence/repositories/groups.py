"""Groups of screens: by hand, by tag query, and of groups. Who is in them: `persistence.group_reach`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, LiteralString

import msgspec
from psycopg.errors import UniqueViolation
from psycopg.types.json import Jsonb

from persistence.group_reach import DEVICES_OF_GROUPS, devices_in_groups
from persistence.repositories import locks
from persistence.repositories.base import Repository
from protocol.places import Group

_SELECT: Final = """
SELECT g.id, g.name, g.parent_id, g.tag_query FROM device_groups g WHERE g.tenant_id = %(tenant)s
"""
_APPROVED: Final[LiteralString] = """
SELECT d.id FROM devices d WHERE d.tenant_id = %(tenant)s AND d.status = 'approved'
   AND (%(sites)s::uuid[] IS NULL OR d.site_id = ANY (%(sites)s::uuid[]))
"""
_COUNT: Final[LiteralString] = f"""
SELECT count(*)::int AS devices FROM ({_APPROVED} AND d.id IN ({DEVICES_OF_GROUPS}))
"""  # noqa: S608 -- every piece is a literal
_COLUMNS: Final[dict[str, LiteralString]] = {
    "name": "name = %(name)s",
    "parent_id": "parent_id = %(parent_id)s",
    "tag_query": "tag_query = %(tag_query)s",
    "tag_terms": "tag_terms = %(tag_terms)s",
}


class Groups(Repository):
    """Fits `hub.use_cases.places_ports.Groups`. `sites`: only the screens there are counted; None: all."""

    def lock(self) -> None:
        """Until the end of the transaction nobody else changes sites and groups, or what is in them."""
        locks.places(self._connection, self._tenant_id)

    def all(self, sites: Collection[str] | None = None) -> list[Group]:
        """By name."""
        approved = self._rows(_APPROVED, sites=None if sites is None else list(sites))
        devices = devices_in_groups(self._connection, self._tenant_id, [row["id"] for row in approved])
        rows = self._rows(_SELECT + " ORDER BY g.name, g.id")
        return msgspec.convert([{**row, "devices": devices[row["id"]]} for row in rows], list[Group])

    def get(self, group_id: str, sites: Collection[str] | None = None) -> Group | None:
        """One group of this tenant."""
        row = self._row(_SELECT + " AND g.id = %(id)s", id=group_id)
        if row is None:
            return None
        counted = self._row(_COUNT, ids=[group_id], sites=None if sites is None else list(sites))
        assert counted is not None  # a count is always a row
        return msgspec.convert({**row, **counted}, Group)

    def parents(self) -> dict[str, str | None]:
        """By the id of each group, that of the one above it."""
        rows = self._rows("SELECT id, parent_id FROM device_groups WHERE tenant_id = %(tenant)s")
        return {row["id"]: row["parent_id"] for row in rows}

    def with_queries(self) -> int:
        """How many have a tag query."""
        row = self._row(
            "SELECT count(*)::int AS n FROM device_groups"
            " WHERE tenant_id = %(tenant)s AND tag_query IS NOT NULL"
        )
        return row["n"] if row else 0

    def add(self, facts: Mapping[str, Any]) -> str | None:
        """A new one, with all of its facts; its id. None if the name is taken."""
        row = self._row(
            "INSERT INTO device_groups (tenant_id, name, parent_id, tag_query, tag_terms)"
            " VALUES (%(tenant)s, %(name)s, %(parent_id)s, %(tag_query)s, %(tag_terms)s)"
            " ON CONFLICT DO NOTHING RETURNING id",
            **_stored(facts),
        )
        return row["id"] if row else None

    def change(self, group_id: str, facts: Mapping[str, Any], at: datetime) -> bool:
        """Sets these facts. False if the name is taken."""
        sets: LiteralString = ", ".join(_COLUMNS[name] for name in facts)
        try:
            self._run(
                "UPDATE device_groups SET updated_at = %(at)s"  # noqa: S608 -- literals of this page
                + (", " + sets if sets else "")
                + " WHERE tenant_id = %(tenant)s AND id = %(id)s",
                id=group_id,
                at=at,
                **_stored(facts),
            )
        except UniqueViolation:
            return False
        return True

    def remove(self, group_id: str) -> list[str]:
        """Those below it move up to the one above it; their ids."""
        moved = self._rows(
            "UPDATE device_groups c SET parent_id = g.parent_id FROM device_groups g"
            " WHERE c.tenant_id = %(tenant)s AND c.parent_id = g.id AND g.tenant_id = %(tenant)s"
            " AND g.id = %(id)s RETURNING c.id",
            id=group_id,
        )
        self._run("DELETE FROM device_groups WHERE tenant_id = %(tenant)s AND id = %(id)s", id=group_id)
        return sorted(row["id"] for row in moved)

    def reach(self, group_id: str) -> set[str]:
        """The ids of all devices in it, by whatever way, also of those that are not let in."""
        return {row["device_id"] for row in self._rows(DEVICES_OF_GROUPS, ids=[group_id])}

    def members(self, group_id: str, sites: Collection[str] | None = None) -> list[str]:
        """The ids of the devices put into it by hand; of those at these sites, if there are any given."""
        rows = self._rows(
            "SELECT m.device_id FROM device_group_members m"
            " JOIN devices d ON d.tenant_id = m.tenant_id AND d.id = m.device_id"
            " WHERE m.tenant_id = %(tenant)s AND m.group_id = %(id)s"
            " AND (%(sites)s::uuid[] IS NULL OR d.site_id = ANY (%(sites)s::uuid[]))"
            " ORDER BY d.name, d.id",
            id=group_id,
            sites=None if sites is None else list(sites),
        )
        return [row["device_id"] for row in rows]

    def put_members(self, group_id: str, device_ids: Sequence[str]) -> None:
        """These devices by hand, and no others."""
        self._run(
            "DELETE FROM device_group_members WHERE tenant_id = %(tenant)s AND group_id = %(id)s"
            " AND device_id <> ALL (%(devices)s::uuid[])",
            id=group_id,
            devices=list(device_ids),
        )
        self._run(
            "INSERT INTO device_group_members (tenant_id, group_id, device_id)"
            " SELECT %(tenant)s, %(id)s, d FROM unnest(%(devices)s::uuid[]) d ON CONFLICT DO NOTHING",
            id=group_id,
            devices=list(device_ids),
        )


def _stored(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: Jsonb(value) if name == "tag_terms" and value is not None else value
        for name, value in facts.items()
    }
