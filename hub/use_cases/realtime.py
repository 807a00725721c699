"""What the use cases need of the live side of the hub: a port, fulfilled by `hub.live.realtime`.

Every call comes *after* the commit it speaks of. PostgreSQL is the truth; this makes it felt at once. A
call that is lost (a crash in between) costs only time: screens converge on their next heartbeat or reconnect.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from hub.use_cases.ports import LedgerEntry
from hub.use_cases.site_limits import Sites
from protocol.api import Emergency, Scope, ScopePreview
from protocol.close_codes import CloseCode
from protocol.frames import Alert, AlertText
from protocol.vocabulary import AlertSound, CommandName, CommandStatus, Pictogram, Severity


class QueuedCommand(NamedTuple):
    """A command whose row is committed and which waits for its screen.

    `playlist_version`: with reload_playlist, the one that the screen must have from now on.
    """

    id: str
    tenant_id: str
    device_id: str
    command: CommandName
    args: dict[str, Any]
    expires_at: datetime
    playlist_version: int | None = None


class EndedCommand(NamedTuple):
    """A command that PostgreSQL has ended: cancelled, superseded or expired. `detail` says why."""

    id: str
    tenant_id: str
    device_id: str
    command: CommandName
    status: CommandStatus
    detail: str


class LiveEmergency(NamedTuple):
    """An emergency whose row is committed."""

    id: str
    hide_command_id: str
    tenant_id: str
    title: str
    message: str
    severity: Severity
    scope: Scope
    scope_text: str
    content_hash: str
    issued_at: datetime
    issued_by: str
    expires_at: datetime | None
    issued_by_id: str | None = None
    language: str = ""
    texts: tuple[AlertText, ...] = ()
    pictogram: Pictogram | None = None
    sound: AlertSound | None = None


class Drilled(NamedTuple):
    """How a drill went. `took_ms`: until the screen's proof; None: there was none, and `reason` says why."""

    took_ms: int | None
    reason: str | None


class InForce(Protocol):
    """An emergency that is live or clearing, as of this moment. `sites`: those to which whoever looks is
    limited, None: to none. They are shown and counted the screens there."""

    @property
    def id(self) -> str: ...

    @property
    def issued_by_id(self) -> str | None: ...

    @property
    def scope(self) -> Scope:
        """The whole of it, whoever looks."""

    @property
    def still_showing(self) -> int:
        """Screens that show it, or may, wherever they are."""

    def concerns(self, sites: Sites) -> bool:
        """Whether it is for a screen of these sites, or could be for no other."""

    def as_emergency(self, sites: Sites) -> Emergency:
        """With its tallies of now."""

    def ledger(self, sites: Sites) -> Sequence[LedgerEntry]:
        """Screen by screen, in the order of (name, device id)."""


class Realtime(Protocol):
    """The live side, as the use cases see it."""

    async def refresh_devices(self, tenant_id: str, device_ids: Sequence[str]) -> None:
        """These devices changed in PostgreSQL (new, approved, renamed, moved, revoked): read them again."""

    def cut(self, device_id: str, code: CloseCode) -> None:
        """Close the device's session now, if it has one."""

    async def commands_queued(self, commands: Sequence[QueuedCommand]) -> None:
        """Send them now, in this order, to screens that are connected; to the others when they are back."""

    async def commands_found(self, waiting: Sequence[QueuedCommand], ended: Sequence[EndedCommand]) -> None:
        """After a commit of which nobody knew whether it came about: these wait in PostgreSQL, in this order,
        and those have ended. Who was told of none is told now; nothing changes for the others."""

    async def commands_ended(self, commands: Sequence[EndedCommand]) -> None:
        """They are not sent any more, and the screens' receipts for them count no more."""

    def keeps_commands(self, device_id: str) -> bool:
        """Whether the screen's open commands are in the live side's hands. It alone knows which of them have
        been sent, and ends those itself that a newer one replaces. Callable from any thread."""

    def online(self, device_ids: Iterable[str]) -> int:
        """How many of these screens are online now."""

    def preview(self, tenant_id: str, scope: Scope) -> ScopePreview:
        """How many approved screens the scope reaches, and how many of them are online, now."""

    async def activate(self, emergency: LiveEmergency) -> ScopePreview:
        """Fan the alert out to every live session in scope, open its ledger, and say how many it reaches."""

    async def clear(self, tenant_id: str, emergency_id: str, cleared_at: datetime, cleared_by: str) -> None:
        """Fan the all-clear out and chase it until no screen still shows the alert."""

    async def drill(self, tenant_id: str, device_id: str) -> Drilled:
        """Send one screen an alert that it does not show, and wait for its proof: two seconds at most."""

    def sign_off(self, tenant_id: str, emergency_id: str) -> None:
        """Close the case of an emergency that is clearing, whoever may still show it."""

    def in_force(self, tenant_id: str, emergency_id: str) -> InForce | None:
        """An emergency that is live or clearing; None when it is over."""

    def all_in_force(self, tenant_id: str) -> Sequence[InForce]:
        """The tenant's emergencies that are live or clearing."""

    def alerts_for(self, device_id: str) -> Sequence[Alert]:
        """What the screen must show now instead of its playlist, the gravest first."""

    def site_of(self, device_id: str) -> str | None:
        """The id of the site that the screen is in, as far as the live side knows the screen."""

    def site_names(self, tenant_id: str, sites: Sequence[str]) -> Mapping[str, str]:
        """Names by id of those sites in which there is a screen."""

    def names(self, tenant_id: str, scope: Scope) -> Mapping[str, str]:
        """Names by id of the sites, groups or devices of the scope, as far as screens hang in them; of sites
        and devices those that it is limited to."""
