"""What can be put into a playlist: approved contents found by typing, other playlists, and tags."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, Literal

from nicegui import background_tasks

from dashboard.components.buttons import button
from dashboard.components.icons import icon
from dashboard.components.markup import Tag, set_attribute, set_text, switch_class, tag
from dashboard.components.search_box import search_box
from dashboard.content_sentences import brief
from dashboard.frame import LivePage
from dashboard.hub_contents import Wanted
from dashboard.hub_http import HubError
from dashboard.playlist_sentences import fits, items_words
from dashboard.sentences import count
from protocol.contents import Content
from protocol.playlists import ItemRequest, Playlist

_PAGE: Final = 24
_TABS: Final = (("contents", "Contents"), ("playlists", "Playlists"), ("tags", "By tag"))
_HINTS: Final = {
    "contents": "",
    "playlists": "It plays as it is published, and follows when another version is.",
    "tags": "The newest approved version of every content that has the tag, now and later.",
}
_Tab = Literal["contents", "playlists", "tags"]


class PlaylistLibrary:
    """Calls `on_add` with what was picked. `playlist_id`: of the one that is edited, which is not offered."""

    def __init__(
        self, page: LivePage, playlist_id: str, on_add: Callable[[ItemRequest, str], Awaitable[None]]
    ) -> None:
        self._page, self._playlist_id, self._on_add = page, playlist_id, on_add
        self._tab: _Tab = "contents"
        self._typed = ""
        self._asked = 0
        self._tabs: dict[str, Tag] = {}
        with tag("section", "card library", aria_label="Add to the playlist"):
            with tag("div", "card-head"):
                tag("h2", "card-title", "Add")
                with tag("div", "segments", role="group", aria_label="What to add"):
                    for key, text in _TABS:
                        segment = tag("button", "segment", text, type="button", testid=f"library-{key}")
                        segment.on("click", lambda key=key: self._turn(key), [])
                        self._tabs[key] = segment
            self._box = search_box("Search what to add", "Search name, tag, category…", "library-search")
            self._hint = tag("p", "field-hint library-hint hidden")
            self._list = tag("ul", "library-list", testid="library-list")
        self._box.on(
            "input",
            lambda event: self._type(str(event.args)),
            throttle=0.25,
            leading_events=False,
            js_handler="(e) => emit(e.target.value)",
        )
        self._mark()

    async def load(self) -> None:
        """Ask the hub for what fits, and draw it."""
        await self._ask(self._next())

    def _turn(self, tab: _Tab) -> None:
        self._tab = tab
        self._mark()
        self._begin()

    def _type(self, text: str) -> None:
        self._typed = text.strip()
        self._begin()

    def _mark(self) -> None:
        for key, segment in self._tabs.items():
            set_attribute(segment, "aria-pressed", "true" if key == self._tab else "false")
        set_text(self._hint, _HINTS[self._tab])
        switch_class(self._hint, "hidden", not _HINTS[self._tab])

    def _begin(self) -> None:
        background_tasks.create(self._ask(self._next()), name="find what to add")

    def _next(self) -> int:
        self._asked += 1
        return self._asked

    async def _ask(self, number: int, cursor: str | None = None) -> None:
        hub, problem = self._page.hub, ""
        contents: list[Content] = []
        playlists: list[Playlist] = []
        tags: dict[str, int] = {}
        more: str | None = None
        try:
            match self._tab:
                case "contents":
                    found = await hub.contents.find(Wanted(q=self._typed), "newest", cursor, _PAGE)
                    contents, more = found.items, found.next_cursor
                case "playlists":
                    playlists = await hub.playlists.all()
                case "tags":
                    tags = (await hub.contents.facets()).tags
        except HubError as error:
            problem = error.sentence
        # One that was overtaken says nothing about what is looked for now; nor does one of a closed page.
        if number != self._asked or self._list.is_deleted:
            return
        if cursor is None:
            self._list.clear()
        with self._list:
            if problem:
                tag("li", "library-none", problem)
            elif self._tab == "contents":
                self._draw_contents(contents, more, begins=cursor is None)
            elif self._tab == "playlists":
                self._draw_playlists(playlists)
            else:
                self._draw_tags(tags)

    def _draw_contents(self, contents: list[Content], more: str | None, *, begins: bool) -> None:
        for content in contents:
            approved = content.approved
            note = brief(approved) if approved is not None else "No approved version"
            self._line(
                content.name,
                note,
                ItemRequest(media_id=approved.id) if approved is not None else None,
                picture="content",
                thumb=approved.thumbnail_url if approved is not None else None,
            )
        if not contents and begins:
            said = "No content fits." if self._typed else "There is no content yet."
            tag("li", "library-none", said)
        if more is not None:
            line = tag("li", "library-more")
            with line:

                async def go_on() -> None:
                    line.delete()
                    await self._ask(self._next(), more)

                button("More", go_on, kind="small", testid="library-more")

    def _draw_playlists(self, playlists: list[Playlist]) -> None:
        offered = [each for each in playlists if each.id != self._playlist_id and fits(each, self._typed)]
        for playlist in offered:
            is_published = playlist.active_number is not None
            note = items_words(playlist.items, playlist.total_s)
            self._line(
                playlist.name,
                f"{note}, version {playlist.active_number}" if is_published else "Not published yet",
                ItemRequest(playlist_id=playlist.id) if is_published else None,
                picture="playlist",
            )
        if not offered:
            tag("li", "library-none", "No other playlist fits." if self._typed else "There is no other one.")

    def _draw_tags(self, tags: dict[str, int]) -> None:
        wanted = self._typed.casefold()
        offered = [name for name in tags if wanted in name.casefold()]
        for name in sorted(offered, key=lambda name: (-tags[name], name.casefold())):
            self._line(name, count(tags[name], "content"), ItemRequest(content_tag=name), picture="tag")
        if not offered:
            tag("li", "library-none", "No tag fits." if self._typed else "No content has a tag yet.")

    def _line(
        self, name: str, note: str, request: ItemRequest | None, *, picture: str, thumb: str | None = None
    ) -> None:
        with tag("li", "library-line" + ("" if request else " row-off"), testid="library-line"):
            with tag("span", "library-thumb", aria_hidden="true"):
                if thumb is not None:
                    tag("img", "", src=thumb, alt="", loading="lazy")
                else:
                    icon(picture)
            with tag("span", "library-words"):
                tag("span", "library-name", name)
                tag("span", "row-note", note)
            if request is not None:

                async def add(request: ItemRequest = request) -> None:
                    await self._on_add(request, name)

                button(
                    "",
                    add,
                    kind="small icon",
                    icon="add",
                    aria_label=f"Add {name}",
                    title="Add at the end",
                    testid="library-add",
                )
