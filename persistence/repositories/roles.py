"""Roles: the built-in ones, whose permissions the code knows, and the tenant's own, kept here with theirs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, LiteralString, NamedTuple

from psycopg.errors import UniqueViolation

from persistence.repositories.base import Repository


class Role(NamedTuple):
    """One role. `permissions`: as stored; a built-in role has none here. `people`: how many have it."""

    id: str
    name: str
    description: str
    is_custom: bool
    permissions: tuple[str, ...]
    people: int


_ROLES: Final[LiteralString] = """
SELECT r.id, r.name, r.description, r.is_custom, r.permissions,
       (SELECT count(*) FROM user_roles x WHERE x.tenant_id = r.tenant_id AND x.role_id = r.id)::int AS people
  FROM roles r
 WHERE r.tenant_id = %(tenant)s
"""
_IN_ORDER: Final[LiteralString] = " ORDER BY r.is_custom, r.name"


class Roles(Repository):
    """Fits `hub.use_cases.people_ports.Roles`."""

    def all(self) -> list[Role]:
        """The built-in ones first."""
        return self._roles(_ROLES + _IN_ORDER)

    def get(self, role_id: str) -> Role | None:
        """One of them."""
        roles = self._roles(_ROLES + " AND r.id = %(id)s", id=role_id)
        return roles[0] if roles else None

    def of_user(self, user_id: str) -> list[Role]:
        """Those that the user has."""
        return self._roles(
            _ROLES
            + " AND EXISTS (SELECT FROM user_roles x WHERE x.tenant_id = r.tenant_id AND x.role_id = r.id"
            " AND x.user_id = %(user)s)" + _IN_ORDER,
            user=user_id,
        )

    def named(self, names: Sequence[str]) -> list[Role]:
        """Those that have one of these names."""
        return self._roles(_ROLES + " AND r.name = ANY (%(names)s::text[])" + _IN_ORDER, names=list(names))

    def add(self, name: str, description: str, permissions: Sequence[str]) -> str | None:
        """A new one of the tenant's own; the id. None if the name is taken."""
        row = self._row(
            "INSERT INTO roles (tenant_id, name, description, permissions, is_custom)"
            " VALUES (%(tenant)s, %(name)s, %(description)s, %(permissions)s, true)"
            " ON CONFLICT (tenant_id, name) DO NOTHING RETURNING id",
            name=name,
            description=description,
            permissions=list(permissions),
        )
        return str(row["id"]) if row else None

    def change(self, role_id: str, name: str, description: str, permissions: Sequence[str]) -> bool:
        """One of the tenant's own gets all of this. False: the name is taken."""
        try:
            with self._connection.transaction():
                self._run(
                    "UPDATE roles SET name = %(name)s, description = %(description)s,"
                    " permissions = %(permissions)s"
                    " WHERE tenant_id = %(tenant)s AND id = %(id)s AND is_custom",
                    id=role_id,
                    name=name,
                    description=description,
                    permissions=list(permissions),
                )
        except UniqueViolation:
            return False
        return True

    def remove(self, role_id: str) -> None:
        """One of the tenant's own goes; nobody has it any more."""
        self._run("DELETE FROM roles WHERE tenant_id = %(tenant)s AND id = %(id)s AND is_custom", id=role_id)

    def _roles(self, sql: LiteralString, **values: object) -> list[Role]:
        return [
            Role(**{**row, "permissions": tuple(row["permissions"])}) for row in self._rows(sql, **values)
        ]
