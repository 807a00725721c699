"""The commands of a screen that is shut out end with its access; a new token keeps them."""

from __future__ import annotations

import pytest
import trio

from hub.use_cases import commands
from hub.use_cases.wiring import utc_now
from persistence.owner import connect_as_owner
from tests.hub.api.conftest import Api
from tests.hub.tenants import Tenant
from tests.patience import PATIENCE_S


async def test_revoking_ends_what_is_open_and_the_screen_comes_back_clean(api: Api, tenant: Tenant) -> None:
    device_id, other = await api.provision(tenant, "hw-1", "hw-2")
    path = f"/api/v1/devices/{device_id}"
    ids = []
    for _ in range(3):
        sent = await api.post(f"{path}/command", {"command": "ping"}, tenant.admin)
        ids.append(sent.body["command_id"])
    await api.post(f"/api/v1/devices/{other}/command", {"command": "ping"}, tenant.admin)
    api.rows("UPDATE commands SET status = 'succeeded' WHERE id = %s", ids[0])
    api.rows("UPDATE commands SET status = 'sent' WHERE id = %s", ids[1])
    assert (await api.post(f"{path}/revoke", None, tenant.admin)).status == 200
    assert api.rows("SELECT status FROM commands ORDER BY seq") == [
        ("succeeded",),
        ("cancelled",),
        ("cancelled",),
        ("queued",),
    ]
    told = {ended.id: ended.detail for ended in api.realtime.ended}
    reason = "the screen's access was revoked"
    assert told == {
        ids[1]: f"{reason}; it had been sent, and the screen may have carried it out already",
        ids[2]: reason,
    }
    assert (await api.post(f"{path}/revoke", None, tenant.admin)).status == 200
    assert len(api.realtime.ended) == 2

    await api.provision(tenant, "hw-1")
    still_open = await api.get(f"/api/v1/commands?open=true&device_id={device_id}", tenant.admin)
    assert still_open.body["items"] == []


async def test_a_new_token_keeps_the_commands(api: Api, tenant: Tenant) -> None:
    (device_id,) = await api.provision(tenant, "hw-1")
    path = f"/api/v1/devices/{device_id}"
    await api.post(f"{path}/command", {"command": "ping"}, tenant.admin)
    assert (await api.post(f"{path}/rotate-token", None, tenant.admin)).status == 200
    await api.provision(tenant, "hw-1")
    assert api.rows("SELECT status FROM commands") == [("queued",)]
    assert api.realtime.ended == []


async def test_an_approved_screen_that_pairs_again_and_is_refused_keeps_its_commands(
    api: Api, tenant: Tenant
) -> None:
    (device_id,) = await api.provision(tenant, "hw-1")
    await api.post(f"/api/v1/devices/{device_id}/command", {"command": "ping"}, tenant.admin)
    await api.register(tenant, "hw-1")
    refused = await api.post(f"/api/v1/devices/{device_id}/reject", None, tenant.admin)
    assert refused.body["status"] == "approved"
    assert api.rows("SELECT status FROM commands") == [("queued",)]


async def test_no_command_is_queued_behind_a_revocation(api: Api, tenant: Tenant) -> None:
    (device_id,) = await api.provision(tenant, "hw-1")
    replies: list[int] = []

    async def send() -> None:
        reply = await api.post(f"/api/v1/devices/{device_id}/command", {"command": "ping"}, tenant.admin)
        replies.append(reply.status)

    # Another hub revokes, and has not committed yet: the command waits for it.
    with connect_as_owner(api.database_url) as other_hub, trio.fail_after(PATIENCE_S):
        other_hub.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended('clarion.admission.' || %s, 0))", (tenant.id,)
        )
        other_hub.execute("UPDATE devices SET status = 'revoked' WHERE id = %s", (device_id,))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(send)
            while not api.rows("SELECT 1 FROM pg_locks WHERE NOT granted AND locktype = 'advisory'"):
                await trio.lowlevel.checkpoint()
            other_hub.commit()
    assert replies == [409]


async def test_commands_whose_time_is_over_end_and_the_live_side_hears_of_each(
    api: Api, tenant: Tenant
) -> None:
    (device_id,) = await api.provision(tenant, "hw-1")
    for expires_in_s in (1, 600):
        body = {"command": "ping", "expires_in_s": expires_in_s}
        await api.post(f"/api/v1/devices/{device_id}/command", body, tenant.admin)
    api.rows("UPDATE commands SET expires_at = %s WHERE id = %s", utc_now(), api.realtime.commands[0].id)
    for _ in range(2):
        await api.use_cases.commands.expire(tenant.id, utc_now())
    (ended,) = api.realtime.ended
    assert (ended.id, ended.device_id, ended.status) == (
        api.realtime.commands[0].id,
        device_id,
        "expired",
    )
    assert ended.detail == "its time was over before the screen answered"
    assert api.rows("SELECT status FROM commands ORDER BY seq") == [("expired",), ("queued",)]


async def test_more_commands_than_one_transaction_takes_expire_in_several(
    api: Api, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "EXPIRED_AT_ONCE", 3)
    ids = await api.provision(tenant, "hw-1", "hw-2")
    for number in range(8):
        await api.post(f"/api/v1/devices/{ids[number % 2]}/command", {"command": "ping"}, tenant.admin)
    late = utc_now()
    api.rows("UPDATE commands SET expires_at = %s - make_interval(secs => seq)", late)
    await api.use_cases.commands.expire(tenant.id, late)
    oldest_first = [command.id for command in reversed(api.realtime.commands)]
    ended = [each.id for each in api.realtime.ended]
    assert [set(ended[at : at + 3]) for at in (0, 3, 6)] == [
        set(oldest_first[at : at + 3]) for at in (0, 3, 6)
    ]
    assert api.rows("SELECT DISTINCT status FROM commands") == [("expired",)]
