"""How a screen gets its token: it asks to join, shows its pairing code, and waits for an operator."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Final

import httpx
import trio

from player.agent.dial import Caller
from player.agent.errors import HubUnreachable, PlayerError
from player.agent.hub_http import AGAIN_AFTER_S, ClaimEnded, claim, fetch_keys, register
from player.agent.identity import Identity
from protocol.access import SigningKey
from protocol.api import Claim, Register, Registered

SHORTEST_CLAIM_INTERVAL_S: Final = 2.0


async def enrol(
    client: httpx.AsyncClient,
    caller: Caller,
    body: Register,
    announce: Callable[[Registered], object],
    rng: Random,
) -> Identity | None:
    """Who the screen is from now on; None: an operator rejected it. Raises PlayerError."""
    registered = await _registered(client, body, announce)
    keys = await _keys(client, caller)
    interval_s = SHORTEST_CLAIM_INTERVAL_S
    while True:
        await trio.sleep(interval_s * rng.uniform(0.5, 1.0))
        try:
            claimed = await claim(client, Claim(registered.device_id, registered.claim_token))
        except HubUnreachable:
            continue  # A hub that restarts does not forget who asked to join.
        except ClaimEnded as ended:
            if not ended.expired:
                return None
            registered = await _registered(client, body, announce)
            continue
        if claimed.status == "approved":
            if claimed.device_token is None or claimed.websocket_url is None:
                raise PlayerError("The hub approved this screen and gave it no token.")
            return Identity(registered.device_id, claimed.device_token, claimed.websocket_url, keys)
        interval_s = max(interval_s, float(claimed.retry_after_s or 0))


async def _registered(
    client: httpx.AsyncClient, body: Register, announce: Callable[[Registered], object]
) -> Registered:
    while True:
        try:
            registered = await register(client, body)
        except HubUnreachable:
            await trio.sleep(AGAIN_AFTER_S)  # Switched on before the hub is.
            continue
        announce(registered)
        return registered


async def _keys(client: httpx.AsyncClient, caller: Caller) -> list[SigningKey]:
    """The keys to trust: of the hub that will give the token, and before it does: it gives it once."""
    while True:
        keys = await fetch_keys(caller, str(client.base_url))
        if keys is not None:
            return keys
        await trio.sleep(AGAIN_AFTER_S)
