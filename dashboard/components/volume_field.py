"""How loud: a slider from 0 to 100, and the figure beside it."""

from __future__ import annotations

from collections.abc import Callable

from dashboard.components.markup import set_text, tag


class VolumeField:
    """`value` is what it stands at. `on_change` is called when it is moved."""

    def __init__(self, value: int, testid: str, on_change: Callable[[], object] | None = None) -> None:
        self.value = value
        self._on_change = on_change
        with tag("div", "volume"):
            slider = tag(
                "input",
                "volume-slider",
                type="range",
                min="0",
                max="100",
                step="5",
                value=value,
                aria_label="Volume",
                testid=testid,
            )
            self._figure = tag("output", "volume-figure", self._words())
        slider.on("input", lambda event: self._move(event.args), js_handler="(e) => emit(e.target.value)")

    def _move(self, typed: object) -> None:
        self.value = min(100, max(0, int(str(typed))))
        set_text(self._figure, self._words())
        if self._on_change is not None:
            self._on_change()

    def _words(self) -> str:
        return f"{self.value} %" if self.value else "Silent"
