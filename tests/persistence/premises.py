"""Rows to test the live side's persistence with: a tenant, its devices, an emergency, a command."""

from __future__ import annotations

import uuid
from typing import Any

from persistence.owner import Owner, connect_as_owner


class Premises:
    """One tenant. `emergency_id` and `command_id` (of the first device) are open."""

    def __init__(self, database_url: str, name: str, devices: int = 2) -> None:
        self.database_url = database_url
        self.emergency_id, self.command_id = str(uuid.uuid4()), str(uuid.uuid4())
        with connect_as_owner(database_url) as connection:
            self.id = Owner(connection).add_tenant(name)
            rows = connection.execute(
                "INSERT INTO devices (tenant_id, hardware_id, name, status) "
                "SELECT %s, 'hw-' || n, 'Screen ' || n, 'approved' FROM generate_series(1, %s) n "
                "RETURNING id",
                (self.id, devices),
            ).fetchall()
            self.devices: list[str] = [row[0] for row in rows]
            connection.execute(
                "INSERT INTO emergencies (id, tenant_id, title, message, severity, scope, scope_text, "
                "content_hash, issued_at) "
                "VALUES (%s, %s, 'Fire', 'Leave.', 'extreme', '{\"kind\": \"all\"}', 'all', 'hash', now())",
                (self.emergency_id, self.id),
            )
            connection.execute(
                "INSERT INTO commands (id, tenant_id, device_id, command, expires_at) "
                "VALUES (%s, %s, %s, 'play', now() + interval '1 hour')",
                (self.command_id, self.id, self.devices[0]),
            )

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """What the owner sees, whom no policy binds."""
        with connect_as_owner(self.database_url) as connection:
            return connection.execute(sql.encode(), values).fetchall()

    def run(self, sql: str, *values: Any) -> None:
        with connect_as_owner(self.database_url) as connection:
            connection.execute(sql.encode(), values)

    def run_named(self, sql: str, **values: Any) -> None:
        """The same, with values by name."""
        with connect_as_owner(self.database_url) as connection:
            connection.execute(sql.encode(), values)
