"""What the hub knows of one connected screen, and what it wants of it. Pure: no trio, no clock, no wire.

Rule 1: everything that changes the shadow lives here.
Rule 2: a screen's word changes `reported` only; `desired` changes by the hub's word only.
Rule 3: a command leaves `pending` exactly once, when it reaches an end.
"""

from __future__ import annotations

from collections.abc import Iterable

from actors.device.messages import PendingCommand
from protocol.frames import Playback
from protocol.vocabulary import COMMAND_TRANSITIONS, OPEN_COMMAND_STATUSES, CommandStatus

HEARTBEATS_UNTIL_OFFLINE = 1.5
"""G6: offline is declared after 1.5 × the interval of silence, at the earliest."""

SAMPLE_EVERY_MS = 60_000
"""One heartbeat a minute and screen is kept for history."""


class Shadow:
    """Reported beside desired, and the commands between them."""

    __slots__ = ("desired_version", "last_heard_ms", "pending", "playback", "reported_version", "sampled_ms")

    def __init__(self) -> None:
        self.playback: Playback | None = None
        self.reported_version = 0
        self.desired_version = 0
        self.last_heard_ms = 0
        self.sampled_ms = -SAMPLE_EVERY_MS
        self.pending: dict[str, PendingCommand] = {}

    # ---- the screen's word ----

    def heard(self, wall_ms: int) -> None:
        """Any frame of the device is a sign of life."""
        self.last_heard_ms = wall_ms

    def report_version(self, version: int) -> bool:
        """The emergency version the screen has. True when it is the desired one."""
        self.reported_version = version
        return version == self.desired_version

    def report_playback(self, playback: Playback | None) -> bool:
        """What plays. True when it is another thing or state than before (the position alone is no
        change)."""
        if playback is None:
            return False
        before, self.playback = self.playback, playback
        return before is None or (before.state, before.item) != (playback.state, playback.item)

    def sample_due(self, wall_ms: int) -> bool:
        """Whether this heartbeat is to be kept; if so, the next is a minute away."""
        if wall_ms - self.sampled_ms < SAMPLE_EVERY_MS:
            return False
        self.sampled_ms = wall_ms
        return True

    def answer(self, command_id: str, status: CommandStatus) -> PendingCommand | None:
        """The screen's receipt for a command. The command with its new status, or None if there is nothing to
        change: unknown, ended before, or not a step that the table of transitions allows."""
        command = self.pending.get(command_id)
        if command is None or status not in COMMAND_TRANSITIONS[command.status]:
            return None
        return self._move(command, status)

    # ---- the hub's word ----

    def want_version(self, version: int) -> None:
        """The emergency version the screen must have from now on."""
        self.desired_version = version

    def queue(self, commands: Iterable[PendingCommand]) -> list[PendingCommand]:
        """Add commands; the ones that were not known yet, in order."""
        new = [command for command in commands if command.id not in self.pending]
        self.pending.update((command.id, command) for command in new)
        return new

    def mark_sent(self, command_id: str) -> PendingCommand | None:
        """The command was written to the link. None when it had been sent before: nothing new to record."""
        command = self.pending[command_id]
        if command.status is not CommandStatus.QUEUED:
            return None
        return self._move(command, CommandStatus.SENT)

    def expire(self, wall_ms: int) -> list[PendingCommand]:
        """End the commands whose time is over."""
        late = [command for command in self.pending.values() if command.expires_ms <= wall_ms]
        return [self._move(command, CommandStatus.EXPIRED) for command in late]

    def _move(self, command: PendingCommand, status: CommandStatus) -> PendingCommand:
        moved = PendingCommand(command.id, command.command, command.args, command.expires_ms, status)
        if status in OPEN_COMMAND_STATUSES:
            self.pending[command.id] = moved
        else:
            del self.pending[command.id]
        return moved
