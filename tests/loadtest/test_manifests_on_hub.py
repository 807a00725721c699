"""From the button "publish" to what is on the glass: screens follow their manifests, on a real hub."""

from __future__ import annotations

from typing import Any

import httpx
import trio

from loadtest.fleet import Fleet, open_fleet
from tests.hub.hub_process import HubProcess
from tests.loadtest.test_fleet_on_hub import OPTIONS, enrolled, signed_in
from tests.patience import PATIENCE_S


async def posted(
    api: httpx.AsyncClient, path: str, body: dict[str, Any] | None = None, **headers: str
) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    reply = await api.post(f"/api/v1{path}", json=body, headers=named)
    assert reply.is_success, reply.text
    return reply.json()


async def approved(api: httpx.AsyncClient, name: str, url: str = "https://signs.example/") -> str:
    """A version of a new content that may be shown; its id."""
    assert (await api.put("/api/v1/content-rules", json={"approve_own": True})).is_success
    content = await posted(api, "/contents", {"name": name})
    media = await posted(api, f"/contents/{content['id']}/media", {"url": url})
    await posted(api, f"/media/{media['id']}/submit")
    await posted(api, f"/media/{media['id']}/approve")
    return str(media["id"])


async def add(api: httpx.AsyncClient, playlist_id: str, media_id: str, **facts: Any) -> None:
    playlist = (await api.get(f"/api/v1/playlists/{playlist_id}")).json()
    item = {"media_id": media_id, "duration_s": 5.0, **facts}
    await posted(api, f"/playlists/{playlist_id}/items", item, If_Match=f'"{playlist["revision"]}"')


async def on_the_screen(api: httpx.AsyncClient, name: str, device_id: str, media_id: str) -> str:
    """A published playlist of one item, assigned to this screen; its id."""
    playlist = await posted(api, "/playlists", {"name": name})
    await add(api, playlist["id"], media_id)
    await posted(api, f"/playlists/{playlist['id']}/publish", {})
    await posted(api, "/schedule", {"playlist_id": playlist["id"], "target": {"device_id": device_id}})
    return str(playlist["id"])


async def until_on_glass(fleet: Fleet, hardware_id: str, *names: str) -> None:
    """Until one of these is on the glass; no names: until nothing is. The caller sets the deadline."""

    def shown() -> bool:
        glass = fleet[hardware_id].screen.glass
        assert not isinstance(glass, list)
        return glass is None if not names else glass is not None and glass.name in names

    while not shown():
        await trio.sleep(0.02)


async def until_row(api: httpx.AsyncClient, device_id: str, version: int) -> dict[str, Any]:
    """Until PostgreSQL knows that the screen plays this number; where it stands then."""
    while True:
        standing: dict[str, Any] = (await api.get(f"/api/v1/devices/{device_id}/playlist")).json()
        if standing["reported_version"] == version:
            return standing
        await trio.sleep(0.05)


async def test_what_is_published_comes_through_the_session_and_what_is_withdrawn_leaves(
    hub: HubProcess,
) -> None:
    with trio.fail_after(PATIENCE_S):
        (screen,) = await enrolled(hub, 1, "follows")
        async with open_fleet([screen], OPTIONS) as fleet, await signed_in(hub) as api:
            await fleet.stats.wait_until(lambda s: s.connected == 1)
            first, second = await approved(api, "Follows one"), await approved(api, "Follows two")
            playlist = await on_the_screen(api, "Follows", screen.device_id, first)
            await until_on_glass(fleet, "follows-0001", "Follows one")
            standing = await until_row(api, screen.device_id, 1)
            assert standing["lags_since"] is None
            assert standing["plays"] == {"playlist_id": playlist, "name": "Follows", "number": 1}

            await add(api, playlist, second)
            await posted(api, f"/playlists/{playlist}/publish", {})
            standing = await until_row(api, screen.device_id, 2)
            assert standing["plays"]["number"] == 2
            await posted(api, f"/media/{first}/retire", {"even_if_used": True})
            await until_on_glass(fleet, "follows-0001", "Follows two")
            await posted(api, f"/media/{second}/retire", {"even_if_used": True})
            await until_on_glass(fleet, "follows-0001")
        assert (fleet.stats.manifests_carried, fleet.stats.manifests_fetched) == (4, 0)


async def test_a_screen_that_was_away_is_told_when_it_is_back_and_once(hub: HubProcess) -> None:
    with trio.fail_after(PATIENCE_S):
        (screen,) = await enrolled(hub, 1, "returns")
        async with await signed_in(hub) as api:
            await on_the_screen(api, "Returns", screen.device_id, await approved(api, "Returns"))
            async with open_fleet([screen], OPTIONS) as fleet:
                await until_on_glass(fleet, "returns-0001", "Returns")
                await until_row(api, screen.device_id, 1)
                acks = fleet.stats.acks
                await fleet.stats.wait_until(lambda s: s.acks >= acks + 2)
            assert fleet.stats.manifests_carried == 1


async def test_a_manifest_too_large_for_a_frame_is_fetched(hub: HubProcess) -> None:
    with trio.fail_after(PATIENCE_S):
        (screen,) = await enrolled(hub, 1, "fetches")
        async with open_fleet([screen], OPTIONS) as fleet, await signed_in(hub) as api:
            await fleet.stats.wait_until(lambda s: s.connected == 1)
            long = await approved(api, "Fetches", f"https://signs.example/{'x' * 1900}")
            playlist = await posted(api, "/playlists", {"name": "Fetches"})
            for _ in range(18):
                await add(api, playlist["id"], long)
            await posted(api, f"/playlists/{playlist['id']}/publish", {})
            entry = {"playlist_id": playlist["id"], "target": {"device_id": screen.device_id}}
            await posted(api, "/schedule", entry)
            await until_on_glass(fleet, "fetches-0001", "Fetches")
            await until_row(api, screen.device_id, 1)
        assert (fleet.stats.manifests_carried, fleet.stats.manifests_fetched) == (0, 1)
