"""What the pages behind "Content" have in common: the tabs, and a reason where somebody may not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from dashboard import rights
from dashboard.components.markup import tag
from dashboard.components.navigation import content_pages
from dashboard.frame import LivePage, frame
from dashboard.session import Session
from protocol.vocabulary import Permission


@contextmanager
def content_page(
    session: Session, title: str, key: str, needs: Permission = Permission.CONTENT_VIEW
) -> Iterator[LivePage | None]:
    """The frame with its tabs; None, with the reason on the page, for who may not see more."""
    with frame(session, title, "content") as page:
        content_pages(key, session)
        may_not = rights.may_not(session.me, needs)
        if may_not:
            tag("h1", "page-title", title)
            tag("p", "note note-warn", may_not, testid="content-not-allowed")
            yield None
        else:
            yield page
