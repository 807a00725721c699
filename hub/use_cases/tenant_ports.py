"""What the use cases of tenants need of PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from hub.use_cases.audit_ports import Done
from protocol.access import TenantLimits, TenantRow
from protocol.vocabulary import TenantStatus


class Tenants(Protocol):
    """`tx.tenants`: the tenant of the transaction itself."""

    @property
    def is_system(self) -> bool: ...

    def get(self) -> TenantRow | None: ...

    def hold(self) -> TenantRow | None: ...

    def found(self, name: str, limits: TenantLimits, roles: Sequence[str], at: datetime) -> bool: ...

    def rename(self, name: str, at: datetime) -> bool: ...

    def set_limits(self, limits: TenantLimits, at: datetime) -> None: ...

    def set_status(self, status: TenantStatus, at: datetime) -> None: ...

    def end_acting(self, at: datetime) -> None: ...

    def tell(self, tenant_id: str, done: Sequence[Done]) -> None: ...
