"""Two versions of a playlist beside each other, or one beside the draft."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from hub.operator import Operator
from hub.permissions import require
from hub.use_cases.playlist_bodies import there_is, version_there_is
from hub.use_cases.playlist_diff import differences
from hub.use_cases.playlist_resolving import played, resolve, total_s
from hub.use_cases.playlist_surroundings import surroundings
from hub.use_cases.ports import Database, Transaction
from protocol.playlists import Playlist, PlaylistDiff, VersionItem
from protocol.vocabulary import Permission


class _Side(NamedTuple):
    """`why_not`: by the id of an item of the draft, why it does not play."""

    number: int | None
    shuffle: bool
    items: Sequence[VersionItem]
    why_not: Mapping[str, str]


class PlaylistComparing:
    """What publishing would change, and what it changed."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    async def diff(
        self, operator: Operator, playlist_id: str, before: int | None, after: int | None
    ) -> PlaylistDiff:
        """From version `before` (None: the active one, or nothing if there is none) to version `after` (None:
        the draft as it would be published now). Raises NotAllowed, NotFound."""
        require(operator, Permission.CONTENT_VIEW)
        now = self._now()

        def read(tx: Transaction) -> PlaylistDiff:
            playlist = there_is(tx.playlists.get(playlist_id))
            number = playlist.active_number if before is None else before
            old = _Side(None, playlist.shuffle, [], {}) if number is None else _version(tx, playlist, number)
            new = _draft(tx, playlist, now) if after is None else _version(tx, playlist, after)
            return PlaylistDiff(
                playlist_id,
                old.number,
                new.number,
                total_s(old.items),
                total_s(new.items),
                differences(old.items, new.items, new.why_not),
                None if old.shuffle == new.shuffle else new.shuffle,
            )

        return await self._database.transact(operator.tenant_id, read)


def _version(tx: Transaction, playlist: Playlist, number: int) -> _Side:
    kept = version_there_is(tx.playlist_versions.kept(playlist.id, number))
    return _Side(number, kept.shuffle, kept.items, {})


def _draft(tx: Transaction, playlist: Playlist, now: datetime) -> _Side:
    draft = tx.playlist_items.of([playlist.id])[playlist.id]
    parts = resolve(draft, surroundings(tx, [draft]), now)
    why_not = {part.item.id: part.problem for part in parts if part.problem is not None}
    return _Side(None, playlist.shuffle, played(parts), why_not)
