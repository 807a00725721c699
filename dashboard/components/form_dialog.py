"""A dialog with fields: what is wrong with them is said in it, and it stays open until it is right."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

from nicegui import ui

from dashboard.components.buttons import button
from dashboard.components.dialogs import card_dialog, put_away
from dashboard.components.markup import Tag, set_text, switch_class, tag
from dashboard.hub_http import HubError
from dashboard.session import Session, explain

Answer = TypeVar("Answer")
_BOX: Final = "outlined dense"
_MENU: Final = "options-dense popup-content-class=menu"


class Unfit(Exception):
    """What is written cannot be sent; the message says why."""


async def form_dialog(
    session: Session,
    title: str,
    action: str,
    draw: Callable[[], Callable[[], Awaitable[Answer]]],
    *,
    kind: str = "primary",
) -> Answer | None:
    """Ask. `draw` draws the fields and returns what sends them, called when `action` is pressed.

    What that returns; None when the operator let it be. What the hub refuses, and `Unfit`, is said.
    """
    dialog, card = card_dialog(title)
    with card, tag("form", "form") as form:
        send = draw()
        problem = tag("p", "note note-bad hidden", role="alert", testid="form-problem")

        async def press() -> None:
            try:
                dialog.submit(await send())
                return
            except Unfit as error:
                said = str(error)
            except HubError as error:
                if error.signed_out:
                    dialog.submit(None)
                    explain(session, error)
                    return
                said = in_words(error)
            set_text(problem, said)
            switch_class(problem, "hidden", False)

        with tag("div", "dialog-actions"):
            button("Cancel", lambda: dialog.submit(None), testid="form-cancel")
            button(action, kind=kind, testid="form-submit").props("type=submit")
        form.on("submit.prevent", press, [])
    try:
        answer: Answer | None = await dialog
        return answer
    finally:
        put_away(dialog)


def in_words(error: HubError) -> str:
    """What the hub refused: of what was typed, by the names of the fields."""
    if not error.fields:
        return error.sentence
    return " ".join(
        f"{name.replace('_', ' ').capitalize()}: {why.rstrip('.')}." for name, why in error.fields.items()
    )


def labelled(label: str, hint: str = "") -> Tag:
    """A label around the field that is drawn in it."""
    around = tag("label", "field")
    with around:
        tag("span", "field-label", label)
        if hint:
            tag("span", "field-hint", hint)
    return around


def text_field(
    label: str, testid: str, value: str = "", *, type_: str = "text", hint: str = "", **props: Any
) -> Callable[[], str]:
    """A line to be typed; what is returned tells what is in it, without the blanks around it."""
    with labelled(label, hint):
        box = ui.input(value=value).props(f"{_BOX} type={type_} data-testid={testid}")
        for name, given in props.items():
            box.props[name.replace("_", "-")] = given
    return lambda: (box.value or "") if type_ == "password" else (box.value or "").strip()


def choice_of_many(
    label: str, testid: str, offered: dict[str, str], chosen: list[str], *, hint: str = ""
) -> Callable[[], list[str]]:
    """Several of what is offered; what is returned tells which."""
    with labelled(label, hint):
        box = ui.select(offered, value=[key for key in chosen if key in offered], multiple=True).props(
            f"{_MENU} {_BOX} data-testid={testid}"
        )
    return lambda: list(box.value or [])


def tick_list(offered: dict[str, str], chosen: list[str], testid: str) -> Callable[[], list[str]]:
    """Every choice on a line of its own, with a box to tick; what is returned tells which are ticked."""
    boxes: dict[str, ui.checkbox] = {}
    with tag("div", "ticks"):
        for key, words in offered.items():
            boxes[key] = ui.checkbox(words, value=key in chosen).props(f'dense data-testid="{testid}-{key}"')
    return lambda: [key for key, box in boxes.items() if box.value]
