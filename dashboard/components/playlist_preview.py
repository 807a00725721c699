"""The stage on which a draft, or a version, plays in the browser as it would on a screen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from nicegui.element import Element

from dashboard.playlist_showing import Shown

_IDLE: Final = "The draft, as a screen would play it"
_EMPTY: Final = "Nothing to show yet."


class PlaylistPreview(Element, component="playlist_preview.js"):
    """Loads nothing before somebody presses play. What it plays is marked in the timeline by the browser."""

    def __init__(self) -> None:
        super().__init__()
        self.props["items"] = []
        self.props["shuffle"] = False
        self.props["idle"] = _IDLE
        self.props["empty"] = _EMPTY

    def show(self, items: Sequence[Shown], *, shuffle: bool, idle: str = _IDLE) -> None:
        """Play these from now on; what is on the stage stays there if it is still one of them."""
        self.props["items"] = [_as_told(number, item) for number, item in enumerate(items)]
        self.props["shuffle"] = shuffle
        self.props["idle"] = idle
        self.update()

    def play(self, item_id: str | None) -> None:
        """Begin with this item of the draft; from the beginning if it is None."""
        self.run_method("play", item_id)


def _as_told(number: int, shown: Shown) -> dict[str, Any]:
    media = shown.media
    return {
        "id": f"{shown.item_id}/{media.id}/{number if shown.repeated else ''}",
        "item": shown.item_id,
        "name": media.content_name,
        "kind": media.kind,
        "url": media.url,
        "thumb": media.thumbnail_url,
        "seconds": shown.seconds,
        "transition": shown.transition,
        "from_ms": shown.from_ms,
        "until_ms": shown.until_ms,
    }
