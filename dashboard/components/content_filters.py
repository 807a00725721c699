"""The line above the library: words, kind, standing, category, tag, and in which order."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, get_args

from dashboard.components.markup import Tag, tag
from dashboard.components.search_box import search_box
from dashboard.content_sentences import KIND_WORDS, STATUS_WORDS
from dashboard.hub_contents import Order, Wanted
from protocol.contents import ContentFacets
from protocol.vocabulary import MediaKind, MediaStatus

_VALUE: Final = "(e) => emit(e.target.value)"
_ORDERS: Final[dict[Order, str]] = {"newest": "Newest first", "name": "By name"}
_STANDING: Final = {status: words for status, (words, _) in STATUS_WORDS.items()}


class ContentFilters:
    """`on_change` is called with what is wanted, whenever that is something else."""

    def __init__(self, wanted: Wanted, on_change: Callable[[], Awaitable[None]]) -> None:
        self.wanted = wanted
        self.order: Order = "newest"
        self._on_change = on_change
        with tag("div", "toolbar library-toolbar"):
            box = search_box(
                "Search contents", "Search name, description…", "contents-search", value=wanted.q
            )
            self._listen(box, "q", debounced=True)
            kinds = {kind.value: words for kind, words in KIND_WORDS.items()}
            self._select("kind", "Kind", "Every kind", kinds, wanted.kind or "")
            standing = {status.value: words for status, words in _STANDING.items()}
            self._select("status", "Status", "Every status", standing, wanted.status or "")
            self._categories = self._select("category", "Category", "Every category", {}, "")
            self._tags = self._select("tag", "Tag", "Every tag", {}, "")
            orders = tag("select", "input select", aria_label="Order", testid="contents-order")
            with orders:
                for order, words in _ORDERS.items():
                    tag("option", "", words, value=order)
            orders.on("change", self._reorder, js_handler=_VALUE)
            self.count = tag("span", "toolbar-count", role="status", testid="contents-count")

    def offer(self, facets: ContentFacets) -> None:
        """The tags and categories there are, with how many contents have them."""
        for box, none, offered, chosen in (
            (self._categories, "Every category", facets.categories, self.wanted.category),
            (self._tags, "Every tag", facets.tags, self.wanted.tag),
        ):
            # Also when no content has it any more: it is what is asked for.
            whole = {chosen: 0, **offered} if chosen and chosen not in offered else offered
            box.clear()
            with box:
                _options(none, {name: f"{name} ({number:,})" for name, number in whole.items()}, chosen)

    def _select(self, name: str, label: str, none: str, offered: Mapping[str, str], chosen: str) -> Tag:
        box = tag("select", "input select", aria_label=label, testid=f"contents-{name}")
        with box:
            _options(none, offered, chosen)
        self._listen(box, name)
        return box

    def _listen(self, box: Tag, name: str, *, debounced: bool = False) -> None:
        async def changed(event: Any) -> None:
            value: Any = str(event.args or "") or ("" if name not in ("kind", "status") else None)
            if value and name == "kind":
                value = MediaKind(value)
            elif value and name == "status":
                value = MediaStatus(value)
            if value == getattr(self.wanted, name):
                return
            self.wanted = self.wanted._replace(**{name: value})
            await self._on_change()

        if debounced:
            box.on("input", changed, js_handler=_VALUE, throttle=0.25, leading_events=False)
        else:
            box.on("change", changed, js_handler=_VALUE)

    async def _reorder(self, event: Any) -> None:
        for order in get_args(Order):
            if order == event.args and order != self.order:
                self.order = order
                await self._on_change()


def _options(none: str, offered: Mapping[str, str], chosen: str) -> None:
    tag("option", "", none, value="", selected=not chosen)
    for value, words in offered.items():
        tag("option", "", words, value=value, selected=value == chosen)
