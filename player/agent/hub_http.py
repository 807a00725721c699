"""What a screen asks of the hub over HTTP, beside its session. What fails is None, or raises one line.

Rule 1: no proxy of the environment stands between: the hub is on the premises.
Rule 2: the token is in a header, never in an address.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

import httpx
import msgspec

from player.agent.dial import Address, Caller
from player.agent.errors import CredentialsRefused, HubUnreachable, PlayerError
from protocol.access import SigningKey, SigningKeySet
from protocol.api import Claim, Claimed, Problem, Register, Registered
from protocol.manifest import DeviceManifest

Body = TypeVar("Body")

DEADLINE_S: Final = 10.0
AGAIN_AFTER_S: Final = 5.0
_MANIFEST: Final = "/api/v1/devices/me/manifest"
_KEYS: Final = "/api/v1/signing-keys"


class ClaimEnded(PlayerError):
    """The hub will not hand this screen a token: `expired` says whether to ask to join anew."""

    def __init__(self, message: str, *, expired: bool) -> None:
        super().__init__(message)
        self.expired = expired


def client_of(base_url: str, caller: Caller, deadline_s: float = DEADLINE_S) -> httpx.AsyncClient:
    """A client of the hub at this address."""
    return httpx.AsyncClient(base_url=base_url, verify=caller.tls, timeout=deadline_s, trust_env=False)


async def fetch_manifest(caller: Caller, address: Address, device_token: str) -> DeviceManifest | None:
    """From the hub that the screen is connected to. None: it did not come, for whatever reason."""
    try:
        async with client_of(address.http_url, caller) as client:
            response = await client.get(_MANIFEST, headers={"Authorization": f"Bearer {device_token}"})
        return msgspec.json.decode(response.content, type=DeviceManifest) if response.is_success else None
    except (httpx.HTTPError, msgspec.MsgspecError):
        return None


async def fetch_keys(caller: Caller, base_url: str) -> list[SigningKey] | None:
    """The hub's public signing keys, the newest first. None: they did not come, for whatever reason."""
    try:
        async with client_of(base_url, caller) as client:
            response = await client.get(_KEYS)
        return msgspec.json.decode(response.content, type=SigningKeySet).keys if response.is_success else None
    except (httpx.HTTPError, msgspec.MsgspecError):
        return None


async def register(client: httpx.AsyncClient, body: Register) -> Registered:
    """Ask to join. Raises CredentialsRefused for a wrong enrolment key."""
    response = await post(client, "/api/v1/devices/register", body)
    if response.status_code in (401, 403):
        raise CredentialsRefused(
            f"The hub refused the enrolment key: check CLARION_ENROLMENT_KEY ({explained(response)})."
        )
    return body_of(response, Registered)


async def claim(client: httpx.AsyncClient, body: Claim) -> Claimed:
    """Ask whether an operator approved. Raises ClaimEnded when none ever will."""
    response = await post(client, "/api/v1/devices/claim", body)
    if response.status_code in (403, 404, 410):
        raise ClaimEnded(explained(response), expired=response.status_code != 403)
    return body_of(response, Claimed)


async def post(
    client: httpx.AsyncClient, path: str, body: Any, access_token: str | None = None
) -> httpx.Response:
    """Raises HubUnreachable."""
    headers = {"Content-Type": "application/json"}
    if access_token is not None:
        headers["Authorization"] = f"Bearer {access_token}"
    send: Callable[..., Awaitable[httpx.Response]] = client.post
    try:
        return await send(path, content=msgspec.json.encode(body), headers=headers)
    except httpx.TransportError as error:
        why = str(error) or type(error).__name__
        at = str(client.base_url).rstrip("/")
        raise HubUnreachable(f"The hub at {at} went away ({why}).") from None


def body_of(response: httpx.Response, shape: type[Body]) -> Body:
    """What it answered. Raises PlayerError."""
    url = response.request.url
    if response.is_success:
        try:
            return msgspec.json.decode(response.content, type=shape)
        except msgspec.DecodeError as error:
            at = f"{url.scheme}://{url.netloc.decode()}"
            raise PlayerError(f"What answers at {at} is not a hub this screen knows ({error}).") from None
    raise PlayerError(f"{url.path} answered {response.status_code}: {explained(response)}")


def explained(response: httpx.Response) -> str:
    """What an error answer says for people."""
    try:
        problem = msgspec.json.decode(response.content, type=Problem)
    except msgspec.DecodeError:
        return f"{response.status_code} {response.reason_phrase}".strip()
    fields = "; ".join(f"{name}: {why}" for name, why in (problem.fields or {}).items())
    return f"{problem.detail} {fields}".strip().rstrip(".")
