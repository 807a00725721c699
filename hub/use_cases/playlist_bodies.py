"""Playlists and drafts as the API answers them: with what their items come to now.

Rule: whoever is limited to sites sees every playlist, and counts the screens there.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from hub.operator import Operator
from hub.use_cases.errors import NotFound
from hub.use_cases.media_bodies import FileUrls, media_body
from hub.use_cases.playlist_ports import KeptVersion, PlayedDraft
from hub.use_cases.playlist_resolving import WITHOUT_LENGTH_S, Part, kind_of, resolve
from hub.use_cases.playlist_surroundings import surroundings
from hub.use_cases.ports import Transaction
from protocol.contents import Media
from protocol.playlists import DraftItem, Playlist, PlaylistItem, PlaylistItems, PlaylistVersion

NO_SUCH_PLAYLIST = "There is no such playlist. It may have been deleted, or the id is mistyped."
NO_SUCH_VERSION = "The playlist has no version of this number."


def there_is(found: Playlist | None) -> Playlist:
    """What was found. Raises NotFound."""
    if found is None:
        raise NotFound(NO_SUCH_PLAYLIST)
    return found


def version_there_is(found: KeptVersion | None) -> KeptVersion:
    """What was found. Raises NotFound."""
    if found is None:
        raise NotFound(NO_SUCH_VERSION)
    return found


def playlist_bodies(
    tx: Transaction, rows: Sequence[Playlist], operator: Operator, now: datetime
) -> list[Playlist]:
    """Each of them, with what is counted over its items."""
    ids = [row.id for row in rows]
    drafts = tx.playlist_items.of(ids)
    totals = tx.playlist_items.totals(ids, now, WITHOUT_LENGTH_S)
    active = tx.playlist_versions.active_drafts(ids)
    screens = tx.playlists.screens(ids, operator.sites)
    bodies = []
    for row in rows:
        total = totals.get(row.id)
        bodies.append(
            msgspec.structs.replace(
                row,
                items=0 if total is None else total.items,
                total_s=0.0 if total is None else total.total_s,
                has_changes=_differs(row, drafts[row.id], active.get(row.id)),
                screens=sum(count for (playlist_id, _), count in screens.items() if playlist_id == row.id),
            )
        )
    return bodies


def playlist_body(tx: Transaction, row: Playlist, operator: Operator, now: datetime) -> Playlist:
    """One of them."""
    (body,) = playlist_bodies(tx, [row], operator, now)
    return body


def items_body(
    tx: Transaction, operator: Operator, playlist_id: str, urls: FileUrls, now: datetime
) -> PlaylistItems:
    """The draft as a timeline, with all there is to know of its media. Raises NotFound."""
    playlist = there_is(tx.playlists.get(playlist_id))
    draft = tx.playlist_items.of([playlist_id])[playlist_id]
    parts = resolve(draft, surroundings(tx, [draft]), now)
    media = tx.media.by_ids([item.media_id for item in draft if item.media_id is not None])
    items, starts_s = [], 0.0
    for position, part in enumerate(parts):
        row = media.get(part.item.media_id or "")
        body = None if row is None else media_body(operator.tenant_id, row, urls, now)
        items.append(_item(part, position, starts_s, body))
        starts_s += part.plays_s
    return PlaylistItems(playlist.id, playlist.revision, starts_s, items)


def version_bodies(
    tx: Transaction, versions: Sequence[PlaylistVersion], operator: Operator
) -> list[PlaylistVersion]:
    """Versions of one playlist, each with how many of the operator's screens it is on."""
    ids = {version.playlist_id for version in versions}
    screens = tx.playlists.screens(ids, operator.sites) if ids else {}
    return [
        msgspec.structs.replace(version, screens=screens.get((version.playlist_id, version.number), 0))
        for version in versions
    ]


def _item(part: Part, position: int, starts_s: float, media: Media | None) -> PlaylistItem:
    item = part.item
    return PlaylistItem(
        id=item.id,
        position=position,
        kind=kind_of(item),
        media=media,
        playlist_id=item.playlist_id,
        playlist_name=item.name if item.playlist_id is not None else None,
        content_tag=item.content_tag,
        duration_s=item.duration_s,
        plays_s=part.plays_s,
        starts_s=starts_s,
        count=len(part.plays),
        transition=item.transition,
        enabled=item.enabled,
        valid_from=item.valid_from,
        valid_until=item.valid_until,
        problem=part.problem if item.enabled else None,
    )


def _differs(playlist: Playlist, draft: Sequence[DraftItem], active: PlayedDraft | None) -> bool:
    """Whether to publish it would change something. What things are called is no change."""
    if active is None:
        return bool(draft)
    return playlist.shuffle != active.shuffle or _unnamed(draft) != _unnamed(active.draft)


def _unnamed(draft: Sequence[DraftItem]) -> list[DraftItem]:
    return [msgspec.structs.replace(item, name="") for item in draft]
