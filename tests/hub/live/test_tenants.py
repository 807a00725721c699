"""Tenants on the live side: what they are called, and that no screen of a suspended one is here."""

from __future__ import annotations

import pytest
import trio
from trio.testing import MockClock

from hub.live.tenants import CUT_AGAIN_EVERY_S, Tenants
from persistence.repositories.access import TenantAccess
from protocol.close_codes import CloseCode
from protocol.vocabulary import Presence
from tests.hub.gateway.client import frame
from tests.hub.gateway.house import House

HELLO = b'{"type":"hello"}'


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
def tenants(house: House) -> Tenants:
    return Tenants({}, house.roster, house.fleet)


def tenant(tenant_id: str, *, is_active: bool) -> TenantAccess:
    return TenantAccess(tenant_id, f"Tenant {tenant_id}", is_active, {}, 1)


async def test_the_screens_of_a_suspended_tenant_are_cut_and_told_when_to_come_back(
    house: House, tenants: Tenants
) -> None:
    ours, theirs = await house.screen("d1", then=frame(HELLO)), await house.screen("x1", then=frame(HELLO))
    tenants.learn(tenant("t1", is_active=False))
    house.work()
    assert (ours.close_code, theirs.close_code) == (CloseCode.TENANT_SUSPENDED, None)
    assert b'"reconnect_after_s":' in ours.texts[-1]
    row = house.roster.get("d1")
    assert row is not None and row.presence is Presence.OFFLINE
    assert house.journal.waiting


async def test_a_screen_whose_token_was_looked_up_before_the_suspension_does_not_stay(
    house: House, tenants: Tenants, autojump_clock: MockClock
) -> None:
    screen = await house.screen("d1")
    tenants.learn(tenant("t1", is_active=False))
    screen.says(HELLO)
    assert screen.close_code is None
    with trio.move_on_after(CUT_AGAIN_EVERY_S * 1.5):
        await tenants.run()
    house.work()
    assert screen.close_code == CloseCode.TENANT_SUSPENDED


async def test_a_resumed_tenant_keeps_its_screens_and_a_renamed_one_its_new_name(house: House) -> None:
    names: dict[str, str] = {}
    tenants = Tenants(names, house.roster, house.fleet)
    tenants.learn(tenant("t1", is_active=False))
    tenants.learn(tenant("t1", is_active=True)._replace(name="Renamed"))
    screen = await house.screen("d1", then=frame(HELLO))
    tenants.cut()
    house.work()
    assert screen.close_code is None
    assert names == {"t1": "Renamed"}
