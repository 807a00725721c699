"""Playlists, and the items of their drafts."""

from __future__ import annotations

from typing import Final

from hub.api.queries import PlaylistsQuery
from hub.api.route import Answer, route
from hub.operator import Operator
from hub.use_cases.wiring import UseCases
from protocol.api import Page
from protocol.playlists import (
    DuplicateRequest,
    ItemOrder,
    ItemPatch,
    ItemRequest,
    Playlist,
    PlaylistItems,
    PlaylistPatch,
    PlaylistRequest,
)


async def list_playlists(use_cases: UseCases, operator: Operator, query: PlaylistsQuery) -> Page[Playlist]:
    return await use_cases.playlists.find(operator, query.q, query.cursor, query.limit)


async def add_playlist(use_cases: UseCases, operator: Operator, body: PlaylistRequest) -> Answer:
    return _tagged(await use_cases.playlists.add(operator, body), 201)


async def get_playlist(use_cases: UseCases, operator: Operator, playlist_id: str) -> Answer:
    return _tagged(await use_cases.playlists.get(operator, playlist_id))


async def change_playlist(
    use_cases: UseCases, operator: Operator, playlist_id: str, body: PlaylistPatch, if_match: int | None
) -> Answer:
    return _tagged(await use_cases.playlists.change(operator, playlist_id, body, if_match))


async def delete_playlist(use_cases: UseCases, operator: Operator, playlist_id: str) -> None:
    await use_cases.playlists.delete(operator, playlist_id)


async def duplicate_playlist(
    use_cases: UseCases, operator: Operator, playlist_id: str, body: DuplicateRequest | None
) -> Answer:
    name = None if body is None else body.name
    return _tagged(await use_cases.playlists.duplicate(operator, playlist_id, name), 201)


# ---- the draft ----


async def list_items(use_cases: UseCases, operator: Operator, playlist_id: str) -> Answer:
    return _tagged(await use_cases.draft_items.all(operator, playlist_id))


async def add_item(
    use_cases: UseCases, operator: Operator, playlist_id: str, body: ItemRequest, if_match: int | None
) -> Answer:
    return _tagged(await use_cases.draft_items.add(operator, playlist_id, if_match, body), 201)


async def order_items(
    use_cases: UseCases, operator: Operator, playlist_id: str, body: ItemOrder, if_match: int | None
) -> Answer:
    return _tagged(await use_cases.draft_items.order(operator, playlist_id, if_match, body.item_ids))


async def change_item(
    use_cases: UseCases,
    operator: Operator,
    playlist_id: str,
    item_id: str,
    body: ItemPatch,
    if_match: int | None,
) -> Answer:
    return _tagged(await use_cases.draft_items.change(operator, playlist_id, item_id, if_match, body))


async def remove_item(
    use_cases: UseCases, operator: Operator, playlist_id: str, item_id: str, if_match: int | None
) -> Answer:
    return _tagged(await use_cases.draft_items.remove(operator, playlist_id, item_id, if_match))


def _tagged(body: Playlist | PlaylistItems, status: int = 200) -> Answer:
    return Answer(body, status, {"ETag": f'"{body.revision}"'})


_NO_PLAYLIST: Final = {404: "Your tenant has no such playlist."}
_NO_ITEM: Final = {404: "Your tenant has no such playlist, or the playlist no such item."}
_NAME: Final = {409: "The name is taken."}
_STALE: Final = {412: "It was changed since the revision that If-Match names: read it again."}
_SEEN: Final = _STALE | {428: "If-Match is missing: say which revision you change."}
_TIMELINE: Final = "The draft as it is now; its revision is the ETag."

ROUTES: Final = (
    route(
        "GET",
        "/api/v1/playlists",
        list_playlists,
        tag="playlists",
        summary="Playlists that fit, by name",
        answers={200: (Page[Playlist], "One page.")},
    ),
    route(
        "POST",
        "/api/v1/playlists",
        add_playlist,
        tag="playlists",
        summary="A new playlist, empty",
        answers={201: (Playlist, "The playlist; its revision is the ETag.")},
        problems=_NAME,
    ),
    route(
        "GET",
        "/api/v1/playlists/{playlist_id}",
        get_playlist,
        tag="playlists",
        summary="One playlist",
        answers={200: (Playlist, "The playlist; its revision is the ETag.")},
        problems=_NO_PLAYLIST,
    ),
    route(
        "PATCH",
        "/api/v1/playlists/{playlist_id}",
        change_playlist,
        tag="playlists",
        summary="Change what is said of a playlist; what is left out stays",
        answers={200: (Playlist, "The playlist as it is now; its revision is the ETag.")},
        problems=_NO_PLAYLIST | _NAME | _STALE,
    ),
    route(
        "DELETE",
        "/api/v1/playlists/{playlist_id}",
        delete_playlist,
        tag="playlists",
        summary="Delete a playlist on which nothing stands, with its versions",
        answers={204: (None, "It is gone.")},
        problems=_NO_PLAYLIST
        | {409: "It is scheduled, the default, or in another playlist; the detail says where."},
    ),
    route(
        "POST",
        "/api/v1/playlists/{playlist_id}/duplicate",
        duplicate_playlist,
        tag="playlists",
        summary="A copy of a playlist's draft, never published",
        answers={201: (Playlist, "The copy; its revision is the ETag.")},
        problems=_NO_PLAYLIST | _NAME,
    ),
    route(
        "GET",
        "/api/v1/playlists/{playlist_id}/items",
        list_items,
        tag="playlists",
        summary="The draft as a timeline, with all there is to know of its media",
        answers={200: (PlaylistItems, _TIMELINE)},
        problems=_NO_PLAYLIST,
    ),
    route(
        "POST",
        "/api/v1/playlists/{playlist_id}/items",
        add_item,
        tag="playlists",
        summary="Put something into the draft: an approved version, another playlist, or whatever has a tag",
        answers={201: (PlaylistItems, _TIMELINE)},
        problems=_NO_PLAYLIST | _SEEN | {409: "The playlist is full."},
    ),
    route(
        "PUT",
        "/api/v1/playlists/{playlist_id}/items/order",
        order_items,
        tag="playlists",
        summary="Put all items into another order",
        answers={200: (PlaylistItems, _TIMELINE)},
        problems=_NO_PLAYLIST | _SEEN,
    ),
    route(
        "PATCH",
        "/api/v1/playlists/{playlist_id}/items/{item_id}",
        change_item,
        tag="playlists",
        summary="Change an item of the draft; what is left out stays",
        answers={200: (PlaylistItems, _TIMELINE)},
        problems=_NO_ITEM | _SEEN,
    ),
    route(
        "DELETE",
        "/api/v1/playlists/{playlist_id}/items/{item_id}",
        remove_item,
        tag="playlists",
        summary="Take an item out of the draft",
        answers={200: (PlaylistItems, _TIMELINE)},
        problems=_NO_ITEM | _SEEN,
    ),
)
