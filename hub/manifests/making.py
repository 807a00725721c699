"""The service that makes manifests: a tenant's anew, when what its screens play may have changed.

Rule 1: PostgreSQL says that something changed (`all_content_versions`), whoever changed it, at which hub: it
        is asked four times a second, one small query for all tenants.
Rule 2: what is made is kept, and numbered, in one transaction, before any screen is told. Two hubs that make
        the same at once wait for each other, and the second finds nothing left to do but to tell its screens.
Rule 3: one tenant after the other, in a thread; whoever changes without end has to wait a little, others not.
        A tenant whose manifests cannot be made, or take too long, holds up nobody else's: it is tried again
        after a pause that grows.
Rule 4: schedules go on at midnight (UTC): each tenant at a moment of its own within the hour after it.
"""

from __future__ import annotations

import logging
import zlib
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple, Protocol

import msgspec
import trio

from hub.manifests.building import Facts, build, midnight_of
from hub.use_cases.ports import Database, Transaction
from protocol.manifest import Manifest

logger = logging.getLogger(__name__)

LOOK_EVERY_S: Final = 0.25
REST_AT_MOST_S: Final = 0.5
AGAIN_AFTER_S: Final = 1.0
AGAIN_AT_MOST_S: Final = 60.0
SPREAD_S: Final = 3600
NUMBERS_KEPT_DAYS: Final = 30


class Live(Protocol):
    """The live side; `hub.live.realtime` fulfils it."""

    async def manifests_made(
        self,
        tenant_id: str,
        manifests: Mapping[str, tuple[Manifest, int]],
        wanted: Mapping[str, tuple[int, str]],
    ) -> None:
        """Tell the screens. `manifests`: all of the tenant's, by digest, with their size in bytes; `wanted`:
        by device id the number and the digest of what it must play."""


class Made(NamedTuple):
    """What is so after a transaction; see `Live`."""

    manifests: dict[str, tuple[Manifest, int]]
    wanted: dict[str, tuple[int, str]]


class ManifestMaking:
    """`unavailable`: the exception that the database raises when it does not answer. `times_made` counts."""

    def __init__(
        self,
        database: Database,
        live: Live,
        unavailable: type[Exception],
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._live = live
        self._unavailable = unavailable
        self._now = now
        self._made: dict[str, tuple[int, datetime]] = {}
        self._rests_until_s: dict[str, float] = {}
        self._failed: dict[str, int] = {}
        self._is_away = False
        self.times_made = 0

    async def run(self) -> None:
        """Look, for ever."""
        while True:
            await self.look()
            await trio.sleep(LOOK_EVERY_S)

    async def look(self) -> None:
        """Make anew what is due."""
        try:
            versions = await self._database.ask(lambda questions: questions.what_plays_versions())
        except self._unavailable as error:
            if not self._is_away:
                logger.warning("manifests cannot be made now: %s", error)
            self._is_away = True
            return
        self._is_away = False
        for tenant_id, version in versions.items():
            due = version, self._day_of(tenant_id)
            if self._made.get(tenant_id) != due and self._rested(tenant_id):
                await self._make_due(tenant_id, due)

    async def _make_due(self, tenant_id: str, due: tuple[int, datetime]) -> None:
        began_s = trio.current_time()
        try:
            await self.make(tenant_id)
            if tenant_id not in self._made or self._made[tenant_id][1] != due[1]:
                await self.forget(tenant_id)
        except Exception as error:  # whatever is wrong with one tenant's is wrong with nobody else's
            failed = self._failed[tenant_id] = self._failed.get(tenant_id, 0) + 1
            again_s = min(AGAIN_AT_MOST_S, AGAIN_AFTER_S * 2 ** min(failed - 1, 10))
            self._rests_until_s[tenant_id] = trio.current_time() + again_s
            unexpected = not isinstance(error, self._unavailable)
            logger.warning(
                "the manifests of tenant %s cannot be made: %s", tenant_id, error, exc_info=unexpected
            )
            return
        self._failed.pop(tenant_id, None)
        self._rest(tenant_id, trio.current_time() - began_s)
        self._made[tenant_id] = due

    async def make(self, tenant_id: str) -> None:
        """Make the tenant's manifests of now, keep them, tell its screens. Raises `unavailable`."""
        now, day = self._now(), self._day_of(tenant_id)
        made = await self._database.transact(tenant_id, lambda tx: _make(tx, now, day))
        self.times_made += 1
        await self._live.manifests_made(tenant_id, made.manifests, made.wanted)

    async def forget(self, tenant_id: str) -> None:
        """What numbers meant long ago, once a day. Raises `unavailable`."""
        before = self._now() - timedelta(days=NUMBERS_KEPT_DAYS)
        await self._database.transact(tenant_id, lambda tx: tx.manifests.forget(before))

    def _day_of(self, tenant_id: str) -> datetime:
        """Midnight of the tenant's day: it begins a while after everybody's."""
        late = timedelta(seconds=zlib.crc32(tenant_id.encode()) % SPREAD_S)
        return midnight_of(self._now() - late)

    def _rested(self, tenant_id: str) -> bool:
        return trio.current_time() >= self._rests_until_s.get(tenant_id, 0.0)

    def _rest(self, tenant_id: str, took_s: float) -> None:
        self._rests_until_s[tenant_id] = trio.current_time() + min(REST_AT_MOST_S, took_s)


def _make(tx: Transaction, now: datetime, day: datetime) -> Made:
    facts = _read(tx)
    built = build(facts, day)
    bodies = {digest: msgspec.json.encode(manifest) for digest, manifest in built.manifests.items()}
    had = {device.id: (device.version, device.digest) for device in facts.devices}
    changed = {
        device_id: digest for device_id, digest in built.digests.items() if had[device_id][1] != digest
    }
    numbers = tx.manifests.keep(bodies, changed, now)
    return Made(
        {digest: (manifest, len(bodies[digest])) for digest, manifest in built.manifests.items()},
        {
            device_id: (numbers.get(device_id, had[device_id][0]), digest)
            for device_id, digest in built.digests.items()
        },
    )


def _read(tx: Transaction) -> Facts:
    found = tx.manifest_facts
    found.lock()
    entries, playlists = found.entries(), found.playlists()
    played = {entry.playlist_id for entry in entries} | {each.id for each in playlists if each.is_default}
    playlists = [playlist for playlist in playlists if playlist.id in played]
    versions = found.versions([playlist.id for playlist in playlists])
    media = found.showable({item.media_id for version in versions for item in version.items})
    return Facts(found.devices(), entries, playlists, versions, media, _members(found.members))


def _members(ask: Callable[[str], set[str]]) -> Callable[[str], set[str]]:
    """Asks for the members of each group once."""
    known: dict[str, set[str]] = {}

    def members(group_id: str) -> set[str]:
        if group_id not in known:
            known[group_id] = ask(group_id)
        return known[group_id]

    return members
