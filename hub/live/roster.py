"""The hub's picture of every screen of every tenant: who it is (from PostgreSQL) and how it is (from its
session).

PostgreSQL is the truth about the first half; `Roster.put` takes it from there. The second half is lost with
the process and comes back as screens reconnect.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import chain
from typing import Final, NamedTuple, Self

from hub.live.stability import Stability
from hub.manifests.shelf import Playing
from protocol.api import Scope
from protocol.frames import Playback, SettingsFrame
from protocol.live import ScreenRow
from protocol.vocabulary import (
    SIMULATED_PLATFORM,
    DeviceStatus,
    LedgerState,
    MissingReason,
    Presence,
    PresenceReason,
)

NUMBERS_REMEMBERED: Final = 4
"""Of each screen's manifests: a screen that is slow reports one that is not the newest any more."""


class Reach(NamedTuple):
    """A scope as thousands of screens are asked about it: in a list of ids each would be searched for."""

    kind: str
    ids: frozenset[str]
    within: frozenset[str] | None = None

    @classmethod
    def of(cls, scope: Scope) -> Self:
        """The same scope."""
        return cls(
            scope.kind,
            frozenset(scope.ids),
            None if scope.within is None else frozenset(scope.within),
        )


class Screen:
    """One device. The identity half is replaced as a whole; the live half is set field by field.

    `epoch`: the highest of its sessions, as far as this hub knows; what is written of the screen carries it.
    `playlist_version`, `manifest_digest`: what it must play; `reported_…`: what it says that it plays, and
    `plays`: what that is at this moment.
    """

    __slots__ = (
        "_lines",
        "_minute",
        "alert_id",
        "alert_missing",
        "alert_state",
        "epoch",
        "group_ids",
        "groups",
        "id",
        "lags_since_ms",
        "last_seen_ms",
        "location",
        "manifest_digest",
        "name",
        "numbers",
        "pairing_code",
        "pairing_expires_ms",
        "pending_commands",
        "platform",
        "playback",
        "playlist_version",
        "plays",
        "presence",
        "proven_ms",
        "reason",
        "reported_digest",
        "reported_playlist",
        "settings",
        "shown_since_ms",
        "since_ms",
        "site",
        "site_id",
        "stability",
        "status",
        "tags",
        "tenant_id",
        "unstable_since_ms",
    )

    def __init__(self, device_id: str, tenant_id: str) -> None:
        self.id = device_id
        self.tenant_id = tenant_id
        self.name = ""
        self.status = DeviceStatus.PENDING
        self.site_id: str | None = None
        self.site: str | None = None
        self.group_ids: tuple[str, ...] = ()
        self.groups: tuple[str, ...] = ()
        self.tags: dict[str, str] = {}
        self.location = ""
        self.platform = ""
        self.pairing_code: str | None = None
        self.pairing_expires_ms: int | None = None
        self.presence = Presence.OFFLINE
        self.reason = PresenceReason.NEVER_CONNECTED
        self.since_ms: int | None = None
        self.last_seen_ms: int | None = None
        self.playback: Playback | None = None
        self.shown_since_ms: int | None = None
        self.pending_commands = 0
        self.proven_ms: int | None = None
        self.alert_id: str | None = None
        self.alert_state: LedgerState | None = None
        self.alert_missing: MissingReason | None = None
        self.epoch = 0
        self.playlist_version = 0
        self.manifest_digest: str | None = None
        self.numbers: tuple[tuple[int, str], ...] = ()
        self.reported_playlist = 0
        self.reported_digest: str | None = None
        self.plays: Playing | None = None
        self.lags_since_ms: int | None = None
        self.settings: SettingsFrame | None = None
        self.stability = Stability()
        self.unstable_since_ms: int | None = None
        self._minute = 0
        self._lines = {True: 0, False: 0}

    def line_of_minute(self, wall_ms: int, *, of_presence: bool) -> int:
        """Count one more line in the screen's history: which one of its kind and minute this is, from 1."""
        minute = wall_ms // 60_000
        if minute != self._minute:
            self._minute, self._lines = minute, {True: 0, False: 0}
        self._lines[of_presence] += 1
        return self._lines[of_presence]

    def within(self, reach: Reach) -> bool:
        """Whether an emergency that reaches so far is for this screen."""
        if self.status is not DeviceStatus.APPROVED:
            return False
        if reach.within is not None and self.site_id not in reach.within:
            return False
        match reach.kind:
            case "all":
                return True
            case "sites":
                return self.site_id in reach.ids
            case "groups":
                return not reach.ids.isdisjoint(self.group_ids)
            case _:
                return self.id in reach.ids

    def row(self) -> ScreenRow:
        """The screen as the operators' tables show it."""
        playback = self.playback
        # By position: by name it takes three times as long, for thousands of rows in a beat.
        return ScreenRow(
            self.id,
            self.name,
            self.status,
            self.presence,
            self.reason,
            self.since_ms,
            self.last_seen_ms,
            self.site_id,
            self.site,
            list(self.groups),
            self.tags,
            self.location,
            self.platform,
            self.platform == SIMULATED_PLATFORM,
            playback.state if playback is not None else None,
            playback.item if playback is not None else None,
            self.unstable_since_ms,
            self.stability.losses if self.stability.unstable else 0,
            self.pending_commands,
            self.pairing_code,
            self.pairing_expires_ms,
            self.alert_id,
            self.alert_state,
            self.alert_missing,
            self.plays.name if self.plays is not None else None,
            self.plays.number if self.plays is not None else None,
            self.lags_since_ms,
            playback.media_id if playback is not None else None,
            self.shown_since_ms,
            self.proven_ms,
        )

    def must_play(self, version: int, digest: str | None) -> bool:
        """The number of its manifest, and which that is. False when that is known, or of the past: numbers
        only grow. None: which one that is will be known when PostgreSQL is read again."""
        if version < self.playlist_version or (version, digest) == (
            self.playlist_version,
            self.manifest_digest,
        ):
            return False
        self.playlist_version, self.manifest_digest = version, digest
        if digest is not None:
            self.numbers = (*self.numbers[1 - NUMBERS_REMEMBERED :], (version, digest))
        return True

    def raised_to(self, version: int) -> bool:
        """It must load its playlist again: another number of the same manifest. False when a number was left
        out in between, and what that meant is not known here."""
        known = version <= self.playlist_version + 1
        self.must_play(max(version, self.playlist_version), self.manifest_digest if known else None)
        return known

    def digest_of(self, version: int) -> str | None:
        """The manifest that this number meant, as far as that is remembered."""
        return next((digest for number, digest in self.numbers if number == version), None)


class Roster:
    """Screens by id, by tenant, and by site."""

    def __init__(self) -> None:
        self._screens: dict[str, Screen] = {}
        self._by_tenant: dict[str, dict[str, Screen]] = {}
        self._by_site: dict[tuple[str, str], dict[str, Screen]] = {}

    def __len__(self) -> int:
        return len(self._screens)

    def __iter__(self) -> Iterator[Screen]:
        """Every screen of every tenant, in no order."""
        return iter(self._screens.values())

    def get(self, device_id: str) -> Screen | None:
        """The screen, or None if the hub does not know it."""
        return self._screens.get(device_id)

    def of_tenant(self, tenant_id: str, sites: Collection[str] | None = None) -> Iterator[Screen]:
        """Every screen of the tenant, or of these sites of it, in no order."""
        if sites is None:
            return iter(self._by_tenant.get(tenant_id, {}).values())
        return chain.from_iterable(self._by_site.get((tenant_id, site), {}).values() for site in sites)

    def site_of(self, device_id: str) -> str | None:
        """The id of the site that the screen is in."""
        screen = self._screens.get(device_id)
        return None if screen is None else screen.site_id

    def site_names(self, tenant_id: str, sites: Iterable[str]) -> dict[str, str]:
        """Names by id of those sites that have a screen."""
        first = (next(self.of_tenant(tenant_id, (site,)), None) for site in sites)
        return {s.site_id: s.site for s in first if s is not None and s.site_id and s.site is not None}

    def in_scope(self, tenant_id: str, scope: Scope) -> list[Screen]:
        """The tenant's approved screens that the scope names."""
        reach = Reach.of(scope)
        if reach.kind == "devices":
            named = (self._screens.get(device_id) for device_id in dict.fromkeys(scope.ids))
            return [s for s in named if s is not None and s.tenant_id == tenant_id and s.within(reach)]
        return [screen for screen in self.of_tenant(tenant_id, reach.within) if screen.within(reach)]

    def names(self, tenant_id: str, scope: Scope) -> dict[str, str]:
        """Names by id of what the scope names, as far as the tenant's screens know it: with `within`, screens
        and sites within those only."""
        if scope.kind == "all":
            return {}
        if scope.kind == "sites":
            wanted = scope.ids if scope.within is None else set(scope.ids).intersection(scope.within)
            known = self.site_names(tenant_id, wanted)
        elif scope.kind == "devices":
            named = (self._screens.get(device_id) for device_id in scope.ids)
            known = {
                screen.id: screen.name
                for screen in named
                if screen is not None
                and screen.tenant_id == tenant_id
                and (scope.within is None or screen.site_id in scope.within)
            }
        else:
            known = {}
            for screen in self.of_tenant(tenant_id):
                known.update(zip(screen.group_ids, screen.groups, strict=True))
        return {id: known[id] for id in scope.ids if id in known}

    def put(self, screen: Screen) -> Screen:
        """Take the identity half from `screen` (as read from PostgreSQL); keep the live half of a known
        one."""
        known = self._screens.get(screen.id)
        if known is None:
            self._screens[screen.id] = screen
            self._by_tenant.setdefault(screen.tenant_id, {})[screen.id] = screen
            self._settle(screen)
            return screen
        if known.site_id != screen.site_id:
            self._unsettle(known)
        for name in (
            "name",
            "status",
            "site_id",
            "site",
            "group_ids",
            "groups",
            "tags",
            "location",
            "platform",
            "settings",
            "pairing_code",
            "pairing_expires_ms",
            "proven_ms",
        ):
            setattr(known, name, getattr(screen, name))
        self._settle(known)
        # It only grows, and may have been told after it was read.
        known.must_play(screen.playlist_version, screen.manifest_digest)
        return known

    def remove(self, device_id: str) -> None:
        """The device is gone from PostgreSQL."""
        screen = self._screens.pop(device_id, None)
        if screen is not None:
            del self._by_tenant[screen.tenant_id][device_id]
            self._unsettle(screen)

    def _settle(self, screen: Screen) -> None:
        if screen.site_id is not None:
            self._by_site.setdefault((screen.tenant_id, screen.site_id), {})[screen.id] = screen

    def _unsettle(self, screen: Screen) -> None:
        if screen.site_id is not None:
            here = self._by_site[screen.tenant_id, screen.site_id]
            del here[screen.id]
            if not here:
                del self._by_site[screen.tenant_id, screen.site_id]
