"""One entry of the schedule in a list: what plays where and when, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dashboard.components.buttons import button
from dashboard.components.markup import tag
from dashboard.schedule_sentences import entry_marks
from dashboard.sentences import begun
from protocol.schedule import Entry


def entry_row(
    entry: Entry,
    tone: int,
    *,
    on_edit: Callable[[], Any] | None = None,
    on_remove: Callable[[], Any] | None = None,
) -> None:
    """Without buttons where somebody may only look."""
    with tag("li", "row" if entry.enabled else "row row-off", testid="entry"):
        tag("span", f"swatch tone-{tone}", aria_hidden="true")
        with tag("div", "row-words"):
            with tag("div", "row-title"):
                tag("a", "entry-playlist", entry.playlist_name, href=f"/playlists/{entry.playlist_id}")
                for mark in entry_marks(entry):
                    tag("span", "chip", mark)
            tag("span", "", f"{begun(entry.target_text)}, {entry.when_text}", testid="entry-words")
            if entry.name:
                tag("span", "row-note", entry.name)
        if on_edit is not None and on_remove is not None:
            with tag("div", "row-actions"):
                button("Edit", on_edit, kind="small", testid="entry-edit")
                button("Delete", on_remove, kind="small danger-quiet", testid="entry-delete")
