"""What a screen can be ordered to do, but for emergencies: each command is done once, and answered always.

Rule 1: a command is carried out once per `command_id`; the same one again is answered again, and that is all
        (see journal.py).
Rule 2: the playlist is a level: a screen whose number is not the hub's loads it, whoever says so first,
        `reload_playlist` or an `ack`, and once for one change (see following.py).
"""

from __future__ import annotations

from typing import Final

import msgspec

from player.emergencies import EXPIRED
from player.following import Follower
from player.hub_clock import HubClock
from player.journal import CommandJournal, NotRecorded
from player.playback import Playhead
from player.settings import Settings
from protocol.frames import Command, DeviceEvent, Receipt
from protocol.player import SetVolumeArgs
from protocol.vocabulary import CommandName, EventName, ReceiptStatus

NO_PICTURE: Final = "this screen cannot make a picture of what it shows"


class ReloadArguments(msgspec.Struct, frozen=True):
    """`args` of `reload_playlist`. Without a version it is loaded whatever the screen has."""

    playlist_version: int | None = None


class Refused(Exception):
    """The screen does not begin to carry it out; the message says why."""


class Commands:
    """Carries out orders on the playhead. `now` is the screen's clock, in seconds."""

    __slots__ = ("_clock", "_follower", "_journal", "_playhead", "_settings")

    def __init__(
        self,
        playhead: Playhead,
        follower: Follower,
        clock: HubClock,
        journal: CommandJournal,
        settings: Settings,
    ) -> None:
        self._playhead = playhead
        self._settings = settings
        self._follower = follower
        self._clock = clock
        self._journal = journal

    def carry_out(self, command: Command, now: float) -> list[Receipt | DeviceEvent]:
        """What to say about it, in order: `received`, what happened, and its end."""
        command_id = command.command_id
        if (answered := self._journal.receipt(command_id)) is not None:
            return [answered]
        if self._clock.has_passed(command.expires_ms, now):
            return [self._finish(command_id, ReceiptStatus.REJECTED, now, EXPIRED)]
        try:
            wanted = self._wanted(command)
        except Refused as error:
            return [self._finish(command_id, ReceiptStatus.REJECTED, now, str(error))]
        try:
            self._journal.begin(command_id, command.command)
        except NotRecorded as error:
            return [self._finish(command_id, ReceiptStatus.FAILED, now, f"it cannot be recorded: {error}")]
        said: list[Receipt | DeviceEvent] = [
            Receipt(command_id, ReceiptStatus.RECEIVED, at_ms=self._clock.ms(now))
        ]
        said += self._do(command.command, wanted, now)
        detail = "pong" if command.command is CommandName.PING else None
        return [*said, self._finish(command_id, ReceiptStatus.SUCCEEDED, now, detail)]

    def _wanted(self, command: Command) -> int | None:
        """The number that is in its arguments, if it has one. Raises Refused."""
        try:
            match command.command:
                case CommandName.RELOAD_PLAYLIST:
                    return msgspec.convert(command.args, ReloadArguments).playlist_version
                case CommandName.SET_VOLUME:
                    return msgspec.convert(command.args, SetVolumeArgs).volume
                case CommandName.SCREENSHOT:
                    raise Refused(NO_PICTURE)
                case _:
                    return None
        except msgspec.ValidationError as error:
            raise Refused(str(error)) from None

    def stamped(self, events: list[DeviceEvent], now: float) -> list[DeviceEvent]:
        """The same, with the hub's time of day."""
        at_ms = self._clock.ms(now)
        return [msgspec.structs.replace(event, at_ms=at_ms) for event in events]

    def _do(self, command: CommandName, wanted: int | None, now: float) -> list[DeviceEvent]:
        match command:
            case CommandName.PLAY:
                return self.stamped(self._playhead.play(now), now)
            case CommandName.PAUSE:
                return self.stamped(self._playhead.pause(now), now)
            case CommandName.STOP:
                return self.stamped(self._playhead.stop(now), now)
            case CommandName.RELOAD_PLAYLIST if wanted is not None:
                return self.stamped(self._follower.level(wanted, now), now)
            case CommandName.RELOAD_PLAYLIST:
                return self.stamped(self._playhead.restart(now), now)
            case CommandName.REBOOT:
                # The reference has no machine to restart: it starts over.
                stopped, ready = self._playhead.stop(now), DeviceEvent(EventName.READY)
                return self.stamped([*stopped, ready, *self._playhead.play(now)], now)
            case CommandName.SET_VOLUME if wanted is not None:
                self._settings.volume = wanted
                return []
            case _:
                return []  # A ping is only answered, and the reference has no glass to write its name on.

    def _finish(
        self, command_id: str, status: ReceiptStatus, now: float, detail: str | None = None
    ) -> Receipt:
        receipt = Receipt(command_id, status, detail=detail and detail[:2000], at_ms=self._clock.ms(now))
        self._journal.finish(receipt)
        return receipt
