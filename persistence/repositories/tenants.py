"""One tenant, as ROOT sees and changes it, in a transaction of that tenant: no policy is stepped over.

Rule: the SYSTEM tenant is told of it by the same commit. Its chain of audit entries is always locked after
      that of the tenant, so that no two wait for each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Final

import msgspec
from psycopg.errors import UniqueViolation
from psycopg.types.json import Jsonb

from persistence.repositories.audit import Audit, Done
from persistence.repositories.base import Repository
from protocol.access import TenantLimits, TenantRow
from protocol.vocabulary import SYSTEM_TENANT_ID

_ROW: Final = """
    SELECT t.id, t.name, t.status, t.limits, t.created_at,
           (SELECT count(*) FROM users u WHERE u.tenant_id = t.id) AS users,
           (SELECT count(*) FROM devices d WHERE d.tenant_id = t.id AND d.status = 'approved') AS devices
      FROM tenants t WHERE t.id = %(tenant)s
"""


class Tenants(Repository):
    """Fits `hub.use_cases.tenant_ports.Tenants`."""

    @property
    def is_system(self) -> bool:
        """Whether it is ROOT's own."""
        return self._tenant_id == SYSTEM_TENANT_ID

    def get(self) -> TenantRow | None:
        """The tenant, with the number of its people and approved devices; None if there is no such one."""
        row = self._row(_ROW)
        return msgspec.convert(row, TenantRow) if row else None

    def hold(self) -> TenantRow | None:
        """The same; until the end of the transaction nobody else changes it. What belongs to it goes on."""
        self._run("SELECT FROM tenants WHERE id = %(tenant)s FOR NO KEY UPDATE")
        return self.get()

    def found(self, name: str, limits: TenantLimits, roles: Sequence[str], at: datetime) -> bool:
        """There is the tenant from now on, with these built-in roles. False: another one has this name."""
        is_new = self._run(
            "INSERT INTO tenants (id, name, limits, created_at, updated_at)"
            " VALUES (%(tenant)s, %(name)s, %(limits)s, %(at)s, %(at)s) ON CONFLICT (name) DO NOTHING",
            name=name,
            limits=Jsonb(limits),
            at=at,
        )
        if is_new:
            self._run(
                "INSERT INTO roles (tenant_id, name) SELECT %(tenant)s, unnest(%(roles)s::text[])",
                roles=list(roles),
            )
        return bool(is_new)

    def rename(self, name: str, at: datetime) -> bool:
        """False: another one has this name."""
        try:
            with self._connection.transaction():
                self._run(
                    "UPDATE tenants SET name = %(name)s, updated_at = %(at)s WHERE id = %(tenant)s",
                    name=name,
                    at=at,
                )
        except UniqueViolation:
            return False
        return True

    def set_limits(self, limits: TenantLimits, at: datetime) -> None:
        """All of them."""
        self._run(
            "UPDATE tenants SET limits = %(limits)s, updated_at = %(at)s WHERE id = %(tenant)s",
            limits=Jsonb(limits),
            at=at,
        )

    def set_status(self, status: str, at: datetime) -> None:
        """Suspended, or active."""
        self._run(
            "UPDATE tenants SET status = %(status)s, updated_at = %(at)s WHERE id = %(tenant)s",
            status=status,
            at=at,
        )

    def end_acting(self, at: datetime) -> None:
        """Whoever of the SYSTEM tenant acts here does so no longer: the tenant is suspended."""
        with self._within(SYSTEM_TENANT_ID):
            self._connection.execute(
                "UPDATE sessions SET revoked_at = %(at)s, revoked_because = 'tenant_suspended'"
                " WHERE tenant_id = %(system)s AND acts_in = %(tenant)s AND revoked_at IS NULL",
                {"at": at, "system": SYSTEM_TENANT_ID, "tenant": self._tenant_id},
            )

    def tell(self, tenant_id: str, done: Sequence[Done]) -> None:
        """It stands in the audit log of that other tenant too. One of the two is SYSTEM, and told last."""
        with self._within(tenant_id):
            Audit(self._connection, tenant_id).add(done)

    @contextmanager
    def _within(self, tenant_id: str) -> Iterator[None]:
        self._work_as(tenant_id)
        yield
        # An error ends the transaction, and the setting with it.
        self._work_as(self._tenant_id)

    def _work_as(self, tenant_id: str) -> None:
        self._connection.execute("SELECT set_config('clarion.tenant_id', %s, true)", (tenant_id,))
