"""What a draft or a version would show, one medium after the other, with addresses that a browser can open.

Rule 1: what would not play on a screen is left out: what is switched off, and what has a problem.
Rule 2: nested playlists and tags are asked for at the hub, each medium once, a few at a time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from dashboard.clock import to_ms
from dashboard.hub_client import HubClient
from dashboard.hub_contents import Wanted
from dashboard.hub_http import HubError
from dashboard.playlist_sentences import WITHOUT_LENGTH_S, item_seconds
from protocol.contents import Media
from protocol.playlists import PlaylistItem, VersionItem
from protocol.vocabulary import Transition

_MOST: Final = 200
_AT_ONCE: Final = 6


class Shown(NamedTuple):
    """One medium for its time. `item_id`: the item of the draft it stands for; `repeated`: one of several."""

    item_id: str
    media: Media
    seconds: float
    transition: Transition
    from_ms: int | None = None
    until_ms: int | None = None
    repeated: bool = False


async def shown_of_draft(hub: HubClient, items: Sequence[PlaylistItem]) -> list[Shown]:
    """What plays of it now. Raises HubError."""
    plays = [item for item in items if item.enabled and not item.problem]
    pieces = await asyncio.gather(*(_of_item(hub, item) for item in plays[:_MOST]))
    return [shown for piece in pieces for shown in piece][:_MOST]


async def shown_of_version(hub: HubClient, items: Sequence[VersionItem]) -> list[Shown]:
    """What a published version plays. Raises HubError."""
    return await _of_version(hub, items, None)


async def _of_item(hub: HubClient, item: PlaylistItem) -> list[Shown]:
    window = (_ms(item.valid_from), _ms(item.valid_until))
    if item.media is not None:
        return [Shown(item.id, item.media, item_seconds(item), item.transition, *window)]
    if item.content_tag is not None:
        found = await hub.contents.find(Wanted(tag=item.content_tag), "name", limit=100)
        media = [content.approved for content in found.items if content.approved is not None]
        return [
            Shown(
                item.id,
                one,
                item.duration_s or one.duration_s or WITHOUT_LENGTH_S,
                item.transition,
                *window,
                repeated=True,
            )
            for one in media
        ]
    if item.playlist_id is None:
        return []
    nested = await hub.playlists.one(item.playlist_id)
    if nested.active_number is None:
        return []
    version = await hub.playlists.version(nested.id, nested.active_number)
    return await _of_version(hub, version.items or [], item.id)


async def _of_version(hub: HubClient, items: Sequence[VersionItem], item_id: str | None) -> list[Shown]:
    media = await _media(hub, {item.media_id for item in items[:_MOST]})
    return [
        Shown(
            item_id or item.id,
            media[item.media_id],
            item.duration_s,
            item.transition,
            _ms(item.valid_from),
            _ms(item.valid_until),
            repeated=item_id is not None,
        )
        for item in items[:_MOST]
        if item.media_id in media
    ]


async def _media(hub: HubClient, ids: Iterable[str]) -> dict[str, Media]:
    turn = asyncio.Semaphore(_AT_ONCE)

    async def one(media_id: str) -> Media | None:
        async with turn:
            try:
                return await hub.contents.version(media_id)
            except HubError as error:
                if error.status == 404:  # deleted meanwhile: a screen does not show it either
                    return None
                raise

    found = await asyncio.gather(*map(one, ids))
    return {media.id: media for media in found if media is not None and media.url}


def _ms(at: datetime | None) -> int | None:
    return None if at is None else to_ms(at)
