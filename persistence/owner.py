"""PostgreSQL as the owner of the tables uses it: migrations, the first run, and setting a password.

Synchronous, one connection, for the command line. The hub never works this way: an owner sees every tenant.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from persistence.adaptation import adapters
from persistence.errors import DatabaseUnavailable, MigrationFailed
from persistence.transaction import Connection, Transaction


@contextmanager
def connect_as_owner(database_url: str) -> Iterator[Connection]:
    """A connection, committed at the end. Raises DatabaseUnavailable; MigrationFailed without tables."""
    try:
        with psycopg.connect(
            database_url, context=adapters, connect_timeout=5, application_name="clarion"
        ) as connection:
            yield connection
    except psycopg.errors.UndefinedTable as error:
        raise MigrationFailed(
            "the database has no tables of Clarion yet: run `clarion migrate` first"
        ) from error
    except psycopg.OperationalError as error:
        raise DatabaseUnavailable(" ".join(str(error).split())) from error


class Owner:
    """One transaction across tenants, for the few commands that need it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def within(self, tenant_id: str) -> Transaction:
        """The repositories of one tenant, in this same transaction."""
        self._connection.execute("SELECT set_config('clarion.tenant_id', %s, true)", (tenant_id,))
        return Transaction(self._connection, tenant_id)

    def lock(self) -> None:
        """Until the end of the transaction no other one makes tenants."""
        self._connection.execute("LOCK TABLE tenants IN SHARE ROW EXCLUSIVE MODE")

    def has_tenant(self, tenant_id: str) -> bool:
        """Whether there is a tenant of this id."""
        return bool(self._connection.execute("SELECT FROM tenants WHERE id = %s", (tenant_id,)).rowcount)

    def tenant_called(self, name_or_id: str) -> str | None:
        """The id of the tenant of this name or id."""
        row = self._connection.execute(
            "SELECT id FROM tenants WHERE name = %(it)s OR id::text = lower(%(it)s)"
            " ORDER BY name = %(it)s DESC",
            {"it": name_or_id},
        ).fetchone()
        return str(row[0]) if row else None

    def oldest_tenant_but(self, tenant_id: str) -> tuple[str, str] | None:
        """Id and name of the first tenant that is not this one."""
        row = self._connection.execute(
            "SELECT id, name FROM tenants WHERE id <> %s ORDER BY created_at, id LIMIT 1", (tenant_id,)
        ).fetchone()
        return (row[0], row[1]) if row else None

    def add_tenant(self, name: str, tenant_id: str | None = None) -> str:
        """A new tenant, with this id or a generated one. The id."""
        row = self._connection.execute(
            "INSERT INTO tenants (id, name) VALUES (coalesce(%s::uuid, gen_random_uuid()), %s) RETURNING id",
            (tenant_id, name),
        ).fetchone()
        assert row is not None  # INSERT … RETURNING
        return str(row[0])

    def tenants_of_user(self, email: str) -> list[str]:
        """The ids of all tenants that have a user of this address."""
        rows = self._connection.execute("SELECT tenant_id FROM users WHERE email = lower(%s)", (email,))
        return [str(row[0]) for row in rows]
