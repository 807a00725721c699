"""What an alert has beside its words: a picture that everybody reads, and a sound."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dashboard.components.buttons import button
from dashboard.components.markup import Tag, set_attribute, switch_class, tag
from dashboard.components.pictograms import pictogram
from dashboard.emergency_sentences import PICTOGRAM_WORDS, SOUND_WORDS
from protocol.vocabulary import AlertSound, Pictogram


class AlertSigns:
    """`pictogram` and `sound` are what is chosen; None: none."""

    def __init__(self, on_change: Callable[[], Any]) -> None:
        self._on_change = on_change
        self.pictogram: Pictogram | None = None
        self.sound: AlertSound | None = None
        self._pictures: dict[Pictogram | None, Tag] = {}
        self._sounds: dict[AlertSound | None, Tag] = {}
        with tag("div", "field", role="group", aria_label="Picture"):
            tag("span", "field-label", "Picture")
            with tag("div", "signs"):
                for picture in (None, *Pictogram):
                    self._picture(picture)
        with tag("div", "field", role="group", aria_label="Sound"):
            tag("span", "field-label", "Sound")
            with tag("div", "templates"):
                for sound in (None, *AlertSound):
                    self._sound(sound)
                self._listen = button("Listen", icon="volume", kind="small quiet", testid="sound-listen")
        self._mark()

    def choose(self, picture: Pictogram | None, sound: AlertSound | None) -> None:
        """Both at once, without telling: whoever calls knows."""
        self.pictogram, self.sound = picture, sound
        self._mark()

    def _picture(self, picture: Pictogram | None) -> None:
        words = PICTOGRAM_WORDS[picture] if picture is not None else "None"
        choice = tag("button", "sign", type="button", testid=f"pictogram-{picture or 'none'}")
        with choice.on("click", lambda: self._take(picture, self.sound), []):
            if picture is not None:
                pictogram(picture)
            tag("span", "sign-word", words)
        self._pictures[picture] = choice

    def _sound(self, sound: AlertSound | None) -> None:
        words = SOUND_WORDS[sound] if sound is not None else "Silent"
        choice = tag("button", "template", words, type="button", testid=f"sound-{sound or 'none'}")
        self._sounds[sound] = choice.on("click", lambda: self._take(self.pictogram, sound), [])

    def _take(self, picture: Pictogram | None, sound: AlertSound | None) -> None:
        self.choose(picture, sound)
        self._on_change()

    def _mark(self) -> None:
        for picture, choice in self._pictures.items():
            set_attribute(choice, "aria-pressed", "true" if picture is self.pictogram else "false")
        for sound, choice in self._sounds.items():
            set_attribute(choice, "aria-pressed", "true" if sound is self.sound else "false")
        set_attribute(self._listen, "data-listen", self.sound or "")
        switch_class(self._listen, "hidden", self.sound is None)
