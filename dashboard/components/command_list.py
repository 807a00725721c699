"""Commands, each with where it has got to and, while that is possible, a button that takes it back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec

from dashboard.clock import Clock, to_ms
from dashboard.command_sentences import COMMAND_STATUS_WORDS, COMMAND_TONES, COMMAND_WORDS, outcome
from dashboard.components.buttons import button
from dashboard.components.markup import Tag, tag
from dashboard.sentences import took
from protocol.api import CommandRow
from protocol.live import CommandChange
from protocol.vocabulary import OPEN_COMMAND_STATUSES, CommandStatus


class CommandList:
    """Shows `CommandRow`s and moves them on as `CommandChange`s come.

    `on_cancel` gets the id of the command to take back; None for who may not. `name_of` gives the name of a
    screen where the list is of many screens'; None where it is of one. `one_order`: all of them are the same
    command of the same operator, so a line says only whose it is.
    """

    def __init__(
        self,
        clock: Clock,
        none_yet: str,
        on_cancel: Callable[[str], Any] | None,
        name_of: Callable[[str], str] | None = None,
        *,
        one_order: bool = False,
    ) -> None:
        self._clock = clock
        self._none_yet = none_yet
        self._on_cancel = on_cancel
        self._name_of = name_of
        self._one_order = one_order
        self._lines: dict[str, tuple[CommandRow, Tag]] = {}
        self._list = tag("ul", "lines", testid="command-list")

    def show(self, rows: Iterable[CommandRow], now_ms: int) -> None:
        """Show these instead of what is shown, in their order."""
        self._lines.clear()
        self._list.clear()
        self.add(rows, now_ms)
        if not self._lines:
            with self._list:
                tag("li", "line line-none", self._none_yet)

    def add(self, rows: Iterable[CommandRow], now_ms: int) -> None:
        """Show these below the others: the next page."""
        with self._list:
            for row in rows:
                line = tag("li", "line", testid="command-row", data_command_id=row.id)
                self._lines[row.id] = (row, line)
                self._fill(line, row, now_ms)

    def put(self, row: CommandRow, now_ms: int) -> bool:
        """The same command as it is now. False when it is not in the list."""
        if row.id not in self._lines:
            return False
        _, line = self._lines[row.id]
        self._lines[row.id] = (row, line)
        line.clear()
        self._fill(line, row, now_ms)
        return True

    def change(self, change: CommandChange, now_ms: int) -> bool:
        """Move one on. False when it is not in the list yet."""
        known = self._lines.get(change.command_id)
        return known is not None and self.put(moved(known[0], change), now_ms)

    def _fill(self, line: Tag, row: CommandRow, now_ms: int) -> None:
        tone = COMMAND_TONES[row.status]
        with line:
            tag("time", "line-time", self._clock.precise(to_ms(_last_instant(row)), now_ms))
            with tag("span", "line-words"):
                if not self._one_order:
                    tag("strong", "", COMMAND_WORDS[row.command])
                if self._name_of is not None:
                    tag("a", "line-link", self._name_of(row.device_id), href=f"/screens/{row.device_id}")
                tag("span", "line-note", " · ".join(self._notes(row, now_ms)), testid="command-outcome")
            with tag(
                "span",
                f"pill {f'pill-{tone}' if tone else ''}",
                testid="command-status",
                data_status=row.status,
            ):
                tag("span", "", COMMAND_STATUS_WORDS[row.status])
            if row.status in OPEN_COMMAND_STATUSES and self._on_cancel is not None:
                cancel, command_id = self._on_cancel, row.id
                button(
                    "Cancel",
                    lambda: cancel(command_id),
                    kind="small",
                    testid="command-cancel",
                    aria_label=f"Cancel {COMMAND_WORDS[row.command]}",
                )

    def _notes(self, row: CommandRow, now_ms: int) -> list[str]:
        notes = [outcome(row.status, row.detail)]
        if row.status is CommandStatus.QUEUED:
            notes.append(f"until {self._clock.moment(to_ms(row.expires_at), now_ms)}")
        if row.status is CommandStatus.SUCCEEDED and row.finished_at is not None:
            notes.append(f"after {took(max(0, to_ms(row.finished_at) - to_ms(row.created_at)))}")
        if row.created_by and not self._one_order:
            notes.append(f"sent by {row.created_by}")
        return [note for note in notes if note]


def moved(row: CommandRow, change: CommandChange) -> CommandRow:
    """The command after a change of the live feed."""
    at = datetime.fromtimestamp(change.at_ms / 1000, UTC)
    which = {CommandStatus.SENT: "sent_at", CommandStatus.RECEIVED: "received_at"}
    instant = which.get(change.status, "finished_at")
    if change.status is CommandStatus.QUEUED:
        return msgspec.structs.replace(row, status=change.status, detail=change.detail)
    return msgspec.structs.replace(row, status=change.status, detail=change.detail, **{instant: at})


def _last_instant(row: CommandRow) -> datetime:
    return row.finished_at or row.received_at or row.sent_at or row.created_at
