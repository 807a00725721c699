"""A tenant is suspended and resumed under its screens, people, keys and pages; a key is revoked in use."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import trio
from trio_websocket import ConnectionClosed, open_websocket_url

from hub.use_cases.tenant_commands import resume_tenant, suspend_tenant
from protocol.close_codes import CloseCode
from protocol.vocabulary import SYSTEM_TENANT_ID
from tests.guarantees.obedient_screens import many_screens
from tests.guarantees.witness import until
from tests.hub.hub_process import HubProcess
from tests.patience import PATIENCE_S

DEVICES = "/api/v1/devices"
LATE_S = 15.0


async def signed_in(hub: HubProcess, tenant_id: str, email: str, password: str | None) -> httpx.Response:
    body = {"tenant_id": tenant_id, "email": email, "password": password}
    async with httpx.AsyncClient(base_url=hub.url, timeout=PATIENCE_S, trust_env=False) as client:
        return await client.post("/api/v1/auth/login", json=body)


def bearer(hub: HubProcess, token: str) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.AsyncClient(base_url=hub.url, timeout=PATIENCE_S, headers=headers, trust_env=False)


async def operator(hub: HubProcess) -> dict[str, Any]:
    people = hub.people
    answer = await signed_in(hub, people.tenant_id, people.operator_email, people.operator_password)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@asynccontextmanager
async def root_of(hub: HubProcess) -> AsyncIterator[httpx.AsyncClient]:
    answer = await signed_in(hub, SYSTEM_TENANT_ID, hub.people.root_email, hub.people.root_password)
    assert answer.status_code == 200, answer.text
    async with bearer(hub, answer.json()["access_token"]) as client:
        yield client


async def page_until_it_is_closed(hub: HubProcess, token: str, is_open: trio.Event) -> None:
    headers = [(b"Authorization", f"Bearer {token}".encode())]
    async with open_websocket_url(
        f"{hub.websocket_url}/api/v1/ws/admin", subprotocols=["clarion.v1"], extra_headers=headers
    ) as websocket:
        await websocket.send_message('{"type":"resume"}')
        try:
            while True:
                await websocket.get_message()
                is_open.set()
        except ConnectionClosed:
            return


async def refused(hub: HubProcess, token: str) -> httpx.Response:
    """The answer to a screen that asks for a WebSocket and does not get one."""
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Protocol": "clarion.v1",
    }
    async with bearer(hub, token) as client:
        return await client.get("/api/v1/ws/device", headers=headers)


async def test_a_suspended_tenant_is_cut_signed_out_and_refused_and_comes_back_when_it_is_resumed(
    hub: HubProcess,
) -> None:
    tokens = hub.provision(3)
    pair = await operator(hub)
    async with (
        root_of(hub) as root,
        bearer(hub, pair["access_token"]) as api,
        many_screens(hub.websocket_url, tokens) as screens,
        trio.open_nursery() as nursery,
    ):
        with trio.fail_after(2 * LATE_S):
            await until(lambda: all(screen.is_here for screen in screens))
            body = {"name": "panel", "permissions": ["screens:view"]}
            key = (await api.post("/api/v1/api-keys", json=body)).json()["secret"]
            page_closed, page_open = trio.Event(), trio.Event()

            async def watch() -> None:
                await page_until_it_is_closed(hub, pair["access_token"], page_open)
                page_closed.set()

            nursery.start_soon(watch)
            await page_open.wait()

            suspended = await root.post(f"/api/v1/tenants/{hub.people.tenant_id}/suspend")
            assert suspended.status_code == 200, suspended.text
            # When it is answered it is so: nothing of this waits for a poll.
            assert (await api.get(DEVICES)).status_code == 401
            assert (await api.get(DEVICES, headers={"Authorization": f"Bearer {key}"})).status_code == 401
            await page_closed.wait()
            await until(lambda: all(CloseCode.TENANT_SUSPENDED in screen.goodbyes for screen in screens))
            await until(lambda: not any(screen.is_here for screen in screens))
            links = [screen.links for screen in screens]
            door = await refused(hub, next(iter(tokens.values())))
            assert (door.status_code, door.headers["Retry-After"]) == (503, "30")
            assert (await refused(hub, "nobody's")).status_code == 401
            refresh = {"refresh_token": pair["refresh_token"]}
            assert (await api.post("/api/v1/auth/refresh", json=refresh)).status_code == 401
            people = hub.people
            again = await signed_in(hub, people.tenant_id, people.operator_email, people.operator_password)
            assert again.status_code == 401
            assert [screen.links for screen in screens] == links, "the door stays shut"

            resumed = await root.post(f"/api/v1/tenants/{hub.people.tenant_id}/resume")
            assert resumed.status_code == 200, resumed.text
            await until(lambda: all(screen.is_here for screen in screens))
            assert (await api.get(DEVICES)).status_code == 401, "who was signed out signs in again"
            async with bearer(hub, (await operator(hub))["access_token"]) as back:
                assert len((await back.get(DEVICES)).json()["items"]) == len(tokens)
            assert (await api.get(DEVICES, headers={"Authorization": f"Bearer {key}"})).status_code == 200


async def test_a_running_hub_learns_what_the_command_line_did(hub: HubProcess, database_url: str) -> None:
    tokens = hub.provision(2)
    async with (
        bearer(hub, (await operator(hub))["access_token"]) as api,
        many_screens(hub.websocket_url, tokens) as screens,
    ):
        with trio.fail_after(LATE_S):
            await until(lambda: all(screen.is_here for screen in screens))
            await trio.to_thread.run_sync(suspend_tenant, database_url, hub.people.tenant_name)
            await until(lambda: all(CloseCode.TENANT_SUSPENDED in screen.goodbyes for screen in screens))
            await until(lambda: not any(screen.is_here for screen in screens))
            assert (await api.get(DEVICES)).status_code == 401
            await trio.to_thread.run_sync(resume_tenant, database_url, hub.people.tenant_id)
            await until(lambda: all(screen.is_here for screen in screens))


async def test_a_tenant_that_is_made_while_the_hub_runs_works_at_once(hub: HubProcess) -> None:
    async with root_of(hub) as root:
        body = {"name": "Harbour", "admin_email": "ann@harbour.example"}
        made = (await root.post("/api/v1/tenants", json=body)).json()
        tenant_id, link = made["tenant"]["id"], made["link"]["url"]
        chosen = {"token": link.partition("#")[2], "password": "a long walk on the quay"}
        assert (await root.post("/api/v1/auth/set-password", json=chosen)).is_success
        answer = await signed_in(hub, tenant_id, "ann@harbour.example", chosen["password"])
        async with bearer(hub, answer.json()["access_token"]) as ann:
            provisioned = await ann.post(
                "/api/v1/devices/provision", json={"devices": [{"hardware_id": "hw-1"}]}
            )
            (row,) = provisioned.json()["devices"]
            async with many_screens(hub.websocket_url, {row["device_id"]: row["device_token"]}) as (screen,):
                with trio.fail_after(LATE_S):
                    await until(lambda: screen.is_here)
                    alert = {"title": "Fire", "message": "Leave now.", "severity": "extreme"}
                    pressed = (await ann.post("/api/v1/emergencies", json=alert)).json()
                    assert pressed["targeted"] == 1
                    await until(lambda: pressed["id"] in screen.shown_s)
        listed = {row["name"]: row for row in (await root.get("/api/v1/tenants")).json()["items"]}
        assert (listed["Harbour"]["users"], listed["Harbour"]["devices"]) == (1, 1)


async def test_root_acts_in_a_tenant_and_its_audit_says_who_and_why(hub: HubProcess) -> None:
    (device_id,) = hub.provision(1)
    reason = "ticket 4711: the lobby is dark"
    async with root_of(hub) as root:
        assert (await root.get(DEVICES)).json()["items"] == [], "ROOT sees SYSTEM, which has no screens"
        entered = await root.post(f"/api/v1/tenants/{hub.people.tenant_id}/act", json={"reason": reason})
        assert entered.status_code == 200, entered.text
    async with bearer(hub, entered.json()["access_token"]) as there:
        sent = await there.post(f"{DEVICES}/{device_id}/command", json={"command": "ping"})
        assert sent.status_code == 202, sent.text
        me = (await there.get("/api/v1/users/me")).json()
        assert (me["tenant_id"], me["acts_from"]) == (hub.people.tenant_id, SYSTEM_TENANT_ID)
    async with bearer(hub, (await operator(hub))["access_token"]) as api:
        entries = (await api.get("/api/v1/audit")).json()["items"]
        assert (await api.get("/api/v1/tenants")).status_code == 403
    by_root = [entry for entry in entries if entry["user_email"] == hub.people.root_email]
    assert {entry["on_behalf_of"] for entry in by_root} == {"SYSTEM"}
    (entry,) = [entry for entry in by_root if entry["action"] == "tenant.entered"]
    assert entry["details"] == {"reason": reason}
    assert "command.queued" in {entry["action"] for entry in by_root}


async def test_a_revoked_key_is_refused_at_once(hub: HubProcess) -> None:
    async with bearer(hub, (await operator(hub))["access_token"]) as api:
        body = {"name": "panel", "permissions": ["screens:view", "emergencies:trigger"]}
        made = (await api.post("/api/v1/api-keys", json=body)).json()
        async with bearer(hub, made["secret"]) as panel:
            alert = {"title": "Fire", "message": "Leave now.", "severity": "extreme"}
            pressed = await panel.post("/api/v1/emergencies", json=alert)
            assert pressed.status_code == 201, pressed.text
            shown = (await api.get(f"/api/v1/emergencies/{pressed.json()['id']}")).json()
            assert shown["issued_by"] == "key panel"
            with trio.fail_after(LATE_S):
                while (await api.get("/api/v1/api-keys")).json()["items"][0]["last_used_at"] is None:
                    await trio.sleep(0.05)
            revoked = await api.delete(f"/api/v1/api-keys/{made['key']['id']}")
            assert revoked.status_code == 200, revoked.text
            assert (await panel.get(DEVICES)).status_code == 401
            assert (await panel.post("/api/v1/emergencies", json=alert)).status_code == 401
