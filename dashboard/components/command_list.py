"""The commands of one screen, pending and past, each with where it has got to."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from dashboard.clock import Clock, to_ms
from dashboard.components.markup import Tag, tag
from dashboard.sentences import COMMAND_STATUS_WORDS, COMMAND_WORDS
from protocol.api import CommandRow
from protocol.live import CommandChange
from protocol.vocabulary import OPEN_COMMAND_STATUSES, CommandStatus

_TONE: Final = {
    CommandStatus.SUCCEEDED: "pill pill-ok",
    CommandStatus.FAILED: "pill pill-bad",
    CommandStatus.REJECTED: "pill pill-bad",
    CommandStatus.EXPIRED: "pill",
}
_MOST_SHOWN: Final = 50


class CommandList:
    """Shows `CommandRow`s and moves them on as `CommandChange`s come."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lines: dict[str, Tag] = {}
        self._list = tag("ul", "lines", testid="command-list")

    def show(self, rows: list[CommandRow], now_ms: int) -> None:
        """Show these, the newest first."""
        self._lines.clear()
        self._list.clear()
        with self._list:
            for row in sorted(rows, key=lambda row: row.created_at, reverse=True)[:_MOST_SHOWN]:
                self._lines[row.id] = tag("li", "line", testid="command-row", data_command_id=row.id)
                self._fill(
                    self._lines[row.id],
                    COMMAND_WORDS[row.command],
                    row.status,
                    row.detail,
                    to_ms(_last_instant(row)),
                    now_ms,
                    row.created_by,
                )
            if not rows:
                tag("li", "line line-none", "No command was ever sent to this screen.")

    def change(self, change: CommandChange, now_ms: int) -> bool:
        """Move one on. False when it is not in the list yet."""
        line = self._lines.get(change.command_id)
        if line is None:
            return False
        line.clear()
        self._fill(
            line, COMMAND_WORDS[change.command], change.status, change.detail, change.at_ms, now_ms, None
        )
        return True

    def _fill(
        self,
        line: Tag,
        words: str,
        status: CommandStatus,
        detail: str | None,
        at_ms: int,
        now_ms: int,
        by: str | None,
    ) -> None:
        tone = _TONE.get(status, "pill pill-warn" if status in OPEN_COMMAND_STATUSES else "pill")
        with line:
            tag("time", "line-time", self._clock.precise(at_ms, now_ms))
            with tag("span", "line-words"):
                tag("strong", "", words)
                notes = [note for note in (detail, f"by {by}" if by else None) if note]
                tag("span", "line-note", " · ".join(notes))
            tag("span", tone, COMMAND_STATUS_WORDS[status], testid="command-status", data_status=status)


def _last_instant(row: CommandRow) -> datetime:
    return row.finished_at or row.received_at or row.sent_at or row.created_at
