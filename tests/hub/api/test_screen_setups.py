"""How operators set a screen up, and what else knows of it."""

from __future__ import annotations

from typing import Any

import pytest

from hub.player_setup import frame_of
from persistence.live_state import LiveState
from protocol.vocabulary import RoleName
from tests.hub.api.conftest import Api
from tests.hub.tenants import Tenant

UNSET = {
    "orientation": "landscape",
    "scaling": "contain",
    "volume": 100,
    "lit": "always",
    "own_hours": {},
}
LOUD = {**UNSET, "volume": 80, "lit": "own", "own_hours": {"mon": [["08:00", "12:00"], ["13:00", "18:00"]]}}


def path(device_id: str) -> str:
    return f"/api/v1/devices/{device_id}/player-settings"


async def test_what_was_set_is_read_told_and_audited(api: Api, tenant: Tenant) -> None:
    (device_id,) = await api.provision(tenant, "hw-1")
    assert (await api.get(path(device_id), tenant.admin)).body == UNSET
    put = await api.call("PUT", path(device_id), LOUD, tenant.admin)
    assert (put.status, put.body) == (200, LOUD)
    assert (await api.get(path(device_id), tenant.admin)).body == LOUD
    assert api.realtime.refreshed[-1] == device_id
    ((_, email, target, details),) = api.audited("device.set_up")
    assert (email, target) == (tenant.admin.email, device_id)
    assert details["before"] == {"volume": 100, "lit": "always", "own_hours": {}}
    assert details["after"] == {name: LOUD[name] for name in ("volume", "lit", "own_hours")}


async def test_what_is_set_already_is_no_change(api: Api, tenant: Tenant) -> None:
    (device_id,) = await api.provision(tenant, "hw-1")
    before = len(api.realtime.refreshed)
    for _ in range(2):
        assert (await api.call("PUT", path(device_id), LOUD, tenant.admin)).status == 200
    assert len(api.audited("device.set_up")) == 1
    assert api.realtime.refreshed[before:] == [device_id]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"volume": 101}, "volume"),
        ({"orientation": "upwards"}, "orientation"),
        ({"lit": "own"}, "own_hours"),
        ({"lit": "own", "own_hours": {"mon": []}}, "own_hours"),
        ({"own_hours": {"mon": [["18:00", "08:00"]]}}, "own_hours.mon"),
        ({"own_hours": {"mon": [["08:00", "12:00"], ["11:00", "13:00"]]}}, "own_hours.mon"),
    ],
)
async def test_what_cannot_be_meant_is_refused_by_field(
    api: Api, tenant: Tenant, body: dict[str, Any], field: str
) -> None:
    (device_id,) = await api.provision(tenant, "hw-1")
    reply = await api.call("PUT", path(device_id), body, tenant.admin)
    assert reply.status == 422
    assert list(reply.body["fields"]) == [field]


async def test_who_only_looks_sets_nothing_up(api: Api, tenant: Tenant) -> None:
    (device_id,) = await api.provision(tenant, "hw-1")
    viewer = api.person(tenant, RoleName.VIEWER)
    assert (await api.get(path(device_id), viewer)).status == 200
    assert (await api.call("PUT", path(device_id), LOUD, viewer)).status == 403


async def test_who_is_limited_to_sites_sets_up_the_screens_there(api: Api, tenant: Tenant) -> None:
    (device_id,) = await api.provision(tenant, "hw-1")
    site = (await api.post("/api/v1/sites", {"name": "Hall"}, tenant.admin)).body["id"]
    limited = api.person(tenant, RoleName.DEVICE_ADMIN, sites=[site])
    assert (await api.get(path(device_id), limited)).status == 404
    assert (await api.call("PUT", path(device_id), LOUD, limited)).status == 404
    await api.patch(f"/api/v1/devices/{device_id}", {"site_id": site}, tenant.admin)
    assert (await api.call("PUT", path(device_id), LOUD, limited)).status == 200


async def test_free_settings_and_these_leave_each_other_alone(api: Api, tenant: Tenant) -> None:
    (device_id,) = await api.provision(tenant, "hw-1")
    await api.call("PUT", path(device_id), LOUD, tenant.admin)
    changed = await api.patch(f"/api/v1/devices/{device_id}", {"settings": {"fan": "low"}}, tenant.admin)
    assert changed.body["settings"] == {"fan": "low"}
    assert (await api.get(path(device_id), tenant.admin)).body == LOUD
    await api.call("PUT", path(device_id), UNSET, tenant.admin)
    device = (await api.get(f"/api/v1/devices/{device_id}", tenant.admin)).body
    assert device["settings"] == {"fan": "low"}
    refused = await api.patch(f"/api/v1/devices/{device_id}", {"settings": {"player": {}}}, tenant.admin)
    assert refused.status == 422
    assert "player-settings" in refused.body["fields"]["settings"]


async def test_the_live_side_reads_what_was_set_with_the_hours_of_the_site(api: Api, tenant: Tenant) -> None:
    (device_id,) = await api.provision(tenant, "hw-1")
    hours = {"mon": [["08:00", "18:00"]]}
    site = {"name": "Hall", "time_zone": "Europe/Vienna", "opening_hours": hours}
    site_id = (await api.post("/api/v1/sites", site, tenant.admin)).body["id"]
    await api.patch(f"/api/v1/devices/{device_id}", {"site_id": site_id}, tenant.admin)
    await api.call("PUT", path(device_id), {"lit": "site", "volume": 30}, tenant.admin)
    (record,) = await LiveState(api.database).screens(tenant.id, [device_id])
    told = frame_of(record.setup, record.time_zone, record.opening_hours).settings
    assert (told.volume, told.hours, told.time_zone) == (30, hours, "Europe/Vienna")


@pytest.mark.parametrize(
    ("patch", "is_told"),
    [
        ({"opening_hours": {"sun": [["08:00", "18:00"]]}}, True),
        ({"time_zone": "Europe/Vienna"}, True),
        ({"address": "Main Street 1"}, False),
    ],
)
async def test_a_site_whose_clock_or_hours_change_has_its_screens_told(
    api: Api, tenant: Tenant, patch: dict[str, Any], is_told: bool
) -> None:
    (device_id,) = await api.provision(tenant, "hw-1")
    site_id = (await api.post("/api/v1/sites", {"name": "Hall"}, tenant.admin)).body["id"]
    await api.patch(f"/api/v1/devices/{device_id}", {"site_id": site_id}, tenant.admin)
    before = len(api.realtime.refreshed)
    await api.patch(f"/api/v1/sites/{site_id}", patch, tenant.admin)
    assert api.realtime.refreshed[before:] == ([device_id] if is_told else [])
