"""`/playlists/{id}`: the draft as a timeline, what it would show, and the versions that were published."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from fastapi.responses import RedirectResponse
from msgspec import UNSET
from nicegui import ui

from dashboard.components.content import content_page
from dashboard.components.dialogs import toast
from dashboard.components.markup import set_text, switch_class, tag
from dashboard.components.playlist_changes import compare, publish, roll_back
from dashboard.components.playlist_forms import edit_item
from dashboard.components.playlist_head import PlaylistHead
from dashboard.components.playlist_history import PlaylistHistory
from dashboard.components.playlist_library import PlaylistLibrary
from dashboard.components.playlist_stage import PlaylistStage
from dashboard.components.playlist_timeline import PlaylistTimeline
from dashboard.draft_editing import DraftEditing, Overtaken
from dashboard.frame import LivePage, open_session
from dashboard.hub_http import HubError
from dashboard.newer_versions import NewerVersions
from dashboard.playlist_sentences import (
    CHANGED_ELSEWHERE,
    CHANGED_MEANWHILE,
    NotALength,
    items_words,
    seconds_of,
)
from dashboard.session import explain
from protocol.playlists import ItemPatch, ItemRequest, Playlist, PlaylistVersion
from protocol.vocabulary import Permission

_LOOK_EVERY_S: Final = 3.0


@ui.page("/playlists/{playlist_id}")
async def playlist_page(playlist_id: str) -> RedirectResponse | None:
    """One playlist."""
    session = await open_session()
    if isinstance(session, RedirectResponse):
        return session
    try:
        playlist = await session.hub.playlists.one(playlist_id)
        problem = ""
    except HubError as error:
        playlist, problem = None, error.sentence
    with content_page(session, playlist.name if playlist else "Playlist", "playlists") as page:
        if page is None:
            return None
        if playlist is None:
            with tag("div", "empty"):
                tag("h1", "empty-title", problem)
                tag("a", "btn", "All playlists", href="/playlists")
            return None
        editor = _Editor(page, playlist)
        ui.timer(_LOOK_EVERY_S, editor.look, immediate=False)
    await editor.load()
    return None


class _Editor:
    def __init__(self, page: LivePage, playlist: Playlist) -> None:
        self._page, self._playlist = page, playlist
        self._draft = DraftEditing(page.hub.playlists, playlist.id)
        self._newer = NewerVersions(page.hub.contents)
        self._versions: list[PlaylistVersion] = []
        may_edit = page.session.may(Permission.CONTENT_EDIT)
        may_publish = page.session.may_everywhere(Permission.CONTENT_PUBLISH)
        self._head = PlaylistHead(page, playlist, on_publish=self._publish, on_changed=self._refresh)
        self._overtaken = tag("div", "note note-warn overtaken hidden", role="alert", testid="overtaken")
        with self._overtaken:
            self._why = tag("span")
            again = tag("button", "btn btn-small", "Show it as it is now", type="button", testid="reload")
        again.on("click", self._refresh, [])
        with tag("div", "editor"):
            with tag("div", "editor-main"):
                with tag("section", "card timeline-card", aria_label="Draft"):
                    with tag("div", "card-head"):
                        tag("h2", "card-title", "Draft")
                        self._total = tag("span", "row-note num", testid="draft-total")
                    self._timeline = PlaylistTimeline(
                        editable=may_edit,
                        on_move=lambda item, to: self._do(lambda: self._draft.move(item, to)),
                        on_length=self._set_length,
                        on_enable=self._enable,
                        on_edit=self._edit,
                        on_remove=lambda item: self._do(lambda: self._draft.remove(item)),
                        on_play=lambda item: self._stage.play(item),
                    )
                    self._nothing = tag("div", "empty hidden", testid="draft-empty")
                    with self._nothing:
                        tag("p", "empty-title", "Nothing in it yet")
                        tag("p", "", "Pick what to show, and it comes here." if may_edit else "")
                self._history = PlaylistHistory(
                    page,
                    on_compare=lambda version: compare(page, self._playlist, self._versions, version.number),
                    on_play=self._play_version,
                    on_older=self._show_older,
                    on_roll_back=self._roll_back if may_publish and may_edit else None,
                )
            with tag("div", "editor-side"):
                self._stage = PlaylistStage(page.hub, on_back=self._follow)
                self._library = PlaylistLibrary(page, playlist.id, self._add) if may_edit else None

    async def load(self) -> None:
        """Everything, for the first time; then it is looked at again and again."""
        await self._refresh()
        if self._library is not None:
            await self._library.load()

    async def _refresh(self) -> None:
        """The playlist as it is now."""
        try:
            await self._draft.read()
            self._draw()
            self._stage.forget()
            self._newer.forget()
            await self._follow_draft()
        except HubError as error:
            explain(self._page.session, error)
            return
        switch_class(self._overtaken, "hidden", True)

    async def _read_playlist(self) -> None:
        hub = self._page.hub.playlists
        self._playlist, newest = await asyncio.gather(
            hub.one(self._playlist.id), hub.versions(self._playlist.id)
        )
        await self._head.show(self._playlist, can_publish=bool(self._draft.items))
        self._versions = newest.items
        self._history.show(newest)

    def _draw(self) -> None:
        items, seen = self._draft.items, self._draft.seen
        self._timeline.show(items, self._page.clock, self._page.now_ms, self._newer.of)
        switch_class(self._nothing, "hidden", bool(items))
        set_text(self._total, items_words(len(items), seen.total_s if seen is not None else 0.0))

    async def _follow_draft(self) -> None:
        items, shuffle = self._draft.items, self._playlist.shuffle
        await asyncio.gather(
            self._stage.show_draft(items, shuffle=shuffle), self._read_playlist(), self._newer.look(items)
        )
        if any(map(self._newer.of, items)):
            self._draw()

    async def look(self) -> None:
        """Whether it became another one elsewhere: other versions, more screens, another draft."""
        if not ui.context.client.has_socket_connection or not self._draft.is_settled:
            return
        hub = self._page.hub.playlists
        try:
            playlist = await hub.one(self._playlist.id)
            if playlist != self._playlist:
                await self._read_playlist()
        except HubError as error:
            if error.signed_out:
                explain(self._page.session, error)
            return
        if self._draft.is_behind(playlist.revision):
            self._say_overtaken(CHANGED_ELSEWHERE)

    def _say_overtaken(self, words: str) -> None:
        set_text(self._why, words)
        switch_class(self._overtaken, "hidden", False)

    # ---- what is done to the draft ----

    async def _do(self, change: Callable[[], Awaitable[None]]) -> bool:
        """Whether it was done. What is shown is put right either way, when nothing more is on its way."""
        done = False
        try:
            await change()
            done = True
        except Overtaken:
            self._say_overtaken(CHANGED_MEANWHILE)
        except HubError as error:
            explain(self._page.session, error)
        if self._draft.is_settled:
            self._draw()
            if done:
                await self._follow()
        return done

    async def _follow(self) -> None:
        """What depends on the draft."""
        try:
            await self._follow_draft()
        except HubError as error:
            explain(self._page.session, error)

    async def _add(self, request: ItemRequest, name: str) -> None:
        if await self._do(lambda: self._draft.add(request)):
            toast(f"{name} is in the draft.")

    async def _enable(self, item_id: str, on: bool) -> None:
        await self._do(lambda: self._draft.change(item_id, ItemPatch(enabled=on)))

    async def _set_length(self, item_id: str, typed: str) -> None:
        try:
            seconds = seconds_of(typed)
        except NotALength as error:
            toast(str(error), good=False)
            if self._draft.is_settled:
                self._draw()
            return
        await self._do(lambda: self._draft.change(item_id, ItemPatch(duration_s=seconds)))

    async def _edit(self, item_id: str) -> None:
        item = self._draft.item(item_id)
        if item is None:
            return
        try:
            contents = self._page.hub.contents
            versions = await contents.versions(item.media.content_id) if item.media is not None else []
        except HubError as error:
            explain(self._page.session, error)
            return
        patch = await edit_item(self._page, item, versions)
        if patch is not None and any(value is not UNSET for value in _values(patch)):
            await self._do(lambda: self._draft.change(item_id, patch))

    # ---- versions ----

    async def _show_older(self, cursor: str) -> None:
        try:
            older = await self._page.hub.playlists.versions(self._playlist.id, cursor)
        except HubError as error:
            explain(self._page.session, error)
            return
        self._versions = [*self._versions, *older.items]
        self._history.add(older)

    async def _publish(self) -> None:
        try:
            await self._draft.read()
            self._draw()
            version = await publish(self._page, self._playlist, self._draft)
        except HubError as error:
            explain(self._page.session, error)
            return
        if version is not None:
            left_out = f" Left out: {' '.join(version.left_out)}" if version.left_out else ""
            toast(f"Version {version.number} is published.{left_out}", good=not left_out)
            await self._refresh()

    async def _roll_back(self, version: PlaylistVersion) -> None:
        try:
            made = await roll_back(self._page, self._playlist, self._draft, version)
        except HubError as error:
            explain(self._page.session, error)
            return
        if made is not None:
            toast(f"Version {made.number} is published, as version {version.number} was.")
            await self._refresh()

    async def _play_version(self, version: PlaylistVersion) -> None:
        try:
            await self._stage.play_version(self._playlist.id, version.number)
        except HubError as error:
            explain(self._page.session, error)


def _values(patch: ItemPatch) -> list[object]:
    return [getattr(patch, name) for name in patch.__struct_fields__]
