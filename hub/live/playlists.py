"""Which manifest each screen must play, which one it says that it plays, and what that shows at this moment.

Rule 1: PostgreSQL decides (`hub.manifests.making`); this is told after the commit. What a screen says changes
        `reported_…`, `plays` and `lags_since_ms` of its row, and nothing that it must play.
Rule 2: a screen lags while what it reports is not the number that it must play, be it online or not.
Rule 3: a manifest that turns by the clock changes rows without anybody saying anything: `turn` sees to it.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Final, Protocol

from actors.device.ports import WantedManifest
from hub.live.roster import Roster, Screen
from hub.manifests.shelf import Shelf
from protocol.manifest import Manifest

FETCHES_PER_S: Final = 100
"""So many screens fetch the same new manifest a second, where it does not come through their sessions."""


class Changes(Protocol):
    """The feed, as this sees it."""

    def screen_changed(self, tenant_id: str, device_id: str) -> None:
        """A row shows something else."""


class Playlists:
    """All synchronous, on the trio thread. `wall_ms`: milliseconds since the Unix epoch."""

    def __init__(self, roster: Roster, shelf: Shelf, changes: Changes, wall_ms: Callable[[], int]) -> None:
        self._roster = roster
        self._shelf = shelf
        self._changes = changes
        self._wall_ms = wall_ms
        self._fetch_within_s: dict[tuple[str, str], float] = {}
        self._turns: list[tuple[int, str, str]] = []
        self._turning: set[tuple[str, str]] = set()

    # ---- what a screen must play ----

    def wanted(self, device_id: str) -> WantedManifest | None:
        """What the screen is to be told; None while it has no manifest."""
        screen = self._roster.get(device_id)
        if screen is None or screen.manifest_digest is None:
            return None
        return WantedManifest(
            screen.playlist_version,
            screen.manifest_digest,
            self._shelf.frame(screen.tenant_id, screen.manifest_digest),
            self._fetch_within_s.get((screen.tenant_id, screen.manifest_digest), 0.0),
        )

    def made(
        self, tenant_id: str, manifests: Mapping[str, tuple[Manifest, int]], digests: Iterable[str]
    ) -> None:
        """All the tenant's manifests of now, by digest, with their size in bytes. `digests`: of each of its
        screens the one that it has."""
        for manifest, size_bytes in manifests.values():
            self._shelf.put(tenant_id, manifest, size_bytes)
        for key in [key for key in self._fetch_within_s if key[0] == tenant_id]:
            del self._fetch_within_s[key]
        for digest, screens in Counter(digests).items():
            self._fetch_within_s[tenant_id, digest] = screens / FETCHES_PER_S
            self._expect_turn(tenant_id, digest, self._wall_ms())

    def must_play(self, screen: Screen, version: int, digest: str) -> None:
        """The screen has this manifest from now on, as its number `version`."""
        # A newer number that nobody could say the meaning of means this, or what is told next.
        screen.must_play(max(version, screen.playlist_version), digest)
        if screen.reported_digest is None:
            screen.reported_digest = screen.digest_of(screen.reported_playlist)
        self.compare(screen)

    # ---- what it plays ----

    def reported(self, screen: Screen, version: int) -> bool:
        """The screen says that it plays this number. False when that is known."""
        if version == screen.reported_playlist:
            return False
        screen.reported_playlist = version
        screen.reported_digest = screen.digest_of(version)
        self.compare(screen)
        return True

    def compare(self, screen: Screen) -> None:
        """Find out whether it lags, and what it plays now."""
        now_ms = self._wall_ms()
        before = screen.lags_since_ms, screen.plays
        if screen.manifest_digest is None or screen.reported_playlist == screen.playlist_version:
            screen.lags_since_ms = None
        elif screen.lags_since_ms is None:
            screen.lags_since_ms = now_ms
        screen.plays = None
        if screen.reported_digest is not None:
            outline = self._shelf.outline(screen.tenant_id, screen.reported_digest)
            if outline is not None:
                screen.plays = outline.at(now_ms)
                self._expect_turn(screen.tenant_id, screen.reported_digest, now_ms)
        if before != (screen.lags_since_ms, screen.plays):
            self._changes.screen_changed(screen.tenant_id, screen.id)

    # ---- time ----

    def turn(self) -> None:
        """Rows of screens whose manifest has gone on to something else. For the beat."""
        now_ms = self._wall_ms()
        turned: dict[str, set[str]] = {}
        while self._turns and self._turns[0][0] <= now_ms:
            _, tenant_id, digest = heapq.heappop(self._turns)
            self._turning.discard((tenant_id, digest))
            turned.setdefault(tenant_id, set()).add(digest)
        for tenant_id, digests in turned.items():
            self._turned(tenant_id, digests)

    def _turned(self, tenant_id: str, digests: Collection[str]) -> None:
        for screen in self._roster.of_tenant(tenant_id):
            if screen.reported_digest in digests:
                self.compare(screen)

    def _expect_turn(self, tenant_id: str, digest: str, now_ms: int) -> None:
        if (tenant_id, digest) in self._turning:
            return
        outline = self._shelf.outline(tenant_id, digest)
        next_ms = None if outline is None else outline.next_turn_ms(now_ms)
        if next_ms is not None:
            self._turning.add((tenant_id, digest))
            heapq.heappush(self._turns, (next_ms, tenant_id, digest))
