"""What tests about playlists do again and again, over the API."""

from __future__ import annotations

from typing import Any

from hub.operator import Operator
from tests.hub.api.conftest import Api, Reply
from tests.hub.api.content_steps import MEDIA, approve, new_content, new_page
from tests.hub.tenants import Tenant

PLAYLISTS = "/api/v1/playlists"


async def new_playlist(api: Api, tenant: Tenant, name: str = "Lobby", **facts: Any) -> str:
    """A playlist, empty; its id."""
    reply = await api.post(PLAYLISTS, {"name": name, **facts}, tenant.admin)
    assert reply.status == 201, reply.body
    return str(reply.body["id"])


async def approved_page(api: Api, tenant: Tenant, content: str, **facts: Any) -> str:
    """A version of a new content that may be shown; its id. `facts`: of the content."""
    media_id = await new_page(api, tenant, await new_content(api, tenant, content, **facts))
    await approve(api, tenant, media_id)
    return media_id


async def with_items(api: Api, tenant: Tenant, name: str, *contents: str) -> str:
    """A playlist of a new approved page of each name; its id."""
    playlist_id = await new_playlist(api, tenant, name)
    for content in contents:
        await put_in(api, tenant, playlist_id, media_id=await approved_page(api, tenant, content))
    return playlist_id


async def retire(api: Api, tenant: Tenant, media_id: str) -> None:
    """It may not be shown any more, wherever it is."""
    body = {"reason": "old", "even_if_used": True}
    reply = await api.post(f"{MEDIA}/{media_id}/retire", body, tenant.admin)
    assert reply.status == 200, reply.body


async def revision_of(api: Api, tenant: Tenant, playlist_id: str) -> int:
    return int((await api.get(f"{PLAYLISTS}/{playlist_id}", tenant.admin)).body["revision"])


async def edit(
    api: Api, by: Operator, method: str, path: str, revision: int | None, body: Any = None
) -> Reply:
    """A change of a draft; `revision`: what is said in If-Match, None: nothing."""
    seen = {} if revision is None else {"If_Match": f'"{revision}"'}
    return await api.call(method, f"{PLAYLISTS}/{path}", body, by, **seen)


async def put_in(api: Api, tenant: Tenant, into: str, **item: Any) -> dict[str, Any]:
    """The new item, of the draft of a playlist that nobody else changes."""
    revision = await revision_of(api, tenant, into)
    reply = await edit(api, tenant.admin, "POST", f"{into}/items", revision, item)
    assert reply.status == 201, reply.body
    at = item.get("position", -1)
    found: dict[str, Any] = reply.body["items"][at]
    return found


async def items_of(api: Api, tenant: Tenant, playlist_id: str) -> dict[str, Any]:
    """The timeline."""
    reply = await api.get(f"{PLAYLISTS}/{playlist_id}/items", tenant.admin)
    assert reply.status == 200, reply.body
    timeline: dict[str, Any] = reply.body
    return timeline


async def publish(api: Api, tenant: Tenant, playlist_id: str, **request: Any) -> dict[str, Any]:
    """The new version."""
    reply = await api.post(f"{PLAYLISTS}/{playlist_id}/publish", request, tenant.admin)
    assert reply.status == 201, reply.body
    version: dict[str, Any] = reply.body
    return version


def names(version: dict[str, Any]) -> list[str]:
    """Of what plays, in order."""
    return [item["name"] for item in version["items"]]
