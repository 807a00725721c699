"""The way from page to page, with a badge where something waits."""

from __future__ import annotations

from typing import Final, Literal

from dashboard.components.icons import icon
from dashboard.components.markup import Tag, tag

Section = Literal["screens", "approvals", "commands", "emergency", "history"]

_PAGES: Final[tuple[tuple[Section, str, str, str], ...]] = (
    ("screens", "Screens", "/", "screen"),
    ("approvals", "Approvals", "/approvals", "approve"),
    ("commands", "Commands", "/commands", "send"),
    ("emergency", "Emergency", "/emergency", "alert"),
    ("history", "History", "/emergencies", "history"),
)


def navigation(here: Section) -> dict[Section, Tag]:
    """Links to every page; `here` is where one is. Returns the badges, empty."""
    badges: dict[Section, Tag] = {}
    with tag("nav", "nav", aria_label="Pages"):
        for key, text, address, picture in _PAGES:
            classes = f"nav-link nav-{key}" + (" nav-here" if key == here else "")
            current = "page" if key == here else None
            with tag("a", classes, href=address, aria_current=current, testid=f"nav-{key}"):
                icon(picture)
                tag("span", "nav-text", text)
                badges[key] = tag("span", "nav-badge")
    return badges
