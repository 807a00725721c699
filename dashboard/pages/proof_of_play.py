"""`/reports/proof-of-play`: what was on the glass, how often and how long, by day, screen and content."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Final

from fastapi.responses import RedirectResponse
from nicegui import ui

from dashboard.clock import to_ms
from dashboard.components.buttons import button
from dashboard.components.content import content_page
from dashboard.components.markup import set_attribute, set_text, switch_class, tag
from dashboard.components.problem_note import ProblemNote
from dashboard.components.report_filters import ReportFilters
from dashboard.flash import said
from dashboard.frame import LivePage, open_session
from dashboard.hub_contents import Wanted
from dashboard.hub_http import HubError
from dashboard.player_sentences import report_sum, seconds_words
from dashboard.report_filter import ReportWanted
from protocol.reports import PlaySum
from protocol.vocabulary import Permission

_PAGE: Final = "100"
_MOST_OFFERED: Final = 500
_FIGURES: Final = ("Played", "To the end", "Time shown", "First", "Last")


@ui.page("/reports/proof-of-play")
async def proof_of_play_page() -> RedirectResponse | None:
    """A report, as the address says."""
    session = await open_session()
    if isinstance(session, RedirectResponse):
        return session
    with content_page(session, "Proof of play", "proof-of-play", Permission.SCREENS_VIEW) as page:
        report = _Report(page) if page is not None else None
    if report is not None:
        await asyncio.gather(report.load(), report.offer())
    return None


class _Report:
    def __init__(self, page: LivePage) -> None:
        self._page = page
        self._cursor: str | None = None
        self._asked = 0
        today = datetime.now(page.clock.zone).date()
        wanted = ReportWanted.of(ui.context.client.request.query_params, today)
        with tag("div", "page-head"):
            with tag("div", "page-head-words"):
                tag("h1", "page-title", "Proof of play")
                tag(
                    "p",
                    "page-lead",
                    "What screens say was on their glass. What they played without the hub is told when they "
                    "are back. Days are those of the place where a screen is.",
                )
            with tag("div", "page-actions"):
                self._file = tag("a", "btn", "Download CSV", testid="report-csv")
        self._problem = ProblemNote("report-problem")
        self._filters = ReportFilters(wanted, self._changed)
        with tag("section", "card list-card report-card", aria_label="Report"):
            self._sum = tag("p", "report-sum", role="status", testid="report-sum")
            with tag("div", "report-scroll"), tag("table", "report", testid="report"):
                self._head = tag("thead", "")
                self._body = tag("tbody", "")
            self._none = tag("p", "line-none report-none hidden", testid="report-none")
            self._more = button("More", self._older, kind="wide quiet", testid="report-more")
        switch_class(self._more, "hidden", True)
        self._problem.say(said().get("problem", ""))

    async def offer(self) -> None:
        """What can be chosen; without it the report is read all the same."""
        hub, may = self._page.hub, self._page.session.may(Permission.CONTENT_VIEW)
        screens = {key: name for key, name, _ in self._page.store.choices()}
        self._filters.offer("screen", screens)
        try:
            sites = await hub.places.sites()
            self._filters.offer("site", {site.id: site.name for site in sites})
            if may:
                contents = await hub.contents.find(Wanted(), "name", limit=_MOST_OFFERED)
                self._filters.offer("content", {content.id: content.name for content in contents.items})
        except HubError as error:
            self._problem.refused(self._page.session, error)

    async def load(self) -> None:
        """From the beginning."""
        set_attribute(self._file, "href", self._filters.wanted.address("/reports/proof-of-play.csv"))
        await self._read(None)

    async def _changed(self, wanted: ReportWanted) -> None:
        ui.navigate.history.replace(wanted.address())
        await self.load()

    async def _older(self) -> None:
        await self._read(self._cursor)

    async def _read(self, cursor: str | None) -> None:
        self._asked += 1
        mine, wanted = self._asked, self._filters.wanted
        question = {**wanted.question(), "limit": _PAGE, **({"cursor": cursor} if cursor else {})}
        try:
            report = await self._page.hub.players.proof_of_play(question)
        except HubError as error:
            self._problem.refused(self._page.session, error)
            return
        if mine != self._asked:
            return  # it was asked for something else since
        self._problem.say("")
        if cursor is None:
            self._begin(wanted)
            set_text(self._sum, report_sum(report))
            set_text(
                self._none, "" if report.items else "Nothing was played in this time, as far as is known."
            )
            switch_class(self._none, "hidden", bool(report.items))
        self._cursor = report.next_cursor
        switch_class(self._more, "hidden", report.next_cursor is None)
        with self._body:
            for line in report.items:
                self._line(line, wanted)

    def _begin(self, wanted: ReportWanted) -> None:
        self._head.clear()
        self._body.clear()
        with self._head, tag("tr", ""):
            for group in wanted.groups:
                tag("th", "", group.capitalize(), scope="col")
            for text in _FIGURES:
                tag("th", "report-figure", text, scope="col")

    def _line(self, line: PlaySum, wanted: ReportWanted) -> None:
        clock, now_ms = self._page.clock, self._page.now_ms
        with tag("tr", "", testid="report-line"):
            for group in wanted.groups:
                with tag("td", ""):
                    self._about(group, line)
            first, last = (clock.moment(to_ms(at), now_ms) for at in (line.first_at, line.last_at))
            for text in (
                f"{line.plays:,}",
                f"{line.completed:,}",
                seconds_words(line.shown_s),
                first,
                last,
            ):
                tag("td", "report-figure num", text)

    def _about(self, group: str, line: PlaySum) -> None:
        if group == "day":
            tag("span", "num", line.day.isoformat() if line.day is not None else "")
        elif group == "screen":
            if line.device_id is not None:
                tag("a", "", line.device_name or line.device_id, href=f"/screens/{line.device_id}")
        else:
            name = line.name or "Not known any more"
            if line.content_id is not None and self._page.session.may(Permission.CONTENT_VIEW):
                tag("a", "", name, href=f"/contents/{line.content_id}")
            else:
                tag("span", "", name)
            if line.version is not None:
                tag("span", "line-note", f" version {line.version}")
