"""PostgreSQL as the owner of the tables uses it: migrations, the first run, and resetting a password.

Synchronous, one connection, for the command line only. The hub never works this way: the owner sees every tenant.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from persistence.adaptation import adapters
from persistence.errors import DatabaseUnavailable
from persistence.transaction import Connection, Transaction


@contextmanager
def connect_as_owner(database_url: str) -> Iterator[Connection]:
    """A connection, committed at the end. Raises DatabaseUnavailable."""
    try:
        with psycopg.connect(
            database_url,
            context=adapters,
            connect_timeout=5,
            application_name="clarion",
            options="-c timezone=UTC",
        ) as connection:
            yield connection
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
