"""Whether an alert would reach a screen: asked by whoever may trigger one, kept, and audited."""

from __future__ import annotations

import pytest
import trio

from hub.use_cases import drills as module
from hub.use_cases.realtime import Drilled
from protocol.vocabulary import RoleName
from tests.hub.api.conftest import Api
from tests.hub.tenants import Tenant
from tests.patience import PATIENCE_S


async def test_a_proof_is_answered_kept_audited_and_shown(api: Api, tenant: Tenant) -> None:
    (screen,) = await api.provision(tenant, "hw-1")
    path = f"/api/v1/devices/{screen}"
    assert (await api.get(path, tenant.admin)).body["proven_at"] is None
    api.realtime.refreshed.clear()
    reply = await api.post(f"{path}/drill", by=tenant.admin)
    assert reply.status == 200
    assert (reply.body["proven"], reply.body["took_ms"], reply.body["reason"]) == (True, 43, None)
    assert api.realtime.drilled == api.realtime.refreshed == [screen]
    device = (await api.get(path, tenant.admin)).body
    assert (device["proven_at"], device["proven_in_ms"]) == (reply.body["at"], 43)
    assert api.audited("device.drilled") == [
        (tenant.id, tenant.admin.email, screen, {"proven": True, "took_ms": 43})
    ]


async def test_a_screen_that_proves_nothing_keeps_its_last_proof_and_the_reason_is_audited(
    api: Api, tenant: Tenant
) -> None:
    (screen,) = await api.provision(tenant, "hw-1")
    path = f"/api/v1/devices/{screen}"
    proof = (await api.post(f"{path}/drill", by=tenant.admin)).body
    api.realtime.drill_outcome = Drilled(None, "the screen is offline")
    reply = await api.post(f"{path}/drill", by=tenant.admin)
    assert reply.status == 200
    assert (reply.body["proven"], reply.body["took_ms"]) == (False, None)
    assert reply.body["reason"] == "the screen is offline"
    assert (await api.get(path, tenant.admin)).body["proven_at"] == proof["at"]
    assert api.audited("device.drilled")[-1][3] == {"proven": False, "reason": "the screen is offline"}


async def test_only_whoever_may_trigger_emergencies_drills_and_only_screens_of_theirs(
    api: Api, tenant: Tenant, neighbour: Tenant
) -> None:
    (here,) = await api.provision(tenant, "hw-1", site="Here")
    (there,) = await api.provision(tenant, "hw-2", site="There")
    (theirs,) = await api.provision(neighbour, "hw-3")
    site = api.rows("SELECT id::text FROM sites WHERE name = 'Here'")[0][0]
    local = api.person(tenant, RoleName.EMERGENCY_OPERATOR, sites=[site])
    viewer = api.person(tenant, RoleName.VIEWER)
    for device, by, status in (
        (here, local, 200),
        (there, local, 404),
        (theirs, local, 404),
        (theirs, tenant.admin, 404),
        (here, viewer, 403),
    ):
        assert (await api.post(f"/api/v1/devices/{device}/drill", by=by)).status == status
    assert api.realtime.drilled == [here]


async def test_a_screen_that_was_not_let_in_is_not_drilled(api: Api, tenant: Tenant) -> None:
    waiting = (await api.register(tenant, "hw-1")).body["device_id"]
    reply = await api.post(f"/api/v1/devices/{waiting}/drill", by=tenant.admin)
    assert reply.status == 409 and "Approve it first" in reply.body["detail"]
    assert api.realtime.drilled == []


async def test_a_screen_is_drilled_once_at_a_time_and_only_so_many_at_once(
    api: Api, tenant: Tenant, nursery: trio.Nursery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "AT_ONCE", 1)
    screen, other = await api.provision(tenant, "hw-1", "hw-2")
    api.realtime.drill_gate = trio.Event()
    first: list[int] = []

    async def drill_first() -> None:
        first.append((await api.post(f"/api/v1/devices/{screen}/drill", by=tenant.admin)).status)

    nursery.start_soon(drill_first)
    with trio.fail_after(PATIENCE_S):
        while not api.realtime.drilled:
            await trio.lowlevel.checkpoint()
    again = await api.post(f"/api/v1/devices/{screen}/drill", by=tenant.admin)
    too_many = await api.post(f"/api/v1/devices/{other}/drill", by=tenant.admin)
    assert (again.status, too_many.status, too_many.headers["Retry-After"]) == (423, 503, "2")
    api.realtime.drill_gate.set()
    with trio.fail_after(PATIENCE_S):
        while not first:
            await trio.lowlevel.checkpoint()
    assert first == [200] and api.realtime.drilled == [screen]
    assert (await api.post(f"/api/v1/devices/{other}/drill", by=tenant.admin)).status == 200
