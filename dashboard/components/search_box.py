"""A box to search with: a magnifier, and a name for those who hear the page."""

from __future__ import annotations

from collections.abc import Callable

from dashboard.components.icons import icon
from dashboard.components.markup import Tag, tag


def search_box(
    label: str,
    placeholder: str,
    testid: str,
    on_typed: Callable[[str], object] | None = None,
    *,
    value: str = "",
    classes: str = "search",
) -> Tag:
    """Drawn where it is called; the field itself. `on_typed` is called with the text at each change of it."""
    with tag("label", classes):
        icon("search")
        tag("span", "sr-only", label)
        box = tag(
            "input",
            "input",
            type="search",
            value=value or None,
            placeholder=placeholder,
            autocomplete="off",
            testid=testid,
        )
    if on_typed is not None:
        typed = on_typed
        box.on("input", lambda event: typed(str(event.args)), js_handler="(e) => emit(e.target.value)")
    return box
