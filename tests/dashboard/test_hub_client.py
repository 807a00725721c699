"""The hub's API as the dashboard speaks it: every answer is a type, every failure one sentence."""

from __future__ import annotations

import httpx
import pytest

from dashboard.hub_client import HubClient
from dashboard.hub_http import HubError
from protocol.api import CommandRequest, DevicePatch, EmergencyRequest, Scope
from protocol.places import SiteRequest
from protocol.vocabulary import CommandName, DeviceStatus, Severity
from tests.dashboard.credentials import OneToken, signed_in
from tests.hub.hub_process import HubProcess, free_port

pytestmark = pytest.mark.asyncio
NOBODY = "00000000-0000-4000-8000-000000000001"


async def test_everything_the_pages_read_is_understood(hub: HubProcess) -> None:
    device_id = next(iter(hub.provision(1, "client", site="Annex", group="Doors")))
    async with signed_in(hub) as client:
        device = await client.device(device_id)
        assert device.site == "Annex" and device.groups == ["Doors"]
        assert "Annex" in {site.name for site in await client.places.sites()}
        assert "Doors" in {group.name for group in await client.places.groups()}
        site = await client.places.add_site(SiteRequest("Second annex"))
        patch = DevicePatch(name="Door 1", site_id=site.id, tags={"floor": "1"})
        changed = await client.change_device(device_id, patch)
        assert (changed.name, changed.site, changed.tags) == ("Door 1", "Second annex", {"floor": "1"})
        accepted = await client.send_command(device_id, CommandRequest(CommandName.PING))
        assert [row.id for row in await client.commands(device_id)] == [accepted.command_id]
        assert await client.timeline(device_id)
        assert (await client.rotate_token(device_id)).device_token
        await client.revoke(device_id)


async def test_an_emergency_is_followed_from_preview_to_ledger(hub: HubProcess) -> None:
    device_id = next(iter(hub.provision(1, "ledger")))
    scope = Scope("devices", [device_id])
    async with signed_in(hub) as client:
        preview = await client.preview(scope)
        assert (preview.targeted, preview.offline) == (1, 1)
        request = EmergencyRequest("Test", "Only a test", Severity.MINOR, scope)
        created = await client.activate(request, "pressed-once")
        assert await client.activate(request, "pressed-once") == created
        assert (await client.emergency(created.id)).title == "Test"
        assert created.id in {emergency.id for emergency in await client.emergencies()}
        await client.clear(created.id)
        assert await client.still_showing(created.id) == []
        await client.revoke(device_id)


async def test_a_refusal_is_the_hubs_own_sentence(hub: HubProcess) -> None:
    async with signed_in(hub) as client:
        with pytest.raises(HubError) as refused:
            await client.device(NOBODY)
        assert refused.value.status == 404 and refused.value.sentence and not refused.value.signed_out
        nobody = Scope("devices", [NOBODY])
        with pytest.raises(HubError) as invalid:
            await client.activate(EmergencyRequest("Test", "", Severity.MINOR, nobody), "key")
        assert invalid.value.fields and NOBODY in invalid.value.sentence


async def test_only_the_code_that_was_seen_lets_a_screen_in(hub: HubProcess) -> None:
    body = {"enrolment_key": hub.people.enrolment_key, "hardware_id": "seen code"}
    seen, taken_over = (
        httpx.post(f"{hub.url}/api/v1/devices/register", json=body).raise_for_status().json()
        for _ in range(2)
    )
    device_id = seen["device_id"]
    async with signed_in(hub) as client:
        for code in (seen["pairing_code"], ""):
            with pytest.raises(HubError) as refused:
                await client.approve(device_id, code)
            assert list(refused.value.fields) == ["pairing_code"]
        assert (await client.device(device_id)).status is DeviceStatus.PENDING
        await client.approve(device_id, taken_over["pairing_code"])
        assert (await client.device(device_id)).status is DeviceStatus.APPROVED
        await client.revoke(device_id)


async def test_a_token_that_is_not_good_is_known_as_such(hub: HubProcess) -> None:
    client = HubClient(hub.url, OneToken("not-a-token"))
    with pytest.raises(HubError) as refused:
        await client.places.sites()
    await client.close()
    assert refused.value.signed_out


async def test_a_hub_that_is_not_there_is_said_so() -> None:
    client = HubClient(f"http://127.0.0.1:{free_port()}", OneToken("token"))
    with pytest.raises(HubError, match="does not answer") as away:
        await client.places.sites()
    await client.close()
    assert away.value.status is None
