"""The fleet inside a test's own process, on a real hub."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from dataclasses import replace

import httpx
import trio

from loadtest import cast
from loadtest.enrolment import provision_all
from loadtest.fleet import Fleet, FleetOptions, open_fleet
from loadtest.hub_api import HubApi
from loadtest.link import EnrolledScreen, Misbehaviour
from protocol.access import UserLogin
from tests.hub.hub_process import HubProcess
from tests.patience import PATIENCE_S

OPTIONS = FleetOptions(connects_per_s=500.0, seed=1)
FIRE = {"title": "Fire", "message": "Leave by the nearest exit.", "severity": "extreme"}


async def enrolled(hub: HubProcess, count: int, prefix: str) -> list[EnrolledScreen]:
    people = hub.people
    assert people.operator_password is not None
    operator = UserLogin(people.operator_email, people.operator_password, people.tenant_id)
    found: list[EnrolledScreen] = []
    async with HubApi(hub.url, ssl.create_default_context()) as api:
        await api.wait_until_there(PATIENCE_S)
        await provision_all(api, operator, cast.screens(count, prefix=prefix), found.append)
    return found


async def signed_in(hub: HubProcess) -> httpx.AsyncClient:
    client = await trio.to_thread.run_sync(hub.sign_in)
    headers = {"Authorization": client.headers["Authorization"]}
    return httpx.AsyncClient(base_url=hub.url, headers=headers, timeout=PATIENCE_S)


def only(screens: Sequence[EnrolledScreen]) -> dict[str, object]:
    return {"kind": "devices", "ids": [screen.device_id for screen in screens]}


async def until_ledger(api: httpx.AsyncClient, emergency_id: str, states: dict[str, str | None]) -> None:
    """Until the ledger says, for each device, this state or this reason. The caller sets the deadline."""
    while True:
        ledger = (await api.get(f"/api/v1/emergencies/{emergency_id}/ledger")).json()["items"]
        if {row["device_id"]: row["missing"] or row["state"] for row in ledger} == states:
            return
        await trio.sleep(0.05)


async def test_fifty_screens_are_enrolled_connect_and_beat(hub: HubProcess) -> None:
    with trio.fail_after(PATIENCE_S):
        screens = await enrolled(hub, 50, "beat")
        async with open_fleet(screens, OPTIONS) as fleet:
            await fleet.stats.wait_until(lambda s: s.connected == 50 and s.acks >= 100)
        assert fleet.stats.connected == 0
        assert fleet.stats.failed_attempts == fleet.stats.reconnects == fleet.stats.frames_not_understood == 0


async def test_every_screen_shows_an_alert_proves_it_and_takes_it_down_again(hub: HubProcess) -> None:
    with trio.fail_after(PATIENCE_S):
        screens = await enrolled(hub, 100, "show")
        async with open_fleet(screens, OPTIONS) as fleet, await signed_in(hub) as api:
            await fleet.stats.wait_until(lambda s: s.connected == 100)
            created = (await api.post("/api/v1/emergencies", json={**FIRE, "scope": only(screens)})).json()
            await fleet.stats.wait_until(lambda s: s.showing_alert == 100)
            emergency = (await api.get(f"/api/v1/emergencies/{created['id']}")).json()
            shown = {link.screen.alerts[0].content_hash for link in fleet.links}
            assert shown == {emergency["content_hash"]}
            await until_ledger(api, created["id"], {s.device_id: "rendered" for s in screens})
            await api.post(f"/api/v1/emergencies/{created['id']}/clear")
            await fleet.stats.wait_until(lambda s: s.showing_alert == 0)
            await until_ledger(api, created["id"], {s.device_id: "hidden" for s in screens})


async def test_screens_that_misbehave_are_named_with_their_reason(hub: HubProcess) -> None:
    with trio.fail_after(PATIENCE_S):
        well, silent, absent = await enrolled(hub, 3, "odd")
        out_there = [well, replace(silent, misbehaviour=Misbehaviour.NEVER_ANSWERS)]
        async with open_fleet(out_there, OPTIONS) as fleet, await signed_in(hub) as api:
            await fleet.stats.wait_until(lambda s: s.connected == 2)
            scope = only([well, silent, absent])
            created = (await api.post("/api/v1/emergencies", json={**FIRE, "scope": scope})).json()
            assert (created["targeted"], created["online"]) == (3, 2)
            verdicts: dict[str, str | None] = {
                well.device_id: "rendered",
                silent.device_id: "silent",
                absent.device_id: "offline",
            }
            await until_ledger(api, created["id"], verdicts)
            await api.post(f"/api/v1/emergencies/{created['id']}/clear")


async def test_commands_reach_the_screen_and_their_receipts_come_back(hub: HubProcess) -> None:
    with trio.fail_after(PATIENCE_S):
        (screen,) = await enrolled(hub, 1, "told")
        async with open_fleet([screen], OPTIONS) as fleet, await signed_in(hub) as api:
            await fleet.stats.wait_until(lambda s: s.connected == 1)
            for command in ("pause", "play", "reload_playlist", "stop", "reboot", "ping"):
                device = f"/api/v1/devices/{screen.device_id}"
                accepted = await api.post(f"{device}/command", json={"command": command})
                assert accepted.status_code == 202, accepted.text
            while True:
                rows = (await api.get(f"{device}/commands")).json()["items"]
                if len(rows) == 6 and {row["status"] for row in rows} == {"succeeded"}:
                    break
                await trio.sleep(0.05)
            assert fleet.stats.commands == 6


async def test_a_revoked_screen_is_cut_off_and_stays_away(hub: HubProcess) -> None:
    with trio.fail_after(PATIENCE_S):
        screens = await enrolled(hub, 2, "revoked")
        async with open_fleet(screens, OPTIONS) as fleet, await signed_in(hub) as api:
            await fleet.stats.wait_until(lambda s: s.connected == 2)
            await api.post(f"/api/v1/devices/{screens[0].device_id}/revoke")
            await fleet.stats.wait_until(lambda s: s.gave_up.total() == 1)
            assert fleet[screens[0].hardware_id].gave_up == "this token is no longer valid"
            assert fleet.stats.connected == 1


async def test_a_screen_that_leaves_is_known_to_have_left_on_purpose(hub: HubProcess) -> None:
    with trio.fail_after(PATIENCE_S):
        (screen,) = await enrolled(hub, 1, "leaves")
        async with open_fleet([screen], OPTIONS) as fleet:
            await fleet.stats.wait_until(lambda s: s.connected == 1)
        async with await signed_in(hub) as api:
            while True:
                device = (await api.get(f"/api/v1/devices/{screen.device_id}")).json()
                if device["presence"] == "offline":
                    break
                await trio.sleep(0.05)
            assert device["presence_reason"] == "said_goodbye"


async def test_a_fleet_outlives_a_hub_that_is_killed(hub: HubProcess) -> None:
    with trio.fail_after(2 * PATIENCE_S):
        screens = await enrolled(hub, 10, "outlives")
        async with open_fleet(screens, OPTIONS) as fleet, await signed_in(hub) as api:
            await fleet.stats.wait_until(lambda s: s.connected == 10)
            created = (await api.post("/api/v1/emergencies", json={**FIRE, "scope": only(screens)})).json()
            await fleet.stats.wait_until(lambda s: s.showing_alert == 10)
            await trio.to_thread.run_sync(hub.kill)
            await fleet.stats.wait_until(lambda s: s.connected == 0)
            assert fleet.stats.showing_alert == 10
            await trio.to_thread.run_sync(hub.start)
            await fleet.stats.wait_until(lambda s: s.connected == 10 and s.reconnects == 10)
            assert fleet.stats.showing_alert == 10
            await until_ledger(api, created["id"], {s.device_id: "rendered" for s in screens})
            await api.post(f"/api/v1/emergencies/{created['id']}/clear")
            await fleet.stats.wait_until(lambda s: s.showing_alert == 0)


def test_a_fleet_that_does_not_run_takes_no_screens() -> None:
    screen = EnrolledScreen("sim-0001", "Main entrance", "d", "t", "ws://127.0.0.1:9/")

    async def add() -> None:
        Fleet().add(screen)

    try:
        trio.run(add)
    except RuntimeError as error:
        assert "does not run" in str(error)
    else:
        raise AssertionError("it took the screen")
