"""The same alert in other languages, which screens show in turn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from nicegui import ui

from dashboard.components.buttons import button
from dashboard.components.form_dialog import labelled
from dashboard.components.markup import switch_class, tag
from dashboard.languages import LANGUAGES, language_name
from protocol.api import EmergencyText

MOST: Final = 5
_BOX: Final = "outlined dense"
_MENU: Final = f"{_BOX} options-dense popup-content-class=menu"


class AlertLanguages:
    """`first` is the language of what is written above, `texts` what is written here."""

    def __init__(self, on_change: Callable[[], Any]) -> None:
        self._on_change = on_change
        self._others: list[_Other] = []
        with tag("div", "tongues"):
            with labelled("The words above are in") as self._first_field:
                self._first = ui.select(
                    {"": "Not said", **LANGUAGES}, value="", with_input=True, on_change=on_change
                ).props(f"{_MENU} data-testid=language-first")
            self._list = tag("div", "tongue-list")
            self._add = button("Add a language", self._another, icon="add", testid="language-add")
        self._arrange()

    @property
    def first(self) -> str:
        return str(self._first.value or "") if self._others else ""

    @property
    def texts(self) -> tuple[EmergencyText, ...]:
        return tuple(other.text for other in self._others)

    @property
    def problem(self) -> str:
        """Why they cannot be sent as they are, or nothing."""
        codes = [text.language for text in self.texts]
        for text in self.texts:
            if not text.language:
                return "Choose the other language, or take it away."
            if codes.count(text.language) > 1 or text.language == self.first:
                return f"{language_name(text.language)} is there twice. Take one of them away."
            if not text.title:
                return f"Write the title in {language_name(text.language)}, or take that language away."
        return ""

    def _another(self) -> None:
        with self._list:
            self._others.append(_Other(self._on_change, self._remove))
        self._arrange()
        self._on_change()

    def _remove(self, other: _Other) -> None:
        self._others.remove(other)
        other.element.delete()
        self._arrange()
        self._on_change()

    def _arrange(self) -> None:
        switch_class(self._first_field, "hidden", not self._others)
        switch_class(self._add, "hidden", len(self._others) >= MOST)


class _Other:
    """The fields of one more language."""

    def __init__(self, on_change: Callable[[], Any], on_remove: Callable[[_Other], Any]) -> None:
        self.element = tag("fieldset", "tongue", testid="language")
        with self.element:
            with tag("div", "tongue-head"):
                self._code = (
                    ui.select(LANGUAGES, label="Language", with_input=True, on_change=on_change)
                    .props(f"{_MENU} data-testid=language-code")
                    .classes("tongue-code")
                )
                button(
                    "",
                    lambda: on_remove(self),
                    icon="close",
                    kind="quiet icon",
                    aria_label="Take this language away",
                    testid="language-remove",
                )
            self._title = ui.input(placeholder="Title", on_change=on_change).props(
                f"{_BOX} maxlength=120 autocomplete=off dir=auto aria-label=Title data-testid=language-title"
            )
            self._message = ui.textarea(placeholder="What people should do", on_change=on_change).props(
                f'{_BOX} rows=2 maxlength=1000 dir=auto aria-label="What people should do" '
                "data-testid=language-message"
            )

    @property
    def text(self) -> EmergencyText:
        return EmergencyText(
            str(self._code.value or ""),
            (self._title.value or "").strip(),
            (self._message.value or "").strip(),
        )
