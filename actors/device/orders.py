"""The commands of one screen on their way: from its shadow to its link, and what came of them to the
surroundings.

Rule 1: whatever is too late has ended before anything is sent.
Rule 2: what a link has swallowed goes out again with the same number. If the screen has none of it after
        `AGAIN_AT_MOST` times, the link takes frames and delivers none: it is not written to any more.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from actors.device.messages import PendingCommand
from actors.device.ports import Link, Surroundings
from actors.device.shadow import Shadow
from actors.runtime import Instant
from protocol.codec import encode
from protocol.frames import Command, Receipt
from protocol.vocabulary import CommandName, CommandStatus, ReceiptStatus

AGAIN_AT_MOST: Final = 3

STATUS_OF_RECEIPT: Final = {
    ReceiptStatus.RECEIVED: CommandStatus.RECEIVED,
    ReceiptStatus.RENDERED: CommandStatus.SUCCEEDED,
    ReceiptStatus.SUCCEEDED: CommandStatus.SUCCEEDED,
    ReceiptStatus.FAILED: CommandStatus.FAILED,
    ReceiptStatus.REJECTED: CommandStatus.REJECTED,
}


class Orders:
    """Each method belongs to a turn of the screen's actor."""

    __slots__ = ("_around", "_device_id", "_shadow")

    def __init__(self, device_id: str, shadow: Shadow, around: Surroundings) -> None:
        self._device_id = device_id
        self._shadow = shadow
        self._around = around

    def queue(self, commands: Iterable[PendingCommand], now: Instant) -> None:
        """These wait for the screen."""
        for replaced in self._shadow.queue(commands):
            self._changed(replaced, "replaced by a newer one", now)
        self._count()

    def withdraw(self, command_ids: Iterable[str]) -> bool:
        """Somebody else ended these. True when one of them was waiting here."""
        if not self._shadow.withdraw(command_ids):
            return False
        self._count()
        return True

    def send_due(self, link: Link | None, now: Instant) -> None:
        """End what is too late, and send what there is room for (G3)."""
        for late in self._shadow.expire(now.wall_ms):
            self._changed(late, "its time was over before the screen answered", now)
        if link is None:
            return
        for command in self._shadow.due():
            sent = self._shadow.mark_sent(command.id)
            self._write(link, command, self._shadow.sent_seq)
            if sent is not None:
                self._changed(sent, None, now)

    def send_again(self, link: Link, command_seq: int) -> bool:
        """The screen says with a heartbeat how far it has come: send what it should have and does not. False,
        and nothing sent, when that has been of no use (Rule 2)."""
        lost = self._shadow.lost(command_seq)
        if self._shadow.losses_in_a_row > AGAIN_AT_MOST:
            return False
        for number, command in lost:
            self._write(link, command, number)
        return True

    def answered(self, receipt: Receipt, now: Instant) -> bool:
        """A receipt came. False when it is about no command that it may change."""
        command = self._shadow.answer(receipt.command_id, STATUS_OF_RECEIPT[receipt.status])
        if command is None:
            return False
        self._changed(command, receipt.detail, now)
        return True

    def _write(self, link: Link, command: PendingCommand, number: int) -> None:
        args = command.args
        if command.command is CommandName.RELOAD_PLAYLIST:
            args = args | {"playlist_version": self._shadow.desired_playlist}
        elif command.command is CommandName.IDENTIFY:
            # It may have been renamed since its session began.
            args = args | {"name": self._around.name(self._device_id)}
        link.send(encode(Command(command.id, command.command, args, command.expires_ms, number)))

    def _changed(self, command: PendingCommand, detail: str | None, now: Instant) -> None:
        self._around.command_changed(
            self._device_id, command.id, command.command, command.status, detail, now.wall_ms
        )
        self._count()

    def _count(self) -> None:
        self._around.pending_changed(self._device_id, len(self._shadow.pending))
