"""Sites and groups: a name, and the devices in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, LiteralString

import msgspec

from persistence.repositories.base import Connection, Repository
from protocol.places import Place

_LIST: Final[dict[str, LiteralString]] = {
    "sites": """
        SELECT s.id, s.name, count(d.id)::int AS devices
          FROM sites s
               LEFT JOIN devices d
                      ON d.tenant_id = s.tenant_id AND d.site_id = s.id AND d.status = 'approved'
         WHERE s.tenant_id = %(tenant)s GROUP BY s.id ORDER BY s.name, s.id
        """,
    "device_groups": """
        SELECT g.id, g.name, count(d.id)::int AS devices
          FROM device_groups g
               LEFT JOIN device_group_members m ON m.tenant_id = g.tenant_id AND m.group_id = g.id
               LEFT JOIN devices d
                      ON d.tenant_id = m.tenant_id AND d.id = m.device_id AND d.status = 'approved'
         WHERE g.tenant_id = %(tenant)s GROUP BY g.id ORDER BY g.name, g.id
        """,
}
_ADD: Final[dict[str, LiteralString]] = {
    table: "INSERT INTO " + table + " (tenant_id, name) VALUES (%(tenant)s, %(name)s)"  # noqa: S608 -- literals
    " ON CONFLICT DO NOTHING RETURNING id, name, 0 AS devices"
    for table in ("sites", "device_groups")
}
_NAMES: Final[dict[str, LiteralString]] = {
    table: "SELECT id, name FROM " + table + " WHERE tenant_id = %(tenant)s"  # noqa: S608 -- literals
    " AND id = ANY (%(ids)s::uuid[]) ORDER BY name, id"
    for table in ("sites", "device_groups", "devices")
}


class Places(Repository):
    """The sites or the groups of one tenant. Fits `hub.use_cases.ports.Places`."""

    def __init__(
        self, connection: Connection, tenant_id: str, table: Literal["sites", "device_groups"]
    ) -> None:
        super().__init__(connection, tenant_id)
        self._table = table

    def all(self) -> list[Place]:
        """By name, with the number of approved devices."""
        return msgspec.convert(self._rows(_LIST[self._table]), list[Place])

    def add(self, name: str) -> Place | None:
        """A new one; None if the name is taken."""
        row = self._row(_ADD[self._table], name=name)
        return msgspec.convert(row, Place) if row else None


class Names(Repository):
    """What ids are called. Fits `hub.use_cases.ports.Names`."""

    def of(self, table: Literal["sites", "device_groups", "devices"], ids: Sequence[str]) -> dict[str, str]:
        """Names by id, in the order of the names; an id that this tenant does not have is left out."""
        return {row["id"]: row["name"] for row in self._rows(_NAMES[table], ids=list(ids))}
