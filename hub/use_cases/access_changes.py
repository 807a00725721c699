"""A transaction that changes who may do what: when it returns, the hub goes by it."""

from __future__ import annotations

from collections.abc import Callable

from hub.use_cases.access_port import Access
from hub.use_cases.ports import Database, Result, Transaction


class AccessChanges:
    """Commits, then has the hub's memory read anew."""

    def __init__(self, database: Database, access: Access) -> None:
        self._database = database
        self._access = access

    async def __call__(self, tenant_id: str, work: Callable[[Transaction], Result]) -> Result:
        """What `work` returned. Raises what it raises; then nothing has changed."""
        result = await self._database.transact(tenant_id, work)
        await self._access.refresh(tenant_id)
        return result
