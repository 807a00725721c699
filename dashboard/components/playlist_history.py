"""The numbered versions of a playlist: what each was, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dashboard.components.buttons import button
from dashboard.components.markup import switch_class, tag
from dashboard.frame import LivePage
from dashboard.playlist_sentences import version_note, version_pill
from protocol.api import Page
from protocol.playlists import PlaylistVersion


class PlaylistHistory:
    """`on_older` is called with the cursor of what follows; `on_roll_back`: None for who may not publish."""

    def __init__(
        self,
        page: LivePage,
        *,
        on_compare: Callable[[PlaylistVersion], Any],
        on_play: Callable[[PlaylistVersion], Any],
        on_older: Callable[[str], Any],
        on_roll_back: Callable[[PlaylistVersion], Any] | None,
    ) -> None:
        self._page = page
        self._on_compare, self._on_play, self._on_roll_back = on_compare, on_play, on_roll_back
        with tag("section", "card rows-card", aria_label="Versions"):
            with tag("div", "card-head"):
                tag("h2", "card-title", "Versions")
            self._list = tag("ul", "rows", testid="versions")
            self._older = button(
                "Older versions", lambda: on_older(self._cursor), kind="quiet", testid="versions-older"
            )
        self._cursor = ""

    def show(self, versions: Page[PlaylistVersion]) -> None:
        """These, the newest first."""
        self._list.clear()
        if not versions.items:
            with self._list:
                tag("li", "row row-none", "Nothing is published yet.")
        self.add(versions)

    def add(self, versions: Page[PlaylistVersion]) -> None:
        """These below what is there."""
        with self._list:
            for version in versions.items:
                self._row(version)
        self._cursor = versions.next_cursor or ""
        switch_class(self._older, "hidden", not self._cursor)

    def _row(self, version: PlaylistVersion) -> None:
        word, tone = version_pill(version)
        with tag("li", "row published-row", testid="version", data_number=version.number):
            with tag("div", "row-words"):
                with tag("strong", "row-title"):
                    tag("span", "", f"Version {version.number}")
                    if word:
                        tag("span", f"pill pill-{tone}", word)
                if version.note:
                    tag("span", "version-said", version.note)
                tag("span", "row-note", version_note(version, self._page.clock, self._page.now_ms))
            with tag("div", "row-actions"):
                button("Preview", lambda: self._on_play(version), kind="small", testid="version-play")
                button("Compare", lambda: self._on_compare(version), kind="small", testid="version-compare")
                if self._on_roll_back is not None and version.state == "past":
                    roll_back = self._on_roll_back
                    button("Roll back", lambda: roll_back(version), kind="small", testid="version-roll-back")
