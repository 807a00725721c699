"""A screen fetches its manifest over HTTP, when it did not come through its session."""

from __future__ import annotations

from typing import Final

import httpx
import msgspec

from loadtest.dial import Address, Caller
from protocol.manifest import DeviceManifest

PATH: Final = "/api/v1/devices/me/manifest"
DEADLINE_S: Final = 10.0
AGAIN_AFTER_S: Final = 5.0


async def fetch_manifest(caller: Caller, address: Address, device_token: str) -> DeviceManifest | None:
    """From the hub that the screen is connected to. None: it did not come, for whatever reason."""
    scheme = "https" if address.tls else "http"
    url = f"{scheme}://{address.host_header}{PATH}"
    try:
        async with httpx.AsyncClient(verify=caller.tls, timeout=DEADLINE_S, trust_env=False) as client:
            response = await client.get(url, headers={"Authorization": f"Bearer {device_token}"})
        return msgspec.json.decode(response.content, type=DeviceManifest) if response.is_success else None
    except (httpx.HTTPError, msgspec.MsgspecError):
        return None
