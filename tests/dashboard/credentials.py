"""Signing in at a hub as the dashboard does, without a browser."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from dashboard.browser import NO_BROWSER
from dashboard.hub_client import HubClient
from dashboard.hub_http import HubError, HubHttp
from dashboard.hub_sign_in import HubSignIn
from protocol.access import TokenPair, UserLogin
from tests.hub.hub_process import HubProcess


class OneToken:
    """A credential that nobody renews."""

    def __init__(self, token: str) -> None:
        self._token = token

    async def access(self) -> str:
        return self._token

    async def renewed(self, refused: str) -> str:
        raise HubError("This token is not good any more.", 401)


async def pair_of(hub: HubProcess, tls: ssl.SSLContext | None = None) -> TokenPair:
    """Of the operator of the default tenant."""
    door, people = HubSignIn(HubHttp(hub.url, tls=tls)), hub.people
    try:
        login = UserLogin(people.operator_email, people.operator_password or "", people.tenant_id)
        return await door.login(login, NO_BROWSER)
    finally:
        await door.close()


@asynccontextmanager
async def signed_in(hub: HubProcess) -> AsyncIterator[HubClient]:
    """A client of the operator of the default tenant."""
    client = HubClient(hub.url, OneToken((await pair_of(hub)).access_token))
    try:
        yield client
    finally:
        await client.close()
