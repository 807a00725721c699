"""Users as administrators see and change them: who they are, their roles, their sites."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, LiteralString

import msgspec
from psycopg.errors import UniqueViolation

from persistence.repositories.base import Repository
from protocol.access import UserRow

_ROW: Final[LiteralString] = """
SELECT u.id, u.email, u.full_name, u.is_active,
       ARRAY(SELECT r.name
               FROM user_roles x JOIN roles r ON r.tenant_id = x.tenant_id AND r.id = x.role_id
              WHERE x.tenant_id = u.tenant_id AND x.user_id = u.id ORDER BY r.name) AS roles,
       CASE WHEN NOT u.all_sites
            THEN ARRAY(SELECT s.site_id FROM user_sites s
                        WHERE s.tenant_id = u.tenant_id AND s.user_id = u.id ORDER BY s.site_id) END AS sites,
       ARRAY(SELECT g.name
               FROM user_group_members m JOIN user_groups g ON g.tenant_id = m.tenant_id AND g.id = m.group_id
              WHERE m.tenant_id = u.tenant_id AND m.user_id = u.id ORDER BY g.name) AS groups,
       u.totp_since IS NOT NULL AS second_factor, u.password_hash = '' AS invited,
       u.last_login_at, u.created_at
  FROM users u
 WHERE u.tenant_id = %(tenant)s
"""
_COLUMNS: Final[dict[str, LiteralString]] = {
    "email": "email = lower(%(email)s)",
    "full_name": "full_name = %(full_name)s",
    "is_active": "is_active = %(is_active)s",
}


class Users(Repository):
    """Fits `hub.use_cases.people_ports.Users`. Whoever has not chosen a password has the hash ''."""

    def lock(self) -> None:
        """Until the end of the transaction nobody else changes who may do what in this tenant."""
        self._run("SELECT pg_advisory_xact_lock(hashtextextended('clarion.people.' || %(tenant)s, 0))")

    def get(self, user_id: str) -> UserRow | None:
        """One of them."""
        row = self._row(_ROW + " AND u.id = %(id)s", id=user_id)
        return msgspec.convert(row, UserRow) if row else None

    def find(self, *, text: str | None, after: tuple[str, str] | None, limit: int) -> list[UserRow]:
        """By address; `text` is looked for in address and name."""
        email, user_id = after or (None, None)
        rows = self._rows(
            _ROW
            + """
              AND (%(text)s::text IS NULL
                   OR strpos(lower(u.email || ' ' || u.full_name), lower(%(text)s)) > 0)
              AND (%(email)s::text IS NULL OR (u.email, u.id) > (%(email)s, %(id)s::uuid))
            ORDER BY u.email, u.id LIMIT %(limit)s
            """,
            text=text,
            email=email,
            id=user_id,
            limit=limit,
        )
        return msgspec.convert(rows, list[UserRow])

    def of_ids(self, user_ids: Sequence[str]) -> dict[str, str]:
        """Addresses by id, in their order; an id that this tenant does not have is left out."""
        rows = self._rows(
            "SELECT id, email FROM users WHERE tenant_id = %(tenant)s AND id = ANY (%(ids)s::uuid[])"
            " ORDER BY email",
            ids=list(user_ids),
        )
        return {row["id"]: row["email"] for row in rows}

    def add(self, email: str, full_name: str, password_hash: str) -> str | None:
        """A new one, without roles, for all sites; the id. None if the address is taken."""
        row = self._row(
            "INSERT INTO users (tenant_id, email, full_name, password_hash)"
            " VALUES (%(tenant)s, lower(%(email)s), %(full_name)s, %(hash)s)"
            " ON CONFLICT (tenant_id, email) DO NOTHING RETURNING id",
            email=email,
            full_name=full_name,
            hash=password_hash,
        )
        return str(row["id"]) if row else None

    def change(self, user_id: str, changes: Mapping[str, Any], at: datetime) -> bool:
        """Sets `email`, `full_name`, `is_active`: those that are named. False: the address is taken."""
        for name in changes:
            try:
                with self._connection.transaction():
                    self._run(
                        "UPDATE users SET updated_at = %(at)s, " + _COLUMNS[name] + " WHERE"  # noqa: S608
                        " tenant_id = %(tenant)s AND id = %(id)s",
                        id=user_id,
                        at=at,
                        **{name: changes[name]},
                    )
            except UniqueViolation:
                return False
        return True

    def remove(self, user_id: str) -> None:
        """Gone, with roles, sites, sessions, links. What they did keeps their name."""
        self._run("DELETE FROM users WHERE tenant_id = %(tenant)s AND id = %(id)s", id=user_id)

    def put_roles(self, user_id: str, role_ids: Sequence[str]) -> None:
        """These roles and no others."""
        self._run(
            "DELETE FROM user_roles WHERE tenant_id = %(tenant)s AND user_id = %(user)s"
            " AND role_id <> ALL (%(roles)s::uuid[])",
            user=user_id,
            roles=list(role_ids),
        )
        self._run(
            "INSERT INTO user_roles (tenant_id, user_id, role_id)"
            " SELECT %(tenant)s, %(user)s, id FROM roles"
            "  WHERE tenant_id = %(tenant)s AND id = ANY (%(roles)s::uuid[]) ON CONFLICT DO NOTHING",
            user=user_id,
            roles=list(role_ids),
        )

    def put_sites(self, user_id: str, site_ids: Sequence[str] | None) -> None:
        """Limited to these sites; None: all."""
        self._run(
            "UPDATE users SET all_sites = %(all)s WHERE tenant_id = %(tenant)s AND id = %(user)s"
            " AND all_sites <> %(all)s",
            user=user_id,
            all=site_ids is None,
        )
        self._run(
            "DELETE FROM user_sites WHERE tenant_id = %(tenant)s AND user_id = %(user)s"
            " AND site_id <> ALL (%(sites)s::uuid[])",
            user=user_id,
            sites=list(site_ids or ()),
        )
        self._run(
            "INSERT INTO user_sites (tenant_id, user_id, site_id)"
            " SELECT %(tenant)s, %(user)s, id FROM sites"
            "  WHERE tenant_id = %(tenant)s AND id = ANY (%(sites)s::uuid[]) ON CONFLICT DO NOTHING",
            user=user_id,
            sites=list(site_ids or ()),
        )

    def administrators(self, role: str) -> set[str]:
        """Who has this role for all sites, is active, and has a password to sign in with: their ids."""
        rows = self._rows(
            """
            SELECT u.id FROM users u
                   JOIN user_roles x ON x.tenant_id = u.tenant_id AND x.user_id = u.id
                   JOIN roles r ON r.tenant_id = x.tenant_id AND r.id = x.role_id
             WHERE u.tenant_id = %(tenant)s AND r.name = %(role)s AND NOT r.is_custom
               AND u.is_active AND u.all_sites AND u.password_hash <> ''
            """,
            role=role,
        )
        return {row["id"] for row in rows}
