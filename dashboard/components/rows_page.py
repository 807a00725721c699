"""A list of things with a button that makes another: roles, groups of people, features."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

from dashboard.components.buttons import button
from dashboard.components.markup import tag
from dashboard.components.problem_note import ProblemNote
from dashboard.frame import LivePage
from dashboard.hub_http import HubError

Item = TypeVar("Item")


class RowsPage(Generic[Item]):
    """`read` asks the hub, `draw` draws one row, `none` is said where there is nothing. `add`: what the
    button says and does, for who may."""

    def __init__(
        self,
        page: LivePage,
        title: str,
        lead: str,
        add: tuple[str, Callable[[], Any]] | None,
        read: Callable[[], Awaitable[list[Item]]],
        draw: Callable[[Item], None],
        none: str,
    ) -> None:
        self._page, self._read, self._draw, self._none = page, read, draw, none
        with tag("div", "page-head"):
            with tag("div", "page-head-words"):
                tag("h1", "page-title", title)
                tag("p", "page-lead", lead)
            if add is not None:
                button(add[0], add[1], kind="primary", icon="add", testid="rows-add")
        self._problem = ProblemNote("rows-problem")
        with tag("section", "card rows-card rows-alone", aria_label=title):
            self._list = tag("ul", "rows", testid="rows")

    async def load(self) -> None:
        """Read and draw anew."""
        try:
            items = await self._read()
        except HubError as error:
            self._problem.refused(self._page.session, error)
            return
        self._problem.say("")
        self._list.clear()
        with self._list:
            for item in items:
                self._draw(item)
            if not items:
                tag("li", "row row-none", self._none)
