"""The two strips above every page: an emergency in force, and a hub that does not answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from dashboard.clock import Clock
from dashboard.components.alert import all_clear_button
from dashboard.components.icons import icon
from dashboard.components.markup import Tag, set_attribute, set_text, switch_class, tag
from dashboard.emergency_sentences import SEVERITY_WORDS, percent, shown_of, verdict
from dashboard.sentences import count, hub_away
from dashboard.store import Store
from protocol.live import EmergencyProgress
from protocol.vocabulary import EmergencyStatus, Severity

_AWAY_GRACE_MS: Final = 1_500
"""A hub that comes back sooner than this was only reconnecting; nobody needs to be told."""


class EmergencyBanner:
    """The gravest emergency in force: in its colour, how many show it, and the way to end it.

    `on_all_clear` is None for who may not give it.
    """

    def __init__(self, on_all_clear: Callable[[EmergencyProgress], Any] | None) -> None:
        self.shown: EmergencyProgress | None = None
        self._may_clear = on_all_clear is not None
        self._severity: Severity | None = None
        self._strip = tag(
            "section", "banner hidden", testid="emergency-banner", aria_label="Emergency in force"
        )
        with self._strip:
            icon("alert", "banner-icon")
            with tag("div", "banner-words"):
                self._severity_word = tag("span", "banner-severity")
                self._title = tag("strong", "banner-title", testid="emergency-banner-title")
                self._more = tag("a", "banner-more", href="/emergencies")
            with tag("div", "banner-state", role="status"):
                self._number = tag("span", "banner-number", testid="emergency-banner-count")
                self._verdict = tag("span", "banner-verdict", testid="emergency-banner-verdict")
            with tag("div", "banner-actions"):
                self._link = tag("a", "btn btn-on-alert", "Who does not?", testid="emergency-banner-link")
                self._clear: Tag = all_clear_button(
                    lambda: on_all_clear(self.shown) if self.shown and on_all_clear else None,
                    kind="on-alert",
                    testid="emergency-banner-all-clear",
                )
            self._bar = tag("div", "banner-bar", aria_hidden="true")

    def show(self, in_force: list[EmergencyProgress]) -> None:
        """Show the first of `in_force`, or nothing."""
        self.shown = in_force[0] if in_force else None
        switch_class(self._strip, "hidden", self.shown is None)
        if self.shown is None:
            return
        emergency = self.shown
        if emergency.severity is not self._severity:
            old = f"sev-{self._severity}" if self._severity else None
            self._strip.classes(add=f"sev-{emergency.severity}", remove=old)
            self._severity = emergency.severity
        live = emergency.status is EmergencyStatus.LIVE
        set_text(self._severity_word, SEVERITY_WORDS[emergency.severity] if live else "Clearing")
        set_text(self._title, emergency.title)
        others = len(in_force) - 1
        set_text(self._more, f"and {count(others, 'more', 'more')}" if others else "")
        set_text(self._number, shown_of(emergency))
        set_text(self._verdict, verdict(emergency))
        set_text(self._link, "Who does not?" if live else "Who still does?")
        set_attribute(self._link, "href", f"/emergencies/{emergency.id}")
        set_attribute(self._bar, "style", f"--done:{percent(emergency) if live else 100}%")
        switch_class(self._clear, "hidden", not (live and self._may_clear))


class HubAwayBanner:
    """Says that the hub does not answer, since when, and what the page shows meanwhile."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._strip = tag("section", "away hidden", role="status", testid="hub-away-banner")
        with self._strip:
            icon("plug")
            self._text = tag("span", "away-text")

    def show(self, now_ms: int) -> None:
        since = self._store.away_since_ms
        away = since is not None and now_ms - since >= _AWAY_GRACE_MS
        switch_class(self._strip, "hidden", not away)
        if since is not None and away:
            set_text(self._text, hub_away(since, self._clock, self._store.known))
