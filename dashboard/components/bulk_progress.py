"""How far one command to many screens has come: a bar by status, and what each colour is."""

from __future__ import annotations

from typing import Final

from dashboard.command_sentences import COMMAND_TONES, bulk_parts
from dashboard.components.markup import tag
from protocol.api import BulkCommand
from protocol.vocabulary import CommandStatus

_REFUSED_TONE: Final = "bad"


class BulkBar:
    """One bar. With `legend` each part is also said in words below."""

    def __init__(self, *, legend: bool) -> None:
        self._shown: list[tuple[str, int, str]] | None = None
        self._bar = tag("div", "stack", aria_hidden="true")
        self._legend = tag("ul", "bulk-legend", testid="bulk-legend") if legend else None

    def show(self, bulk: BulkCommand) -> None:
        parts = bulk_parts(bulk)
        if parts == self._shown:
            return
        self._shown = parts
        whole = max(1, bulk.targeted)
        self._bar.clear()
        with self._bar:
            for status, number, _ in parts:
                tag("span", f"stack-{_tone(status)}", style=f"width:{number * 100 / whole:.2f}%")
        if self._legend is None:
            return
        self._legend.clear()
        with self._legend:
            for status, number, words in parts:
                with tag("li", "bulk-part", testid="bulk-part", data_status=status):
                    tag("span", f"bulk-swatch stack-{_tone(status)}", aria_hidden="true")
                    tag("strong", "", f"{number:,}")
                    tag("span", "", words)


def _tone(status: str) -> str:
    tone = COMMAND_TONES[CommandStatus(status)] if status in COMMAND_TONES else _REFUSED_TONE
    return f"command-{tone or 'over'}"
