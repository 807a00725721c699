"""What ids are called."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, LiteralString

from persistence.repositories.base import Repository

_NAMES: Final[dict[str, LiteralString]] = {
    table: "SELECT id, name FROM " + table + " WHERE tenant_id = %(tenant)s"  # noqa: S608 -- literals
    " AND id = ANY (%(ids)s::uuid[]) ORDER BY name, id"
    for table in ("sites", "device_groups", "devices")
}


class Names(Repository):
    """Fits `hub.use_cases.ports.Names`."""

    def of(self, table: Literal["sites", "device_groups", "devices"], ids: Sequence[str]) -> dict[str, str]:
        """Names by id, in the order of the names; an id that this tenant does not have is left out."""
        return {row["id"]: row["name"] for row in self._rows(_NAMES[table], ids=list(ids))}
