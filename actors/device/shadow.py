"""What the hub knows of one screen, and what it wants of it. Pure: no trio, no clock, no wire.

Rule 1: everything that changes the shadow lives here.
Rule 2: a screen's word changes `reported` only; `desired` changes by the hub's word only.
Rule 3: a command leaves `pending` exactly once, and what has left does not come back: neither a late answer
        nor an older reading of the database brings it back.
Rule 4: commands go out in the order of `pending`, each with the next number of the session, and at most
        `IN_FLIGHT_AT_MOST` of them are on their way at a time.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from actors.device.messages import PendingCommand
from protocol.frames import Health, Playback
from protocol.vocabulary import (
    COMMAND_TRANSITIONS,
    OPEN_COMMAND_STATUSES,
    SUPERSEDED_BY_NEWER,
    CommandStatus,
)

HEARTBEATS_UNTIL_OFFLINE = 1.5
"""G6: offline is declared after 1.5 × the interval of silence, at the earliest."""

SAMPLE_EVERY_MS = 60_000
"""One heartbeat a minute and screen is kept for history."""

IN_FLIGHT_AT_MOST = 16
"""Commands that were sent and have not ended. A screen needs no more room than for these."""

ENDED_REMEMBERED = 1_024
"""More than may wait for one screen: whatever is being read from the database while it ends is known here."""

ENDED_REMEMBERED_MS = 600_000
"""Far longer than a reading takes. For ever would be a hundred kilobytes a screen."""


class Shadow:
    """Reported beside desired, and the commands between them."""

    __slots__ = (
        "_arrived_seq",
        "_ended",
        "_numbers",
        "acknowledged_seq",
        "desired_playlist",
        "health",
        "last_heard_ms",
        "losses_in_a_row",
        "pending",
        "playback",
        "reported_playlist",
        "reported_settings",
        "reported_version",
        "sampled_ms",
        "sent_seq",
        "told_digest",
        "told_playlist",
    )

    def __init__(self) -> None:
        self.playback: Playback | None = None
        self.health: Health | None = None
        """The last that the screen said of how it is."""
        self.reported_version = 0
        self.reported_playlist = 0
        self.reported_settings: str | None = None
        """The version of its settings; None: it takes none."""
        self.desired_playlist = 0
        self.told_playlist = 0
        """The playlist version that the link of now was told of,"""
        self.told_digest: str | None = None
        """and the last manifest that it was sent."""
        self.last_heard_ms = 0
        self.sampled_ms = -SAMPLE_EVERY_MS
        self.pending: dict[str, PendingCommand] = {}
        """Commands that have not ended, in sequence."""
        self.sent_seq = 0
        """The number of the last command that was sent in this session."""
        self.acknowledged_seq = 0
        """What `sent_seq` was at the last acknowledged heartbeat: so far the screen must have come."""
        self.losses_in_a_row = 0
        """So often were commands sent again to a screen that has come no further since."""
        self._arrived_seq = 0
        self._numbers: dict[str, int] = {}
        # With when, by `last_heard_ms`.
        self._ended: dict[str, int] = {}

    @property
    def in_flight(self) -> int:
        """How many commands of this session were sent and have not ended."""
        return len(self._numbers)

    # ---- the screen's word ----

    def heard(self, wall_ms: int) -> None:
        """Any frame of the device is a sign of life."""
        self.last_heard_ms = wall_ms

    def report_versions(self, emergency: int, playlist: int) -> None:
        """What the screen has. Which emergency version it must have is its link's to say."""
        self.reported_version = emergency
        self.reported_playlist = playlist

    def report_settings(self, version: str | None) -> None:
        """Which settings it has."""
        self.reported_settings = version

    def report_playback(self, playback: Playback | None) -> bool:
        """What plays. True when it is another thing or state than before (the position alone is no
        change)."""
        if playback is None:
            return False
        before, self.playback = self.playback, playback
        if before is None:
            return True
        return (before.state, before.item, before.media_id) != (
            playback.state,
            playback.item,
            playback.media_id,
        )

    def report_health(self, health: Health | None) -> None:
        """How it is; None: it did not say."""
        self.health = health or self.health

    def sample_due(self, wall_ms: int) -> bool:
        """Whether this heartbeat is to be kept; if so, the next is a minute away. A wall clock that was set
        back ends the minute."""
        if 0 <= wall_ms - self.sampled_ms < SAMPLE_EVERY_MS:
            return False
        self.sampled_ms = wall_ms
        self._forget_ended()
        return True

    def answer(self, command_id: str, status: CommandStatus) -> PendingCommand | None:
        """The screen's receipt for a command. The command with its new status, or None if there is nothing to
        change: unknown, ended before, or not a step that the table of transitions allows."""
        command = self.pending.get(command_id)
        if command is None or status not in COMMAND_TRANSITIONS[command.status]:
            return None
        return self._move(command, status)

    # ---- the hub's word ----

    def want_playlist(self, version: int) -> None:
        """The playlist version the screen must have from now on. It only grows: of two that are told, the
        older one may be told last."""
        self.desired_playlist = max(self.desired_playlist, version)

    @property
    def playlist_to_tell(self) -> bool:
        """Whether the screen plays another version than it must, and was not told on this link."""
        return self.desired_playlist not in (self.reported_playlist, self.told_playlist)

    def tell_playlist(self, version: int, sent_digest: str | None) -> None:
        """The link is told of this version; `sent_digest`: of the manifest that was sent with it."""
        self.want_playlist(version)
        self.told_playlist = version
        self.told_digest = sent_digest or self.told_digest

    def new_link(self) -> None:
        """Nothing was told on it."""
        self.told_playlist, self.told_digest = 0, None

    def queue(self, commands: Iterable[PendingCommand]) -> list[PendingCommand]:
        """Add the commands that are not known yet, in order. Returns those that end with it: not sent yet,
        and pointless now that a newer one of their name is there."""
        replaced: list[PendingCommand] = []
        for command in commands:
            if command.id in self._ended or command.id in self.pending:
                continue
            if command.command in SUPERSEDED_BY_NEWER:
                older = [each for each in self.pending.values() if self._is_replaced_by(each, command)]
                replaced += [self._move(each, CommandStatus.SUPERSEDED) for each in older]
            self.pending[command.id] = command
        return replaced

    @staticmethod
    def _is_replaced_by(older: PendingCommand, newer: PendingCommand) -> bool:
        return older.command is newer.command and older.status is CommandStatus.QUEUED

    def withdraw(self, command_ids: Iterable[str]) -> bool:
        """Somebody else ended these commands. True when one of them was pending."""
        before = len(self.pending)
        for command_id in command_ids:
            self._forget(command_id)
        return len(self.pending) < before

    def expire(self, wall_ms: int) -> list[PendingCommand]:
        """End the commands whose time is over."""
        late = [command for command in self.pending.values() if command.expires_ms <= wall_ms]
        return [self._move(command, CommandStatus.EXPIRED) for command in late]

    # ---- what goes out ----

    def begin_session(self) -> None:
        """A new session: what was sent in the one before goes out again, numbered from 1."""
        self._numbers.clear()
        self._numbered_from(0)

    def resume_session(self, command_seq: int) -> None:
        """The session goes on at the screen's word of the last command it got: what came after it was lost
        with the link, and goes out again with the numbers that follow."""
        self._numbers = {key: number for key, number in self._numbers.items() if number <= command_seq}
        self._numbered_from(command_seq)

    def _numbered_from(self, command_seq: int) -> None:
        self.sent_seq = self.acknowledged_seq = self._arrived_seq = command_seq
        self.losses_in_a_row = 0

    def due(self) -> list[PendingCommand]:
        """The commands that may go out now, in sequence."""
        room = IN_FLIGHT_AT_MOST - len(self._numbers)
        if room <= 0 or len(self._numbers) == len(self.pending):
            return []
        unsent = (command for command in self.pending.values() if command.id not in self._numbers)
        return list(islice(unsent, room))

    def mark_sent(self, command_id: str) -> PendingCommand | None:
        """The command goes out as number `sent_seq`. None when it was sent in a session before: nothing new
        to record."""
        command = self.pending[command_id]
        self.sent_seq += 1
        self._numbers[command_id] = self.sent_seq
        if command.status is not CommandStatus.QUEUED:
            return None
        return self._move(command, CommandStatus.SENT)

    def lost(self, command_seq: int) -> list[tuple[int, PendingCommand]]:
        """The screen has got the commands up to this number. If it should be further by now: those that it
        lacks and that have not ended, with their numbers, in sequence."""
        if command_seq > self._arrived_seq:
            self._arrived_seq, self.losses_in_a_row = command_seq, 0
        if command_seq >= self.acknowledged_seq:
            return []
        lost = [(number, self.pending[key]) for key, number in self._numbers.items() if number > command_seq]
        self.losses_in_a_row += bool(lost)
        return lost

    def acknowledge(self) -> int:
        """A heartbeat is answered: how many commands of this session the screen should have."""
        self.acknowledged_seq = self.sent_seq
        return self.sent_seq

    def _move(self, command: PendingCommand, status: CommandStatus) -> PendingCommand:
        moved = PendingCommand(command.id, command.command, command.args, command.expires_ms, status)
        if status in OPEN_COMMAND_STATUSES:
            self.pending[command.id] = moved
        else:
            self._forget(command.id)
        return moved

    def _forget(self, command_id: str) -> None:
        self.pending.pop(command_id, None)
        self._numbers.pop(command_id, None)
        self._ended[command_id] = self.last_heard_ms
        if len(self._ended) > ENDED_REMEMBERED:
            del self._ended[next(iter(self._ended))]

    def _forget_ended(self) -> None:
        """Those that ended long ago: the first ones."""
        while self._ended and self.last_heard_ms - next(iter(self._ended.values())) > ENDED_REMEMBERED_MS:
            del self._ended[next(iter(self._ended))]
