"""The draft of a playlist: what may be put in, what a change must say it saw, how the timeline adds up."""

from __future__ import annotations

import uuid
from itertools import pairwise
from typing import Any

import pytest

from hub.use_cases import playlist_items
from tests.hub.api.conftest import Api
from tests.hub.api.content_steps import new_content, new_page
from tests.hub.api.playlist_steps import (
    PLAYLISTS,
    approved_page,
    edit,
    items_of,
    new_playlist,
    publish,
    put_in,
    retire,
    with_items,
)
from tests.hub.tenants import Tenant


def names(timeline: dict[str, Any]) -> list[str]:
    return [item["media"]["content_name"] for item in timeline["items"]]


async def test_the_timeline_has_all_there_is_to_know_and_adds_up(api: Api, tenant: Tenant) -> None:
    playlist_id = await with_items(api, tenant, "Lobby", "Menu", "Offers")
    await put_in(api, tenant, playlist_id, content_tag="news", position=0, duration_s=3, transition="fade")
    await approved_page(api, tenant, "Today", tags=["news"])
    await approved_page(api, tenant, "Tomorrow", tags=["news", "other"])
    reply = await api.get(f"{PLAYLISTS}/{playlist_id}/items", tenant.admin)
    timeline = reply.body
    assert (reply.headers["ETag"], timeline["revision"]) == ('"4"', 4)
    kinds = [
        (item["position"], item["kind"], item["starts_s"], item["plays_s"]) for item in timeline["items"]
    ]
    assert kinds == [(0, "tag", 0, 6), (1, "media", 6, 10), (2, "media", 16, 10)]
    assert timeline["total_s"] == 26
    tag, menu, _ = timeline["items"]
    assert (tag["count"], tag["content_tag"], tag["transition"], tag["media"]) == (2, "news", "fade", None)
    assert (menu["count"], menu["problem"], menu["media"]["content_name"]) == (1, None, "Menu")
    assert menu["media"]["url"] == "https://signs.example/welcome"
    assert menu["media"]["status"] == "approved"


async def test_of_a_file_the_timeline_has_whatever_the_hub_found_out_about_it(
    api: Api, tenant: Tenant
) -> None:
    playlist_id = await with_items(api, tenant, "Lobby", "Menu")
    media_id = (await items_of(api, tenant, playlist_id))["items"][0]["media"]["id"]
    for sha in ("ab" * 32, "cd" * 32):
        api.rows(
            "INSERT INTO blobs (tenant_id, sha256, md5, size_bytes, mime_type)"
            f" VALUES (%s, '\\x{sha}', '\\x{'0f' * 16}', 5, 'video/mp4')",
            tenant.id,
        )
    found = {
        "kind": "video",
        "file_name": "menu.mp4",
        "mime_type": "video/mp4",
        "size_bytes": 5,
        "width": 1920,
        "height": 1080,
        "duration_s": 12.5,
        "codec": "h264",
    }
    columns = ", ".join(f"{name} = %s" for name in found)
    hashes = f"url = NULL, sha256 = '\\x{'ab' * 32}', thumbnail_sha256 = '\\x{'cd' * 32}'"
    api.rows(f"UPDATE media SET {columns}, {hashes}", *found.values())
    (item,) = (await items_of(api, tenant, playlist_id))["items"]
    assert (item["plays_s"], {name: item["media"][name] for name in found}) == (12.5, found)
    assert (item["media"]["sha256"], item["media"]["md5"]) == ("ab" * 32, "0f" * 16)
    assert item["media"]["url"].endswith(f"/{'ab' * 32}/menu.mp4")
    assert item["media"]["thumbnail_url"].endswith("/thumbnail.webp")
    assert item["media"]["url_expires_at"]
    assert item["media"] == (await api.get(f"/api/v1/media/{media_id}", tenant.admin)).body


async def test_a_nested_playlist_takes_as_long_as_what_is_published_of_it(api: Api, tenant: Tenant) -> None:
    inner = await with_items(api, tenant, "Inner", "Menu", "Offers")
    outer = await new_playlist(api, tenant, "Outer")
    item = await put_in(api, tenant, outer, playlist_id=inner)
    assert (item["playlist_name"], item["plays_s"], item["count"]) == ("Inner", 0, 0)
    assert "never published" in item["problem"]
    await publish(api, tenant, inner)
    (item,) = (await items_of(api, tenant, outer))["items"]
    assert (item["plays_s"], item["count"], item["problem"]) == (20, 2, None)


async def test_a_change_says_which_revision_it_saw_and_the_second_of_two_is_told_to_look_again(
    api: Api, tenant: Tenant
) -> None:
    playlist_id = await with_items(api, tenant, "Lobby", "Menu", "Offers")
    before = await items_of(api, tenant, playlist_id)
    first, second = (item["id"] for item in before["items"])
    changes: tuple[tuple[str, str, Any], ...] = (
        ("POST", "items", {"content_tag": "news"}),
        ("PATCH", f"items/{first}", {"duration_s": 3}),
        ("DELETE", f"items/{first}", None),
        ("PUT", "items/order", {"item_ids": [second, first]}),
    )
    for method, path, body in changes:
        unseen = await edit(api, tenant.admin, method, f"{playlist_id}/{path}", None, body)
        assert (unseen.status, "If-Match" in unseen.body["detail"]) == (428, True)
        stale = await edit(api, tenant.admin, method, f"{playlist_id}/{path}", 2, body)
        assert stale.status == 412
    assert await items_of(api, tenant, playlist_id) == before
    for revision, (method, path, body) in enumerate((changes[3], changes[1], changes[0], changes[2]), 3):
        done = await edit(api, tenant.admin, method, f"{playlist_id}/{path}", revision, body)
        assert done.status < 300, done.body
        assert (done.body["revision"], done.headers["ETag"]) == (revision + 1, f'"{revision + 1}"')
    after = await items_of(api, tenant, playlist_id)
    assert [item["kind"] for item in after["items"]] == ["media", "tag"]
    assert after["items"][0]["id"] == second
    actions = ("item_added", "item_changed", "item_removed", "items_reordered")
    assert [len(api.audited(f"playlist.{action}")) for action in actions] == [3, 1, 1, 1]
    assert api.audited("playlist.item_changed")[0][3] == {
        "name": "Lobby",
        "item": "Menu",
        "item_id": first,
        "before": {"duration_s": None},
        "after": {"duration_s": 3.0},
    }


async def test_a_change_that_changes_nothing_leaves_the_revision(api: Api, tenant: Tenant) -> None:
    playlist_id = await with_items(api, tenant, "Lobby", "Menu")
    ((item_id,),) = api.rows("SELECT id::text FROM playlist_items")
    path = f"{playlist_id}/items/{item_id}"
    reply = await edit(api, tenant.admin, "PATCH", path, 2, {"enabled": True})
    assert (reply.status, reply.body["revision"]) == (200, 2)
    assert api.audited("playlist.item_changed") == []


async def test_only_what_was_approved_may_be_put_in(api: Api, tenant: Tenant, neighbour: Tenant) -> None:
    playlist_id = await new_playlist(api, tenant)
    draft = await new_page(api, tenant, await new_content(api, tenant, "Menu"))
    theirs = await approved_page(api, neighbour, "Theirs")
    path = f"{playlist_id}/items"
    for media_id, why in (
        (draft, "version 1 of Menu is draft"),
        (theirs, "there is no such version"),
        (str(uuid.uuid4()), "there is no such version"),
    ):
        reply = await edit(api, tenant.admin, "POST", path, 1, {"media_id": media_id})
        assert reply.status == 422
        assert why in reply.body["fields"]["media_id"]


@pytest.mark.parametrize(
    ("item", "field"),
    [
        ({}, "media_id"),
        ({"content_tag": "news", "playlist_id": str(uuid.uuid4())}, "media_id"),
        ({"playlist_id": str(uuid.uuid4())}, "playlist_id"),
        ({"playlist_id": str(uuid.uuid4()), "duration_s": 5}, "duration_s"),
        ({"content_tag": "news", "duration_s": 0.1}, "duration_s"),
        ({"content_tag": "news", "valid_from": "2030-01-01T00:00:00"}, "valid_from"),
        (
            {
                "content_tag": "news",
                "valid_from": "2030-01-01T00:00:00Z",
                "valid_until": "2030-01-01T00:00:00Z",
            },
            "valid_until",
        ),
        ({"content_tag": "news", "position": 1}, "position"),
        ({"content_tag": " "}, "content_tag"),
    ],
)
async def test_what_cannot_be_meant_is_named(
    api: Api, tenant: Tenant, item: dict[str, Any], field: str
) -> None:
    playlist_id = await new_playlist(api, tenant)
    reply = await edit(api, tenant.admin, "POST", f"{playlist_id}/items", 1, item)
    assert (reply.status, list(reply.body["fields"])) == (422, [field]), reply.body


async def test_an_order_names_each_item_once(api: Api, tenant: Tenant) -> None:
    playlist_id = await with_items(api, tenant, "Lobby", "A", "B", "C")
    a, b, c = (item["id"] for item in (await items_of(api, tenant, playlist_id))["items"])
    path = f"{playlist_id}/items/order"
    for wrong in ([a, b], [a, b, b], [a, b, c, c], [a, b, str(uuid.uuid4())], []):
        reply = await edit(api, tenant.admin, "PUT", path, 4, {"item_ids": wrong})
        assert (reply.status, list(reply.body["fields"])) == (422, ["item_ids"])
    reply = await edit(api, tenant.admin, "PUT", path, 4, {"item_ids": [c, a.upper(), b]})
    assert (reply.status, names(reply.body)) == (200, ["C", "A", "B"])


async def test_an_item_may_be_exchanged_for_another_version_but_stays_what_it_is(
    api: Api, tenant: Tenant
) -> None:
    playlist_id = await with_items(api, tenant, "Lobby", "Menu")
    tag = await put_in(api, tenant, playlist_id, content_tag="news")
    media_id = await approved_page(api, tenant, "Offers")
    item_id = (await items_of(api, tenant, playlist_id))["items"][0]["id"]
    path = f"{playlist_id}/items/{item_id}"
    reply = await edit(api, tenant.admin, "PATCH", path, 3, {"media_id": media_id, "duration_s": 20})
    assert reply.body["items"][0]["media"]["content_name"] == "Offers"
    assert reply.body["items"][0]["plays_s"] == 20
    path = f"{playlist_id}/items/{tag['id']}"
    assert (await edit(api, tenant.admin, "PATCH", path, 4, {"media_id": media_id})).status == 422
    back = await edit(api, tenant.admin, "PATCH", f"{playlist_id}/items/{item_id}", 4, {"duration_s": None})
    assert back.body["items"][0]["plays_s"] == 10


async def test_playlists_are_never_in_themselves_and_no_more_than_five_deep(api: Api, tenant: Tenant) -> None:
    chain = [await new_playlist(api, tenant, f"Level {number}") for number in range(1, 7)]
    for above, below in pairwise(chain[:5]):
        await put_in(api, tenant, above, playlist_id=below)

    async def refused(above: str, below: str) -> str:
        revision = (await items_of(api, tenant, above))["revision"]
        body = {"playlist_id": below}
        reply = await edit(api, tenant.admin, "POST", f"{above}/items", revision, body)
        assert reply.status == 422, reply.body
        return str(reply.body["fields"]["playlist_id"])

    assert "itself" in await refused(chain[0], chain[0])
    assert "itself" in await refused(chain[4], chain[0])
    assert "more than 5 deep" in await refused(chain[4], chain[5])
    assert "more than 5 deep" in await refused(chain[5], chain[0])
    await put_in(api, tenant, chain[5], playlist_id=chain[1])


async def test_what_screens_play_of_a_playlist_counts_too_when_it_is_put_into_another(
    api: Api, tenant: Tenant
) -> None:
    inner = await with_items(api, tenant, "Inner", "Menu")
    outer = await new_playlist(api, tenant, "Outer")
    await publish(api, tenant, inner)
    item = await put_in(api, tenant, outer, playlist_id=inner)
    await publish(api, tenant, outer)
    await edit(api, tenant.admin, "DELETE", f"{outer}/items/{item['id']}", 2)
    reply = await edit(api, tenant.admin, "POST", f"{inner}/items", 2, {"playlist_id": outer})
    assert reply.status == 422, "the published version of the one would have it in it still"


async def test_the_timeline_says_what_would_not_play_and_why(api: Api, tenant: Tenant) -> None:
    playlist_id = await with_items(api, tenant, "Lobby", "Menu", "Offers")
    await put_in(api, tenant, playlist_id, content_tag="nothing has it")
    timeline = await items_of(api, tenant, playlist_id)
    await retire(api, tenant, timeline["items"][0]["media"]["id"])
    first, second, third = (await items_of(api, tenant, playlist_id))["items"]
    assert "retired" in first["problem"]
    assert (first["plays_s"], second["starts_s"], second["problem"]) == (0, 0, None)
    assert "nothing has it" in third["problem"]


async def test_a_playlist_is_full_at_some_time(
    api: Api, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(playlist_items, "ITEMS_AT_MOST", 2)
    playlist_id = await with_items(api, tenant, "Lobby", "Menu", "Offers")
    reply = await edit(api, tenant.admin, "POST", f"{playlist_id}/items", 3, {"content_tag": "news"})
    assert (reply.status, "at most 2" in reply.body["detail"]) == (409, True)


async def test_an_item_of_another_playlist_is_not_found(api: Api, tenant: Tenant) -> None:
    await with_items(api, tenant, "Lobby", "Menu")
    other = await new_playlist(api, tenant, "Hall")
    ((item_id,),) = api.rows("SELECT id::text FROM playlist_items")
    for method, body in (("PATCH", {"enabled": False}), ("DELETE", None)):
        reply = await edit(api, tenant.admin, method, f"{other}/items/{item_id}", 1, body)
        assert reply.status == 404
