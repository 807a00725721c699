"""What screens look like: one picture an order, looked into before it is kept, the newest of each screen."""

from __future__ import annotations

import zlib
from datetime import UTC, datetime

import pytest
import trio

from hub.use_cases.errors import Overloaded
from hub.use_cases.manifests import DeviceCaller
from hub.use_cases.screenshots import KEPT_A_SCREEN, OF_ONE_TENANT_AT_MOST, PICTURE_BYTES
from protocol.vocabulary import RoleName
from tests.hub.api.conftest import Api, Reply
from tests.hub.tenants import Tenant
from tests.media_files import package, picture, video
from tests.patience import PATIENCE_S

PATH = "/api/v1/devices/me/screenshots"


async def let_in(api: Api, tenant: Tenant, hardware_id: str = "hw-1") -> tuple[str, str]:
    """A screen: its id and its token."""
    body = {"devices": [{"hardware_id": hardware_id}]}
    (device,) = (await api.post("/api/v1/devices/provision", body, tenant.admin)).body["devices"]
    return device["device_id"], device["device_token"]


async def order(api: Api, tenant: Tenant, device_id: str, command: str = "screenshot") -> str:
    body = {"command": command}
    reply = await api.post(f"/api/v1/devices/{device_id}/command", body, tenant.admin)
    command_id: str = reply.body["command_id"]
    return command_id


async def send(api: Api, token: str, command_id: str, content: bytes, more: str = "") -> Reply:
    return await api.post(f"{PATH}?command_id={command_id}{more}", content, Authorization=f"Bearer {token}")


async def test_a_screen_that_is_asked_sends_a_picture_that_operators_see(api: Api, tenant: Tenant) -> None:
    device_id, token = await let_in(api, tenant)
    command_id = await order(api, tenant, device_id)
    shot = picture("JPEG", (640, 360))
    sent = await send(api, token, command_id, shot, "&note=The+web+page+is+not+in+it.")
    assert sent.status == 201
    listed = await api.get(f"/api/v1/devices/{device_id}/screenshots", tenant.admin)
    assert listed.body == {"items": [sent.body], "next_cursor": None}
    told = {name: sent.body[name] for name in ("device_id", "command_id", "note", "width", "height")}
    assert told == {
        "device_id": device_id,
        "command_id": command_id,
        "note": "The web page is not in it.",
        "width": 640,
        "height": 360,
    }
    seen = await api.get(sent.body["url"], tenant.admin)
    assert (seen.status, seen.body, seen.headers["Content-Type"]) == (200, shot, "image/jpeg")
    assert seen.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in seen.headers["Content-Security-Policy"]


async def test_a_picture_that_is_sent_again_is_the_first_one(api: Api, tenant: Tenant) -> None:
    device_id, token = await let_in(api, tenant)
    command_id = await order(api, tenant, device_id)
    first = await send(api, token, command_id, picture())
    api.rows("UPDATE commands SET status = 'sent'")
    api.rows("UPDATE commands SET status = 'succeeded', finished_at = now()")
    again = await send(api, token, command_id, picture("PNG", (32, 32)))
    assert (again.status, again.body) == (201, first.body)


async def test_nobody_sends_a_picture_that_was_not_asked_for(
    api: Api, tenant: Tenant, neighbour: Tenant
) -> None:
    device_id, token = await let_in(api, tenant)
    other_id, _ = await let_in(api, tenant, "hw-2")
    theirs_id, _ = await let_in(api, neighbour, "hw-3")
    ping = await order(api, tenant, device_id, "ping")
    for command_id in (
        ping,
        await order(api, tenant, other_id),
        await order(api, neighbour, theirs_id),
        "4d9c6d1e-0000-4000-8000-000000000000",
    ):
        reply = await send(api, token, command_id, picture())
        assert reply.status == 422
        assert reply.body["fields"] == {"command_id": "is not an order for a picture of this screen"}
    assert (await api.post(PATH, picture(), Authorization=f"Bearer {token}")).status == 422
    cancelled = await order(api, tenant, device_id)
    await api.post(f"/api/v1/commands/{cancelled}/cancel", None, tenant.admin)
    assert (await send(api, token, cancelled, picture())).status == 409
    assert api.rows("SELECT id FROM screenshots") == []


async def test_only_a_screen_sends_pictures(api: Api, tenant: Tenant) -> None:
    device_id, _ = await let_in(api, tenant)
    command_id = await order(api, tenant, device_id)
    assert (await send(api, "nobody's", command_id, picture())).status == 401
    path = f"{PATH}?command_id={command_id}"
    assert (await api.post(path, picture(), tenant.admin)).status == 401


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", ""),
        (picture("GIF"), "JPEG, PNG or WebP"),
        (package(), "JPEG, PNG or WebP"),
        (video(seconds=0.3), "JPEG, PNG or WebP"),
        (picture("JPEG")[:200], "damaged"),
        (picture("PNG", (9_000, 8)), "pixels"),
    ],
)
async def test_what_is_no_picture_to_the_end_is_not_kept(
    api: Api, tenant: Tenant, content: bytes, why: str
) -> None:
    device_id, token = await let_in(api, tenant)
    reply = await send(api, token, await order(api, tenant, device_id), content)
    assert reply.status == 422
    assert why in reply.body["fields"]["body"]
    assert api.rows("SELECT id FROM screenshots") == []


async def test_a_picture_that_is_too_large_is_refused(api: Api, tenant: Tenant) -> None:
    device_id, token = await let_in(api, tenant)
    content = picture() + zlib.compress(b"") + bytes(PICTURE_BYTES)
    assert (await send(api, token, await order(api, tenant, device_id), content)).status == 413


async def test_of_each_screen_the_newest_are_kept(api: Api, tenant: Tenant) -> None:
    device_id, token = await let_in(api, tenant)
    other_id, other_token = await let_in(api, tenant, "hw-2")
    kept_there = await send(api, other_token, await order(api, tenant, other_id), picture())
    api.rows(
        "INSERT INTO screenshots (id, tenant_id, device_id, taken_at, kept_at, mime_type, width, height,"
        " picture) SELECT gen_random_uuid(), %s, %s, now(), now() - n * interval '1 hour', 'image/png', 1, 1,"
        " '\\x00'"
        " FROM generate_series(1, %s) n",
        tenant.id,
        device_id,
        KEPT_A_SCREEN,
    )
    sent = await send(api, token, await order(api, tenant, device_id), picture())
    listed = (await api.get(f"/api/v1/devices/{device_id}/screenshots", tenant.admin)).body["items"]
    assert len(listed) == KEPT_A_SCREEN
    assert listed[0]["id"] == sent.body["id"]
    there = (await api.get(f"/api/v1/devices/{other_id}/screenshots", tenant.admin)).body["items"]
    assert [each["id"] for each in there] == [kept_there.body["id"]]


async def test_when_it_was_taken_is_between_the_order_and_now_whatever_the_screen_says(
    api: Api, tenant: Tenant
) -> None:
    device_id, token = await let_in(api, tenant)
    before = datetime.now(UTC)
    for taken_ms in (0, 2**53):
        command_id = await order(api, tenant, device_id)
        sent = await send(api, token, command_id, picture(), f"&taken_ms={taken_ms}")
        assert before <= datetime.fromisoformat(sent.body["taken_at"]) <= datetime.now(UTC)


async def test_a_screen_sends_one_picture_at_a_time(api: Api, tenant: Tenant) -> None:
    device_id, token = await let_in(api, tenant)
    ids = [await order(api, tenant, device_id) for _ in range(3)]
    statuses = []

    async def one(command_id: str) -> None:
        statuses.append((await send(api, token, command_id, picture())).status)

    async with trio.open_nursery() as nursery:
        for command_id in ids:
            nursery.start_soon(one, command_id)
    assert sorted(statuses) == [201, 423, 423]


class SlowBody:
    """A body that does not come."""

    is_broken = False

    async def piece(self) -> bytes:
        await trio.sleep_forever()
        return b""


async def test_screens_of_one_tenant_that_send_slowly_leave_room_for_those_of_another(
    api: Api, tenant: Tenant, neighbour: Tenant, nursery: trio.Nursery
) -> None:
    slow = [await let_in(api, tenant, f"hw-{number}") for number in range(OF_ONE_TENANT_AT_MOST + 1)]
    theirs_id, their_token = await let_in(api, neighbour, "hw-theirs")
    told_off = trio.Event()

    async def sends_slowly(device_id: str, command_id: str) -> None:
        caller = DeviceCaller(tenant.id, device_id)
        try:
            await api.use_cases.screenshots.keep(caller, command_id, "", None, SlowBody())
        except Overloaded:
            told_off.set()

    for device_id, _ in slow:
        nursery.start_soon(sends_slowly, device_id, await order(api, tenant, device_id))
    with trio.fail_after(PATIENCE_S):
        await told_off.wait()
    sent = await send(api, their_token, await order(api, neighbour, theirs_id), picture())
    assert sent.status == 201
    nursery.cancel_scope.cancel()


async def test_who_is_limited_to_sites_sees_the_pictures_of_the_screens_there(
    api: Api, tenant: Tenant
) -> None:
    device_id, token = await let_in(api, tenant)
    sent = await send(api, token, await order(api, tenant, device_id), picture())
    site = (await api.post("/api/v1/sites", {"name": "Elsewhere"}, tenant.admin)).body["id"]
    limited = api.person(tenant, RoleName.VIEWER, sites=[site])
    assert (await api.get(f"/api/v1/devices/{device_id}/screenshots", limited)).status == 404
    assert (await api.get(sent.body["url"], limited)).status == 404
    await api.patch(f"/api/v1/devices/{device_id}", {"site_id": site}, tenant.admin)
    assert (await api.get(sent.body["url"], limited)).status == 200
