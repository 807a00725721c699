"""Of commands that are pointless twice, those that a screen was sent are its to answer, however fast newer
ones come."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import trio

from persistence.embedded import HUB_ROLE
from protocol.vocabulary import OPEN_COMMAND_STATUSES
from tests.guarantees.obedient_screens import many_screens
from tests.hub.hub_process import HubProcess, running_hub

POSTS = 30


@pytest.fixture
def hub(database_url: str, tmp_path: Path) -> Iterator[HubProcess]:
    hub_url = database_url.replace("clarion_owner@", f"{HUB_ROLE}@")
    with running_hub(database_url, hub_url, tmp_path) as hub:
        yield hub


async def test_no_reload_that_a_screen_carried_out_is_called_replaced(
    hub: HubProcess,
) -> None:
    tokens = hub.provision(1)
    (device_id,) = tokens
    with hub.sign_in() as signed_in:
        headers = dict(signed_in.headers)
    async with many_screens(hub.websocket_url, tokens) as (screen,):
        with trio.fail_after(30.0):
            while not screen.is_here:
                await trio.sleep(0.01)
            async with httpx.AsyncClient(base_url=hub.url, headers=headers, trust_env=False) as api:

                async def post() -> None:
                    answer = await api.post(
                        f"/api/v1/devices/{device_id}/command", json={"command": "reload_playlist"}
                    )
                    assert answer.status_code == 202, answer.text

                async with trio.open_nursery() as nursery:
                    for _ in range(POSTS):
                        nursery.start_soon(post)
                while True:
                    listed = (await api.get("/api/v1/commands", params={"limit": 100})).json()["items"]
                    if not {row["status"] for row in listed} & OPEN_COMMAND_STATUSES:
                        break
                    await trio.sleep(0.05)
    assert len(listed) == POSTS
    done = {row["id"] for row in listed if row["status"] == "succeeded"}
    assert done == screen.deliveries.keys()
    assert {row["status"] for row in listed} <= {"succeeded", "superseded"}
