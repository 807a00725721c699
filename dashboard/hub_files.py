"""Bytes between a browser and the hub: files on their way in, and files that are looked at.

Rule 1: nothing is kept here: what comes in is passed on as it comes, in both directions.
Rule 2: the token goes into what is sent to the hub, and into nothing that a browser gets.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterable, Mapping
from typing import Final

import httpx

from dashboard.browser import Browser
from dashboard.hub_http import Credential, HubError

_TIMEOUT: Final = httpx.Timeout(60.0, connect=3.0, pool=30.0)
_MOST: Final = httpx.Limits(max_connections=64, max_keepalive_connections=16)
_UNKNOWN: Final = 401


class HubFiles:
    """Every answer's body is read as it comes, and closed by who asked. Every method raises HubError."""

    def __init__(self, hub_url: str, tls: ssl.SSLContext | None = None) -> None:
        self._http = httpx.AsyncClient(
            base_url=hub_url,
            trust_env=False,
            verify=True if tls is None else tls,
            timeout=_TIMEOUT,
            limits=_MOST,
        )

    async def close(self) -> None:
        await self._http.aclose()

    async def signed(self, method: str, path: str, headers: Mapping[str, str]) -> httpx.Response:
        """A file by its signed path, which says all that is needed: nobody's token goes with it."""
        return await self._send(self._http.build_request(method, path, headers=headers))

    async def upload(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: AsyncIterable[bytes] | None,
        credential: Credential,
        browser: Browser,
    ) -> httpx.Response:
        """One step of an upload, for who is signed in. Refused before anything was read, it is not sent again
        with another token, since its body is gone: whoever sends it asks where to go on."""
        token = await credential.access()
        request = self._http.build_request(
            method,
            f"/api/v1/uploads{path}",
            headers={**headers, **browser.headers(), "Authorization": f"Bearer {token}"},
            content=body,
        )
        response = await self._send(request)
        if response.status_code == _UNKNOWN:
            await response.aclose()
            await credential.renewed(token)
            raise HubError("The hub wanted another token, and has it now. Go on.")
        return response

    async def _send(self, request: httpx.Request) -> httpx.Response:
        try:
            return await self._http.send(request, stream=True)
        except httpx.TimeoutException:
            raise HubError("The hub did not answer in time.") from None
        except httpx.HTTPError:
            raise HubError("The hub does not answer.") from None
