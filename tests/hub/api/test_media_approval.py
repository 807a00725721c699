"""Whether a version may be shown: the steps, who may take them, and what is in use."""

from __future__ import annotations

from typing import Any

import pytest
import trio

from protocol.vocabulary import MEDIA_TRANSITIONS, MediaStatus, Permission, RoleName
from tests.hub.api.conftest import Api, Reply
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

STEPS: dict[str, tuple[Any, MediaStatus]] = {
    "submit": (None, MediaStatus.SUBMITTED),
    "withdraw": (None, MediaStatus.DRAFT),
    "approve": (None, MediaStatus.APPROVED),
    "reject": ({"reason": "Too dark"}, MediaStatus.REJECTED),
    "retire": (None, MediaStatus.RETIRED),
}


async def a_page(api: Api, tenant: Tenant) -> str:
    return await new_page(api, tenant, await new_content(api, tenant))


@pytest.mark.parametrize("step", STEPS)
async def test_every_step_is_taken_from_where_the_table_allows_it_and_from_nowhere_else(
    api: Api, tenant: Tenant, step: str
) -> None:
    media_id = await a_page(api, tenant)
    body, after = STEPS[step]
    judge = approver(api, tenant)
    for before in MediaStatus:
        api.rows("UPDATE media SET status = %s", before)
        reply = await api.post(f"{MEDIA}/{media_id}/{step}", body, judge)
        if after in MEDIA_TRANSITIONS[before]:
            assert (reply.status, reply.body["status"]) == (200, after)
            action = "media.withdrawn" if step == "withdraw" else f"media.{after}"
            details = api.audited(action)[-1][3]
            assert (details["name"], details["number"]) == ("Welcome", 1)
        else:
            assert (reply.status, f"is {before}" in reply.body["detail"]) == (409, True)
            assert (await api.get(f"{MEDIA}/{media_id}", tenant.admin)).body["status"] == before


async def test_who_did_what_is_said_with_the_version(api: Api, tenant: Tenant) -> None:
    media_id = await a_page(api, tenant)
    judge = approver(api, tenant)
    submitted = (await api.post(f"{MEDIA}/{media_id}/submit", None, tenant.admin)).body
    assert (submitted["submitted_by"], submitted["decided_by"]) == (tenant.admin.email, None)
    rejected = (await api.post(f"{MEDIA}/{media_id}/reject", {"reason": " Too dark "}, judge)).body
    assert (rejected["decided_by"], rejected["reason"]) == (judge.email, "Too dark")
    assert api.audited("media.rejected")[0][3]["reason"] == "Too dark"
    again = (await api.post(f"{MEDIA}/{media_id}/submit", None, tenant.admin)).body
    assert (again["decided_by"], again["decided_at"], again["reason"]) == (None, None, None)
    approved = (await api.post(f"{MEDIA}/{media_id}/approve", None, judge)).body
    assert (approved["decided_by"], approved["status"]) == (judge.email, "approved")
    retired = (await api.post(f"{MEDIA}/{media_id}/retire", {"reason": "Winter is over"}, judge)).body
    assert (retired["retired_by"], retired["reason"]) == (judge.email, "Winter is over")


async def test_a_rejection_without_a_reason_is_none(api: Api, tenant: Tenant) -> None:
    media_id = await a_page(api, tenant)
    await api.post(f"{MEDIA}/{media_id}/submit", None, tenant.admin)
    for body in ({"reason": ""}, {"reason": "  "}, {}):
        assert (await api.post(f"{MEDIA}/{media_id}/reject", body, approver(api, tenant))).status == 422


async def test_nobody_approves_what_they_made_unless_the_tenant_lets_them(api: Api, tenant: Tenant) -> None:
    media_id = await a_page(api, tenant)
    await api.post(f"{MEDIA}/{media_id}/submit", None, tenant.admin)
    own = await api.post(f"{MEDIA}/{media_id}/approve", None, tenant.admin)
    assert (own.status, "You made this version yourself" in own.body["detail"]) == (403, True)
    await api.call("PUT", "/api/v1/content-rules", {"approve_own": True}, tenant.admin)
    assert (await api.post(f"{MEDIA}/{media_id}/approve", None, tenant.admin)).status == 200


async def test_a_key_is_nobody_else_than_whoever_made_it(api: Api, tenant: Tenant) -> None:
    may = [Permission.CONTENT_EDIT, Permission.CONTENT_VIEW, Permission.CONTENT_APPROVE]
    made = await api.post("/api/v1/api-keys", {"name": "Mine", "permissions": may}, tenant.admin)
    key = {"X_API_Key": made.body["secret"]}
    by_person, by_key = [
        await new_page(api, tenant, await new_content(api, tenant, name)) for name in ("Menu", "Offers")
    ]
    api.rows("UPDATE media SET created_by = %s WHERE id = %s", made.body["key"]["id"], by_key)
    for media_id in (by_person, by_key):
        await api.post(f"{MEDIA}/{media_id}/submit", None, tenant.admin)
    assert (await api.call("POST", f"{MEDIA}/{by_person}/approve", **key)).status == 403
    assert (await api.post(f"{MEDIA}/{by_key}/approve", None, tenant.admin)).status == 403
    assert (await api.call("POST", f"{MEDIA}/{by_key}/approve", **key)).status == 403
    assert (await api.post(f"{MEDIA}/{by_key}/approve", None, approver(api, tenant))).status == 200


async def test_whoever_changes_where_an_address_leads_has_made_the_version(api: Api, tenant: Tenant) -> None:
    content_id = await new_content(api, tenant)
    media_id = await new_page(api, tenant, content_id)
    judge = approver(api, tenant)
    changed = await api.patch(f"{CONTENTS}/{content_id}/media", {"url": "https://b.example"}, judge)
    assert (changed.status, changed.body["created_by"]) == (200, judge.email)
    await api.post(f"{MEDIA}/{media_id}/submit", None, tenant.admin)
    assert (await api.post(f"{MEDIA}/{media_id}/approve", None, judge)).status == 403
    assert (await api.post(f"{MEDIA}/{media_id}/approve", None, tenant.admin)).status == 200


async def test_only_who_may_approve_decides_and_only_for_the_whole_tenant(api: Api, tenant: Tenant) -> None:
    media_id = await a_page(api, tenant)
    creator = api.person(tenant, RoleName.CONTENT_CREATOR)
    limited = api.person(tenant, RoleName.CONTENT_ADMIN, sites=[])
    assert (await api.post(f"{MEDIA}/{media_id}/submit", None, creator)).status == 200
    for who in (creator, limited):
        for step in ("approve", "reject", "retire"):
            assert (await api.post(f"{MEDIA}/{media_id}/{step}", STEPS[step][0], who)).status == 403
    assert (await api.post(f"{MEDIA}/{media_id}/withdraw", None, limited)).status == 200


async def test_what_the_hub_has_not_looked_at_is_not_submitted(api: Api, tenant: Tenant) -> None:
    media_id = await a_page(api, tenant)
    for processing, words in (
        ("waiting", "not looked at"),
        ("working", "still"),
        ("failed", "It is broken."),
    ):
        api.rows(
            "UPDATE media SET processing = %s, processing_detail = %s",
            processing,
            "It is broken." if processing == "failed" else None,
        )
        reply = await api.post(f"{MEDIA}/{media_id}/submit", None, tenant.admin)
        assert (reply.status, words in reply.body["detail"]) == (409, True)


async def test_of_two_who_decide_at_once_one_does(api: Api, tenant: Tenant) -> None:
    media_id = await a_page(api, tenant)
    await api.post(f"{MEDIA}/{media_id}/submit", None, tenant.admin)
    judge = approver(api, tenant)
    replies: list[Reply] = []

    async def decide(step: str, body: Any) -> None:
        replies.append(await api.post(f"{MEDIA}/{media_id}/{step}", body, judge))

    # They do not meet each time.
    for turn in range(1, 9):
        replies.clear()
        async with trio.open_nursery() as nursery:
            for _ in range(3):
                nursery.start_soon(decide, "approve", None)
                nursery.start_soon(decide, "reject", {"reason": "No"})
        assert sorted(reply.status for reply in replies) == [200] + [409] * 5
        assert len(api.audited("media.approved")) + len(api.audited("media.rejected")) == turn
        api.rows("UPDATE media SET status = 'submitted'")


async def test_what_waits_is_listed_the_longest_waiting_first(
    api: Api, tenant: Tenant, neighbour: Tenant
) -> None:
    ids = []
    for name in ("b", "a", "c"):
        ids.append(await new_page(api, tenant, await new_content(api, tenant, name)))
        assert (await api.post(f"{MEDIA}/{ids[-1]}/submit", None, tenant.admin)).status == 200
    first = (await api.get("/api/v1/approvals?limit=2", tenant.admin)).body
    rest = (await api.get(f"/api/v1/approvals?cursor={first['next_cursor']}", tenant.admin)).body
    assert [each["id"] for each in first["items"] + rest["items"]] == ids
    assert rest["next_cursor"] is None
    await api.post(f"{MEDIA}/{ids[1]}/withdraw", None, tenant.admin)
    left = (await api.get("/api/v1/approvals", tenant.admin)).body["items"]
    assert [each["content_name"] for each in left] == ["b", "c"]
    assert (await api.get("/api/v1/approvals", neighbour.admin)).body["items"] == []


async def test_retiring_what_is_in_use_says_where_and_asks(api: Api, tenant: Tenant) -> None:
    media_id = await a_page(api, tenant)
    judge = approver(api, tenant)
    await approve(api, tenant, media_id, judge)
    playlist_id = in_a_draft(api, tenant, media_id, "Foyer")
    publish(api, tenant, playlist_id, media_id)
    in_a_draft(api, tenant, media_id, "Lifts")
    refused = await api.post(f"{MEDIA}/{media_id}/retire", None, judge)
    assert refused.status == 409
    assert "2 playlists: 'Foyer' (published, version 1), 'Lifts' (in the draft)" in refused.body["detail"]
    retired = await api.post(f"{MEDIA}/{media_id}/retire", {"even_if_used": True}, judge)
    assert (retired.status, retired.body["status"]) == (200, "retired")
    assert api.audited("media.retired")[0][3] == {
        "name": "Welcome",
        "number": 1,
        "playlists": ["Foyer", "Lifts"],
    }


async def test_usage_counts_the_screens_that_have_it_in_their_manifest_now(
    api: Api, tenant: Tenant, neighbour: Tenant
) -> None:
    media_id = await a_page(api, tenant)
    await approve(api, tenant, media_id)
    playlist_id = in_a_draft(api, tenant, media_id, "Foyer")
    publish(api, tenant, playlist_id, media_id)
    site = await api.post("/api/v1/sites", {"name": "Annex"}, tenant.admin)
    ours = [*await api.provision(tenant, "hw-1", site="Annex"), *await api.provision(tenant, "hw-2", "hw-3")]
    for digest, body in (("new", f'{{"media_id":"{media_id}"}}'), ("old", "{}")):
        api.rows(
            "INSERT INTO manifests (tenant_id, digest, body) VALUES (%s, %s, %s)", tenant.id, digest, body
        )
    api.rows("UPDATE devices SET manifest_digest = 'new' WHERE id = ANY (%s::uuid[])", ours[:2])
    api.rows("UPDATE devices SET manifest_digest = 'old' WHERE id = %s", ours[2])
    use = {"playlist_id": playlist_id, "playlist_name": "Foyer", "is_published": True, "number": 1}
    path = f"{MEDIA}/{media_id}/usage"
    assert (await api.get(path, tenant.admin)).body == {"media_id": media_id, "uses": [use], "screens": 2}
    limited = api.person(tenant, RoleName.VIEWER, sites=[site.body["id"]])
    assert (await api.get(path, limited)).body["screens"] == 1, "only screens of theirs are counted"
    assert (await api.get(path, neighbour.admin)).status == 404
    asked = await api.post(f"{MEDIA}/{media_id}/retire", None, approver(api, tenant))
    assert (asked.status, ", on 2 screens now." in asked.body["detail"]) == (409, True)
