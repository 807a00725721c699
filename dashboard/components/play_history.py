"""What was on the glass of one screen, the newest on top."""

from __future__ import annotations

from dashboard.clock import to_ms
from dashboard.components.buttons import button
from dashboard.components.markup import switch_class, tag
from dashboard.frame import LivePage
from dashboard.hub_http import HubError
from dashboard.player_sentences import played_words
from dashboard.session import explain
from protocol.api import Device
from protocol.reports import Played
from protocol.vocabulary import Permission


class PlayHistory:
    """As the screen has told it: what it played without the hub comes later."""

    def __init__(self, page: LivePage, device: Device) -> None:
        self._page, self._device = page, device
        self._cursor: str | None = None
        self._links = page.session.may(Permission.CONTENT_VIEW)
        with tag("section", "card", aria_label="What it played", testid="play-history"):
            with tag("div", "card-head"):
                tag("h2", "card-title", "What it played")
                with tag("div", "row-actions"):
                    button("Read again", self.load, icon="reload", kind="small", testid="plays-again")
                    tag(
                        "a",
                        "btn btn-small",
                        "Proof of play",
                        href=f"/reports/proof-of-play?screen={device.id}",
                        testid="plays-report",
                    )
            with tag("div", "lines play-lines"):
                self._list = tag("ul", "")
                self._more = button("Older", self._older, kind="wide quiet", testid="plays-older")
        switch_class(self._more, "hidden", True)

    async def load(self) -> None:
        """The newest page."""
        await self._read(None)

    async def _older(self) -> None:
        await self._read(self._cursor)

    async def _read(self, cursor: str | None) -> None:
        try:
            page = await self._page.hub.players.plays(self._device.id, cursor)
        except HubError as error:
            if error.signed_out:
                explain(self._page.session, error)
            return
        if cursor is None:
            self._list.clear()
        self._cursor = page.next_cursor
        switch_class(self._more, "hidden", page.next_cursor is None)
        with self._list:
            for played in page.items:
                self._line(played)
            if cursor is None and not page.items:
                tag("li", "line line-none", "The screen has told of nothing that it played yet.")

    def _line(self, played: Played) -> None:
        clock, at_ms = self._page.clock, to_ms(played.started_at)
        with tag("li", "line", testid="played"):
            tag("time", "line-time", clock.precise(at_ms, self._page.now_ms), title=clock.full(at_ms))
            with tag("span", "line-words"):
                if played.content_id is not None and self._links:
                    tag("a", "line-link", played.name, href=f"/contents/{played.content_id}")
                else:
                    tag("span", "line-link", played.name)
                if played.version is not None:
                    tag("span", "line-note", f"version {played.version}")
            tag("span", "line-note num", played_words(played))
