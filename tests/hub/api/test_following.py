"""Playlists of playlists and of tags keep up with what they stand for, without anybody doing anything."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import trio

from hub.use_cases.following import LOOK_EVERY_S, Following
from tests.hub.api.conftest import Api
from tests.hub.api.content_steps import CONTENTS, approve, new_page
from tests.hub.api.playlist_steps import (
    PLAYLISTS,
    approved_page,
    items_of,
    names,
    new_playlist,
    publish,
    put_in,
    retire,
    with_items,
)
from tests.hub.tenants import Tenant


@pytest.fixture
def following(api: Api) -> Following:
    return Following(api.database, lambda: datetime.now(UTC))


async def played(api: Api, tenant: Tenant, playlist_id: str) -> dict[str, Any]:
    """What screens play of it now."""
    number = (await api.get(f"{PLAYLISTS}/{playlist_id}", tenant.admin)).body["active_number"]
    body: dict[str, Any] = (await api.get(f"{PLAYLISTS}/{playlist_id}/versions/{number}", tenant.admin)).body
    return body


async def of_tag(api: Api, tenant: Tenant, name: str, tag: str) -> str:
    """A playlist of whatever has the tag, published; its id."""
    playlist_id = await new_playlist(api, tenant, name)
    await put_in(api, tenant, playlist_id, content_tag=tag)
    await publish(api, tenant, playlist_id)
    return playlist_id


async def test_what_gets_or_loses_a_tag_comes_and_goes(
    api: Api, tenant: Tenant, following: Following
) -> None:
    await approved_page(api, tenant, "Menu", tags=["food"])
    playlist_id = await of_tag(api, tenant, "Lobby", "food")
    await following.look()
    assert (await played(api, tenant, playlist_id))["number"] == 1, "nothing had changed"
    offers = await approved_page(api, tenant, "Offers", tags=["food"])
    await following.look()
    now = await played(api, tenant, playlist_id)
    assert (now["number"], names(now), now["published_by"]) == (2, ["Menu", "Offers"], "clarion")
    assert now["note"] == "What its items stand for changed: added Offers."
    (entry,) = api.audited("playlist.published_anew")
    assert entry[:3] == (tenant.id, "clarion", playlist_id)
    assert (entry[3]["number"], entry[3]["instead_of"]) == (2, 1)
    ((content_id,),) = api.rows("SELECT content_id::text FROM media WHERE id = %s", offers)
    await api.patch(f"{CONTENTS}/{content_id}", {"tags": []}, tenant.admin)
    await following.look()
    assert names(await played(api, tenant, playlist_id)) == ["Menu"]


async def test_a_newer_approved_version_takes_the_place_of_the_older(
    api: Api, tenant: Tenant, following: Following
) -> None:
    media_id = await approved_page(api, tenant, "Menu", tags=["food"])
    playlist_id = await of_tag(api, tenant, "Lobby", "food")
    ((content_id,),) = api.rows("SELECT content_id::text FROM media WHERE id = %s", media_id)
    newer = await new_page(api, tenant, content_id, "https://signs.example/2")
    await following.look()
    assert (await played(api, tenant, playlist_id))["number"] == 1, "nobody approved it"
    await approve(api, tenant, newer)
    await following.look()
    (item,) = (await played(api, tenant, playlist_id))["items"]
    assert (item["media_id"], item["number"]) == (newer, 2)


async def test_a_tag_that_nothing_has_any_more_plays_nothing(
    api: Api, tenant: Tenant, following: Following
) -> None:
    media_id = await approved_page(api, tenant, "Menu", tags=["food"])
    playlist_id = await of_tag(api, tenant, "Lobby", "food")
    await retire(api, tenant, media_id)
    await following.look()
    now = await played(api, tenant, playlist_id)
    assert (now["number"], now["items"], now["item_count"]) == (2, [], 0)


async def test_what_is_published_at_the_bottom_goes_up_through_all_of_them_in_one_look(
    api: Api, tenant: Tenant, following: Following
) -> None:
    chain = [await with_items(api, tenant, "Bottom", "Menu")]
    await publish(api, tenant, chain[0])
    # Names against the order in which they are in each other.
    for name in ("Z", "A", "M", "B"):
        chain.append(await new_playlist(api, tenant, name))
        await put_in(api, tenant, chain[-1], playlist_id=chain[-2])
        await publish(api, tenant, chain[-1])
    await following.look()
    await put_in(api, tenant, chain[0], media_id=await approved_page(api, tenant, "Offers"))
    await following.look()
    assert names(await played(api, tenant, chain[-1])) == ["Menu"], "a draft goes nowhere"
    await publish(api, tenant, chain[0])
    await following.look()
    for playlist_id in chain[1:]:
        now = await played(api, tenant, playlist_id)
        assert (now["number"], names(now)) == (2, ["Menu", "Offers"])
    await following.look()
    assert (await played(api, tenant, chain[-1]))["number"] == 2, "and then there is rest"


async def test_nobodys_unfinished_work_goes_out(api: Api, tenant: Tenant, following: Following) -> None:
    await approved_page(api, tenant, "Menu", tags=["food"])
    playlist_id = await of_tag(api, tenant, "Lobby", "food")
    await put_in(api, tenant, playlist_id, media_id=await approved_page(api, tenant, "Unfinished"))
    await approved_page(api, tenant, "Offers", tags=["food"])
    await following.look()
    assert names(await played(api, tenant, playlist_id)) == ["Menu", "Offers"]
    draft = await items_of(api, tenant, playlist_id)
    assert len(draft["items"]) == 2
    playlist = (await api.get(f"{PLAYLISTS}/{playlist_id}", tenant.admin)).body
    assert (playlist["has_changes"], playlist["revision"]) == (True, draft["revision"])


async def test_what_is_tried_on_some_screens_keeps_up_too(
    api: Api, tenant: Tenant, following: Following
) -> None:
    await approved_page(api, tenant, "Menu", tags=["food"])
    playlist_id = await with_items(api, tenant, "Lobby", "Poster")
    await publish(api, tenant, playlist_id)
    await put_in(api, tenant, playlist_id, content_tag="food")
    await publish(api, tenant, playlist_id, canary={"fraction": 0.5})
    await approved_page(api, tenant, "Offers", tags=["food"])
    await following.look()
    playlist = (await api.get(f"{PLAYLISTS}/{playlist_id}", tenant.admin)).body
    assert (playlist["active_number"], playlist["canary_number"]) == (1, 3)
    assert playlist["canary"] == {"fraction": 0.5, "group_id": None}
    tried = (await api.get(f"{PLAYLISTS}/{playlist_id}/versions/3", tenant.admin)).body
    assert (names(tried), tried["state"]) == (["Poster", "Menu", "Offers"], "canary")


async def test_of_two_hubs_that_see_a_change_one_publishes(
    api: Api, tenant: Tenant, following: Following
) -> None:
    await approved_page(api, tenant, "Menu", tags=["food"])
    playlist_id = await of_tag(api, tenant, "Lobby", "food")
    other = Following(api.database, lambda: datetime.now(UTC))
    await approved_page(api, tenant, "Offers", tags=["food"])
    async with trio.open_nursery() as nursery:
        nursery.start_soon(following.look)
        nursery.start_soon(other.look)
    assert (await played(api, tenant, playlist_id))["number"] == 2
    assert api.rows("SELECT count(*) FROM playlist_versions") == [(2,)]


async def test_another_name_is_no_reason_to_publish(api: Api, tenant: Tenant, following: Following) -> None:
    media_id = await approved_page(api, tenant, "Menu", tags=["food"])
    playlist_id = await of_tag(api, tenant, "Lobby", "food")
    ((content_id,),) = api.rows("SELECT content_id::text FROM media WHERE id = %s", media_id)
    await api.patch(f"{CONTENTS}/{content_id}", {"name": "Card"}, tenant.admin)
    await following.look()
    assert (await played(api, tenant, playlist_id))["number"] == 1


async def test_it_is_looked_at_without_end(
    api: Api, tenant: Tenant, neighbour: Tenant, following: Following
) -> None:
    await approved_page(api, neighbour, "Theirs", tags=["food"])
    await approved_page(api, tenant, "Menu", tags=["food"])
    playlist_id = await of_tag(api, tenant, "Lobby", "food")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(following.run)
        await approved_page(api, tenant, "Offers", tags=["food"])
        with trio.fail_after(20 * LOOK_EVERY_S):
            while (await played(api, tenant, playlist_id))["number"] == 1:
                pass  # asking again takes longer than a look
        nursery.cancel_scope.cancel()
    assert names(await played(api, tenant, playlist_id)) == ["Menu", "Offers"]


async def test_a_tenant_whose_playlists_cannot_be_followed_holds_up_nobody_else(
    api: Api, tenant: Tenant, neighbour: Tenant, following: Following
) -> None:
    playlists = {}
    for each in (tenant, neighbour):
        await approved_page(api, each, "Menu", tags=["food"])
        playlists[each.id] = await of_tag(api, each, "Lobby", "food")
    api.rows("UPDATE playlist_versions SET draft = '[1]' WHERE tenant_id = %s", tenant.id)
    for each in (tenant, neighbour):
        await approved_page(api, each, "Offers", tags=["food"])
    await following.look()
    now = await played(api, neighbour, playlists[neighbour.id])
    assert (now["number"], names(now)) == (2, ["Menu", "Offers"])
