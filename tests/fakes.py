"""Stand-ins that tests share: each records what it was told, and gives way where the real one does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

import trio
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from actors.device.fleet import Fleet
from actors.runtime import Services
from hub.inspection import HubInspection
from hub.live.roster import Roster
from hub.signing import SigningKeys
from hub.use_cases.ports import LedgerEntry
from hub.use_cases.realtime import Drilled, EndedCommand, LiveEmergency, QueuedCommand
from hub.use_cases.site_limits import Sites
from protocol.api import Emergency, Scope, ScopePreview
from protocol.close_codes import CloseCode
from protocol.frames import Alert
from tests.actors.device.world import INTERVAL_S, World

KEYS = SigningKeys([Ed25519PrivateKey.from_private_bytes(bytes(32))])
"""The hub's signature, the same in every run."""


@dataclass
class NothingJournaled:
    """Fulfils `hub.inspection.JournalCounts`."""

    waiting: int = 0
    lag_s: float = 0.0
    written: int = 0
    refused: int = 0
    stale: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict)


def nothing_to_inspect() -> HubInspection:
    """The use case over a live side without a screen."""
    world = World()
    fleet = Fleet(world, world, world.now, INTERVAL_S)
    return HubInspection(Roster(), fleet, Services([]), NothingJournaled(), lambda: 0, world.now)


class Standing(NamedTuple):
    """Fulfils `hub.use_cases.realtime.InForce`: an emergency without a screen."""

    emergency: Emergency

    @property
    def id(self) -> str:
        return self.emergency.id

    @property
    def issued_by_id(self) -> str | None:
        return None

    @property
    def scope(self) -> Scope:
        return self.emergency.scope

    @property
    def still_showing(self) -> int:
        return self.emergency.still_showing

    def concerns(self, sites: Sites) -> bool:
        return sites is None

    def as_emergency(self, sites: Sites) -> Emergency:
        return self.emergency

    def ledger(self, sites: Sites) -> Sequence[LedgerEntry]:
        return []


@dataclass
class RecordingRealtime:
    """Fulfils `hub.use_cases.realtime.Realtime` for tests of what comes before the live side."""

    reach: ScopePreview = field(default_factory=lambda: ScopePreview(targeted=3, online=2, offline=1))
    refreshed: list[str] = field(default_factory=list)
    cuts: list[tuple[str, CloseCode]] = field(default_factory=list)
    commands: list[QueuedCommand] = field(default_factory=list)
    found: list[QueuedCommand] = field(default_factory=list)
    found_ended: list[EndedCommand] = field(default_factory=list)
    ended: list[EndedCommand] = field(default_factory=list)
    online_ids: set[str] = field(default_factory=set)
    kept_ids: set[str] = field(default_factory=set)
    activated: list[LiveEmergency] = field(default_factory=list)
    cleared: list[tuple[str, datetime, str]] = field(default_factory=list)
    signed_off: list[str] = field(default_factory=list)
    drilled: list[str] = field(default_factory=list)
    drill_outcome: Drilled = field(default_factory=lambda: Drilled(43, None))
    drill_gate: trio.Event | None = None
    live: dict[str, Emergency] = field(default_factory=dict)
    sites: dict[str, str | None] = field(default_factory=dict)
    alerts: dict[str, list[Alert]] = field(default_factory=dict)

    async def refresh_devices(self, tenant_id: str, device_ids: Sequence[str]) -> None:
        await trio.lowlevel.checkpoint()
        self.refreshed.extend(device_ids)

    def cut(self, device_id: str, code: CloseCode) -> None:
        self.cuts.append((device_id, code))

    async def commands_queued(self, commands: Sequence[QueuedCommand]) -> None:
        await trio.lowlevel.checkpoint()
        self.commands.extend(commands)

    async def commands_found(self, waiting: Sequence[QueuedCommand], ended: Sequence[EndedCommand]) -> None:
        await trio.lowlevel.checkpoint()
        self.found.extend(waiting)
        self.found_ended.extend(ended)

    async def commands_ended(self, commands: Sequence[EndedCommand]) -> None:
        await trio.lowlevel.checkpoint()
        self.ended.extend(commands)

    def keeps_commands(self, device_id: str) -> bool:
        return device_id in self.kept_ids

    def online(self, device_ids: Iterable[str]) -> int:
        return len(self.online_ids.intersection(device_ids))

    def preview(self, tenant_id: str, scope: Scope) -> ScopePreview:
        return self.reach

    async def activate(self, emergency: LiveEmergency) -> ScopePreview:
        await trio.lowlevel.checkpoint()
        self.activated.append(emergency)
        return self.reach

    async def clear(self, tenant_id: str, emergency_id: str, cleared_at: datetime, cleared_by: str) -> None:
        await trio.lowlevel.checkpoint()
        self.cleared.append((emergency_id, cleared_at, cleared_by))

    async def drill(self, tenant_id: str, device_id: str) -> Drilled:
        await trio.lowlevel.checkpoint()
        self.drilled.append(device_id)
        if self.drill_gate is not None:
            await self.drill_gate.wait()
        return self.drill_outcome

    def sign_off(self, tenant_id: str, emergency_id: str) -> None:
        self.signed_off.append(emergency_id)

    def in_force(self, tenant_id: str, emergency_id: str) -> Standing | None:
        emergency = self.live.get(emergency_id)
        return None if emergency is None else Standing(emergency)

    def all_in_force(self, tenant_id: str) -> Sequence[Standing]:
        return [Standing(emergency) for emergency in self.live.values()]

    def alerts_for(self, device_id: str) -> Sequence[Alert]:
        return self.alerts.get(device_id, [])

    def site_of(self, device_id: str) -> str | None:
        return self.sites.get(device_id)

    def site_names(self, tenant_id: str, sites: Sequence[str]) -> Mapping[str, str]:
        return {}

    def names(self, tenant_id: str, scope: Scope) -> Mapping[str, str]:
        return {}
