"""The card with the stage: the draft is on it, or for a while a version of the past."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from dashboard.components.markup import set_text, switch_class, tag
from dashboard.components.playlist_preview import PlaylistPreview
from dashboard.hub_client import HubClient
from dashboard.playlist_showing import Showing
from protocol.playlists import PlaylistItem


class PlaylistStage:
    """`on_back`: somebody has seen enough of a version, and wants the draft."""

    def __init__(self, hub: HubClient, on_back: Callable[[], Any]) -> None:
        self._hub, self._showing = hub, Showing(hub)
        with tag("section", "card preview-card", aria_label="Preview"):
            self._preview = PlaylistPreview()
            with tag("p", "field-hint preview-hint hidden") as self._of_version:
                self._which = tag("span")
                back = tag("button", "link", "Back to the draft", type="button", testid="preview-draft")
        back.on("click", on_back, [])

    def play(self, item_id: str) -> None:
        """Begin with this item of the draft."""
        self._preview.play(item_id)

    def forget(self) -> None:
        """Look anew at what items stand for, the next time."""
        self._showing.forget()

    async def show_draft(self, items: Sequence[PlaylistItem], *, shuffle: bool) -> None:
        """As it is now. Raises HubError."""
        shown = await self._showing.of_draft(items)
        switch_class(self._of_version, "hidden", True)
        self._preview.show(shown, shuffle=shuffle)

    async def play_version(self, playlist_id: str, number: int) -> None:
        """One that was published, from its beginning. Raises HubError."""
        version = await self._hub.playlists.version(playlist_id, number)
        shown = await self._showing.of_version(version.items or [])
        set_text(self._which, f"This is version {number}.")
        switch_class(self._of_version, "hidden", False)
        self._preview.show(shown, shuffle=version.shuffle, idle=f"Version {number}")
        self._preview.play(None)
