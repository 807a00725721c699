"""Playlists, their drafts and their numbered versions, as the hub's API has them."""

from __future__ import annotations

from typing import Final

from dashboard.hub_http import HubHttp, Ignored, if_still
from protocol.api import Page
from protocol.playlists import (
    DuplicateRequest,
    ItemOrder,
    ItemPatch,
    ItemRequest,
    Playlist,
    PlaylistDiff,
    PlaylistItems,
    PlaylistPatch,
    PlaylistRequest,
    PlaylistVersion,
    PublishRequest,
    RollbackRequest,
)

_VERSIONS_A_PAGE: Final = 20


class HubPlaylists:
    """Every method raises HubError; one that names a revision raises it with status 412 when somebody else
    was faster."""

    def __init__(self, http: HubHttp) -> None:
        self._http = http

    async def all(self) -> list[Playlist]:
        """By name."""
        return await self._http.every("/playlists", Playlist, {"limit": "200"})

    async def one(self, playlist_id: str) -> Playlist:
        return await self._http.get(f"/playlists/{playlist_id}", Playlist)

    async def add(self, request: PlaylistRequest) -> Playlist:
        return await self._http.post("/playlists", Playlist, request)

    async def change(self, playlist_id: str, patch: PlaylistPatch) -> Playlist:
        return await self._http.ask("PATCH", f"/playlists/{playlist_id}", Playlist, patch)

    async def remove(self, playlist_id: str) -> None:
        await self._http.ask("DELETE", f"/playlists/{playlist_id}", Ignored)

    async def duplicate(self, playlist_id: str, name: str) -> Playlist:
        return await self._http.post(f"/playlists/{playlist_id}/duplicate", Playlist, DuplicateRequest(name))

    # ---- the draft, as it is after each change ----

    async def items(self, playlist_id: str) -> PlaylistItems:
        return await self._http.get(f"/playlists/{playlist_id}/items", PlaylistItems)

    async def add_item(self, playlist_id: str, revision: int, request: ItemRequest) -> PlaylistItems:
        path = f"/playlists/{playlist_id}/items"
        return await self._http.post(path, PlaylistItems, request, if_still(revision))

    async def change_item(
        self, playlist_id: str, revision: int, item_id: str, patch: ItemPatch
    ) -> PlaylistItems:
        path = f"/playlists/{playlist_id}/items/{item_id}"
        return await self._http.ask("PATCH", path, PlaylistItems, patch, headers=if_still(revision))

    async def remove_item(self, playlist_id: str, revision: int, item_id: str) -> PlaylistItems:
        path = f"/playlists/{playlist_id}/items/{item_id}"
        return await self._http.ask("DELETE", path, PlaylistItems, headers=if_still(revision))

    async def order(self, playlist_id: str, revision: int, item_ids: list[str]) -> PlaylistItems:
        path, order = f"/playlists/{playlist_id}/items/order", ItemOrder(item_ids)
        return await self._http.ask("PUT", path, PlaylistItems, order, headers=if_still(revision))

    # ---- versions ----

    async def publish(self, playlist_id: str, revision: int, request: PublishRequest) -> PlaylistVersion:
        """The draft as it is in this revision."""
        path = f"/playlists/{playlist_id}/publish"
        return await self._http.post(path, PlaylistVersion, request, if_still(revision))

    async def versions(self, playlist_id: str, cursor: str | None = None) -> Page[PlaylistVersion]:
        """A page of them, the newest first."""
        query = {"limit": str(_VERSIONS_A_PAGE)} | ({} if cursor is None else {"cursor": cursor})
        return await self._http.get(f"/playlists/{playlist_id}/versions", Page[PlaylistVersion], query)

    async def version(self, playlist_id: str, number: int) -> PlaylistVersion:
        """With its items."""
        return await self._http.get(f"/playlists/{playlist_id}/versions/{number}", PlaylistVersion)

    async def roll_back(self, playlist_id: str, revision: int, number: int, note: str) -> PlaylistVersion:
        """A new version with the draft of that one, instead of the draft in this revision."""
        path = f"/playlists/{playlist_id}/versions/{number}/rollback"
        return await self._http.post(path, PlaylistVersion, RollbackRequest(note), if_still(revision))

    async def difference(self, playlist_id: str, number: int | None, to: int | None) -> PlaylistDiff:
        """From one version to another: from the active one, if `number` is None; to the draft, if `to` is."""
        query = {side: str(which) for side, which in (("from", number), ("to", to)) if which is not None}
        return await self._http.get(f"/playlists/{playlist_id}/diff", PlaylistDiff, query)

    async def promote(self, playlist_id: str) -> None:
        """Every screen plays what the canary screens play."""
        await self._http.post(f"/playlists/{playlist_id}/canary/promote", Ignored)

    async def withdraw(self, playlist_id: str) -> None:
        """The canary screens play again what the others play."""
        await self._http.post(f"/playlists/{playlist_id}/canary/withdraw", Ignored)
