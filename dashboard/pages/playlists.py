"""`/playlists`: what there is to play, which version of it plays, and on how many screens."""

from __future__ import annotations

from fastapi.responses import RedirectResponse
from nicegui import ui

from dashboard.components.buttons import button
from dashboard.components.content import content_page
from dashboard.components.markup import set_text, tag
from dashboard.components.playlist_forms import add_playlist
from dashboard.components.problem_note import ProblemNote
from dashboard.components.search_box import search_box
from dashboard.frame import LivePage, open_session
from dashboard.hub_http import HubError
from dashboard.playlist_sentences import fits, items_words, plays_words, standing
from dashboard.sentences import count_of
from protocol.playlists import Playlist
from protocol.vocabulary import Permission


@ui.page("/playlists")
async def playlists_page() -> RedirectResponse | None:
    """Every playlist of the tenant."""
    session = await open_session()
    if isinstance(session, RedirectResponse):
        return session
    with content_page(session, "Playlists", "playlists") as page:
        playlists = _Playlists(page) if page is not None else None
    if playlists is not None:
        await playlists.load()
    return None


class _Playlists:
    def __init__(self, page: LivePage) -> None:
        self._page = page
        self._playlists: list[Playlist] = []
        self._wanted = ""
        with tag("div", "page-head"):
            with tag("div", "page-head-words"):
                tag("h1", "page-title", "Playlists")
                self._count = tag("p", "page-lead", role="status", testid="playlists-count")
            if page.session.may(Permission.CONTENT_EDIT):
                button("New playlist", self._add, kind="primary", icon="add", testid="playlist-add")
        self._problem = ProblemNote("playlists-problem")
        with tag("section", "card rows-card", aria_label="Playlists"):
            with tag("div", "card-head"):
                search_box(
                    "Search playlists", "Search name, what it is for…", "playlists-search", self._search
                )
            self._list = tag("ul", "rows", testid="playlists")

    async def load(self) -> None:
        try:
            self._playlists = await self._page.hub.playlists.all()
        except HubError as error:
            self._problem.refused(self._page.session, error)
            return
        self._problem.say("")
        self._draw()

    def _search(self, wanted: str) -> None:
        self._wanted = wanted
        self._draw()

    def _draw(self) -> None:
        found = [playlist for playlist in self._playlists if fits(playlist, self._wanted)]
        set_text(self._count, count_of(len(found), len(self._playlists), "playlist"))
        self._list.clear()
        with self._list:
            for playlist in found:
                self._row(playlist)
            if not found:
                said = "No playlist fits." if self._playlists else "There is no playlist yet."
                tag("li", "row row-none", said)

    def _row(self, playlist: Playlist) -> None:
        word, tone = standing(playlist)
        with tag("li", "row row-link", testid="playlist"):
            with tag("div", "row-words"):
                with tag("div", "row-title"):
                    address = f"/playlists/{playlist.id}"
                    tag("a", "cell-link", playlist.name, href=address, testid="playlist-link")
                    if playlist.is_default:
                        tag("span", "chip", "default")
                    if playlist.shuffle:
                        tag("span", "chip", "shuffle")
                if playlist.description:
                    tag("span", "row-note", playlist.description)
                tag("span", "row-note", plays_words(playlist, self._page.clock, self._page.now_ms))
            with tag("div", "playlist-side"):
                tag("span", "row-note num", items_words(playlist.items, playlist.total_s))
                tag("span", f"pill pill-{tone}" if tone else "pill", word, testid="playlist-standing")

    async def _add(self) -> None:
        made = await add_playlist(self._page)
        if made is not None:
            ui.navigate.to(f"/playlists/{made.id}")
