"""What a screen fetches, by its own token; what makes it another one; what operators see of it."""

from __future__ import annotations

import pytest

from hub.use_cases.manifests import NOTHING
from tests.hub.api.conftest import Api
from tests.hub.api.manifest_steps import MINE, Maker, fetch, names, schedule, screens
from tests.hub.api.playlist_steps import approved_page, new_playlist, publish, put_in, retire, with_items
from tests.hub.tenants import Tenant


@pytest.fixture
def maker(api: Api) -> Maker:
    return Maker(api)


async def test_a_screen_fetches_what_it_must_play_and_nothing_when_it_has_it(
    api: Api, tenant: Tenant, maker: Maker
) -> None:
    lobby, ward = await screens(api, tenant, "lobby", "ward")
    playlist = await with_items(api, tenant, "Days", "Sunday", "Monday")
    await publish(api, tenant, playlist)
    await schedule(api, tenant, playlist, target={"device_id": lobby.id})

    made = await maker.make(tenant)
    assert set(made) == {lobby.id}
    first = await fetch(api, lobby)
    assert first.status == 200, first.body
    assert first.body["version"] == 1 == made[lobby.id][0]
    manifest = first.body["manifest"]
    assert manifest["digest"] == made[lobby.id][1]
    assert names(manifest) == [["Sunday", "Monday"]]
    assert manifest["schedule"] == [{"playlist": 0}]
    assert manifest["playlists"][0]["number"] == 1

    again = await fetch(api, lobby, first.headers["ETag"])
    assert (again.status, again.body, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    nothing = (await fetch(api, ward)).body
    assert nothing["version"] == 0 and nothing["manifest"]["digest"] == NOTHING.digest
    assert nothing["manifest"]["schedule"] == [{"playlist": None}]


async def test_only_the_token_of_a_screen_that_was_let_in_fetches(
    api: Api, tenant: Tenant, maker: Maker
) -> None:
    (lobby,) = await screens(api, tenant, "lobby")
    assert (await api.get(MINE)).status == 401
    assert (await api.get(MINE, tenant.admin)).status == 401
    assert (await api.get(MINE, Authorization="Bearer not-it")).status == 401
    assert (await fetch(api, lobby)).status == 200
    reply = await api.post(f"/api/v1/devices/{lobby.id}/revoke", None, tenant.admin)
    assert reply.status == 200
    assert (await fetch(api, lobby)).status == 401
    assert (await api.get(MINE, Authorization=f"Bearer {lobby.token}", X_API_Key="x")).status == 401


async def test_making_again_without_a_change_changes_no_number(
    api: Api, tenant: Tenant, maker: Maker
) -> None:
    (lobby,) = await screens(api, tenant, "lobby")
    playlist = await with_items(api, tenant, "Days", "Sunday")
    await publish(api, tenant, playlist)
    await schedule(api, tenant, playlist)
    first = await maker.make(tenant)
    assert await maker.make(tenant) == first
    assert first[lobby.id][0] == 1
    # A draft is nobody's business but the editor's.
    await put_in(api, tenant, playlist, media_id=await approved_page(api, tenant, "Monday"))
    assert await maker.make(tenant) == first
    await publish(api, tenant, playlist)
    assert (await maker.make(tenant))[lobby.id][0] == 2
    assert names((await fetch(api, lobby)).body["manifest"]) == [["Sunday", "Monday"]]


async def test_what_is_retired_is_in_no_manifest_any_more_though_its_version_stays(
    api: Api, tenant: Tenant, maker: Maker
) -> None:
    (lobby,) = await screens(api, tenant, "lobby")
    gone = await approved_page(api, tenant, "Gone tomorrow")
    playlist = await with_items(api, tenant, "Days", "Stays")
    await put_in(api, tenant, playlist, media_id=gone)
    await publish(api, tenant, playlist)
    await schedule(api, tenant, playlist)
    await maker.make(tenant)
    assert names((await fetch(api, lobby)).body["manifest"]) == [["Stays", "Gone tomorrow"]]

    await retire(api, tenant, gone)
    await maker.make(tenant)
    fetched = (await fetch(api, lobby)).body
    assert (fetched["version"], names(fetched["manifest"])) == (2, [["Stays"]])
    assert fetched["manifest"]["playlists"][0]["number"] == 1


async def test_who_had_something_to_play_is_told_that_there_is_nothing_any_more(
    api: Api, tenant: Tenant, maker: Maker
) -> None:
    (lobby,) = await screens(api, tenant, "lobby")
    playlist = await with_items(api, tenant, "Days", "Sunday")
    await publish(api, tenant, playlist)
    entry = await schedule(api, tenant, playlist)
    await maker.make(tenant)
    assert (await api.call("DELETE", f"/api/v1/schedule/{entry}", None, tenant.admin)).status == 204
    made = await maker.make(tenant)
    assert made[lobby.id] == (2, NOTHING.digest)
    assert (await fetch(api, lobby)).body["manifest"]["playlists"] == []


async def test_the_first_play_the_canary_and_the_others_what_they_did(
    api: Api, tenant: Tenant, maker: Maker
) -> None:
    found = await screens(api, tenant, *(f"screen-{number}" for number in range(40)))
    playlist = await with_items(api, tenant, "Days", "Sunday")
    await publish(api, tenant, playlist)
    await schedule(api, tenant, playlist)
    before = await maker.make(tenant)
    await put_in(api, tenant, playlist, media_id=await approved_page(api, tenant, "Monday"))
    await publish(api, tenant, playlist, canary={"fraction": 0.3})
    first = await maker.make(tenant)
    changed = {device_id for device_id in first if first[device_id] != before[device_id]}
    assert 3 <= len(changed) <= 24
    for screen in found:
        number = (await fetch(api, screen)).body["manifest"]["playlists"][0]["number"]
        assert number == (2 if screen.id in changed else 1)
    reply = await api.post(f"/api/v1/playlists/{playlist}/canary/promote", None, tenant.admin)
    assert reply.status == 200, reply.body
    everybody = await maker.make(tenant)
    assert {digest for _, digest in everybody.values()} == {first[next(iter(changed))][1]}
    assert all(everybody[device_id] == first[device_id] for device_id in changed)


async def test_an_order_to_load_again_is_another_number_of_the_same_manifest(
    api: Api, tenant: Tenant, maker: Maker
) -> None:
    (lobby,) = await screens(api, tenant, "lobby")
    playlist = await with_items(api, tenant, "Days", "Sunday")
    await publish(api, tenant, playlist)
    await schedule(api, tenant, playlist)
    ((_, digest),) = (await maker.make(tenant)).values()
    path = f"/api/v1/devices/{lobby.id}"
    reply = await api.post(f"{path}/command", {"command": "reload_playlist"}, tenant.admin)
    assert reply.status < 300, reply.body
    numbers = (await api.get(f"{path}/manifests", tenant.admin)).body["items"]
    assert [(each["version"], each["digest"]) for each in numbers] == [(2, digest), (1, digest)]
    assert numbers[0]["playlists"] == [{"playlist_id": playlist, "name": "Days", "number": 1}]
    assert (await maker.make(tenant))[lobby.id] == (2, digest)


async def test_operators_see_where_a_screen_stands(api: Api, tenant: Tenant, maker: Maker) -> None:
    (lobby,) = await screens(api, tenant, "lobby")
    playlist = await with_items(api, tenant, "Days", "Sunday")
    await publish(api, tenant, playlist)
    await schedule(api, tenant, playlist)
    await maker.make(tenant)
    path = f"/api/v1/devices/{lobby.id}/playlist"
    lagging = (await api.get(path, tenant.admin)).body
    assert (lagging["version"], lagging["reported_version"], lagging["plays"]) == (1, 0, None)
    assert lagging["should_play"] == {"playlist_id": playlist, "name": "Days", "number": 1}
    assert lagging["lags_since"] is not None

    api.rows("UPDATE devices SET reported_playlist_version = 1 WHERE id = %s", lobby.id)
    there = (await api.get(path, tenant.admin)).body
    assert (there["lags_since"], there["plays"]) == (None, there["should_play"])
    assert names(there["manifest"]) == [["Sunday"]]


async def test_operators_of_other_sites_find_no_such_screen(
    api: Api, tenant: Tenant, neighbour: Tenant, maker: Maker
) -> None:
    (lobby,) = await screens(api, tenant, "lobby")
    limited = api.person(tenant, "CONTENT_ADMIN", sites=[])
    for path in (f"/api/v1/devices/{lobby.id}/playlist", f"/api/v1/devices/{lobby.id}/manifests"):
        assert (await api.get(path, tenant.admin)).status == 200
        assert (await api.get(path, neighbour.admin)).status == 404
        assert (await api.get(path, limited)).status == 404


async def test_numbers_are_forgotten_but_for_those_that_count(api: Api, tenant: Tenant, maker: Maker) -> None:
    (lobby,) = await screens(api, tenant, "lobby")
    playlist = await new_playlist(api, tenant, "Days")
    for name in ("Sunday", "Monday", "Tuesday"):
        await put_in(api, tenant, playlist, media_id=await approved_page(api, tenant, name))
        await publish(api, tenant, playlist)
        if name == "Sunday":
            await schedule(api, tenant, playlist)
        await maker.make(tenant)
    api.rows("UPDATE devices SET reported_playlist_version = 2 WHERE id = %s", lobby.id)
    api.rows("UPDATE device_manifests SET since = now() - interval '40 days'")
    api.rows("UPDATE manifests SET made_at = now() - interval '40 days'")
    await publish(api, tenant, playlist)
    await put_in(api, tenant, playlist, media_id=await approved_page(api, tenant, "Wednesday"))
    await publish(api, tenant, playlist)
    await maker.make(tenant)
    await maker.making.forget(tenant.id)
    kept = api.rows("SELECT version FROM device_manifests ORDER BY version")
    assert kept == [(2,), (4,)]
    assert api.rows("SELECT count(*) FROM manifests") == [(2,)]


async def test_a_tenant_whose_manifests_cannot_be_made_holds_up_nobody_else(
    api: Api, tenant: Tenant, neighbour: Tenant, maker: Maker
) -> None:
    for each in (tenant, neighbour):
        (screen,) = await screens(api, each, f"lobby of {each.name}")
        playlist = await with_items(api, each, "Days", "Sunday")
        await publish(api, each, playlist)
        await schedule(api, each, playlist)
    broken = "UPDATE schedule_entries SET first_day = '2026-01-01', recurrence = 'NEVER' WHERE tenant_id = %s"
    api.rows(broken, tenant.id)
    await maker.making.look()
    assert [tenant_id for tenant_id, _ in maker.live.told] == [neighbour.id]
    assert set(maker.live.told[0][1]) == {screen.id}
    await maker.making.look()
    assert len(maker.live.told) == 1, "what failed is not tried again at once, what was made not again"
