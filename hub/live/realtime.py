"""The live side as the use cases see it. Each call comes after the commit it speaks of; see the port's page.

Rule 1: devices are read one request after the other: of two that read at once, the older answer could be the
        one that stays.
Rule 2: what PostgreSQL did not tell is asked again until it does. The action itself is done, and its answer
        (a token, shown once) must not be lost over this.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

import trio

from actors.device.fleet import Fleet
from actors.device.messages import PendingCommand
from hub.live.board import Board
from hub.live.drills import OFFLINE
from hub.live.feed import Feed
from hub.live.incident import to_ms
from hub.live.incident_view import IncidentView
from hub.live.playlists import Playlists
from hub.live.roster import Roster, Screen
from hub.use_cases.realtime import Drilled, EndedCommand, LiveEmergency, QueuedCommand
from protocol.api import Scope, ScopePreview
from protocol.close_codes import CloseCode
from protocol.frames import Alert
from protocol.live import CommandChange
from protocol.manifest import Manifest
from protocol.vocabulary import CommandStatus, DeviceStatus, Presence, PresenceReason

logger = logging.getLogger(__name__)

READ_AGAIN_EVERY_S = 1.0

COMMANDS_PER_SLICE = 250
"""Commands told between two checkpoints: a few milliseconds."""

MANIFESTS_PER_SLICE = 100
"""Screens told between two checkpoints of what they must play: a few milliseconds too."""

DEVICES_PER_SLICE = 500
"""Devices read at once: a group may have changed for all of them, and an alert waits for none."""


class Truth(Protocol):
    """What the live side reads from PostgreSQL; `persistence.live_state` fulfils it."""

    async def screens(self, tenant_id: str, device_ids: Sequence[str]) -> list[Screen]:
        """The identity halves of these devices; those that do not exist (any more) are left out.

        Raises `unavailable` (see LiveSide).
        """


class LiveSide:
    """Fulfils `hub.use_cases.realtime.Realtime`.

    `unavailable`: the exception that `truth` raises when the database does not answer.
    """

    def __init__(
        self,
        roster: Roster,
        fleet: Fleet,
        board: Board,
        feed: Feed,
        truth: Truth,
        unavailable: type[Exception],
        playlists: Playlists,
    ) -> None:
        self._roster = roster
        self._fleet = fleet
        self._board = board
        self._feed = feed
        self._truth = truth
        self._unavailable = unavailable
        self._playlists = playlists
        self._reading = trio.Lock()
        self._unread: dict[str, set[str]] = {}

    async def run(self) -> None:
        """Read again what could not be read, for ever."""
        while True:
            await trio.sleep(READ_AGAIN_EVERY_S)
            await self.read_again()

    async def read_again(self) -> None:
        """Read what could not be read before."""
        unread, self._unread = self._unread, {}
        for tenant_id, device_ids in unread.items():
            await self.refresh_devices(tenant_id, list(device_ids))

    async def refresh_devices(self, tenant_id: str, device_ids: Sequence[str]) -> None:
        """See the port."""
        async with self._reading:
            for start in range(0, len(device_ids), DEVICES_PER_SLICE):
                try:
                    await self._read(tenant_id, device_ids[start : start + DEVICES_PER_SLICE])
                except self._unavailable as error:
                    unread = device_ids[start:]
                    logger.warning("%d changed devices cannot be read yet: %s", len(unread), error)
                    self._unread.setdefault(tenant_id, set()).update(unread)
                    break

    async def _read(self, tenant_id: str, device_ids: Sequence[str]) -> None:
        found = {screen.id: screen for screen in await self._truth.screens(tenant_id, device_ids)}
        for device_id in device_ids:
            screen = found.get(device_id)
            known = self._roster.get(device_id)
            if known is not None and known.tenant_id != tenant_id:
                continue  # an id of another tenant is nobody's here, and nothing of it is shown
            if screen is None:
                self._roster.remove(device_id)
            else:
                moved = known is not None and known.site_id != screen.site_id
                set_up = known is not None and known.settings != screen.settings
                self._board.reconsider(self._roster.put(screen))
                for seen in self._board.in_force(tenant_id) if moved else ():
                    # Of whose screens it is changed, though nothing in the ledger did.
                    self._feed.emergency_changed(tenant_id, seen.id)
                if set_up:
                    self._fleet.want_settings(device_id)
                if screen.status is DeviceStatus.REVOKED:
                    # Whoever revoked it may not have learned that it was done.
                    self.cut(device_id, CloseCode.TOKEN_REVOKED)
            self._feed.screen_changed(tenant_id, device_id)

    def cut(self, device_id: str, code: CloseCode) -> None:
        """See the port."""
        self._fleet.cut(device_id, code, PresenceReason.TOKEN_REVOKED)

    async def commands_queued(self, commands: Sequence[QueuedCommand]) -> None:
        """See the port."""
        for number, command in enumerate(commands, 1):
            self._queued(command)
            if number % COMMANDS_PER_SLICE == 0:
                await trio.lowlevel.checkpoint()

    def _queued(self, command: QueuedCommand) -> None:
        screen = self._roster.get(command.device_id)
        if screen is None:
            return
        self._feed_changed(command.tenant_id, command, CommandStatus.QUEUED, None)
        # The actor, if there is one, says afterwards how many it really has.
        screen.pending_commands += 1
        self._feed.screen_changed(command.tenant_id, command.device_id)
        self._give(screen, command)

    def _give(self, screen: Screen, command: QueuedCommand) -> None:
        if command.playlist_version is not None:
            if not screen.raised_to(command.playlist_version):
                self._unread.setdefault(command.tenant_id, set()).add(command.device_id)
            self._playlists.compare(screen)
            self._fleet.want_playlist(command.device_id, screen.playlist_version)
        self._fleet.queue(command.device_id, [_pending(command)])

    async def commands_found(self, waiting: Sequence[QueuedCommand], ended: Sequence[EndedCommand]) -> None:
        """See the port. What waits for a screen that is away is counted when the screen is back."""
        commands: list[QueuedCommand | EndedCommand] = [*ended, *waiting]
        for number, command in enumerate(commands, 1):
            screen = self._roster.get(command.device_id)
            if screen is None:
                continue
            # A screen's shadow knows those that it has, and those that have ended.
            if isinstance(command, QueuedCommand):
                self._give(screen, command)
            else:
                self._feed_changed(command.tenant_id, command, command.status, command.detail)
                self._fleet.withdraw(command.device_id, [command.id])
            if number % COMMANDS_PER_SLICE == 0:
                await trio.lowlevel.checkpoint()

    async def commands_ended(self, commands: Sequence[EndedCommand]) -> None:
        """See the port."""
        for number, command in enumerate(commands, 1):
            self._ended(command)
            if number % COMMANDS_PER_SLICE == 0:
                await trio.lowlevel.checkpoint()

    def _ended(self, command: EndedCommand) -> None:
        screen = self._roster.get(command.device_id)
        if screen is None:
            return
        self._feed_changed(command.tenant_id, command, command.status, command.detail)
        actor = self._fleet.actors.actor(command.device_id)
        if actor is None:
            screen.pending_commands = max(0, screen.pending_commands - 1)
        elif not actor.has_pending:
            # It was never given this one, so its next turn says nothing of it.
            screen.pending_commands = 0
        self._feed.screen_changed(command.tenant_id, command.device_id)
        self._fleet.withdraw(command.device_id, [command.id])

    async def manifests_made(
        self,
        tenant_id: str,
        manifests: Mapping[str, tuple[Manifest, int]],
        wanted: Mapping[str, tuple[int, str]],
    ) -> None:
        """See `hub.manifests.making.Live`."""
        self._playlists.made(tenant_id, manifests, [digest for _, digest in wanted.values()])
        for number, (device_id, (version, digest)) in enumerate(wanted.items(), 1):
            screen = self._roster.get(device_id)
            if screen is not None and screen.tenant_id == tenant_id:
                self._playlists.must_play(screen, version, digest)
                if screen.reported_playlist != screen.playlist_version:
                    self._fleet.want_playlist(device_id, screen.playlist_version)
            if number % MANIFESTS_PER_SLICE == 0:
                await trio.lowlevel.checkpoint()

    def _feed_changed(
        self,
        tenant_id: str,
        command: QueuedCommand | EndedCommand,
        status: CommandStatus,
        detail: str | None,
    ) -> None:
        change = CommandChange(
            command.id, command.device_id, command.command, status, self._board.now_ms(), detail
        )
        self._feed.command_changed(tenant_id, change)

    def keeps_commands(self, device_id: str) -> bool:
        """See the port."""
        return self._fleet.has_actor(device_id)

    def online(self, device_ids: Iterable[str]) -> int:
        """See the port."""
        screens = map(self._roster.get, device_ids)
        return sum(screen is not None and screen.presence is Presence.ONLINE for screen in screens)

    def preview(self, tenant_id: str, scope: Scope) -> ScopePreview:
        """See the port."""
        screens = self._roster.in_scope(tenant_id, scope)
        online = sum(screen.presence is Presence.ONLINE for screen in screens)
        return ScopePreview(len(screens), online, len(screens) - online)

    async def activate(self, emergency: LiveEmergency) -> ScopePreview:
        """See the port."""
        targeted, online = await self._board.activate(emergency)
        return ScopePreview(targeted, online, targeted - online)

    async def clear(self, tenant_id: str, emergency_id: str, cleared_at: datetime, cleared_by: str) -> None:
        """See the port."""
        if self._board.view(tenant_id, emergency_id) is not None:
            await self._board.clear(emergency_id, to_ms(cleared_at), cleared_by)

    async def drill(self, tenant_id: str, device_id: str) -> Drilled:
        """See the port."""
        screen = self._roster.get(device_id)
        if screen is None or screen.tenant_id != tenant_id:
            return Drilled(None, OFFLINE)
        return await self._board.drills.drill(tenant_id, device_id)

    def sign_off(self, tenant_id: str, emergency_id: str) -> None:
        """See the port."""
        if self._board.view(tenant_id, emergency_id) is not None:
            self._board.sign_off(emergency_id)

    def in_force(self, tenant_id: str, emergency_id: str) -> IncidentView | None:
        """See the port."""
        return self._board.view(tenant_id, emergency_id)

    def all_in_force(self, tenant_id: str) -> Sequence[IncidentView]:
        """See the port."""
        return self._board.in_force(tenant_id)

    def alerts_for(self, device_id: str) -> Sequence[Alert]:
        """See the port."""
        return self._board.alerts_for(device_id)[1]

    def site_of(self, device_id: str) -> str | None:
        """See the port."""
        return self._roster.site_of(device_id)

    def site_names(self, tenant_id: str, sites: Sequence[str]) -> Mapping[str, str]:
        """See the port."""
        return self._roster.site_names(tenant_id, sites)

    def names(self, tenant_id: str, scope: Scope) -> Mapping[str, str]:
        """See the port."""
        return self._roster.names(tenant_id, scope)


def _pending(command: QueuedCommand) -> PendingCommand:
    return PendingCommand(command.id, command.command, command.args, to_ms(command.expires_at))
