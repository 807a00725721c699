"""The few calls of the hub's HTTP API that a fleet needs; every failure is a SimulationError of one line."""

from __future__ import annotations

import ssl
from typing import Any, Final

import httpx
import trio

from loadtest.errors import CredentialsRefused, HubUnreachable
from player.agent import hub_http
from player.agent.dial import Caller
from player.agent.hub_http import body_of, explained
from protocol.access import TokenPair, UserLogin
from protocol.api import Claim, Claimed, Provision, Provisioned, ProvisionItem, Register, Registered

REQUEST_DEADLINE_S: Final = 60.0
"""Provisioning hundreds of devices is one request."""
RETRY_EVERY_S: Final = 0.5


class HubApi:
    """A client of one hub. Use it as an async context manager."""

    def __init__(self, hub_url: str, tls: ssl.SSLContext) -> None:
        self.hub_url = hub_url.rstrip("/")
        self._http = hub_http.client_of(self.hub_url, Caller(tls), REQUEST_DEADLINE_S)

    async def __aenter__(self) -> HubApi:
        await self._http.__aenter__()
        return self

    async def __aexit__(self, *exc_info: Any) -> None:
        await self._http.__aexit__(*exc_info)

    async def wait_until_there(self, within_s: float) -> None:
        """Return once anything answers at the address. Raises HubUnreachable after `within_s`."""
        why = "no answer"
        with trio.move_on_after(within_s):
            while True:
                try:
                    await self._http.get("/health")
                except httpx.TransportError as error:
                    why = str(error) or type(error).__name__
                else:
                    return
                await trio.sleep(RETRY_EVERY_S)
        raise HubUnreachable(f"No hub answers at {self.hub_url} ({why}): is it running?")

    async def sign_in(self, login: UserLogin) -> str:
        """The operator's access token. Raises CredentialsRefused."""
        response = await hub_http.post(self._http, "/api/v1/auth/login", login)
        if response.status_code in (400, 401, 403, 422):
            raise CredentialsRefused(
                "The hub refused to sign in: check CLARION_SIMULATE_TENANT_ID, CLARION_SIMULATE_EMAIL and "
                f"CLARION_SIMULATE_PASSWORD ({explained(response)})."
            )
        return body_of(response, TokenPair).access_token

    async def provision(self, access_token: str, devices: list[ProvisionItem]) -> Provisioned:
        """Approved devices with tokens, at once. Raises CredentialsRefused for an operator who may not."""
        response = await hub_http.post(
            self._http, "/api/v1/devices/provision", Provision(devices), access_token
        )
        if response.status_code in (401, 403):
            raise CredentialsRefused(f"This operator may not provision devices ({explained(response)}).")
        return body_of(response, Provisioned)

    async def register(self, body: Register) -> Registered:
        """Ask to join. Raises CredentialsRefused for a wrong enrolment key."""
        return await hub_http.register(self._http, body)

    async def claim(self, body: Claim) -> Claimed:
        """Ask whether an operator approved. Raises ClaimEnded when none ever will."""
        return await hub_http.claim(self._http, body)
