"""G7: a connected screen comes to what the hub wants of it even if every push to it is lost.

The links of these screens lose every order about an emergency, and every command the first time it is sent.
What comes through are the answers to heartbeats: the truth about alerts and the version of the playlist with
the next one, and what a screen lacks of its commands with the one after that, when the hub has told it how
many there are and it has said again how many it got.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import trio

from loadtest import cast
from loadtest.enrolment import provision_all
from loadtest.fleet import Fleet, FleetOptions, open_fleet
from loadtest.hub_api import HubApi
from loadtest.link import EnrolledScreen, Misbehaviour
from protocol.access import UserLogin
from tests.guarantees import figures
from tests.hub.hub_process import HubProcess, running_hub

SCREENS = 20
INTERVAL_S = 2.0
TRAVEL_S = 0.75
"""From heartbeat to effect, and for the test to see it, on a machine that does other things too."""
NEXT_HEARTBEAT_S = INTERVAL_S + TRAVEL_S
SECOND_HEARTBEAT_S = 2 * INTERVAL_S + TRAVEL_S
ALERT = {"title": "Fire", "message": "Leave now.", "severity": "extreme"}

pytestmark = pytest.mark.alone


@asynccontextmanager
async def deaf_to_pushes(hub: HubProcess) -> AsyncIterator[Fleet]:
    """Screens in this very process, to look at: connected, and no push ever reaches them."""
    people = hub.people
    login = UserLogin(people.operator_email, people.operator_password or "", people.tenant_id)
    screens: list[EnrolledScreen] = []
    async with HubApi(hub.url, ssl.create_default_context()) as api:
        await provision_all(api, login, cast.screens(SCREENS), screens.append)
    lossy = [replace(screen, misbehaviour=Misbehaviour.LOSES_PUSHES) for screen in screens]
    async with open_fleet(lossy, FleetOptions(seed=1)) as fleet:
        with trio.fail_after(20):
            await fleet.stats.wait_until(lambda s: s.connected == SCREENS)
        yield fleet


async def seconds_until(fact: Callable[[], Awaitable[bool]], within_s: float, what: str) -> float:
    """How long it took until it was so."""
    began = trio.current_time()
    while not await fact():
        assert trio.current_time() - began < within_s, f"not within {within_s} s: {what}"
        await trio.sleep(0.01)
    return trio.current_time() - began


async def test_alerts_the_all_clear_the_playlist_and_commands_arrive_with_the_heartbeats(
    database_url: str, hub_database_url: str, tmp_path: Path
) -> None:
    env = {"CLARION_HEARTBEAT_INTERVAL_S": str(INTERVAL_S)}
    with running_hub(database_url, hub_database_url, tmp_path, env) as hub, hub.sign_in() as client:
        bearer = {"Authorization": client.headers["Authorization"]}
        async with (
            httpx.AsyncClient(base_url=hub.url, headers=bearer, timeout=10.0, trust_env=False) as api,
            deaf_to_pushes(hub) as fleet,
        ):
            screens = [link.screen for link in fleet.links]

            async def get(path: str) -> dict[str, Any]:
                answer: dict[str, Any] = (await api.get(path)).json()
                return answer

            async def post(path: str, body: dict[str, Any]) -> dict[str, Any]:
                answer = await api.post(path, json=body)
                assert answer.is_success, answer.text
                accepted: dict[str, Any] = answer.json()
                return accepted

            emergency = f"/api/v1/emergencies/{(await post('/api/v1/emergencies', ALERT))['id']}"

            async def all_show_it() -> bool:
                return bool((await get(emergency))["rendered"] == SCREENS)

            shown_s = await seconds_until(all_show_it, NEXT_HEARTBEAT_S, "all show the alert, and proved it")
            assert fleet.stats.showing_alert == fleet.stats.pushes_lost == SCREENS

            await post(f"{emergency}/clear", {})

            async def nobody_shows_it() -> bool:
                return bool((await get(emergency))["status"] == "cleared")

            hidden_s = await seconds_until(nobody_shows_it, NEXT_HEARTBEAT_S, "nobody shows it any more")
            assert fleet.stats.showing_alert == 0
            assert fleet.stats.pushes_lost == 2 * SCREENS

            reload = await post("/api/v1/commands", {"command": "reload_playlist"})
            assert reload["targeted"] == SCREENS

            async def all_have_loaded_it() -> bool:
                await trio.lowlevel.checkpoint()
                return all(screen.playlist_version > 0 for screen in screens)

            loaded_s = await seconds_until(all_have_loaded_it, NEXT_HEARTBEAT_S, "all have the new playlist")
            ping = await post("/api/v1/commands", {"command": "ping"})

            async def all_have_answered() -> bool:
                bulk = await get(f"/api/v1/bulk-commands/{ping['bulk_id']}")
                counts: dict[str, int] = bulk["counts"]
                return counts.get("succeeded") == SCREENS

            done_s = await seconds_until(all_have_answered, SECOND_HEARTBEAT_S, "all have answered the ping")
            versions = {screen.playlist_version for screen in screens}
            assert len(fleet.stats.gave_up) == fleet.stats.reconnects == 0
            assert fleet.stats.commands == 2 * SCREENS
            assert fleet.stats.pushes_lost == 4 * SCREENS
            assert (await get(f"/api/v1/bulk-commands/{reload['bulk_id']}"))["counts"] == {
                "succeeded": SCREENS
            }
            assert len(versions) == 1

    figures.record("G7: every push lost, alert shown by all", shown_s / INTERVAL_S, "intervals")
    figures.record("G7: every push lost, all-clear everywhere", hidden_s / INTERVAL_S, "intervals")
    figures.record("G7: every push lost, playlist loaded by all", loaded_s / INTERVAL_S, "intervals")
    figures.record("G7: every push lost, command done by all", done_s / INTERVAL_S, "intervals")
