"""Playlists: named once, found, copied, the default one, deleted when nothing stands on them."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

from protocol.vocabulary import RoleName
from tests.hub.api.conftest import Api
from tests.hub.api.playlist_steps import (
    PLAYLISTS,
    approved_page,
    items_of,
    new_playlist,
    publish,
    put_in,
    retire,
    with_items,
)
from tests.hub.tenants import Tenant


async def test_a_playlist_says_what_people_said_of_it_and_the_audit_who(api: Api, tenant: Tenant) -> None:
    facts = {"name": "Lobby", "description": "By the door", "shuffle": True, "is_default": False}
    made = await api.post(PLAYLISTS, {**facts, "name": " Lobby "}, tenant.admin)
    assert made.status == 201, made.body
    assert {name: made.body[name] for name in facts} == facts
    assert (made.body["items"], made.body["total_s"], made.body["active_number"]) == (0, 0, None)
    assert (made.body["has_changes"], made.body["created_by"]) == (False, tenant.admin.email)
    assert made.headers["ETag"] == f'"{made.body["revision"]}"'
    assert (await api.get(f"{PLAYLISTS}/{made.body['id']}", tenant.admin)).body == made.body
    assert api.audited("playlist.created")[0] == (tenant.id, tenant.admin.email, made.body["id"], facts)


async def test_a_name_is_there_once_whatever_the_case(api: Api, tenant: Tenant, neighbour: Tenant) -> None:
    await new_playlist(api, tenant, "Lobby")
    other_id = await new_playlist(api, tenant, "Hall")
    again = await api.post(PLAYLISTS, {"name": "LOBBY"}, tenant.admin)
    assert (again.status, "LOBBY" in again.body["detail"]) == (409, True)
    assert (await api.patch(f"{PLAYLISTS}/{other_id}", {"name": "lobby"}, tenant.admin)).status == 409
    assert (await api.patch(f"{PLAYLISTS}/{other_id}", {"name": "HALL"}, tenant.admin)).status == 200
    await new_playlist(api, neighbour, "Lobby")


async def test_a_list_goes_by_name_finds_text_and_goes_on_from_page_to_page(api: Api, tenant: Tenant) -> None:
    for name in ("cellar", "Attic", "Hall", "balcony"):
        await new_playlist(api, tenant, name, description="noisy" if name == "Hall" else "")
    first = await api.get(f"{PLAYLISTS}?limit=3", tenant.admin)
    second = await api.get(f"{PLAYLISTS}?limit=3&cursor={first.body['next_cursor']}", tenant.admin)
    found = [each["name"] for page in (first, second) for each in page.body["items"]]
    assert found == ["Attic", "balcony", "cellar", "Hall"]
    assert second.body["next_cursor"] is None
    for text, names in (("ALC", ["balcony"]), ("Nois", ["Hall"]), ("%25", [])):
        reply = await api.get(f"{PLAYLISTS}?q={text}", tenant.admin)
        assert [each["name"] for each in reply.body["items"]] == names


async def test_a_patch_changes_what_it_names_if_nobody_else_was_faster(api: Api, tenant: Tenant) -> None:
    path = f"{PLAYLISTS}/{await new_playlist(api, tenant)}"
    changed = await api.call("PATCH", path, {"shuffle": True}, tenant.admin, If_Match='"1"')
    assert (changed.status, changed.body["shuffle"], changed.headers["ETag"]) == (200, True, '"2"')
    assert (await api.call("PATCH", path, {"name": "Hall"}, tenant.admin, If_Match='"1"')).status == 412
    assert (await api.patch(path, {"shuffle": True}, tenant.admin)).body["revision"] == 2, "no change"
    assert [entry[3] for entry in api.audited("playlist.changed")] == [
        {"name": "Lobby", "before": {"shuffle": False}, "after": {"shuffle": True}}
    ]


async def test_a_tenant_has_one_default_playlist_which_only_who_publishes_chooses(
    api: Api, tenant: Tenant
) -> None:
    first = await new_playlist(api, tenant, "First", is_default=True)
    second = await new_playlist(api, tenant, "Second")
    creator = api.person(tenant, RoleName.CONTENT_CREATOR)
    assert (await api.patch(f"{PLAYLISTS}/{second}", {"is_default": True}, creator)).status == 403
    assert (await api.post(PLAYLISTS, {"name": "Third", "is_default": True}, creator)).status == 403
    assert (await api.patch(f"{PLAYLISTS}/{second}", {"description": "ours"}, creator)).status == 200
    taken = await api.patch(f"{PLAYLISTS}/{second}", {"is_default": True}, tenant.admin)
    assert (taken.status, taken.body["is_default"]) == (200, True)
    assert (await api.get(f"{PLAYLISTS}/{first}", tenant.admin)).body["is_default"] is False


async def test_a_copy_has_the_draft_under_ids_of_its_own_and_was_never_published(
    api: Api, tenant: Tenant
) -> None:
    playlist_id = await with_items(api, tenant, "Lobby", "Menu", "Offers")
    await put_in(api, tenant, playlist_id, content_tag="news", enabled=False, duration_s=7)
    await publish(api, tenant, playlist_id)
    copy = await api.post(f"{PLAYLISTS}/{playlist_id}/duplicate", None, tenant.admin)
    assert (copy.status, copy.body["name"], copy.body["active_number"]) == (201, "Lobby (copy)", None)
    again = await api.post(f"{PLAYLISTS}/{playlist_id}/duplicate", None, tenant.admin)
    assert again.body["name"] == "Lobby (copy 2)"
    named = await api.post(f"{PLAYLISTS}/{playlist_id}/duplicate", {"name": "Hall"}, tenant.admin)
    assert named.body["name"] == "Hall"
    ours, theirs = [await items_of(api, tenant, each) for each in (playlist_id, copy.body["id"])]
    assert {item["id"] for item in ours["items"]}.isdisjoint(item["id"] for item in theirs["items"])
    unnamed = [[{**item, "id": ""} for item in each["items"]] for each in (ours, theirs)]
    assert unnamed[0] == unnamed[1]


async def test_a_playlist_on_which_something_stands_is_not_deleted(api: Api, tenant: Tenant) -> None:
    playlist_id = await with_items(api, tenant, "Lobby", "Menu")
    await publish(api, tenant, playlist_id)
    path = f"{PLAYLISTS}/{playlist_id}"

    api.rows("INSERT INTO schedule_entries (tenant_id, playlist_id) VALUES (%s, %s)", tenant.id, playlist_id)
    refused = await api.call("DELETE", path, None, tenant.admin)
    assert (refused.status, "schedule" in refused.body["detail"]) == (409, True)
    api.rows("DELETE FROM schedule_entries")

    await api.patch(path, {"is_default": True}, tenant.admin)
    refused = await api.call("DELETE", path, None, tenant.admin)
    assert (refused.status, "default" in refused.body["detail"]) == (409, True)
    await api.patch(path, {"is_default": False}, tenant.admin)

    above = await new_playlist(api, tenant, "All of it")
    item = await put_in(api, tenant, above, playlist_id=playlist_id)
    await publish(api, tenant, above)
    assert "All of it" in (await api.call("DELETE", path, None, tenant.admin)).body["detail"]
    await api.call("DELETE", f"{PLAYLISTS}/{above}/items/{item['id']}", None, tenant.admin, If_Match='"2"')
    refused = await api.call("DELETE", path, None, tenant.admin)
    assert (refused.status, "published" in refused.body["detail"]) == (409, True), "screens play it still"
    assert (await api.call("DELETE", f"{PLAYLISTS}/{above}", None, tenant.admin)).status == 204

    creator = api.person(tenant, RoleName.CONTENT_CREATOR)
    assert (await api.call("DELETE", path, None, creator)).status == 403, "it was published"
    assert (await api.call("DELETE", path, None, tenant.admin)).status == 204
    assert (await api.get(path, tenant.admin)).status == 404
    assert api.rows("SELECT count(*) FROM playlist_versions") == [(0,)]


async def test_whoever_sees_contents_sees_playlists_and_only_who_edits_changes_them(
    api: Api, tenant: Tenant
) -> None:
    path = f"{PLAYLISTS}/{await new_playlist(api, tenant)}"
    viewer = api.person(tenant, RoleName.VIEWER)
    assert (await api.get(PLAYLISTS, viewer)).status == 200
    assert (await api.get(f"{path}/items", viewer)).status == 200
    for method, where, body in (
        ("POST", PLAYLISTS, {"name": "Mine"}),
        ("PATCH", path, {"name": "Mine"}),
        ("DELETE", path, None),
        ("POST", f"{path}/duplicate", None),
        ("POST", f"{path}/publish", {}),
        ("POST", f"{path}/items", {"content_tag": "news"}),
    ):
        assert (await api.call(method, where, body, viewer)).status == 403
    nobody = api.person(tenant, RoleName.EMERGENCY_OPERATOR)
    assert (await api.get(path, nobody)).status == 403


async def test_totals_are_of_what_would_play_now(api: Api, tenant: Tenant) -> None:
    playlist_id = await new_playlist(api, tenant)
    media_id = await approved_page(api, tenant, "Menu")
    past = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    for more in ({"duration_s": 4}, {}, {"enabled": False}, {"valid_until": past}):
        await put_in(api, tenant, playlist_id, media_id=media_id, **more)
    (found,) = (await api.get(PLAYLISTS, tenant.admin)).body["items"]
    assert (found["items"], found["total_s"], found["has_changes"]) == (4, 14.0, True)
    await publish(api, tenant, playlist_id)
    (found,) = (await api.get(PLAYLISTS, tenant.admin)).body["items"]
    assert (found["active_number"], found["has_changes"], found["published_by"]) == (
        1,
        False,
        tenant.admin.email,
    )


async def test_the_list_adds_up_as_the_timeline_does(api: Api, tenant: Tenant) -> None:
    inner = await with_items(api, tenant, "Inner", "Poster", "Map")
    await publish(api, tenant, inner)
    menu = await approved_page(api, tenant, "Menu", tags=["food"])
    await approved_page(api, tenant, "Offers", tags=["food", "new"])
    gone = await approved_page(api, tenant, "Gone", tags=["food"])
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    outer = await new_playlist(api, tenant, "Outer")
    for item in (
        {"media_id": menu, "duration_s": 2.5},
        {"media_id": gone},
        {"playlist_id": inner},
        {"playlist_id": await new_playlist(api, tenant, "Never published")},
        {"content_tag": "food", "duration_s": 3},
        {"content_tag": "food", "enabled": False},
        {"content_tag": "new", "valid_from": later},
        {"content_tag": "nothing has it"},
    ):
        await put_in(api, tenant, outer, **item)
    await retire(api, tenant, gone)
    timeline = await items_of(api, tenant, outer)
    assert [item["plays_s"] for item in timeline["items"]] == [2.5, 0, 20, 0, 6, 0, 10, 0]
    listed = (await api.get(f"{PLAYLISTS}?q=Outer", tenant.admin)).body["items"][0]
    assert (listed["items"], listed["total_s"]) == (8, timeline["total_s"])


async def test_how_many_screens_have_it_counts_those_at_the_sites_of_who_asks(
    api: Api, tenant: Tenant
) -> None:
    playlist_id = await with_items(api, tenant, "Lobby", "Menu")
    version = await publish(api, tenant, playlist_id)
    here = str(uuid.uuid4())
    api.rows("INSERT INTO sites (id, tenant_id, name) VALUES (%s, %s, 'Here')", here, tenant.id)
    screens = await api.provision(tenant, "one", "two", "three")
    body = f'{{"playlists": [{{"playlist_id": "{playlist_id}", "number": {version["number"]}}}]}}'
    api.rows("INSERT INTO manifests (tenant_id, digest, body) VALUES (%s, 'd', %s)", tenant.id, body)
    api.rows("UPDATE devices SET manifest_digest = 'd' WHERE id <> %s", screens[0])
    api.rows("UPDATE devices SET site_id = %s WHERE id = ANY (%s::uuid[])", here, screens[:2])
    assert (await api.get(f"{PLAYLISTS}/{playlist_id}", tenant.admin)).body["screens"] == 2
    limited = api.person(tenant, RoleName.CONTENT_ADMIN, sites=[here])
    assert (await api.get(f"{PLAYLISTS}/{playlist_id}", limited)).body["screens"] == 1
    (seen,) = (await api.get(f"{PLAYLISTS}/{playlist_id}/versions", limited)).body["items"]
    assert seen["screens"] == 1
