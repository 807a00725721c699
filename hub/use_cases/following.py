"""Playlists that name others, or a tag, are published anew by the hub when what those stand for changes.

Rule 1: a version names exact media and never changes, so without this a playlist of playlists would show for
        ever what was in them on the day it was published.
Rule 2: what is published anew is what was published, not the draft of now: nobody's unfinished work goes out.
Rule 3: what is in others comes first, so that a change at the bottom goes up through all of them in one look.
Rule 4: each is decided again under its lock: of two hubs that see the same change, one publishes.
Rule 5: a tenant of which this cannot be done holds up nobody else: it is tried again after a pause.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Final

import structlog
import trio
from msgspec.structs import replace

from hub.use_cases.audit import Done, record_all
from hub.use_cases.playlist_diff import differences, in_short
from hub.use_cases.playlist_ports import KeptVersion
from hub.use_cases.playlist_resolving import ITEMS_OF_VERSION_AT_MOST, played, resolve, total_s
from hub.use_cases.playlist_surroundings import surroundings
from hub.use_cases.ports import Database, Transaction
from persistence.errors import DatabaseUnavailable
from protocol.playlists import VersionItem

LOOK_EVERY_S: Final = 0.5
REST_FACTOR: Final = 4.0
"""A tenant may play a hundred thousand items that stand for others: whoever has them waits a little longer,
and the hub is never busy with this for more than a fifth of its time."""
AGAIN_AFTER_S: Final = 5.0
BY_THE_HUB: Final = "clarion"
_log = structlog.get_logger("hub.playlists")


class Following:
    """Looks at the tenants in which something changed that screens may play."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now
        self._seen: dict[str, int] = {}
        self._rests_until_s: dict[str, float] = {}

    async def run(self) -> None:
        """Look, for ever."""
        while True:
            began_s = trio.current_time()
            await self.look()
            took_s = trio.current_time() - began_s
            await trio.sleep(max(LOOK_EVERY_S, REST_FACTOR * took_s))

    async def look(self) -> None:
        """Publish what is due. What the database does not answer now is looked at again."""
        try:
            versions = await self._database.ask(lambda questions: questions.what_plays_versions())
        except DatabaseUnavailable as error:
            _log.warning("playlists cannot be published anew now", reason=str(error))
            return
        for tenant_id, version in versions.items():
            rests = trio.current_time() < self._rests_until_s.get(tenant_id, 0.0)
            if self._seen.get(tenant_id) != version and not rests:
                await self._look_at(tenant_id, version)

    async def _look_at(self, tenant_id: str, version: int) -> None:
        self._rests_until_s[tenant_id] = trio.current_time() + AGAIN_AFTER_S
        try:
            await self._follow(tenant_id)
        except DatabaseUnavailable as error:
            _log.warning("playlists cannot be published anew now", tenant_id=tenant_id, reason=str(error))
        except Exception:  # noqa: BLE001 -- what is wrong with one tenant's is wrong with nobody else's
            _log.exception("playlists cannot be published anew", tenant_id=tenant_id)
        else:
            del self._rests_until_s[tenant_id]
            self._seen[tenant_id] = version

    async def _follow(self, tenant_id: str) -> None:
        now = self._now()
        for version in await self._database.transact(tenant_id, partial(outdated, now=now)):
            number = await self._database.transact(
                tenant_id, partial(_publish_anew, playlist_id=version[0], number=version[1], now=now)
            )
            if number is not None:
                _log.info("a playlist was published anew", playlist_id=version[0], number=number)


def outdated(tx: Transaction, now: datetime) -> list[tuple[str, int]]:
    """Playlist and number of what would come to something else by now; what is in others comes first."""
    versions = tx.playlist_versions.following()
    if not versions:
        return []
    around = surroundings(tx, [version.draft for version in versions])
    active = dict(around.active)
    due = []
    for version in _inner_first(versions):
        items = played(resolve(version.draft, around._replace(active=active), now))
        if not _is_same(items, version.items):
            due.append((version.playlist_id, version.number))
            if version.is_active:
                active[version.playlist_id] = items
    return due


def _publish_anew(tx: Transaction, playlist_id: str, number: int, now: datetime) -> int | None:
    """The number of the new version; None if there is no need any more."""
    tx.playlists.lock()
    playlist = tx.playlists.get_locked(playlist_id)
    version = tx.playlist_versions.kept(playlist_id, number)
    if playlist is None or version is None or number not in (playlist.active_number, playlist.canary_number):
        return None
    items = played(resolve(version.draft, surroundings(tx, [version.draft], held=True), now))
    if _is_same(items, version.items):
        return None
    if len(items) > ITEMS_OF_VERSION_AT_MOST:
        _log.warning("a playlist has become too long to publish", playlist_id=playlist_id, items=len(items))
        return None
    note = f"What its items stand for changed: {in_short(differences(version.items, items, {}))}."
    new = tx.playlist_versions.add(
        playlist_id,
        shuffle=version.shuffle,
        follows=True,
        draft=version.draft,
        items=items,
        total_s=total_s(items),
        note=note,
        rolled_back_to=None,
        user_id=None,
        by=BY_THE_HUB,
        at=now,
    )
    if version.is_active:
        tx.playlists.play(playlist_id, new, playlist.canary_number, playlist.canary)
    else:
        tx.playlists.play(playlist_id, playlist.active_number, new, playlist.canary)
    what = {"name": playlist.name, "number": new, "instead_of": number, "items": len(items), "note": note}
    record_all(tx, [Done.by_clarion(now, "playlist.published_anew", "playlist", playlist_id, what)])
    return new


def _inner_first(versions: Sequence[KeptVersion]) -> list[KeptVersion]:
    """Each after those that are in it. There are no circles."""
    by_playlist: dict[str, list[KeptVersion]] = {}
    for version in versions:
        by_playlist.setdefault(version.playlist_id, []).append(version)
    ordered: list[KeptVersion] = []
    done: set[str] = set()

    def take(playlist_id: str) -> None:
        if playlist_id in done:
            return
        done.add(playlist_id)
        own = by_playlist.get(playlist_id, [])
        for item in (item for version in own for item in version.draft):
            if item.playlist_id is not None:
                take(item.playlist_id)
        ordered.extend(own)

    for playlist_id in by_playlist:
        take(playlist_id)
    return ordered


def _is_same(one: Sequence[VersionItem], other: Sequence[VersionItem]) -> bool:
    """What contents are called is no difference."""
    return [replace(item, name="") for item in one] == [replace(item, name="") for item in other]
