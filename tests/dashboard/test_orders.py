"""One command for many screens."""

from __future__ import annotations

import pytest

from dashboard.hub_client import HubError
from dashboard.orders import Orders
from protocol.api import CommandAccepted, CommandRequest
from protocol.vocabulary import CommandName, CommandStatus

pytestmark = pytest.mark.asyncio


class FakeHub:
    """Accepts what it is not told to refuse."""

    def __init__(self, refuse: dict[str, HubError] | None = None) -> None:
        self.asked: list[str] = []
        self._refuse = refuse or {}

    async def send_command(self, device_id: str, request: CommandRequest) -> CommandAccepted:
        self.asked.append(device_id)
        if device_id in self._refuse:
            raise self._refuse[device_id]
        return CommandAccepted(f"c-{device_id}", CommandStatus.QUEUED)


async def test_every_screen_is_asked_once() -> None:
    ids = [f"s{n}" for n in range(50)]
    hub, orders = FakeHub(), Orders(ids, CommandName.PING)
    await orders.send(hub)
    assert sorted(hub.asked) == sorted(ids)
    assert orders.sentence == "50 of 50 accepted" and orders.last_refusal is None


async def test_a_refusal_is_counted_and_the_others_go_on() -> None:
    refusal = HubError("This screen is revoked.", 409)
    orders = Orders(["a", "b", "c"], CommandName.PLAY)
    await orders.send(FakeHub({"b": refusal}))
    assert orders.sentence == "2 of 3 accepted, 1 refused" and orders.last_refusal is refusal


@pytest.mark.parametrize("status", [None, 401])
async def test_a_hub_that_is_away_or_signs_the_operator_out_ends_it(status: int | None) -> None:
    ids = [f"s{n}" for n in range(1_000)]
    refusal = HubError("away", status)
    hub, orders = FakeHub(dict.fromkeys(ids, refusal)), Orders(ids, CommandName.PING)
    await orders.send(hub)
    assert len(hub.asked) < 20 and orders.last_refusal is refusal
