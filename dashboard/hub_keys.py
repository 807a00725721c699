"""Keys of integrations and of screens that ask to be let in, as the hub's API has them."""

from __future__ import annotations

from dashboard.hub_http import HubHttp, Ignored
from protocol.access import ApiKey, ApiKeyCreated, ApiKeyRequest, EnrolmentKey, EnrolmentKeyCreated
from protocol.api import Page


class HubKeys:
    """Every method raises HubError."""

    def __init__(self, http: HubHttp) -> None:
        self._http = http

    async def of_integrations(self) -> list[ApiKey]:
        return (await self._http.get("/api-keys", Page[ApiKey])).items

    async def add(self, request: ApiKeyRequest) -> ApiKeyCreated:
        """The secret in the answer is told this once."""
        return await self._http.post("/api-keys", ApiKeyCreated, request)

    async def revoke(self, key_id: str) -> None:
        await self._http.ask("DELETE", f"/api-keys/{key_id}", Ignored)

    async def of_enrolment(self) -> list[EnrolmentKey]:
        return (await self._http.get("/enrolment-keys", Page[EnrolmentKey])).items

    async def add_enrolment(self) -> EnrolmentKeyCreated:
        """The secret in the answer is told this once."""
        return await self._http.post("/enrolment-keys", EnrolmentKeyCreated)

    async def revoke_enrolment(self, key_id: str) -> None:
        await self._http.ask("DELETE", f"/enrolment-keys/{key_id}", Ignored)
