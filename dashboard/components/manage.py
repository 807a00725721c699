"""What the pages behind "Manage" have in common: the tabs, and a reason where somebody may not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from dashboard import rights
from dashboard.components.dialogs import toast
from dashboard.components.markup import tag
from dashboard.components.navigation import managed_pages
from dashboard.frame import LivePage, frame
from dashboard.hub_http import HubError
from dashboard.session import Session, explain
from protocol.vocabulary import Permission


@contextmanager
def managed(
    session: Session, title: str, key: str, needs: Permission, *, everywhere: bool = True
) -> Iterator[LivePage | None]:
    """The frame with its tabs; None, with the reason on the page, for who may not see more. `everywhere`: it
    concerns the whole tenant."""
    with frame(session, title, "manage") as page:
        managed_pages(key, session)
        may_not = (rights.may_not_everywhere if everywhere else rights.may_not)(session.me, needs)
        if may_not:
            tag("h1", "page-title", title)
            tag("p", "note note-warn", may_not, testid="manage-not-allowed")
            yield None
        else:
            yield page


async def site_names(session: Session) -> dict[str, str]:
    """Sites by id; none for who may not see them. Raises HubError."""
    if not session.may(Permission.SCREENS_VIEW):
        return {}
    return {site.id: site.name for site in await session.hub.places.sites()}


async def attempt(session: Session, doing: Callable[[], Awaitable[object]], done: str) -> bool:
    """Do it, and say that it is done, or why not. Whether it is done."""
    try:
        await doing()
    except HubError as error:
        explain(session, error)
        return False
    toast(done)
    return True
