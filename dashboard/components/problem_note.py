"""What is wrong, in a line on the page; there only while something is."""

from __future__ import annotations

from dashboard.components.markup import set_text, switch_class, tag
from dashboard.hub_http import HubError
from dashboard.session import Session, explain


class ProblemNote:
    """Drawn where it is made."""

    def __init__(self, testid: str | None = None) -> None:
        self._line = tag("p", "note note-bad hidden", role="alert", testid=testid)

    def say(self, problem: str) -> None:
        """Empty: nothing is wrong, or not any more."""
        set_text(self._line, problem)
        switch_class(self._line, "hidden", not problem)

    def refused(self, session: Session, error: HubError) -> None:
        """What the hub says; where nobody is signed in any more, the session ends."""
        if error.signed_out:
            explain(session, error)
        self.say(error.sentence)
