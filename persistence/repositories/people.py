"""Users and their roles, and the tenant they sign in to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from persistence.repositories.base import Repository


class User(NamedTuple):
    """A user with what sign-in needs. `tenant_is_active` is False for a suspended tenant."""

    id: str
    email: str
    password_hash: str
    is_active: bool
    tenant_name: str
    tenant_is_active: bool
    roles: tuple[str, ...]


class People(Repository):
    """Fits `hub.use_cases.ports.People`."""

    def by_email(self, email: str) -> User | None:
        """The user of this tenant with this address, in whatever case it is written."""
        row = self._row(
            """
            SELECT u.id, u.email, u.password_hash, u.is_active, t.name AS tenant_name,
                   t.status = 'ACTIVE' AS tenant_is_active,
                   ARRAY(SELECT r.name
                           FROM user_roles x JOIN roles r ON r.tenant_id = x.tenant_id AND r.id = x.role_id
                          WHERE x.tenant_id = u.tenant_id AND x.user_id = u.id ORDER BY r.name) AS roles
              FROM users u JOIN tenants t ON t.id = u.tenant_id
             WHERE u.tenant_id = %(tenant)s AND u.email = lower(%(email)s)
            """,
            email=email,
        )
        return User(**{**row, "roles": tuple(row["roles"])}) if row else None

    def signed_in(self, user_id: str, ip: str | None, at: datetime) -> None:
        """Remembers when and from where."""
        self._run(
            "UPDATE users SET last_login_at = %(at)s, last_login_ip = %(ip)s"
            " WHERE tenant_id = %(tenant)s AND id = %(id)s",
            id=user_id,
            ip=ip,
            at=at,
        )

    def set_password_hash(self, user_id: str, password_hash: str, at: datetime) -> None:
        """Stores another hash."""
        self._run(
            "UPDATE users SET password_hash = %(hash)s, updated_at = %(at)s"
            " WHERE tenant_id = %(tenant)s AND id = %(id)s",
            id=user_id,
            hash=password_hash,
            at=at,
        )

    def any(self) -> bool:
        """Whether the tenant has a user, active or not."""
        return self._row("SELECT 1 FROM users WHERE tenant_id = %(tenant)s LIMIT 1") is not None

    def ensure_roles(self, names: Sequence[str]) -> None:
        """These roles exist in the tenant."""
        self._run(
            "INSERT INTO roles (tenant_id, name) SELECT %(tenant)s, unnest(%(names)s::text[])"
            " ON CONFLICT DO NOTHING",
            names=list(names),
        )

    def add(self, email: str, full_name: str, password_hash: str, role: str) -> str:
        """A new user with one role; the id."""
        row = self._row(
            "INSERT INTO users (tenant_id, email, full_name, password_hash)"
            " VALUES (%(tenant)s, lower(%(email)s), %(full_name)s, %(hash)s) RETURNING id",
            email=email,
            full_name=full_name,
            hash=password_hash,
        )
        assert row is not None  # INSERT … RETURNING
        self._run(
            "INSERT INTO user_roles (tenant_id, user_id, role_id)"
            " SELECT %(tenant)s, %(user)s, id FROM roles WHERE tenant_id = %(tenant)s AND name = %(role)s",
            user=row["id"],
            role=role,
        )
        return str(row["id"])
