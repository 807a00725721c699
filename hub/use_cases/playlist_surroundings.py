"""What the items of drafts stand for, read from the database in three questions."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

from hub.use_cases.playlist_resolving import Surroundings
from hub.use_cases.ports import Transaction
from protocol.playlists import DraftItem


def surroundings(
    tx: Transaction, drafts: Iterable[Iterable[DraftItem]], *, held: bool = False
) -> Surroundings:
    """Everything that these drafts name. `held`: no version of a content changes its state until the end of
    the transaction."""
    items = list(chain.from_iterable(drafts))
    nested = {item.playlist_id for item in items if item.playlist_id is not None}
    versions = tx.playlist_versions.active(nested) if nested else {}
    active = {playlist_id: version.items for playlist_id, version in versions.items()}
    tagged = tx.playables.tagged({item.content_tag for item in items if item.content_tag is not None})
    media = {item.media_id for item in items if item.media_id is not None}
    media.update(chain.from_iterable(tagged.values()))
    media.update(item.media_id for item in chain.from_iterable(active.values()))
    return Surroundings(tx.playables.by_ids(media, held=held), tagged, active)
