"""The audit log: append, nothing else. PostgreSQL refuses the rest."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from psycopg.types.json import Jsonb

from persistence.repositories.base import Repository


class Done(Protocol):
    """One action of an operator. `details` must be JSON."""

    @property
    def at(self) -> datetime: ...
    @property
    def user_id(self) -> str | None: ...
    @property
    def user_email(self) -> str: ...
    @property
    def ip(self) -> str | None: ...
    @property
    def action(self) -> str: ...
    @property
    def target_type(self) -> str: ...
    @property
    def target_id(self) -> str | None: ...
    @property
    def details(self) -> dict[str, Any]: ...


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

    def add_all(self, done: Sequence[Done]) -> None:
        """One row each, in this order and in one statement."""
        self._run(
            "INSERT INTO audit_log"
            " (tenant_id, at, user_id, user_email, ip_address, action, target_type, target_id, details)"
            " SELECT %(tenant)s, r.at, r.user_id, r.email, r.ip, r.action, r.type, r.target, r.details"
            " FROM unnest(%(at)s::timestamptz[], %(users)s::uuid[], %(emails)s::text[], %(ips)s::inet[],"
            " %(actions)s::text[], %(types)s::text[], %(targets)s::text[], %(details)s::jsonb[])"
            " WITH ORDINALITY AS r(at, user_id, email, ip, action, type, target, details, number)"
            " ORDER BY r.number",
            at=[each.at for each in done],
            users=[each.user_id for each in done],
            emails=[each.user_email for each in done],
            ips=[each.ip for each in done],
            actions=[each.action for each in done],
            types=[each.target_type for each in done],
            targets=[each.target_id for each in done],
            details=[Jsonb(each.details) for each in done],
        )
