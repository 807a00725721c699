"""Contents: named once, found, described, deleted when nothing has them; the rules of a tenant."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from protocol.vocabulary import RoleName
from tests.hub.api.conftest import Api
from tests.hub.api.content_steps import (
    CONTENTS,
    MEDIA,
    approve,
    approver,
    in_a_draft,
    new_content,
    new_page,
    publish,
)
from tests.hub.tenants import Tenant


def names(reply: Any) -> list[str]:
    assert reply.status == 200, reply.body
    return [each["name"] for each in reply.body["items"]]


async def test_a_content_says_what_people_said_of_it_and_the_audit_who(api: Api, tenant: Tenant) -> None:
    facts = {
        "name": "Welcome",
        "description": "For the foyer",
        "category": "Greetings",
        "tags": ["foyer", "winter"],
        "valid_from": "2030-01-01T00:00:00Z",
        "valid_until": "2030-02-01T00:00:00Z",
    }
    made = await api.post(CONTENTS, {**facts, "tags": ["winter", " foyer ", "winter"]}, tenant.admin)
    assert made.status == 201, made.body
    assert {name: made.body[name] for name in facts} == facts
    assert (made.body["versions"], made.body["newest"], made.body["approved"]) == (0, None, None)
    assert (made.headers["ETag"], made.body["revision"]) == ('"1"', 1)
    assert (await api.get(f"{CONTENTS}/{made.body['id']}", tenant.admin)).body == made.body
    assert api.audited("content.created")[0] == (tenant.id, tenant.admin.email, made.body["id"], facts)


async def test_a_name_is_there_once_whatever_the_case_and_the_answer_names_the_other(
    api: Api, tenant: Tenant, neighbour: Tenant
) -> None:
    await new_content(api, tenant, "Welcome")
    other_id = await new_content(api, tenant, "Goodbye")
    again = await api.post(CONTENTS, {"name": "WELCOME"}, tenant.admin)
    assert (again.status, "'Welcome'" in again.body["detail"]) == (409, True)
    renamed = await api.patch(f"{CONTENTS}/{other_id}", {"name": "wELCOME"}, tenant.admin)
    assert (renamed.status, "'Welcome'" in renamed.body["detail"]) == (409, True)
    assert (await api.patch(f"{CONTENTS}/{other_id}", {"name": "goodbye"}, tenant.admin)).status == 200
    await new_content(api, neighbour, "Welcome")


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"name": " "}, "name"),
        ({"tags": [" "]}, "tags"),
        ({"valid_from": "2030-01-01T00:00:00"}, "valid_from"),
        ({"valid_from": "2030-01-02T00:00:00Z", "valid_until": "2030-01-02T00:00:00Z"}, "valid_until"),
    ],
)
async def test_what_cannot_be_meant_is_named(
    api: Api, tenant: Tenant, facts: dict[str, Any], field: str
) -> None:
    reply = await api.post(CONTENTS, {"name": "Welcome", **facts}, tenant.admin)
    assert (reply.status, list(reply.body["fields"])) == (422, [field])


async def test_a_patch_changes_what_it_names_if_nobody_else_was_faster(api: Api, tenant: Tenant) -> None:
    content_id = await new_content(api, tenant, valid_until="2030-01-01T00:00:00Z")
    path = f"{CONTENTS}/{content_id}"
    changed = await api.call("PATCH", path, {"category": "News"}, tenant.admin, If_Match='"1"')
    assert (changed.status, changed.body["category"], changed.headers["ETag"]) == (200, "News", '"2"')
    late = await api.call("PATCH", path, {"category": "Old"}, tenant.admin, If_Match='"1"')
    assert late.status == 412
    assert (await api.patch(path, {"valid_until": None, "category": "News"}, tenant.admin)).body[
        "revision"
    ] == 3
    assert (await api.patch(path, {"category": "News"}, tenant.admin)).body["revision"] == 3, "no change"
    assert [entry[3] for entry in api.audited("content.changed")] == [
        {"name": "Welcome", "before": {"category": ""}, "after": {"category": "News"}},
        {
            "name": "Welcome",
            "before": {"valid_until": "2030-01-01T00:00:00Z"},
            "after": {"valid_until": None},
        },
    ]
    bad = await api.patch(path, {"valid_from": "2031-01-01T00:00:00Z", "valid_until": "2030-01-01T00:00:00Z"},
                          tenant.admin)  # fmt: skip
    assert bad.status == 422


async def test_contents_are_found_by_words_tag_category_kind_and_status(api: Api, tenant: Tenant) -> None:
    page = await new_content(api, tenant, "Page", tags=["foyer"], category="News")
    stream = await new_content(api, tenant, "Stream", description="live from the foyer")
    await new_content(api, tenant, "Empty_100%")
    page_media = await new_page(api, tenant, page)
    await new_page(api, tenant, stream, "https://signs.example/live.m3u8?x=1")
    await approve(api, tenant, page_media)

    async def found(query: str) -> list[str]:
        return names(await api.get(f"{CONTENTS}?{query}", tenant.admin))

    assert await found("") == ["Empty_100%", "Stream", "Page"], "the newest first"
    assert await found("order=name") == ["Empty_100%", "Page", "Stream"]
    assert await found("q=FOYER") == ["Stream", "Page"]
    assert await found("q=_100%25") == ["Empty_100%"]
    assert await found("tag=foyer") == ["Page"]
    assert await found("category=News") == ["Page"]
    assert await found("kind=stream") == ["Stream"]
    assert await found("status=approved") == ["Page"]
    assert await found("status=draft&kind=web") == []
    await new_page(api, tenant, page)
    assert await found("status=approved") == [], "the newest version counts"
    both = (await api.get(f"{CONTENTS}/{page}", tenant.admin)).body
    assert (both["versions"], both["newest"]["number"], both["approved"]["number"]) == (2, 2, 1)
    assert (await api.get(f"{CONTENTS}?status=loud", tenant.admin)).status == 422


@pytest.mark.parametrize("order", ["newest", "name"])
async def test_pages_follow_each_other_without_a_gap(api: Api, tenant: Tenant, order: str) -> None:
    for name in ("b", "A", "c", "D", "\u00c4"):
        await new_content(api, tenant, name)
    everything = names(await api.get(f"{CONTENTS}?order={order}", tenant.admin))
    paged, cursor = [], ""
    while True:
        reply = await api.get(f"{CONTENTS}?order={order}&limit=2{cursor}", tenant.admin)
        paged += names(reply)
        if reply.body["next_cursor"] is None:
            break
        cursor = f"&cursor={reply.body['next_cursor']}"
    assert (paged, len(paged)) == (everything, 5)


async def test_facets_count_tags_and_categories(api: Api, tenant: Tenant) -> None:
    await new_content(api, tenant, "One", tags=["a", "b"], category="News")
    await new_content(api, tenant, "Two", tags=["b"])
    facets = (await api.get(f"{CONTENTS}/facets", tenant.admin)).body
    assert facets == {"tags": {"b": 2, "a": 1}, "categories": {"News": 1}}


async def test_a_content_goes_with_its_versions(api: Api, tenant: Tenant) -> None:
    content_id = await new_content(api, tenant)
    media_id = await new_page(api, tenant, content_id)
    assert (await api.call("DELETE", f"{CONTENTS}/{content_id}", by=tenant.admin)).status == 204
    assert (await api.get(f"{CONTENTS}/{content_id}", tenant.admin)).status == 404
    assert (await api.get(f"{MEDIA}/{media_id}", tenant.admin)).status == 404
    assert api.audited("content.deleted")[0][3]["versions"] == [1]


async def test_what_a_playlist_has_is_not_deleted_and_the_answer_says_where(api: Api, tenant: Tenant) -> None:
    content_id = await new_content(api, tenant)
    media_id = await new_page(api, tenant, content_id)
    await approve(api, tenant, media_id)
    playlist_id = in_a_draft(api, tenant, media_id, "Foyer")
    refused = await api.call("DELETE", f"{CONTENTS}/{content_id}", by=tenant.admin)
    assert (refused.status, "'Foyer' (in the draft)" in refused.body["detail"]) == (409, True)
    publish(api, tenant, playlist_id, media_id)
    api.rows("DELETE FROM playlist_items")
    refused = await api.call("DELETE", f"{CONTENTS}/{content_id}", by=tenant.admin)
    assert (refused.status, "'Foyer' (published, version 1)" in refused.body["detail"]) == (409, True)
    api.rows("UPDATE playlists SET active_number = NULL")
    refused = await api.call("DELETE", f"{CONTENTS}/{content_id}", by=tenant.admin)
    assert (refused.status, "what was published is kept" in refused.body["detail"]) == (409, True)
    assert not api.audited("content.deleted")


async def test_what_is_read_often_is_kept_and_never_stale(api: Api, tenant: Tenant) -> None:
    content_id = await new_content(api, tenant)
    path = f"{CONTENTS}/{content_id}"
    cache = api.use_cases.contents._cache
    for what in (path, f"{path}/media"):
        await api.get(what, tenant.admin)
        before = cache.hits
        await api.get(what, tenant.admin)
        assert cache.hits == before + 1
    await new_page(api, tenant, content_id)
    assert (await api.get(path, tenant.admin)).body["versions"] == 1
    assert len((await api.get(f"{path}/media", tenant.admin)).body["items"]) == 1
    api.rows("UPDATE media SET processing_detail = 'by another hub'")
    for body in (
        (await api.get(path, tenant.admin)).body["newest"],
        (await api.get(f"{path}/media", tenant.admin)).body["items"][0],
    ):
        assert body["processing_detail"] == "by another hub"
    await api.call("DELETE", path, by=tenant.admin)
    assert (await api.get(path, tenant.admin)).status == 404


async def test_another_tenants_contents_are_not_there(api: Api, tenant: Tenant, neighbour: Tenant) -> None:
    content_id = await new_content(api, tenant)
    await new_page(api, tenant, content_id)
    assert names(await api.get(CONTENTS, neighbour.admin)) == []
    missing = await api.get(f"{CONTENTS}/{uuid.uuid4()}", neighbour.admin)
    for path in (f"{CONTENTS}/{content_id}", f"{CONTENTS}/{content_id}/media"):
        theirs = await api.get(path, neighbour.admin)
        assert (theirs.status, theirs.body["detail"]) == (404, missing.body["detail"])
    assert (await api.call("DELETE", f"{CONTENTS}/{content_id}", by=neighbour.admin)).status == 404


async def test_whoever_may_only_look_changes_nothing(api: Api, tenant: Tenant) -> None:
    viewer = api.person(tenant, RoleName.VIEWER)
    guard = api.person(tenant, RoleName.EMERGENCY_OPERATOR)
    content_id = await new_content(api, tenant)
    assert (await api.get(CONTENTS, viewer)).status == 200
    assert (await api.get(CONTENTS, guard)).status == 403
    assert (await api.post(CONTENTS, {"name": "Mine"}, viewer)).status == 403
    assert (await api.patch(f"{CONTENTS}/{content_id}", {"name": "Mine"}, viewer)).status == 403
    assert (
        await api.post(f"{CONTENTS}/{content_id}/media", {"url": "https://a.example"}, viewer)
    ).status == 403
    assert (await api.call("DELETE", f"{CONTENTS}/{content_id}", by=viewer)).status == 403


async def test_when_something_approved_is_shown_is_for_whoever_may_approve_everywhere(
    api: Api, tenant: Tenant
) -> None:
    content_id = await new_content(api, tenant)
    path = f"{CONTENTS}/{content_id}"
    creator = api.person(tenant, RoleName.CONTENT_CREATOR)
    limited = api.person(tenant, RoleName.CONTENT_ADMIN, sites=[])
    over, later = {"valid_until": "2020-01-01T00:00:00Z"}, {"valid_until": "2031-01-01T00:00:00Z"}
    assert (await api.patch(path, over, creator)).status == 200, "nothing of it is shown yet"
    await approve(api, tenant, await new_page(api, tenant, content_id))
    for who in (creator, limited):
        refused = await api.patch(path, later, who)
        assert (refused.status, "for whoever may approve" in refused.body["detail"]) == (403, True)
        assert (await api.patch(path, {"category": who.email, **over}, who)).status == 200, "that stays"
    assert (await api.patch(path, later, approver(api, tenant))).body["valid_until"] == later["valid_until"]


async def test_who_is_limited_to_some_sites_brings_nothing_approved_elsewhere_by_a_tag(
    api: Api, tenant: Tenant
) -> None:
    content_id = await new_content(api, tenant)
    path = f"{CONTENTS}/{content_id}"
    limited = api.person(tenant, RoleName.CONTENT_ADMIN, sites=[])
    assert (await api.patch(path, {"tags": ["lobby"]}, limited)).status == 200, "nothing of it is shown yet"
    await approve(api, tenant, await new_page(api, tenant, content_id))
    refused = await api.patch(path, {"tags": ["lobby", "entrance"]}, limited)
    assert (refused.status, "limited to some sites" in refused.body["detail"]) == (403, True)
    assert (await api.patch(path, {"tags": ["lobby"], "category": "x"}, limited)).status == 200, "they stay"
    creator = api.person(tenant, RoleName.CONTENT_CREATOR)
    assert (await api.patch(path, {"tags": ["entrance"]}, creator)).body["tags"] == ["entrance"]


async def test_the_rules_of_a_tenant_are_its_own(api: Api, tenant: Tenant, neighbour: Tenant) -> None:
    path = "/api/v1/content-rules"
    assert (await api.get(path, tenant.admin)).body == {"approve_own": False}
    changed = await api.call("PUT", path, {"approve_own": True}, tenant.admin)
    assert (changed.status, changed.body) == (200, {"approve_own": True})
    assert (await api.get(path, tenant.admin)).body == {"approve_own": True}
    assert (await api.get(path, neighbour.admin)).body == {"approve_own": False}
    assert api.audited("content_rules.changed")[0][3] == {
        "before": {"approve_own": False},
        "after": {"approve_own": True},
    }
    for who in (
        api.person(tenant, RoleName.CONTENT_ADMIN),
        api.person(tenant, RoleName.TENANT_ADMIN, sites=[]),
    ):
        assert (await api.call("PUT", path, {"approve_own": False}, who)).status == 403
