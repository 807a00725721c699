"""Plain HTML elements with a text, classes and attributes: what every component is drawn with."""

from __future__ import annotations

from typing import Any

from nicegui.elements.mixins.text_element import TextElement


class Tag(TextElement):
    """One HTML element. Its text is set as text, never as HTML."""

    def __init__(self, tag: str, text: str = "") -> None:
        super().__init__(tag=tag, text=text)


def tag(name: str, classes: str = "", text: str = "", /, **attributes: Any) -> Tag:
    """`<name class="classes" …>text</name>`.

    `aria_label` becomes `aria-label`, `testid` becomes `data-testid`, `for_` becomes `for`;
    True gives a bare attribute, None and False none at all.
    """
    element = Tag(name, text)
    if classes:
        element.classes(classes)
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        attribute = "data-testid" if key == "testid" else key.rstrip("_").replace("_", "-")
        if attribute == "value" and name == "input":
            # Only what it begins with. Without the ^ Vue sets it anew whenever anything on the page changes,
            # and what somebody is typing is gone.
            attribute = "^value"
        element.props[attribute] = value if value is True else str(value)
    return element


def set_attribute(element: Tag, name: str, value: str | bool) -> None:
    """Change one attribute of an element that is on the page already; nothing is sent when it is the same."""
    if element.props.get(name) == value:
        return
    element.props[name] = value
    element.update()


def remove_attribute(element: Tag, name: str) -> None:
    """Take one attribute away from an element that is on the page already."""
    if name in element.props:
        del element.props[name]
        element.update()


def set_text(element: Tag, text: str) -> None:
    """Change the text; nothing is sent when it is the same."""
    if element.text != text:
        element.set_text(text)


def switch_class(element: Tag, name: str, on: bool) -> None:
    """Add or take away one class; nothing is sent when nothing changes."""
    if on != (name in element.classes):
        element.classes(add=name if on else None, remove=None if on else name)
