"""The audit log: append, nothing else. PostgreSQL refuses the rest."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from persistence.repositories.base import Repository


class Audit(Repository):
    """Fits `hub.use_cases.ports.Audit`."""

    def add(
        self,
        *,
        at: datetime,
        user_id: str | None,
        user_email: str,
        ip: str | None,
        action: str,
        target_type: str,
        target_id: str | None,
        details: dict[str, Any],
    ) -> None:
        """One row, in the transaction of what it speaks of."""
        self._run(
            "INSERT INTO audit_log"
            " (tenant_id, at, user_id, user_email, ip_address, action, target_type, target_id, details)"
            " VALUES (%(tenant)s, %(at)s, %(user_id)s, %(user_email)s, %(ip)s, %(action)s, %(target_type)s,"
            " %(target_id)s, %(details)s)",
            at=at,
            user_id=user_id,
            user_email=user_email,
            ip=ip,
            action=action,
            target_type=target_type,
            target_id=target_id,
            details=Jsonb(details),
        )
