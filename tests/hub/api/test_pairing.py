"""How a device comes in: register, approve, claim."""

from __future__ import annotations

from urllib.parse import unquote
from xml.etree import ElementTree

import pytest

from hub.use_cases import pairing
from protocol.close_codes import CloseCode
from tests.hub.api.conftest import Api
from tests.hub.tenants import Tenant


async def claim(api: Api, registered: dict[str, str]) -> tuple[int, dict[str, str]]:
    reply = await api.post(
        "/api/v1/devices/claim",
        {"device_id": registered["device_id"], "claim_token": registered["claim_token"]},
        Host="signage.example:8000",
    )
    return reply.status, reply.body


async def test_a_screen_is_told_where_it_is_approved_in_words_and_as_a_picture(
    api: Api, tenant: Tenant
) -> None:
    registered = (await api.register(tenant, "hw-1")).body
    url = f"https://signs.example/approvals?code={registered['pairing_code']}"
    assert registered["approval_url"] == url
    kind, _, drawing = registered["approval_qr"].partition(",")
    assert kind == "data:image/svg+xml;charset=utf-8"
    picture = ElementTree.fromstring(unquote(drawing))
    assert [part.attrib.get("fill") or part.attrib["stroke"] for part in picture] == ["#fff", "#000"]
    assert tenant.enrolment_key not in url and registered["claim_token"] not in url


async def test_a_device_registers_waits_is_approved_and_collects_its_token_once(
    api: Api, tenant: Tenant
) -> None:
    registered = (await api.register(tenant, "hw-1", name="Lobby", mac_address="AA:BB:CC:00:11:22")).body
    device_id = registered["device_id"]
    assert await claim(api, registered) == (202, {"status": "pending", "retry_after_s": 3})

    typed = registered["pairing_code"].lower()
    approved = await api.post(
        f"/api/v1/devices/{device_id}/approve", {"pairing_code": f"{typed[:3]} {typed[3:]}"}, tenant.admin
    )
    assert (approved.status, approved.body["status"], approved.body["name"]) == (200, "approved", "Lobby")
    assert approved.body["mac_address"] == "aa:bb:cc:00:11:22"

    status, body = await claim(api, registered)
    assert status == 200
    assert body["websocket_url"] == "ws://signage.example:8000/api/v1/ws/device"
    assert len(body["device_token"]) == 43
    assert (await claim(api, registered))[0] == 410
    assert [target for _, _, target, _ in api.audited("device.approved")] == [device_id]
    assert device_id in api.realtime.refreshed


async def test_registering_the_same_hardware_twice_makes_one_device_with_a_new_pairing_code(
    api: Api, tenant: Tenant
) -> None:
    first = (await api.register(tenant, "hw-1")).body
    second = (await api.register(tenant, "hw-1")).body
    assert first["device_id"] == second["device_id"]
    assert first["pairing_code"] != second["pairing_code"]
    assert (await claim(api, first))[0] == 410
    assert (await claim(api, second))[0] == 202


async def test_an_approved_device_that_pairs_again_keeps_its_token_until_an_operator_approves(
    api: Api, tenant: Tenant
) -> None:
    (device_id,) = await api.provision(tenant, "hw-1")
    before = api.rows("SELECT token_hash FROM devices")
    registered = (await api.register(tenant, "hw-1")).body
    assert registered["device_id"] == device_id
    assert api.rows("SELECT token_hash, status FROM devices") == [(before[0][0], "approved")]
    waiting = await api.get("/api/v1/devices?status=pending", tenant.admin)
    assert [device["pairing_code"] for device in waiting.body["items"]] == [registered["pairing_code"]]

    assert (await api.post(f"/api/v1/devices/{device_id}/approve", None, tenant.admin)).status == 200
    assert api.rows("SELECT token_hash FROM devices") == [(None,)]
    assert api.realtime.cuts == [(device_id, CloseCode.TOKEN_REVOKED)]
    assert (await claim(api, registered))[0] == 200


async def test_refusing_an_approved_device_that_pairs_again_leaves_it_the_access_it_has(
    api: Api, tenant: Tenant
) -> None:
    (device_id,) = await api.provision(tenant, "hw-1")
    registered = (await api.register(tenant, "hw-1")).body
    refused = await api.post(f"/api/v1/devices/{device_id}/reject", None, tenant.admin)
    assert (refused.status, refused.body["status"]) == (200, "approved")
    assert (await claim(api, registered))[0] == 403
    assert api.rows("SELECT token_hash IS NOT NULL FROM devices") == [(True,)]


async def test_a_rejected_device_is_told_so(api: Api, tenant: Tenant) -> None:
    registered = (await api.register(tenant, "hw-1")).body
    reply = await api.post(f"/api/v1/devices/{registered['device_id']}/reject", None, tenant.admin)
    assert (reply.status, reply.body["status"]) == (200, "rejected")
    assert (await claim(api, registered))[0] == 403


async def test_an_expired_pairing_is_gone_and_cannot_be_approved(api: Api, tenant: Tenant) -> None:
    registered = (await api.register(tenant, "hw-1")).body
    api.rows("UPDATE devices SET pairing_expires_at = now() - interval '1 second'")
    assert (await claim(api, registered))[0] == 410
    reply = await api.post(f"/api/v1/devices/{registered['device_id']}/approve", None, tenant.admin)
    assert reply.status == 409


async def test_approving_with_another_pairing_code_is_refused_by_field(api: Api, tenant: Tenant) -> None:
    registered = (await api.register(tenant, "hw-1")).body
    path = f"/api/v1/devices/{registered['device_id']}/approve"
    reply = await api.post(path, {"pairing_code": "ZZZZZZ"}, tenant.admin)
    assert (reply.status, list(reply.body["fields"])) == (422, ["pairing_code"])
    assert api.audited("device.approved") == []


async def test_approving_what_is_approved_changes_nothing(api: Api, tenant: Tenant) -> None:
    (device_id,) = await api.provision(tenant, "hw-1")
    assert (await api.post(f"/api/v1/devices/{device_id}/approve", None, tenant.admin)).status == 200
    assert api.audited("device.approved") == []
    assert api.rows("SELECT token_hash IS NOT NULL FROM devices") == [(True,)]


async def test_an_unknown_enrolment_key_opens_nothing(api: Api, tenant: Tenant) -> None:
    reply = await api.post("/api/v1/devices/register", {"enrolment_key": "guess", "hardware_id": "hw-1"})
    assert reply.status == 403
    assert api.rows("SELECT count(*) FROM devices") == [(0,)]


async def test_the_enrolment_key_of_a_suspended_tenant_opens_nothing(api: Api, tenant: Tenant) -> None:
    api.rows("UPDATE tenants SET status = 'SUSPENDED'")
    assert (await api.register(tenant, "hw-1")).status == 403


@pytest.mark.parametrize(
    ("field", "text"),
    [("hardware_id", "hw\0"), ("name", "a\nb"), ("model", "\x1b[2J"), ("hardware_id", "   ")],
)
async def test_control_characters_and_blank_names_are_refused_by_field(
    api: Api, tenant: Tenant, field: str, text: str
) -> None:
    body = {"enrolment_key": tenant.enrolment_key, "hardware_id": "hw-1", field: text}
    reply = await api.post("/api/v1/devices/register", body)
    assert (reply.status, list(reply.body["fields"])) == (422, [field])


async def test_the_waiting_room_has_a_limit_and_says_when_to_come_back(
    api: Api, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pairing, "OPEN_PAIRINGS_AT_MOST", 2)
    assert (await api.register(tenant, "hw-1")).status == 202
    assert (await api.register(tenant, "hw-2")).status == 202
    full = await api.register(tenant, "hw-3")
    assert (full.status, full.headers["Retry-After"]) == (429, "60")
    # Who waits already may ask for a new code.
    assert (await api.register(tenant, "hw-1")).status == 202


async def test_a_claim_with_a_made_up_device_or_token_is_gone(api: Api, tenant: Tenant) -> None:
    registered = (await api.register(tenant, "hw-1")).body
    assert (await claim(api, {**registered, "claim_token": "guess"}))[0] == 410
    assert (await claim(api, {**registered, "device_id": "00000000-0000-4000-8000-000000000000"}))[0] == 410


async def test_a_revoked_device_is_cut_off_and_its_token_forgotten(api: Api, tenant: Tenant) -> None:
    (device_id,) = await api.provision(tenant, "hw-1")
    reply = await api.post(f"/api/v1/devices/{device_id}/revoke", None, tenant.admin)
    assert (reply.status, reply.body["status"]) == (200, "revoked")
    assert api.realtime.cuts == [(device_id, CloseCode.TOKEN_REVOKED)]
    assert api.rows("SELECT token_hash FROM devices") == [(None,)]
    assert (await api.post(f"/api/v1/devices/{device_id}/revoke", None, tenant.admin)).status == 200
    assert len(api.audited("device.revoked")) == 1


async def test_a_rotated_token_ends_the_old_one_at_once(api: Api, tenant: Tenant) -> None:
    (device_id,) = await api.provision(tenant, "hw-1")
    before = api.rows("SELECT token_hash FROM devices")
    reply = await api.post(f"/api/v1/devices/{device_id}/rotate-token", None, tenant.admin)
    assert reply.status == 200
    assert reply.body["device_token"]
    assert api.rows("SELECT token_hash FROM devices") != before
    assert api.realtime.cuts == [(device_id, CloseCode.TOKEN_REVOKED)]


async def test_a_thousand_devices_are_provisioned_in_one_request(api: Api, tenant: Tenant) -> None:
    items = [
        {"hardware_id": f"hw-{n}", "site": f"Site {n % 3}", "group": "All", "tags": {"row": str(n)}}
        for n in range(1000)
    ]
    reply = await api.post("/api/v1/devices/provision", {"devices": items}, tenant.admin)
    assert reply.status == 200
    assert [item["hardware_id"] for item in reply.body["devices"]] == [f"hw-{n}" for n in range(1000)]
    assert len({item["device_token"] for item in reply.body["devices"]}) == 1000
    groups = await api.get("/api/v1/groups", tenant.admin)
    assert [(group["name"], group["devices"]) for group in groups.body["items"]] == [("All", 1000)]
    too_many = await api.post(
        "/api/v1/devices/provision", {"devices": [*items, {"hardware_id": "one"}]}, tenant.admin
    )
    assert too_many.status == 422


async def test_provisioning_known_hardware_renews_its_token_and_keeps_what_is_not_said(
    api: Api, tenant: Tenant
) -> None:
    (device_id,) = await api.provision(tenant, "hw-1", name="Lobby", site="Main")
    before = api.rows("SELECT token_hash FROM devices")
    assert await api.provision(tenant, "hw-1") == [device_id]
    device = (await api.get(f"/api/v1/devices/{device_id}", tenant.admin)).body
    assert (device["name"], device["site"]) == ("Lobby", "Main")
    assert api.rows("SELECT token_hash FROM devices") != before
    assert api.realtime.cuts == [(device_id, CloseCode.TOKEN_REVOKED)]


async def test_one_request_does_not_provision_the_same_hardware_twice(api: Api, tenant: Tenant) -> None:
    items = [{"hardware_id": "hw-1"}, {"hardware_id": " hw-1"}]
    reply = await api.post("/api/v1/devices/provision", {"devices": items}, tenant.admin)
    assert (reply.status, list(reply.body["fields"])) == (422, ["devices[1].hardware_id"])
