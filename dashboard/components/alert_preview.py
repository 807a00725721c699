"""An alert as a screen shows it: in its colours and proportions, scaled to the space there is."""

from __future__ import annotations

from typing import Final, NamedTuple

from dashboard.components.markup import Tag, set_attribute, set_text, switch_class, tag
from dashboard.components.pictograms import pictogram
from dashboard.emergency_sentences import SEVERITY_WORDS, in_turn
from dashboard.languages import language_name
from protocol.api import Emergency, EmergencyText
from protocol.vocabulary import AlertSound, Pictogram, Severity


class Previewed(NamedTuple):
    """What an alert says, as far as it is written. `texts`: the same in other languages."""

    severity: Severity
    title: str
    message: str
    language: str = ""
    texts: tuple[EmergencyText, ...] = ()
    pictogram: Pictogram | None = None
    sound: AlertSound | None = None


_FIRST: Final = 0


class AlertPreview:
    """Of an alert in several languages one is shown, and any can be looked at."""

    def __init__(self, previewed: Previewed) -> None:
        self._previewed: Previewed | None = None
        self._looked_at = _FIRST
        self._severity: Severity | None = None
        self._pictogram: Pictogram | None = None
        self._offered: list[str] = []
        self._glass = tag("div", "glass", role="img", aria_label="How the alert looks on a screen")
        with self._glass:
            self._picture = tag("div", "glass-picture hidden")
            with tag("div", "glass-words", dir="auto") as self._words:
                self._kicker = tag("div", "glass-kicker")
                self._title = tag("div", "glass-title", testid="preview-title")
                self._message = tag("div", "glass-message")
        self._tongues = tag("div", "glass-tongues hidden", role="group", aria_label="Look at it in")
        self._more = tag("p", "glass-more", testid="preview-more")
        self.show(previewed)

    def show(self, previewed: Previewed) -> None:
        """Change what is shown."""
        if previewed == self._previewed:
            return
        self._previewed = previewed
        self._colour(previewed.severity)
        self._draw(previewed.pictogram)
        self._offer(previewed)
        self._write()
        set_text(self._more, in_turn(previewed.language, previewed.texts, previewed.sound))

    def _write(self) -> None:
        shown = self._previewed
        if shown is None:
            return
        versions = [(shown.title, shown.message), *((text.title, text.message) for text in shown.texts)]
        title, message = versions[min(self._looked_at, len(versions) - 1)]
        set_text(self._kicker, SEVERITY_WORDS[shown.severity])
        set_text(self._title, title or "Title")
        set_text(self._message, message)

    def _colour(self, severity: Severity) -> None:
        if severity is not self._severity:
            before = f"sev-{self._severity}" if self._severity else None
            self._glass.classes(add=f"sev-{severity}", remove=before)
            self._severity = severity

    def _draw(self, picture: Pictogram | None) -> None:
        if picture is self._pictogram:
            return
        self._pictogram = picture
        switch_class(self._picture, "hidden", picture is None)
        self._picture.clear()
        if picture is not None:
            with self._picture:
                pictogram(picture)

    def _offer(self, shown: Previewed) -> None:
        codes = [shown.language, *(text.language for text in shown.texts)] if shown.texts else []
        if codes == self._offered:
            return
        self._offered, self._looked_at = codes, min(self._looked_at, max(0, len(codes) - 1))
        switch_class(self._tongues, "hidden", not codes)
        self._tongues.clear()
        with self._tongues:
            self._chips = [self._chip(number, code) for number, code in enumerate(codes)]
        self._mark()

    def _chip(self, number: int, code: str) -> Tag:
        name = language_name(code) if code else "Another language" if number else "First language"
        chip = tag("button", "template", name, type="button", testid=f"preview-in-{code or 'first'}")
        return chip.on("click", lambda: self._look(number), [])

    def _look(self, number: int) -> None:
        self._looked_at = number
        self._mark()
        self._write()

    def _mark(self) -> None:
        for number, chip in enumerate(self._chips):
            set_attribute(chip, "aria-pressed", "true" if number == self._looked_at else "false")


def previewed_of(emergency: Emergency) -> Previewed:
    """All that an emergency says."""
    return Previewed(
        emergency.severity,
        emergency.title,
        emergency.message,
        emergency.language,
        tuple(emergency.texts),
        emergency.pictogram,
        emergency.sound,
    )
