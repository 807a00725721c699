"""What an alert says: a template to begin with, how grave it is, its words in each language, its picture and
sound, and when it ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from nicegui import ui

from dashboard.components.alert_languages import AlertLanguages
from dashboard.components.alert_preview import Previewed
from dashboard.components.alert_signs import AlertSigns
from dashboard.components.markup import Tag, set_attribute, tag
from dashboard.emergency_sentences import SEVERITY_MEANINGS, SEVERITY_WORDS
from protocol.api import EmergencyRequest, Scope
from protocol.vocabulary import AlertSound, Pictogram, Severity


class _Template(NamedTuple):
    name: str
    severity: Severity
    title: str
    message: str
    pictogram: Pictogram
    sound: AlertSound | None = None


_TEMPLATES: Final = (
    _Template(
        "Fire",
        Severity.EXTREME,
        "Fire alarm",
        "Leave the building now by the nearest exit. Do not use the lifts.",
        Pictogram.FIRE,
        AlertSound.SIREN,
    ),
    _Template(
        "Lockdown",
        Severity.EXTREME,
        "Lockdown",
        "Go into the nearest room and lock the door. Stay away from windows.",
        Pictogram.LOCKDOWN,
        AlertSound.SIREN,
    ),
    _Template(
        "Weather",
        Severity.SEVERE,
        "Severe weather",
        "Stay inside and away from windows until the all-clear.",
        Pictogram.WEATHER,
        AlertSound.CHIME,
    ),
    _Template(
        "Outage",
        Severity.MODERATE,
        "Power failure",
        "Emergency power is on. Follow the instructions of the staff.",
        Pictogram.HAZARD,
        AlertSound.CHIME,
    ),
    _Template(
        "Test",
        Severity.MINOR,
        "Test of the emergency system",
        "This is only a test. You need not do anything.",
        Pictogram.INFORMATION,
    ),
)
_EXPIRIES: Final[tuple[tuple[str, int], ...]] = (
    ("When I give the all-clear", 0),
    ("After 15 minutes", 900),
    ("After 1 hour", 3_600),
    ("After 4 hours", 14_400),
    ("After 24 hours", 86_400),
)


class AlertForm:
    """Calls `on_change` whenever something in it is another.

    Drawn in two pieces, because whom it is for stands between them: `AlertForm(…)` and `ending()`.
    """

    def __init__(self, on_change: Callable[[], Any]) -> None:
        self._on_change = on_change
        self.severity = Severity.EXTREME
        self.expires_in_s: int | None = None
        self._cards: dict[Severity, Tag] = {}
        with tag("div", "templates", role="group", aria_label="Begin with"):
            tag("span", "field-label", "Begin with")
            for template in _TEMPLATES:
                testid = f"template-{template.name.lower()}"
                chip = tag("button", "template", template.name, type="button", testid=testid)
                chip.on("click", lambda template=template: self._take(template), [])
        with tag("div", "severities", role="group", aria_label="Severity"):
            for severity in Severity:
                self._severity_card(severity)
        with tag("label", "field"):
            tag("span", "field-label", "Title")
            self._title = ui.input(placeholder="Fire alarm", on_change=self._changed).props(
                "outlined dense maxlength=120 data-testid=emergency-title autocomplete=off"
            )
        with tag("label", "field"):
            tag("span", "field-label", "What people should do")
            self._message = ui.textarea(
                placeholder="Leave the building now by the nearest exit.", on_change=self._changed
            ).props("outlined dense rows=3 maxlength=1000 data-testid=emergency-message")
        self._languages = AlertLanguages(self._changed)
        self._signs = AlertSigns(self._changed)
        self._mark()

    def ending(self) -> None:
        """When it ends: by the all-clear, or by itself."""
        with tag("label", "field"):
            tag("span", "field-label", "Ends")
            chooser = tag("select", "input select", testid="emergency-expiry")
            with chooser:
                for text, seconds in _EXPIRIES:
                    tag("option", "", text, value=seconds)
        chooser.on(
            "change", lambda event: self._expire(int(event.args)), js_handler="(e) => emit(e.target.value)"
        )

    @property
    def title(self) -> str:
        return (self._title.value or "").strip()

    @property
    def message(self) -> str:
        return (self._message.value or "").strip()

    @property
    def previewed(self) -> Previewed:
        """All that it says by now."""
        signs, languages = self._signs, self._languages
        return Previewed(
            self.severity,
            self.title,
            self.message,
            languages.first,
            languages.texts,
            signs.pictogram,
            signs.sound,
        )

    @property
    def problem(self) -> str:
        """Why it cannot be sent as it is, or nothing."""
        if not self.title:
            return "Write a title: it is what people read first."
        return self._languages.problem

    def request(self, scope: Scope) -> EmergencyRequest:
        """What is sent, for these screens."""
        said = self.previewed
        return EmergencyRequest(
            said.title,
            said.message,
            said.severity,
            scope,
            self.expires_in_s,
            said.language,
            list(said.texts),
            said.pictogram,
            said.sound,
        )

    def _severity_card(self, severity: Severity) -> None:
        card = tag("button", f"severity sev-{severity}", type="button", testid=f"severity-{severity}")
        with card.on("click", lambda: self._choose(severity), []):
            tag("span", "severity-word", SEVERITY_WORDS[severity])
            tag("span", "severity-meaning", SEVERITY_MEANINGS[severity])
        self._cards[severity] = card

    def _take(self, template: _Template) -> None:
        self.severity = template.severity
        self._title.value, self._message.value = template.title, template.message
        self._signs.choose(template.pictogram, template.sound)
        self._changed()

    def _choose(self, severity: Severity) -> None:
        self.severity = severity
        self._changed()

    def _expire(self, seconds: int) -> None:
        self.expires_in_s = seconds or None

    def _changed(self) -> None:
        self._mark()
        self._on_change()

    def _mark(self) -> None:
        for severity, card in self._cards.items():
            set_attribute(card, "aria-pressed", "true" if severity is self.severity else "false")
