"""Which operators' pages are here, by the session or key that brought them.

Rule: a page lives as long as that does. Where it ends the page ends and must not come back by the same token;
where its rights change the page comes back at once, and is told what it may see now.
"""

from __future__ import annotations

from typing import Protocol

from protocol.close_codes import CloseCode


class Page(Protocol):
    """An operator's open socket."""

    def close(self, code: CloseCode) -> None:
        """End it. Closing it again does nothing."""


class OperatorPages:
    """The pages by the id of their session or key."""

    def __init__(self) -> None:
        self._pages: dict[str, set[Page]] = {}

    def add(self, session_id: str, page: Page) -> None:
        """The page is here now."""
        self._pages.setdefault(session_id, set()).add(page)

    def discard(self, session_id: str, page: Page) -> None:
        """The page is gone."""
        pages = self._pages.get(session_id, set())
        pages.discard(page)
        if not pages:
            self._pages.pop(session_id, None)

    def rights_changed(self, ended: frozenset[str], changed: frozenset[str]) -> None:
        """These sessions and keys have ended; these may see and do something else than before."""
        for ids, code in ((ended, CloseCode.TOKEN_REVOKED), (changed, CloseCode.RIGHTS_CHANGED)):
            for session_id in ids & self._pages.keys():
                for page in tuple(self._pages.get(session_id, ())):
                    page.close(code)
