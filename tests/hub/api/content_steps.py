"""What tests about contents do again and again: a content with a version that is an address, approved."""

from __future__ import annotations

from typing import Any

from hub.operator import Operator
from protocol.vocabulary import RoleName
from tests.hub.api.conftest import Api
from tests.hub.tenants import Tenant

CONTENTS = "/api/v1/contents"
MEDIA = "/api/v1/media"


async def new_content(api: Api, tenant: Tenant, name: str = "Welcome", **facts: Any) -> str:
    reply = await api.post(CONTENTS, {"name": name, **facts}, tenant.admin)
    assert reply.status == 201, reply.body
    return str(reply.body["id"])


async def new_page(
    api: Api, tenant: Tenant, content_id: str, url: str = "https://signs.example/welcome", **facts: Any
) -> str:
    """A version that is a web page; its id."""
    reply = await api.post(f"{CONTENTS}/{content_id}/media", {"url": url, **facts}, tenant.admin)
    assert reply.status == 201, reply.body
    return str(reply.body["id"])


def approver(api: Api, tenant: Tenant) -> Operator:
    """Somebody else, who may approve."""
    return api.person(tenant, RoleName.CONTENT_ADMIN)


async def approve(api: Api, tenant: Tenant, media_id: str, by: Operator | None = None) -> None:
    """Submitted by the administrator, approved by somebody else."""
    submitted = await api.post(f"{MEDIA}/{media_id}/submit", None, tenant.admin)
    assert submitted.status == 200, submitted.body
    reply = await api.post(f"{MEDIA}/{media_id}/approve", None, by or approver(api, tenant))
    assert reply.status == 200, reply.body


def in_a_draft(api: Api, tenant: Tenant, media_id: str, name: str) -> str:
    """A playlist whose draft has it; its id."""
    ((playlist_id,),) = api.rows(
        "INSERT INTO playlists (tenant_id, name) VALUES (%s, %s) RETURNING id::text", tenant.id, name
    )
    api.rows(
        "INSERT INTO playlist_items (tenant_id, playlist_id, position, media_id) VALUES (%s, %s, 0, %s)",
        tenant.id,
        playlist_id,
        media_id,
    )
    return str(playlist_id)


def publish(api: Api, tenant: Tenant, playlist_id: str, media_id: str) -> None:
    """Version 1 of the playlist has it, and is active."""
    api.rows(
        "INSERT INTO playlist_versions (tenant_id, playlist_id, number, shuffle, draft, items, item_count,"
        " total_s, published_by_name, published_at) VALUES (%s, %s, 1, false, '[]', '[]', 1, 10, 'x', now())",
        tenant.id,
        playlist_id,
    )
    api.rows("INSERT INTO playlist_version_media VALUES (%s, %s, 1, %s)", tenant.id, playlist_id, media_id)
    api.rows("UPDATE playlists SET active_number = 1 WHERE id = %s", playlist_id)
