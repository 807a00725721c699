"""Contents, the versions of their media, and approval, as the hub's API has them."""

from __future__ import annotations

from typing import Literal, NamedTuple

from dashboard.hub_http import HubHttp, Ignored, if_still
from protocol.api import Page
from protocol.contents import (
    Content,
    ContentFacets,
    ContentPatch,
    ContentRequest,
    ContentRules,
    Media,
    MediaRequest,
    Rejection,
    Retirement,
    Usage,
)
from protocol.vocabulary import MediaKind, MediaStatus

Order = Literal["newest", "name"]


class Wanted(NamedTuple):
    """Which contents a list is to hold; empty: whatever. `kind`, `status`: of the newest version."""

    q: str = ""
    tag: str = ""
    category: str = ""
    kind: MediaKind | None = None
    status: MediaStatus | None = None

    def question(self) -> dict[str, str]:
        """As query parameters."""
        return {key: str(value) for key, value in self._asdict().items() if value}


class HubContents:
    """Every method raises HubError."""

    def __init__(self, http: HubHttp) -> None:
        self._http = http

    async def find(
        self, wanted: Wanted, order: Order = "newest", cursor: str | None = None, limit: int = 60
    ) -> Page[Content]:
        """One page of the contents that fit."""
        asked = {**wanted.question(), "order": order, "limit": str(limit)}
        if cursor is not None:
            asked["cursor"] = cursor
        return await self._http.get("/contents", Page[Content], asked)

    async def facets(self) -> ContentFacets:
        return await self._http.get("/contents/facets", ContentFacets)

    async def content(self, content_id: str) -> Content:
        return await self._http.get(f"/contents/{content_id}", Content)

    async def add(self, request: ContentRequest) -> Content:
        return await self._http.post("/contents", Content, request)

    async def change(self, content: Content, patch: ContentPatch) -> Content:
        """Of what was seen: refused when somebody else has changed it since."""
        path, seen = f"/contents/{content.id}", if_still(content.revision)
        return await self._http.ask("PATCH", path, Content, patch, headers=seen)

    async def remove(self, content_id: str) -> None:
        await self._http.ask("DELETE", f"/contents/{content_id}", Ignored)

    # ---- versions ----

    async def versions(self, content_id: str) -> list[Media]:
        """The newest first."""
        rows = (await self._http.get(f"/contents/{content_id}/media", Page[Media])).items
        return sorted(rows, key=lambda media: -media.number)

    async def add_version(self, content_id: str, request: MediaRequest) -> Media:
        return await self._http.post(f"/contents/{content_id}/media", Media, request)

    async def remove_draft(self, content_id: str) -> None:
        """The newest version, while it is a draft or rejected."""
        await self._http.ask("DELETE", f"/contents/{content_id}/media", Ignored)

    async def version(self, media_id: str) -> Media:
        return await self._http.get(f"/media/{media_id}", Media)

    async def usage(self, media_id: str) -> Usage:
        return await self._http.get(f"/media/{media_id}/usage", Usage)

    # ---- approval ----

    async def submitted(self) -> list[Media]:
        """What waits for somebody's word, the oldest first."""
        return await self._http.every("/approvals", Media)

    async def submit(self, media_id: str) -> Media:
        return await self._http.post(f"/media/{media_id}/submit", Media)

    async def withdraw(self, media_id: str) -> Media:
        return await self._http.post(f"/media/{media_id}/withdraw", Media)

    async def approve(self, media_id: str) -> Media:
        return await self._http.post(f"/media/{media_id}/approve", Media)

    async def reject(self, media_id: str, reason: str) -> Media:
        return await self._http.post(f"/media/{media_id}/reject", Media, Rejection(reason))

    async def retire(self, media_id: str, reason: str, *, even_if_used: bool) -> Media:
        """In use and not `even_if_used`: HubError with status 409, which says where."""
        return await self._http.post(f"/media/{media_id}/retire", Media, Retirement(reason, even_if_used))

    async def rules(self) -> ContentRules:
        return await self._http.get("/content-rules", ContentRules)

    async def put_rules(self, rules: ContentRules) -> ContentRules:
        return await self._http.ask("PUT", "/content-rules", ContentRules, rules)
