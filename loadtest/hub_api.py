"""The few calls of the hub's HTTP API that a fleet needs; every failure is a SimulationError of one line."""

from __future__ import annotations

import ssl
from typing import Any, Final, TypeVar

import httpx
import msgspec
import trio

from loadtest.errors import CredentialsRefused, HubUnreachable, SimulationError
from protocol.access import TokenPair, UserLogin
from protocol.api import Claim, Claimed, Problem, Provision, Provisioned, ProvisionItem, Register, Registered

Body = TypeVar("Body")

REQUEST_DEADLINE_S: Final = 60.0
"""Provisioning hundreds of devices is one request."""
RETRY_EVERY_S: Final = 0.5


class ClaimEnded(SimulationError):
    """The hub will not hand this screen a token: `expired` says whether to ask to join anew."""

    def __init__(self, message: str, *, expired: bool) -> None:
        super().__init__(message)
        self.expired = expired


class HubApi:
    """A client of one hub. Use it as an async context manager."""

    def __init__(self, hub_url: str, tls: ssl.SSLContext) -> None:
        self.hub_url = hub_url.rstrip("/")
        # The hub is on the premises: no proxy of the environment stands between.
        self._http = httpx.AsyncClient(
            base_url=self.hub_url, verify=tls, timeout=REQUEST_DEADLINE_S, trust_env=False
        )

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
        response = await self._post("/api/v1/auth/login", login)
        if response.status_code in (400, 401, 403, 422):
            raise CredentialsRefused(
                "The hub refused to sign in: check CLARION_SIMULATE_TENANT_ID, CLARION_SIMULATE_EMAIL and "
                f"CLARION_SIMULATE_PASSWORD ({_explained(response)})."
            )
        return self._body(response, TokenPair).access_token

    async def provision(self, access_token: str, devices: list[ProvisionItem]) -> Provisioned:
        """Approved devices with tokens, at once. Raises CredentialsRefused for an operator who may not."""
        response = await self._post("/api/v1/devices/provision", Provision(devices), access_token)
        if response.status_code in (401, 403):
            raise CredentialsRefused(f"This operator may not provision devices ({_explained(response)}).")
        return self._body(response, Provisioned)

    async def register(self, body: Register) -> Registered:
        """Ask to join. Raises CredentialsRefused for a wrong enrolment key."""
        response = await self._post("/api/v1/devices/register", body)
        if response.status_code in (401, 403):
            raise CredentialsRefused(
                f"The hub refused the enrolment key: check CLARION_ENROLMENT_KEY ({_explained(response)})."
            )
        return self._body(response, Registered)

    async def claim(self, body: Claim) -> Claimed:
        """Ask whether an operator approved. Raises ClaimEnded when none ever will."""
        response = await self._post("/api/v1/devices/claim", body)
        if response.status_code in (403, 404, 410):
            raise ClaimEnded(_explained(response), expired=response.status_code != 403)
        return self._body(response, Claimed)

    async def _post(self, path: str, body: Any, access_token: str | None = None) -> httpx.Response:
        headers = {"Content-Type": "application/json"}
        if access_token is not None:
            headers["Authorization"] = f"Bearer {access_token}"
        try:
            return await self._http.post(path, content=msgspec.json.encode(body), headers=headers)
        except httpx.TransportError as error:
            why = str(error) or type(error).__name__
            raise HubUnreachable(f"The hub at {self.hub_url} went away ({why}).") from None

    def _body(self, response: httpx.Response, shape: type[Body]) -> Body:
        if response.is_success:
            try:
                return msgspec.json.decode(response.content, type=shape)
            except msgspec.DecodeError as error:
                raise SimulationError(
                    f"What answers at {self.hub_url} is not a hub this fleet knows ({error})."
                ) from None
        raise SimulationError(
            f"{response.request.url.path} answered {response.status_code}: {_explained(response)}"
        )


def _explained(response: httpx.Response) -> str:
    """What an error answer says for people."""
    try:
        problem = msgspec.json.decode(response.content, type=Problem)
    except msgspec.DecodeError:
        return f"{response.status_code} {response.reason_phrase}".strip()
    fields = "; ".join(f"{name}: {why}" for name, why in (problem.fields or {}).items())
    return f"{problem.detail} {fields}".strip().rstrip(".")
