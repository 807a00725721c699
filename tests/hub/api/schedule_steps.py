"""What tests about schedules do again and again: published playlists, entries, what comes of them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from hub.operator import Operator
from tests.hub.api.conftest import Api, Reply
from tests.hub.tenants import Tenant

SCHEDULE = "/api/v1/schedule"


def playlist(api: Api, tenant: Tenant, name: str, *, published: bool = True, default: bool = False) -> str:
    """A playlist; its id. `published`: version 1 is what screens play."""
    ((playlist_id,),) = api.rows(
        "INSERT INTO playlists (tenant_id, name, is_default) VALUES (%s, %s, %s) RETURNING id::text",
        tenant.id,
        name,
        default,
    )
    if published:
        api.rows(
            "INSERT INTO playlist_versions (tenant_id, playlist_id, number, shuffle, draft, items,"
            " item_count, total_s, published_by_name, published_at)"
            " VALUES (%s, %s, 1, false, '[]', '[]', 0, 0, 'x', now())",
            tenant.id,
            playlist_id,
        )
        api.rows("UPDATE playlists SET active_number = 1 WHERE id = %s", playlist_id)
    return str(playlist_id)


async def schedule(api: Api, by: Operator, playlist_id: str, **facts: Any) -> dict[str, Any]:
    """A new entry, as it was answered."""
    reply = await api.post(SCHEDULE, {"playlist_id": playlist_id, **facts}, by)
    assert reply.status == 201, reply.body
    entry: dict[str, Any] = reply.body
    return entry


async def explain(api: Api, by: Operator, device_id: str, at: str | None = None) -> dict[str, Any]:
    query = "" if at is None else "?" + urlencode({"at": at})
    reply = await api.get(f"/api/v1/devices/{device_id}/explain{query}", by)
    assert reply.status == 200, reply.body
    explanation: dict[str, Any] = reply.body
    return explanation


async def resolved(api: Api, by: Operator, of: str, begins: str, ends: str, **more: str) -> Reply:
    """`of`: `devices/<id>` or `groups/<id>`."""
    query = urlencode({"from": begins, "until": ends, **more})
    return await api.get(f"/api/v1/{of}/schedule?{query}", by)
