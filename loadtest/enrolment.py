"""How screens get their tokens: provisioned in batches by an operator, or approved one by one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

import trio

from loadtest.errors import HubUnreachable, SimulationError
from loadtest.hub_api import HubApi
from loadtest.link import EnrolledScreen
from player.agent.hub_http import ClaimEnded
from player.reference import PLAYER_VERSION
from protocol.access import UserLogin
from protocol.api import Claim, ProvisionItem, Register, Registered

BATCH: Final = 500
CLAIMS_PER_S: Final = 50.0
"""A fleet that waits for approval asks no more often than this, all screens together."""
SHORTEST_CLAIM_INTERVAL_S: Final = 2.0


async def provision_all(
    hub: HubApi,
    operator: UserLogin,
    cast: Sequence[ProvisionItem],
    enrolled: Callable[[EnrolledScreen], object],
) -> None:
    """Sign in and have all of `cast` approved; `enrolled` is called with each as soon as it has a token.

    Raises SimulationError.
    """
    access_token = await hub.sign_in(operator)
    for start in range(0, len(cast), BATCH):
        batch = {item.hardware_id: item for item in cast[start : start + BATCH]}
        answer = await hub.provision(access_token, list(batch.values()))
        for device in answer.devices:
            name = batch[device.hardware_id].name or device.hardware_id
            enrolled(
                EnrolledScreen(
                    device.hardware_id, name, device.device_id, device.device_token, answer.websocket_url
                )
            )


@dataclass(frozen=True, slots=True)
class ApprovalDesk:
    """What the screens that ask to join have in common. `announce` gets each pairing code as one line."""

    hub: HubApi
    enrolment_key: str
    announce: Callable[[str], object]
    enrolled: Callable[[EnrolledScreen], object]
    rng: Random

    async def enrol_all(self, cast: Sequence[ProvisionItem]) -> None:
        """Return when each screen was approved, or rejected. Raises SimulationError."""
        interval_s = max(SHORTEST_CLAIM_INTERVAL_S, len(cast) / CLAIMS_PER_S)
        async with trio.open_nursery() as nursery:
            for item in cast:
                # One after the other: a wrong key ends the run at the first, and codes come in order.
                registered = await self._register(item)
                nursery.start_soon(self._await_approval, item, registered, interval_s)

    async def _register(self, item: ProvisionItem) -> Registered:
        registered = await self.hub.register(
            Register(
                self.enrolment_key,
                item.hardware_id,
                name=item.name,
                model=item.model,
                platform=item.platform,
                player_version=PLAYER_VERSION,
            )
        )
        self.announce(f"{registered.pairing_code}  {item.name} ({item.site}), {item.hardware_id}")
        return registered

    async def _await_approval(self, item: ProvisionItem, registered: Registered, interval_s: float) -> None:
        while True:
            await trio.sleep(interval_s * self.rng.uniform(0.5, 1.0))
            try:
                claimed = await self.hub.claim(Claim(registered.device_id, registered.claim_token))
            except HubUnreachable:
                continue  # A hub that restarts does not forget who asked to join.
            except ClaimEnded as ended:
                if not ended.expired:
                    self.announce(f"rejected  {item.name} ({item.site}), {item.hardware_id}")
                    return
                registered = await self._register(item)
                continue
            if claimed.status == "approved":
                if claimed.device_token is None or claimed.websocket_url is None:
                    raise SimulationError(f"The hub approved {item.hardware_id} and gave it no token.")
                self.enrolled(
                    EnrolledScreen(
                        item.hardware_id,
                        item.name or item.hardware_id,
                        registered.device_id,
                        claimed.device_token,
                        claimed.websocket_url,
                    )
                )
                return
            interval_s = max(interval_s, float(claimed.retry_after_s or 0))
