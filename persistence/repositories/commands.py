"""Commands as operators queue and read them. Their way to the screen is in `persistence/journal.py`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from psycopg.types.json import Jsonb

from persistence.repositories.base import Repository
from protocol.api import CommandRow
from protocol.vocabulary import DeviceStatus

_SELECT = """
SELECT c.seq, c.id, c.device_id, c.command, c.args, c.status, c.detail, u.email AS created_by, c.created_at,
       c.expires_at, c.sent_at, c.received_at, c.finished_at
  FROM commands c LEFT JOIN users u ON u.tenant_id = c.tenant_id AND u.id = c.created_by
 WHERE c.tenant_id = %(tenant)s
"""


class Commands(Repository):
    """Fits `hub.use_cases.ports.Commands`."""

    def device_status(self, device_id: str) -> DeviceStatus | None:
        """Whether the device is let in; it stays so until the end of this transaction."""
        row = self._row(
            "SELECT status FROM devices WHERE tenant_id = %(tenant)s AND id = %(id)s FOR SHARE", id=device_id
        )
        return DeviceStatus(row["status"]) if row else None

    def open_count(self, device_id: str) -> int:
        """How many commands wait for this device."""
        row = self._row(
            "SELECT count(*) AS n FROM commands WHERE tenant_id = %(tenant)s AND device_id = %(device)s"
            " AND status IN ('queued', 'sent', 'received')",
            device=device_id,
        )
        return int(row["n"]) if row else 0

    def add(
        self,
        *,
        id: str,
        device_id: str,
        command: str,
        args: dict[str, Any],
        idempotency_key: str | None,
        created_by: str,
        created_at: datetime,
        expires_at: datetime,
    ) -> bool:
        """A queued command; False if the device has one of this idempotency key already."""
        return (
            self._run(
                "INSERT INTO commands (id, tenant_id, device_id, command, args, idempotency_key, created_by,"
                " created_at, expires_at)"
                " VALUES (%(id)s, %(tenant)s, %(device)s, %(command)s, %(args)s, %(key)s,"
                " %(by)s, %(at)s, %(expires)s) ON CONFLICT DO NOTHING",
                id=id,
                device=device_id,
                command=command,
                args=Jsonb(args),
                key=idempotency_key,
                by=created_by,
                at=created_at,
                expires=expires_at,
            )
            == 1
        )

    def by_key(self, device_id: str, idempotency_key: str) -> CommandRow | None:
        """The device's command of this idempotency key."""
        row = self._row(
            _SELECT + " AND c.device_id = %(device)s AND c.idempotency_key = %(key)s",
            device=device_id,
            key=idempotency_key,
        )
        return msgspec.convert(row, CommandRow) if row else None

    def get(self, command_id: str) -> CommandRow | None:
        """One command of this tenant."""
        row = self._row(_SELECT + " AND c.id = %(id)s", id=command_id)
        return msgspec.convert(row, CommandRow) if row else None

    def of_device(
        self, device_id: str, *, only_open: bool, before: int | None, limit: int
    ) -> list[tuple[int, CommandRow]]:
        """The newest first with their sequence numbers, those before the number `before`."""
        rows = self._rows(
            _SELECT + " AND c.device_id = %(device)s AND (%(before)s::bigint IS NULL OR c.seq < %(before)s)"
            " AND (NOT %(only_open)s OR c.status IN ('queued', 'sent', 'received'))"
            " ORDER BY c.seq DESC LIMIT %(limit)s",
            device=device_id,
            before=before,
            only_open=only_open,
            limit=limit,
        )
        return [(row["seq"], msgspec.convert(row, CommandRow)) for row in rows]
