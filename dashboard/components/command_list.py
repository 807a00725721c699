"""Commands, each with where it has got to and, while that is possible, a button that takes it back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from dashboard.clock import Clock, to_ms
from dashboard.command_sentences import (
    COMMAND_STATUS_WORDS,
    COMMAND_TONES,
    COMMAND_WORDS,
    command_words,
    outcome,
)
from dashboard.components.buttons import button
from dashboard.components.markup import Tag, tag
from dashboard.heard_commands import HeardCommands
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
        self.clock = clock
        self.none_yet = none_yet
        self.on_cancel = on_cancel
        self.name_of = name_of
        self.one_order = one_order
        self._lines: dict[str, _Line] = {}
        self._heard = HeardCommands()
        self._list = tag("ul", "lines", testid="command-list")
        self._none: Tag | None = None

    def show(self, rows: Iterable[CommandRow], now_ms: int) -> None:
        """Show these instead of what is shown, in their order.

        The line of a command that stays is kept: a button must not be made anew under somebody's finger.
        """
        rows = list(rows)
        staying = {row.id for row in rows}
        for command_id in [known for known in self._lines if known not in staying]:
            self._lines.pop(command_id).element.delete()
        for place, row in enumerate(rows):
            if not self.put(row, now_ms):
                self.add([row], now_ms)
            element = self._lines[row.id].element
            if self._list.default_slot.children[place] is not element:
                element.move(target_index=place)
        self._say_none(not rows)

    def add(self, rows: Iterable[CommandRow], now_ms: int) -> None:
        """Show these below the others: the next page."""
        with self._list:
            for row in rows:
                self._lines[row.id] = _Line(self, self._heard.latest(row), now_ms)

    def put(self, row: CommandRow, now_ms: int) -> bool:
        """The same command as it is now. False when it is not in the list."""
        line = self._lines.get(row.id)
        if line is not None:
            line.show(self._heard.latest(row), now_ms)
        return line is not None

    def change(self, change: CommandChange, now_ms: int) -> bool:
        """Move one on. False when it is not in the list yet: then it is moved on when it comes."""
        self._heard.hear(change)
        line = self._lines.get(change.command_id)
        return line is not None and self.put(line.row, now_ms)

    def _say_none(self, none: bool) -> None:
        if none and self._none is None:
            with self._list:
                self._none = tag("li", "line line-none", self.none_yet)
        elif not none and self._none is not None:
            self._none.delete()
            self._none = None


class _Line:
    """One command. Its words are written anew when it moves on; its button stays while it may be pressed."""

    def __init__(self, shown: CommandList, row: CommandRow, now_ms: int) -> None:
        self._list = shown
        self.row = row
        self.element = tag("li", "line", testid="command-row", data_command_id=row.id)
        with self.element:
            self._words = tag("div", "line-state")
            self._cancel = self._cancel_button()
        self._write(now_ms)

    def show(self, row: CommandRow, now_ms: int) -> None:
        """The command as it is now; nothing is touched when that is as it was."""
        if row == self.row:
            return
        self.row = row
        self._words.clear()
        self._write(now_ms)
        if self._cancel is not None and row.status not in OPEN_COMMAND_STATUSES:
            self._cancel.delete()
            self._cancel = None

    def _cancel_button(self) -> Tag | None:
        on_cancel, row = self._list.on_cancel, self.row
        if on_cancel is None or row.status not in OPEN_COMMAND_STATUSES:
            return None
        return button(
            "Cancel",
            lambda: on_cancel(row.id),
            kind="small",
            testid="command-cancel",
            aria_label=f"Cancel {COMMAND_WORDS[row.command]}",
        )

    def _write(self, now_ms: int) -> None:
        shown, row = self._list, self.row
        tone = COMMAND_TONES[row.status]
        with self._words:
            tag("time", "line-time", shown.clock.precise(to_ms(_last_instant(row)), now_ms))
            with tag("span", "line-words"):
                if not shown.one_order:
                    tag("strong", "", command_words(row))
                if shown.name_of is not None:
                    tag("a", "line-link", shown.name_of(row.device_id), href=f"/screens/{row.device_id}")
                tag("span", "line-note", " · ".join(self._notes(now_ms)), testid="command-outcome")
            with tag(
                "span",
                f"pill {f'pill-{tone}' if tone else ''}",
                testid="command-status",
                data_status=row.status,
            ):
                tag("span", "", COMMAND_STATUS_WORDS[row.status])

    def _notes(self, now_ms: int) -> list[str]:
        shown, row = self._list, self.row
        notes = [outcome(row.status, row.detail)]
        if row.status is CommandStatus.QUEUED:
            notes.append(f"until {shown.clock.moment(to_ms(row.expires_at), now_ms)}")
        if row.status is CommandStatus.SUCCEEDED and row.finished_at is not None:
            notes.append(f"after {took(max(0, to_ms(row.finished_at) - to_ms(row.created_at)))}")
        if row.created_by and not shown.one_order:
            notes.append(f"sent by {row.created_by}")
        return [note for note in notes if note]


def _last_instant(row: CommandRow) -> datetime:
    return row.finished_at or row.received_at or row.sent_at or row.created_at
