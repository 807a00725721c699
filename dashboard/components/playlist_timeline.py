"""The draft of a playlist as a timeline: rows to drag or to move by keys, and a bar with each one's share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from nicegui.element import Element
from nicegui.events import GenericEventArguments

from dashboard.clock import Clock
from dashboard.playlist_sentences import (
    TRANSITION_WORDS,
    item_note,
    item_seconds,
    item_title,
    length,
    window_note,
    window_words,
)
from protocol.playlists import PlaylistItem
from protocol.vocabulary import Transition

_PICTURES: Final = {"playlist": "playlist", "tag": "tag"}


class PlaylistTimeline(Element, component="playlist_timeline.js"):
    """What is done to it comes back by the id of the item. `editable`: whether anything can be done."""

    def __init__(
        self,
        *,
        editable: bool,
        on_move: Callable[[str, int], Any],
        on_length: Callable[[str, str], Any],
        on_enable: Callable[[str, bool], Any],
        on_edit: Callable[[str], Any],
        on_remove: Callable[[str], Any],
        on_play: Callable[[str], Any],
    ) -> None:
        super().__init__()
        self.props["editable"] = editable
        self._heard = 0  # how many moves: rows of before a later one are not drawn
        self.props["draft"] = {"rows": [], "heard": 0}

        def move(event: GenericEventArguments) -> Any:
            self._heard += 1
            return on_move(str(event.args[0]), int(event.args[1]))

        self.on("move", move)
        self.on("length", lambda event: on_length(str(event.args[0]), str(event.args[1])))
        self.on("enable", lambda event: on_enable(str(event.args[0]), bool(event.args[1])))
        self.on("edit", lambda event: on_edit(str(event.args)))
        self.on("remove", lambda event: on_remove(str(event.args)))
        self.on("play", lambda event: on_play(str(event.args)))

    def show(
        self,
        items: Sequence[PlaylistItem],
        clock: Clock,
        now_ms: int,
        newer: Callable[[PlaylistItem], int | None],
    ) -> None:
        """The items as they are; also when they are as they were, so that what was refused goes back.
        `newer`: the number of a newer approved version of what an item shows."""
        rows = [timeline_row(item, clock, now_ms, newer(item)) for item in items]
        self.props["draft"] = {"rows": rows, "heard": self._heard}
        self.update()


def timeline_row(item: PlaylistItem, clock: Clock, now_ms: int, newer: int | None = None) -> dict[str, Any]:
    """One row as the browser draws it; the words are made here."""
    chips = []
    if item.transition is not Transition.CUT:
        chips.append(TRANSITION_WORDS[item.transition])
    window = window_words(item.valid_from, item.valid_until, clock, now_ms)
    if window:
        chips.append(window)
    media = item.media
    return {
        "id": item.id,
        "title": item_title(item),
        "note": item_note(item),
        "href": f"/contents/{media.content_id}"
        if media is not None
        else f"/playlists/{item.playlist_id}"
        if item.playlist_id
        else "",
        "thumb": (media.thumbnail_url or "") if media is not None else "",
        "kind": (media.kind or "") if media is not None else _PICTURES[item.kind],
        "start": length(item.starts_s),
        "length": length(item_seconds(item)),
        "own": item.duration_s is None,
        "fixed": item.kind != "media",
        "share": item.plays_s if item.enabled and not item.problem else 0,
        "on": item.enabled,
        "chips": chips,
        "newer": f"version {newer} is approved" if newer is not None else "",
        "window": window_note(item.valid_from, item.valid_until, now_ms),
        "problem": item.problem or "",
    }
