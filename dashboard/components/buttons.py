"""Buttons: the plain one, and the one that must be held."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dashboard.components.icons import icon as draw_icon
from dashboard.components.markup import Tag, tag

HOLD_S = 1.2
"""How long a hold button must be held. Long enough to be meant, short against the two seconds that follow."""


def button(
    text: str,
    on_click: Callable[..., Any] | None = None,
    *,
    kind: str = "",
    icon: str | None = None,
    **attributes: Any,
) -> Tag:
    """A real `<button>`. `kind`: any of primary, danger, quiet, icon, small, big, wide; or none."""
    classes = " ".join(["btn", *(f"btn-{name}" for name in kind.split())])
    element = tag("button", classes, type="button", **attributes)
    with element:
        if icon is not None:
            draw_icon(icon)
        if text:
            tag("span", "btn-text", text)
    if on_click is not None:
        element.on("click", on_click, [])
    return element


class HoldButton:
    """Acts when held for `HOLD_S` seconds, by pointer or by Space or Enter.

    A short press, which is all that some assistive technology can do, calls `on_short_press` instead:
    the page then asks whether it was meant.
    """

    def __init__(
        self,
        on_held: Callable[..., Any],
        on_short_press: Callable[..., Any],
        *,
        classes: str = "",
        testid: str,
    ) -> None:
        self.element = tag(
            "button",
            f"btn hold {classes}",
            type="button",
            testid=testid,
            data_hold_ms=round(HOLD_S * 1000),
            style=f"--hold:{HOLD_S}s",
        )
        with self.element:
            tag("span", "hold-fill", aria_hidden="true")
            self.text = tag("span", "hold-text")
            self.hint = tag("span", "hold-hint")
        self.element.on("held", on_held, [])
        self.element.on("pressed", on_short_press, [])
