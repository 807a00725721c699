"""The tenants, as the hub's API has them for ROOT."""

from __future__ import annotations

from dashboard.hub_http import HubHttp
from protocol.access import ActInTenant, TenantCreate, TenantCreated, TenantPatch, TenantRow, TokenPair
from protocol.api import Page


class HubTenants:
    """Every method raises HubError."""

    def __init__(self, http: HubHttp) -> None:
        self._http = http

    async def all(self) -> list[TenantRow]:
        return (await self._http.get("/tenants", Page[TenantRow])).items

    async def found(self, request: TenantCreate) -> TenantCreated:
        return await self._http.post("/tenants", TenantCreated, request)

    async def change(self, tenant_id: str, patch: TenantPatch) -> TenantRow:
        return await self._http.ask("PATCH", f"/tenants/{tenant_id}", TenantRow, patch)

    async def suspend(self, tenant_id: str) -> TenantRow:
        return await self._http.post(f"/tenants/{tenant_id}/suspend", TenantRow)

    async def resume(self, tenant_id: str) -> TenantRow:
        return await self._http.post(f"/tenants/{tenant_id}/resume", TenantRow)

    async def act_in(self, tenant_id: str, reason: str) -> TokenPair:
        """The pair of a session by which ROOT acts there; that tenant's audit says why."""
        return await self._http.post(f"/tenants/{tenant_id}/act", TokenPair, ActInTenant(reason))
