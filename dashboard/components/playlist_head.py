"""The head of one playlist's page: its name, which version plays, and what can be done with all of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from nicegui import ui

from dashboard.components.buttons import button
from dashboard.components.dialogs import confirm
from dashboard.components.manage import attempt
from dashboard.components.markup import set_text, switch_class, tag
from dashboard.components.playlist_changes import groups_of_screens
from dashboard.components.playlist_forms import duplicate_playlist, edit_playlist
from dashboard.frame import LivePage
from dashboard.playlist_sentences import canary_words, plays_words, standing
from dashboard.sentences import begun
from protocol.playlists import Playlist
from protocol.vocabulary import Permission

_TONES = ("ok", "warn")


class PlaylistHead:
    """`on_changed` reads the playlist anew. Buttons that the operator's role does not allow are not there."""

    def __init__(
        self,
        page: LivePage,
        playlist: Playlist,
        *,
        on_publish: Callable[[], Any],
        on_changed: Callable[[], Awaitable[None]],
    ) -> None:
        self._page, self._playlist, self._on_changed = page, playlist, on_changed
        session = page.session
        self._may_edit = session.may(Permission.CONTENT_EDIT)
        self._may_publish = session.may_everywhere(Permission.CONTENT_PUBLISH)
        with tag("div", "page-head"):
            with tag("div", "page-head-words"):
                tag("a", "crumb", "Playlists", href="/playlists")
                with tag("div", "screen-title"):
                    self._name = tag("h1", "page-title", playlist.name, testid="playlist-title")
                    self._pill = tag("span", "pill", testid="playlist-standing")
                    self._default = tag("span", "chip hidden", "default", testid="playlist-is-default")
                    self._shuffle = tag("span", "chip hidden", "shuffle", testid="playlist-is-shuffled")
                self._description = tag("p", "page-lead hidden")
                self._plays = tag("p", "page-lead", role="status", testid="playlist-plays")
            with tag("div", "page-actions"):
                if self._may_edit:
                    button("Edit", self._edit, icon="edit", testid="playlist-edit")
                    button("Duplicate", self._duplicate, testid="playlist-duplicate")
                    button("Delete", self._delete, kind="danger-quiet", testid="playlist-delete")
                if self._may_publish:
                    self._publish = button(
                        "Publish", on_publish, kind="primary", icon="send", testid="playlist-publish"
                    )
        with tag("div", "note canary hidden", role="status", testid="canary") as self._canary:
            self._canary_words = tag("span", "canary-words")
            if self._may_publish:
                button("Promote", self._promote, kind="small primary", testid="canary-promote")
                button("Withdraw", self._withdraw, kind="small", testid="canary-withdraw")

    async def show(self, playlist: Playlist, *, can_publish: bool) -> None:
        """As it is now. `can_publish`: whether there is anything in the draft. Raises HubError."""
        self._playlist = playlist
        set_text(self._name, playlist.name)
        word, tone = standing(playlist)
        set_text(self._pill, word)
        for other in _TONES:
            switch_class(self._pill, f"pill-{other}", other == tone)
        switch_class(self._default, "hidden", not playlist.is_default)
        switch_class(self._shuffle, "hidden", not playlist.shuffle)
        set_text(self._description, playlist.description)
        switch_class(self._description, "hidden", not playlist.description)
        set_text(self._plays, plays_words(playlist, self._page.clock, self._page.now_ms))
        if self._may_publish:
            new = playlist.active_number is None or playlist.has_changes
            switch_class(self._publish, "btn-primary", new and can_publish)
        await self._show_canary()

    async def _show_canary(self) -> None:
        playlist = self._playlist
        switch_class(self._canary, "hidden", playlist.canary_number is None)
        if playlist.canary is None:
            return
        names = {}
        if playlist.canary.group_id is not None:
            names = {group.id: group.name for group in await groups_of_screens(self._page)}
        who = begun(canary_words(playlist.canary, names))
        set_text(
            self._canary_words,
            f"{who} play version {playlist.canary_number} on trial. "
            f"All others play version {playlist.active_number}.",
        )

    async def _edit(self) -> None:
        if await edit_playlist(self._page, self._playlist) is not None:
            await self._on_changed()

    async def _duplicate(self) -> None:
        made = await duplicate_playlist(self._page, self._playlist)
        if made is not None:
            ui.navigate.to(f"/playlists/{made.id}")

    async def _delete(self) -> None:
        playlist = self._playlist
        if not await confirm(
            f"Delete {playlist.name}?",
            "It goes with its draft and all of its versions. What is in it stays in the library.",
            "Delete",
        ):
            return
        hub = self._page.hub.playlists
        if await attempt(self._page.session, lambda: hub.remove(playlist.id), "Deleted."):
            ui.navigate.to("/playlists")

    async def _promote(self) -> None:
        number = self._playlist.canary_number
        if await confirm(
            f"Promote version {number}?",
            "Every screen that has this playlist plays it.",
            "Promote",
            kind="primary",
        ):
            hub = self._page.hub.playlists
            await attempt(
                self._page.session, lambda: hub.promote(self._playlist.id), f"Version {number} is active."
            )
            await self._on_changed()

    async def _withdraw(self) -> None:
        playlist = self._playlist
        if await confirm(
            f"Withdraw version {playlist.canary_number}?",
            f"The screens that try it play version {playlist.active_number} again. The draft stays as it is.",
            "Withdraw",
        ):
            hub = self._page.hub.playlists
            await attempt(self._page.session, lambda: hub.withdraw(playlist.id), "Withdrawn.")
            await self._on_changed()
