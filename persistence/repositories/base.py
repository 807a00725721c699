"""What every repository is made of: a connection, a tenant, and three ways to ask."""

from __future__ import annotations

from typing import Any, LiteralString, TypeAlias

from psycopg import Connection as PsycopgConnection
from psycopg.rows import dict_row

Connection: TypeAlias = PsycopgConnection[tuple[Any, ...]]


class Repository:
    """Every statement names the tenant, as `%(tenant)s`: row-level security is only the second lock."""

    def __init__(self, connection: Connection, tenant_id: str) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    def _rows(self, sql: LiteralString, **values: Any) -> list[dict[str, Any]]:
        with self._connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(sql, {"tenant": self._tenant_id, **values}).fetchall()

    def _row(self, sql: LiteralString, **values: Any) -> dict[str, Any] | None:
        rows = self._rows(sql, **values)
        return rows[0] if rows else None

    def _run(self, sql: LiteralString, **values: Any) -> int:
        """How many rows it touched."""
        return self._connection.execute(sql, {"tenant": self._tenant_id, **values}).rowcount
