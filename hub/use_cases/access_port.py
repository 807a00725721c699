"""What the use cases need of the hub's memory of who may do what; fulfilled by `hub.access`."""

from __future__ import annotations

from typing import Protocol


class Access(Protocol):
    """Told after the commit of whatever changes who may do what."""

    async def refresh(self, tenant_id: str) -> None:
        """Reads the tenant's people, roles, sessions and keys again; what was committed before the call is in
        force after it. What cannot be read now is read as soon as PostgreSQL answers: it raises nothing."""
