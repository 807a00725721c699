"""Versions of a content: added from an upload or an address, changed and deleted while they are drafts."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from protocol.vocabulary import RoleName
from tests.hub.api.conftest import Api
from tests.hub.api.content_steps import CONTENTS, MEDIA, approve, new_content, new_page
from tests.hub.tenants import Tenant


def uploaded(api: Api, tenant: Tenant, file_name: str = "welcome.png", *, complete: bool = True) -> str:
    """An upload, as the row says it; its id."""
    upload_id = str(uuid.uuid4())
    api.rows(
        "INSERT INTO uploads (id, tenant_id, created_by, file_name, size_bytes, expires_at, completed_at)"
        " VALUES (%s, %s, %s, %s, 10, now() + interval '1 day', CASE WHEN %s THEN now() END)",
        upload_id,
        tenant.id,
        tenant.admin.user_id,
        file_name,
        complete,
    )
    return upload_id


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://signs.example/welcome", "web"),
        ("http://10.0.0.7:8080/board?x=1#top", "web"),
        ("https://signs.example/live/index.M3U8?token=1", "stream"),
        ("https://b\u00fccher.example/gr\u00fc\u00dfe", "web"),
    ],
)
async def test_an_address_is_a_version_that_is_ready_at_once(
    api: Api, tenant: Tenant, url: str, kind: str
) -> None:
    content_id = await new_content(api, tenant)
    body = {"url": url, "duration_s": 30, "note": " the first "}
    made = await api.post(f"{CONTENTS}/{content_id}/media", body, tenant.admin)
    assert made.status == 201, made.body
    said = {name: made.body[name] for name in ("number", "kind", "url", "duration_s", "note", "processing")}
    assert said == {
        "number": 1,
        "kind": kind,
        "url": url,
        "duration_s": 30,
        "note": "the first",
        "processing": "ready",
    }
    assert "makes no request" in made.body["processing_detail"]
    assert (made.body["status"], made.body["created_by"]) == ("draft", tenant.admin.email)
    assert (await api.get(f"{MEDIA}/{made.body['id']}", tenant.admin)).body == made.body
    assert api.audited("media.added")[0][3] == {
        "name": "Welcome",
        "number": 1,
        "url": url,
        "note": "the first",
    }


@pytest.mark.parametrize(
    "url",
    [
        "ftp://signs.example/x",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https://",
        "https:///welcome",
        "https://user:word@signs.example/",
        "https://user@signs.example/",
        "https://signs.example/a b",
        "https://signs.example\\@evil.example/",
        "https://signs.example:99999/",
        "https://[::1/",
        "welcome",
    ],
)
async def test_what_is_no_address_for_a_screen_is_refused(api: Api, tenant: Tenant, url: str) -> None:
    content_id = await new_content(api, tenant)
    reply = await api.post(f"{CONTENTS}/{content_id}/media", {"url": url}, tenant.admin)
    assert (reply.status, list(reply.body["fields"])) == (422, ["url"])
    assert (await api.get(f"{CONTENTS}/{content_id}/media", tenant.admin)).body["items"] == []


async def test_a_finished_upload_becomes_one_version_that_the_hub_looks_at(
    api: Api, tenant: Tenant, neighbour: Tenant
) -> None:
    content_id = await new_content(api, tenant)
    path = f"{CONTENTS}/{content_id}/media"
    upload_id = uploaded(api, tenant)
    made = await api.post(path, {"upload_id": upload_id.upper()}, tenant.admin)
    assert made.status == 201, made.body
    assert (made.body["file_name"], made.body["processing"], made.body["kind"]) == (
        "welcome.png",
        "waiting",
        None,
    )
    assert (made.body["url"], made.body["sha256"]) == (None, None)
    for bad in (
        upload_id,  # it is used
        uploaded(api, tenant, complete=False),
        uploaded(api, neighbour),
        str(uuid.uuid4()),
    ):
        reply = await api.post(path, {"upload_id": bad}, tenant.admin)
        assert (reply.status, list(reply.body["fields"])) == (422, ["upload_id"])


async def test_nobody_makes_a_version_of_what_somebody_else_uploaded(api: Api, tenant: Tenant) -> None:
    content_id, upload_id = await new_content(api, tenant), uploaded(api, tenant)
    other = api.person(tenant, RoleName.CONTENT_ADMIN)
    reply = await api.post(f"{CONTENTS}/{content_id}/media", {"upload_id": upload_id}, other)
    assert (reply.status, list(reply.body["fields"])) == (422, ["upload_id"])


@pytest.mark.parametrize("body", [{}, {"url": "https://a.example", "upload_id": str(uuid.uuid4())}])
async def test_a_version_is_a_file_or_an_address(api: Api, tenant: Tenant, body: dict[str, Any]) -> None:
    content_id = await new_content(api, tenant)
    assert (await api.post(f"{CONTENTS}/{content_id}/media", body, tenant.admin)).status == 422


async def test_the_newest_version_is_changed_while_nobody_decided_about_it(api: Api, tenant: Tenant) -> None:
    content_id = await new_content(api, tenant)
    path = f"{CONTENTS}/{content_id}/media"
    assert (await api.patch(path, {"note": "x"}, tenant.admin)).status == 404
    first = await new_page(api, tenant, content_id)
    changed = await api.patch(path, {"url": "https://b.example/live.m3u8", "note": "b"}, tenant.admin)
    assert (changed.body["kind"], changed.body["url"]) == ("stream", "https://b.example/live.m3u8")
    assert api.audited("media.changed")[0][3] == {
        "name": "Welcome",
        "number": 1,
        "before": {"note": "", "url": "https://signs.example/welcome"},
        "after": {"note": "b", "url": "https://b.example/live.m3u8"},
    }
    await api.patch(path, {"note": "b"}, tenant.admin)
    assert len(api.audited("media.changed")) == 1, "what is as it was is no change"
    await approve(api, tenant, first)
    assert (await api.patch(path, {"note": "c"}, tenant.admin)).status == 409
    assert (await api.call("DELETE", path, by=tenant.admin)).status == 409
    await new_page(api, tenant, content_id, "https://c.example")
    assert [each["number"] for each in (await api.get(path, tenant.admin)).body["items"]] == [2, 1]
    assert (await api.call("DELETE", path, by=tenant.admin)).status == 204
    assert [each["number"] for each in (await api.get(path, tenant.admin)).body["items"]] == [1]
    assert api.audited("media.deleted")[0][3] == {"name": "Welcome", "number": 2}


async def test_a_file_does_not_become_an_address_and_a_video_is_as_long_as_it_is(
    api: Api, tenant: Tenant
) -> None:
    content_id = await new_content(api, tenant)
    path = f"{CONTENTS}/{content_id}/media"
    await api.post(path, {"upload_id": uploaded(api, tenant)}, tenant.admin)
    assert (await api.patch(path, {"url": "https://a.example"}, tenant.admin)).status == 409
    assert (await api.patch(path, {"duration_s": 7}, tenant.admin)).body["duration_s"] == 7
    api.rows("UPDATE media SET kind = 'video'")
    assert (await api.patch(path, {"duration_s": 8}, tenant.admin)).status == 422


async def test_a_submitted_version_is_not_changed_under_who_decides(api: Api, tenant: Tenant) -> None:
    content_id = await new_content(api, tenant)
    media_id = await new_page(api, tenant, content_id)
    await api.post(f"{MEDIA}/{media_id}/submit", None, tenant.admin)
    path = f"{CONTENTS}/{content_id}/media"
    for reply in (
        await api.patch(path, {"url": "https://evil.example"}, tenant.admin),
        await api.call("DELETE", path, by=tenant.admin),
    ):
        assert (reply.status, "Take it back first" in reply.body["detail"]) == (409, True)


async def test_files_have_signed_paths_and_a_package_begins_at_its_first_page(
    api: Api, tenant: Tenant
) -> None:
    content_id = await new_content(api, tenant)
    path = f"{CONTENTS}/{content_id}/media"
    made = await api.post(path, {"upload_id": uploaded(api, tenant, "a b.png")}, tenant.admin)
    for sha in ("ab" * 32, "cd" * 32):
        api.rows(
            "INSERT INTO blobs (tenant_id, sha256, md5, size_bytes, mime_type)"
            f" VALUES (%s, '\\x{sha}', '\\x{'0' * 32}', 3, 'image/png')",
            tenant.id,
        )
    api.rows(
        f"UPDATE media SET sha256 = '\\x{'ab' * 32}', thumbnail_sha256 = '\\x{'cd' * 32}',"
        " processing = 'ready'"
    )
    media = (await api.get(f"{MEDIA}/{made.body['id']}", tenant.admin)).body
    assert media["sha256"] == "ab" * 32
    assert media["md5"] == "0" * 32
    assert media["url"].endswith(f"/{tenant.id}/{'ab' * 32}/a%20b.png")
    assert media["thumbnail_url"].endswith(f"/{tenant.id}/{'cd' * 32}/thumbnail.webp")
    assert media["url_expires_at"]
    api.rows("UPDATE blobs SET is_package = true")
    media = (await api.get(f"{MEDIA}/{made.body['id']}", tenant.admin)).body
    assert media["url"].endswith(f"/{tenant.id}/{'ab' * 32}/index.html")


async def test_whoever_may_edit_adds_and_submits_wherever_they_are_limited_to(
    api: Api, tenant: Tenant
) -> None:
    creator = api.person(tenant, RoleName.CONTENT_CREATOR, sites=[])
    content_id = await new_content(api, tenant)
    made = await api.post(f"{CONTENTS}/{content_id}/media", {"url": "https://a.example"}, creator)
    assert (made.status, made.body["created_by"]) == (201, creator.email)
    assert (await api.post(f"{MEDIA}/{made.body['id']}/submit", None, creator)).status == 200
