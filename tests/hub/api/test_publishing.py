"""Versions of playlists: what is published, who plays it, what differs, the way back."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import trio

from hub.use_cases import publishing
from protocol.vocabulary import RoleName
from tests.hub.api.conftest import Api, Reply
from tests.hub.api.content_steps import new_page
from tests.hub.api.playlist_steps import (
    PLAYLISTS,
    approved_page,
    edit,
    items_of,
    names,
    new_playlist,
    publish,
    put_in,
    retire,
    revision_of,
    with_items,
)
from tests.hub.tenants import Tenant


async def version(api: Api, tenant: Tenant, playlist_id: str, number: int) -> dict[str, Any]:
    reply = await api.get(f"{PLAYLISTS}/{playlist_id}/versions/{number}", tenant.admin)
    assert reply.status == 200, reply.body
    body: dict[str, Any] = reply.body
    return body


async def one(api: Api, tenant: Tenant, playlist_id: str) -> dict[str, Any]:
    body: dict[str, Any] = (await api.get(f"{PLAYLISTS}/{playlist_id}", tenant.admin)).body
    return body


async def test_a_version_is_numbered_written_once_and_says_whose_it_is(api: Api, tenant: Tenant) -> None:
    playlist_id = await with_items(api, tenant, "Lobby", "Menu", "Offers")
    first = await publish(api, tenant, playlist_id, note="Opening")
    assert (first["number"], first["state"], first["item_count"], first["total_s"]) == (1, "active", 2, 20)
    assert (first["note"], first["published_by"], first["left_out"]) == ("Opening", tenant.admin.email, [])
    assert names(first) == ["Menu", "Offers"]
    await put_in(api, tenant, playlist_id, content_tag="news")
    await api.patch(f"{PLAYLISTS}/{playlist_id}", {"shuffle": True}, tenant.admin)
    second = await publish(api, tenant, playlist_id)
    assert (second["number"], second["shuffle"], names(second)) == (2, True, ["Menu", "Offers"])
    listed = (await api.get(f"{PLAYLISTS}/{playlist_id}/versions", tenant.admin)).body["items"]
    assert [(each["number"], each["state"], each["items"]) for each in listed] == [
        (2, "active", None),
        (1, "past", None),
    ]
    assert await version(api, tenant, playlist_id, 1) == {**first, "state": "past"}
    audited = api.audited("playlist.published")
    assert audited[0][1:] == (
        tenant.admin.email,
        playlist_id,
        {"name": "Lobby", "number": 1, "items": 2, "note": "Opening", "canary": None},
    )


async def test_versions_go_on_from_page_to_page(api: Api, tenant: Tenant) -> None:
    playlist_id = await with_items(api, tenant, "Lobby", "Menu")
    for _ in range(3):
        await publish(api, tenant, playlist_id)
    path = f"{PLAYLISTS}/{playlist_id}/versions?limit=2"
    first = (await api.get(path, tenant.admin)).body
    second = (await api.get(f"{path}&cursor={first['next_cursor']}", tenant.admin)).body
    assert [each["number"] for each in first["items"] + second["items"]] == [3, 2, 1]
    assert second["next_cursor"] is None


async def test_what_there_is_not_is_not_found(api: Api, tenant: Tenant) -> None:
    playlist_id = await with_items(api, tenant, "Lobby", "Menu")
    for number in ("1", "0", "-1", "01", "1000000000", "one"):
        path = f"{PLAYLISTS}/{playlist_id}/versions/{number}"
        assert (await api.get(path, tenant.admin)).status == 404
        assert (await api.post(f"{path}/rollback", None, tenant.admin)).status == 404
    assert (await api.get(f"{PLAYLISTS}/{playlist_id}/diff?from=1", tenant.admin)).status == 404


async def test_only_who_publishes_everywhere_publishes(api: Api, tenant: Tenant) -> None:
    playlist_id = await with_items(api, tenant, "Lobby", "Menu")
    await publish(api, tenant, playlist_id)
    site_id = str(uuid.uuid4())
    api.rows("INSERT INTO sites (id, tenant_id, name) VALUES (%s, %s, 'Here')", site_id, tenant.id)
    creator = api.person(tenant, RoleName.CONTENT_CREATOR)
    limited = api.person(tenant, RoleName.CONTENT_ADMIN, sites=[site_id])
    path = f"{PLAYLISTS}/{playlist_id}"
    for by in (creator, limited):
        for what in ("publish", "versions/1/rollback", "canary/promote", "canary/withdraw"):
            assert (await api.post(f"{path}/{what}", None, by)).status == 403
        assert (await api.get(f"{path}/versions/1", by)).status == 200
    assert (await one(api, tenant, playlist_id))["active_number"] == 1


async def test_what_may_not_be_shown_is_named_and_nothing_is_published(api: Api, tenant: Tenant) -> None:
    playlist_id = await with_items(api, tenant, "Lobby", "Menu", "Offers")
    await put_in(api, tenant, playlist_id, playlist_id=await new_playlist(api, tenant, "Inner"))
    first, second, third = (await items_of(api, tenant, playlist_id))["items"]
    await retire(api, tenant, first["media"]["id"])
    path = f"{PLAYLISTS}/{playlist_id}/publish"
    refused = await api.post(path, {}, tenant.admin)
    assert refused.status == 409
    assert "Menu is retired" in refused.body["detail"]
    assert "Inner was never published" in refused.body["detail"]
    for item in (first, third):
        await edit(
            api,
            tenant.admin,
            "PATCH",
            f"{playlist_id}/items/{item['id']}",
            await revision_of(api, tenant, playlist_id),
            {"enabled": False},
        )
    done = await publish(api, tenant, playlist_id)
    assert names(done) == ["Offers"]
    assert done["left_out"] == ["Menu is switched off.", "Inner is switched off."]
    assert done["items"][0]["id"] == second["id"]


async def test_a_version_of_nothing_is_not_published(api: Api, tenant: Tenant) -> None:
    playlist_id = await new_playlist(api, tenant)
    path = f"{PLAYLISTS}/{playlist_id}/publish"
    assert (await api.post(path, {}, tenant.admin)).status == 409
    await put_in(api, tenant, playlist_id, content_tag="news")
    refused = await api.post(path, {}, tenant.admin)
    assert (refused.status, "Nothing of Lobby would play" in refused.body["detail"]) == (409, True)
    assert api.rows("SELECT count(*) FROM playlist_versions") == [(0,)]
    assert (await one(api, tenant, playlist_id))["active_number"] is None


async def test_a_version_has_so_many_items_and_no_more(
    api: Api, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "ITEMS_OF_VERSION_AT_MOST", 3)
    inner = await with_items(api, tenant, "Inner", "A", "B")
    await publish(api, tenant, inner)
    outer = await new_playlist(api, tenant, "Outer")
    await put_in(api, tenant, outer, playlist_id=inner)
    await publish(api, tenant, outer)
    await put_in(api, tenant, outer, playlist_id=inner)
    refused = await api.post(f"{PLAYLISTS}/{outer}/publish", {}, tenant.admin)
    assert (refused.status, "comes to 4 items" in refused.body["detail"]) == (409, True)


async def test_what_is_nested_and_tagged_becomes_exact_versions_within_their_times(
    api: Api, tenant: Tenant
) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    begins, ends, later = (now + timedelta(days=days) for days in (1, 3, 9))
    menu = await approved_page(api, tenant, "Menu")
    await approved_page(api, tenant, "Zebra", tags=["animals"])
    await approved_page(api, tenant, "ape", tags=["animals", "funny"])
    inner = await new_playlist(api, tenant, "Inner")
    await put_in(api, tenant, inner, media_id=menu, valid_until=ends.isoformat(), transition="slide")
    await put_in(api, tenant, inner, content_tag="animals", duration_s=4, transition="slide")
    await publish(api, tenant, inner)
    outer = await new_playlist(api, tenant, "Outer")
    window = {"valid_from": begins.isoformat(), "valid_until": later.isoformat()}
    await put_in(api, tenant, outer, playlist_id=inner, transition="fade", **window)
    items = (await publish(api, tenant, outer))["items"]
    assert [(item["name"], item["duration_s"], item["transition"]) for item in items] == [
        ("Menu", 10, "fade"),
        ("ape", 4, "slide"),
        ("Zebra", 4, "slide"),
    ]
    windows = [(item["valid_from"], item["valid_until"]) for item in items]
    said = [at.isoformat().replace("+00:00", "Z") for at in (begins, ends, later)]
    assert windows == [(said[0], said[1]), (said[0], said[2]), (said[0], said[2])]
    assert len({item["id"] for item in items}) == 3


async def test_of_two_who_publish_at_once_each_has_a_number_of_their_own(api: Api, tenant: Tenant) -> None:
    playlist_id = await with_items(api, tenant, "Lobby", "Menu")
    replies: list[Reply] = []

    async def push() -> None:
        replies.append(await api.post(f"{PLAYLISTS}/{playlist_id}/publish", {}, tenant.admin))

    async with trio.open_nursery() as nursery:
        for _ in range(6):
            nursery.start_soon(push)
    assert sorted(reply.body["number"] for reply in replies) == [1, 2, 3, 4, 5, 6]
    assert (await one(api, tenant, playlist_id))["active_number"] == 6
    audited = [details["number"] for *_, details in api.audited("playlist.published")]
    assert audited == [1, 2, 3, 4, 5, 6]
    assert api.rows("SELECT count(*) FROM playlist_version_media") == [(6,)]


async def test_what_was_changed_since_it_was_looked_at_is_not_published(api: Api, tenant: Tenant) -> None:
    playlist_id = await with_items(api, tenant, "Lobby", "Menu")
    path = f"{PLAYLISTS}/{playlist_id}/publish"
    assert (await api.post(path, {}, tenant.admin, If_Match='"1"')).status == 412
    assert (await api.post(path, {}, tenant.admin, If_Match='"2"')).status == 201


async def test_a_version_is_tried_on_some_screens_and_then_on_all_or_on_none(
    api: Api, tenant: Tenant, neighbour: Tenant
) -> None:
    playlist_id = await with_items(api, tenant, "Lobby", "Menu")
    path = f"{PLAYLISTS}/{playlist_id}"
    await publish(api, tenant, playlist_id)
    tried = await publish(api, tenant, playlist_id, canary={"fraction": 0.25})
    assert tried["state"] == "canary"
    playlist = await one(api, tenant, playlist_id)
    assert (playlist["active_number"], playlist["canary_number"]) == (1, 2)
    assert playlist["canary"] == {"fraction": 0.25, "group_id": None}
    promoted = await api.post(f"{path}/canary/promote", None, tenant.admin)
    assert (promoted.body["active_number"], promoted.body["canary"]) == (2, None)
    assert (await api.post(f"{path}/canary/promote", None, tenant.admin)).status == 409

    group = await api.post("/api/v1/groups", {"name": "Front"}, tenant.admin)
    await publish(api, tenant, playlist_id, canary={"group_id": group.body["id"]})
    withdrawn = await api.post(f"{path}/canary/withdraw", None, tenant.admin)
    assert (withdrawn.body["active_number"], withdrawn.body["canary_number"]) == (2, None)
    assert (await api.post(f"{path}/canary/withdraw", None, tenant.admin)).status == 409

    await publish(api, tenant, playlist_id, canary={"group_id": group.body["id"].upper()})
    assert (await publish(api, tenant, playlist_id))["state"] == "active"
    assert (await one(api, tenant, playlist_id))["canary_number"] is None, "the trial is over"
    assert len(api.audited("playlist.canary_promoted")) == 1
    assert len(api.audited("playlist.canary_withdrawn")) == 1

    foreign = (await api.post("/api/v1/groups", {"name": "Front"}, neighbour.admin)).body["id"]
    for canary, field in (
        ({}, "canary"),
        ({"fraction": 0.5, "group_id": foreign}, "canary"),
        ({"group_id": foreign}, "canary.group_id"),
        ({"fraction": 1.0}, "canary.fraction"),
    ):
        reply = await api.post(f"{path}/publish", {"canary": canary}, tenant.admin)
        assert (reply.status, list(reply.body["fields"])) == (422, [field])


async def test_going_back_makes_a_new_version_and_the_draft_is_that_one_again(
    api: Api, tenant: Tenant
) -> None:
    playlist_id = await with_items(api, tenant, "Lobby", "Menu", "Offers")
    first = await publish(api, tenant, playlist_id)
    before = await items_of(api, tenant, playlist_id)
    path = f"{playlist_id}/items/{before['items'][0]['id']}"
    await edit(api, tenant.admin, "DELETE", path, before["revision"])
    await put_in(api, tenant, playlist_id, media_id=await approved_page(api, tenant, "Wrong"))
    await api.patch(f"{PLAYLISTS}/{playlist_id}", {"shuffle": True}, tenant.admin)
    await publish(api, tenant, playlist_id)
    back = await api.post(
        f"{PLAYLISTS}/{playlist_id}/versions/1/rollback", {"note": "Wrong one"}, tenant.admin
    )
    assert back.status == 201, back.body
    assert (back.body["number"], back.body["rolled_back_to"], back.body["state"]) == (3, 1, "active")
    assert (back.body["items"], back.body["shuffle"]) == (first["items"], False)
    after = await items_of(api, tenant, playlist_id)
    assert after["items"] == before["items"]
    assert after["revision"] > before["revision"]
    assert (await one(api, tenant, playlist_id))["has_changes"] is False
    assert api.audited("playlist.rolled_back")[0][3]["rolled_back_to"] == 1


async def test_going_back_is_never_refused_for_an_item(api: Api, tenant: Tenant) -> None:
    inner = await with_items(api, tenant, "Inner", "Menu")
    await publish(api, tenant, inner)
    playlist_id = await with_items(api, tenant, "Lobby", "Offers", "Poster")
    nested = await put_in(api, tenant, playlist_id, playlist_id=inner)
    await publish(api, tenant, playlist_id)
    await edit(api, tenant.admin, "DELETE", f"{playlist_id}/items/{nested['id']}", 4)
    await publish(api, tenant, playlist_id)
    assert (await api.call("DELETE", f"{PLAYLISTS}/{inner}", None, tenant.admin)).status == 204
    await retire(api, tenant, (await items_of(api, tenant, playlist_id))["items"][0]["media"]["id"])
    back = await api.post(f"{PLAYLISTS}/{playlist_id}/versions/1/rollback", None, tenant.admin)
    assert (back.status, names(back.body)) == (201, ["Poster"])
    (left_out,) = back.body["left_out"]
    assert "Offers is retired" in left_out
    await retire(api, tenant, (await items_of(api, tenant, playlist_id))["items"][1]["media"]["id"])
    refused = await api.post(f"{PLAYLISTS}/{playlist_id}/versions/1/rollback", None, tenant.admin)
    assert refused.status == 409


async def test_the_difference_is_said_in_words(api: Api, tenant: Tenant) -> None:
    playlist_id = await with_items(api, tenant, "Lobby", "Menu", "Offers", "Poster", "Map")
    path = f"{PLAYLISTS}/{playlist_id}/diff"
    nothing_yet = (await api.get(path, tenant.admin)).body
    assert [change["what"] for change in nothing_yet["changes"]] == ["added"] * 4
    assert (nothing_yet["from_number"], nothing_yet["to_number"]) == (None, None)
    await publish(api, tenant, playlist_id)
    menu, offers, poster, map_ = (await items_of(api, tenant, playlist_id))["items"]
    newer = await new_page(api, tenant, menu["media"]["content_id"], "https://signs.example/2")
    await api.post(f"/api/v1/media/{newer}/submit", None, tenant.admin)
    await api.post(f"/api/v1/media/{newer}/approve", None, api.person(tenant, RoleName.CONTENT_ADMIN))
    items = f"{playlist_id}/items"
    await edit(api, tenant.admin, "PATCH", f"{items}/{menu['id']}", 5, {"media_id": newer})
    await edit(api, tenant.admin, "PATCH", f"{items}/{offers['id']}", 6, {"duration_s": 15})
    await edit(api, tenant.admin, "PATCH", f"{items}/{poster['id']}", 7, {"enabled": False})
    order = [map_["id"], menu["id"], offers["id"], poster["id"]]
    await edit(api, tenant.admin, "PUT", f"{items}/order", 8, {"item_ids": order})
    diff = (await api.get(path, tenant.admin)).body
    assert (diff["from_number"], diff["to_number"]) == (1, None)
    assert (diff["total_before_s"], diff["total_s"], diff["shuffle"]) == (40, 35, None)
    said = {change["name"]: (change["what"], change["details"]) for change in diff["changes"]}
    assert said == {
        "Map": ("moved", []),
        "Menu": ("changed", ["version 2 instead of 1"]),
        "Offers": ("changed", ["15 s instead of 10 s"]),
        "Poster": ("removed", ["Poster is switched off."]),
    }
    await api.patch(f"{PLAYLISTS}/{playlist_id}", {"shuffle": True}, tenant.admin)
    await publish(api, tenant, playlist_id)
    between = (await api.get(f"{path}?from=1&to=2", tenant.admin)).body
    assert (between["from_number"], between["to_number"], between["shuffle"]) == (1, 2, True)
    assert len(between["changes"]) == 4
    assert (await api.get(path, tenant.admin)).body["changes"] == []
