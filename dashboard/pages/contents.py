"""`/contents`: the library. What is dropped on it is uploaded, and becomes a content by itself."""

from __future__ import annotations

from collections.abc import Callable

from fastapi.responses import RedirectResponse
from nicegui import ui

from dashboard.components.asking import Asking
from dashboard.components.buttons import button
from dashboard.components.content import content_page
from dashboard.components.content_card import ContentCard
from dashboard.components.content_dialogs import add_address
from dashboard.components.content_filters import ContentFilters
from dashboard.components.icons import icon
from dashboard.components.markup import set_text, switch_class, tag
from dashboard.components.problem_note import ProblemNote
from dashboard.components.uploader import CHOOSE, OUTAGE_S, Uploader
from dashboard.frame import LivePage, open_session
from dashboard.hub_contents import Wanted
from dashboard.hub_http import HubError
from dashboard.sentences import count
from protocol.contents import Content
from protocol.vocabulary import MediaKind, MediaStatus, Permission

_A_PAGE = 60
_MOST_REFRESHED = 200
_NOTHING = "Nobody has uploaded anything yet."
_Show = Callable[[list[Content], str | None], None]


@ui.page("/contents", reconnect_timeout=OUTAGE_S)
async def contents_page(
    q: str = "", tag: str = "", category: str = "", kind: str = "", status: str = ""
) -> RedirectResponse | None:
    """Every content that fits."""
    session = await open_session()
    if isinstance(session, RedirectResponse):
        return session
    wanted = Wanted(
        q,
        tag,
        category,
        MediaKind(kind) if kind in list(MediaKind) else None,
        MediaStatus(status) if status in list(MediaStatus) else None,
    )
    with content_page(session, "Contents", "contents") as page:
        library = _Library(page, wanted) if page is not None else None
    if library is not None:
        await library.load()
    return None


class _Library:
    def __init__(self, page: LivePage, wanted: Wanted) -> None:
        self._page = page
        self._cards: dict[str, ContentCard] = {}
        self._cursor: str | None = None
        self._turn = 0
        session = page.session
        self._may_edit = session.may(Permission.CONTENT_EDIT)
        with tag("div", "page-head"):
            with tag("div", "page-head-words"):
                tag("h1", "page-title", "Contents")
                tag("p", "page-lead", "Screens play what is approved, in the order of a playlist.")
            if self._may_edit:
                with tag("div", "page-actions"):
                    button("Web page or stream", self._add_address, icon="add", testid="address-add")
                    choose = button("Upload", kind="primary", icon="upload", testid="upload-choose")
                    choose.on("click", js_handler=CHOOSE)
        if self._may_edit:
            Uploader(session.tokens.pair.tenant_id, self.load)
        self._filters = ContentFilters(wanted, self.load)
        self._problem = ProblemNote("contents-problem")
        self._grid = tag("ul", "contents-grid", aria_label="Contents", testid="contents")
        self._empty = tag("div", "empty hidden", testid="contents-empty")
        with self._empty:
            icon("content", "empty-icon")
            self._empty_title = tag("h2", "empty-title")
            self._empty_words = tag("p")
        with tag("div", "contents-more"):
            self._more = button("Show more", self._show_more, testid="contents-more")
        switch_class(self._more, "hidden", True)
        Asking(page, lambda: any(card.busy for card in self._cards.values()), self._refresh)

    async def load(self) -> None:
        """From the beginning, as the filters say."""
        self._turn += 1
        await self._ask(self._show_all, limit=_A_PAGE)
        try:
            self._filters.offer(await self._page.hub.contents.facets())
        except HubError as error:
            self._problem.refused(self._page.session, error)

    async def _refresh(self) -> None:
        """What is shown already, as it is now."""
        await self._ask(self._show_changed, limit=min(max(len(self._cards), _A_PAGE), _MOST_REFRESHED))

    async def _show_more(self) -> None:
        await self._ask(self._show_further, cursor=self._cursor, limit=_A_PAGE)

    async def _ask(self, show: _Show, *, cursor: str | None = None, limit: int) -> None:
        turn, filters = self._turn, self._filters
        try:
            found = await self._page.hub.contents.find(filters.wanted, filters.order, cursor, limit)
        except HubError as error:
            self._problem.refused(self._page.session, error)
            return
        if turn != self._turn:  # it was asked for something else since: the answer to that comes
            return
        self._problem.say("")
        show(found.items, found.next_cursor)
        switch_class(self._more, "hidden", self._cursor is None)
        shown = len(self._cards)
        set_text(self._filters.count, count(shown, "content") + (" or more" if self._cursor else ""))
        self._say_empty(not shown)

    def _show_all(self, contents: list[Content], cursor: str | None) -> None:
        if [content.id for content in contents] == list(self._cards):
            self._show_changed(contents, cursor)
            return
        self._grid.clear()
        self._cards = {}
        self._show_further(contents, cursor)

    def _show_further(self, contents: list[Content], cursor: str | None) -> None:
        self._cursor = cursor
        with self._grid:
            for content in contents:
                if content.id not in self._cards:
                    self._cards[content.id] = ContentCard(content)

    def _show_changed(self, contents: list[Content], _: str | None) -> None:
        for content in contents:
            if content.id in self._cards:
                self._cards[content.id].show(content)

    def _say_empty(self, empty: bool) -> None:
        switch_class(self._empty, "hidden", not empty)
        asked = self._filters.wanted != Wanted()
        set_text(self._empty_title, "Nothing fits" if asked else "The library is empty")
        hint = "Drop pictures, videos or HTML packages on this page." if self._may_edit else _NOTHING
        set_text(self._empty_words, "Search for something else, or take a filter away." if asked else hint)

    async def _add_address(self) -> None:
        content = await add_address(self._page)
        if content is not None:
            ui.navigate.to(f"/contents/{content.id}")
