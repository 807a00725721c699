"""Questions that need an answer before something is done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nicegui import ui

from dashboard.components.buttons import button
from dashboard.components.markup import Tag, tag


async def confirm(
    title: str, text: str, action: str, *, kind: str = "danger", details: Callable[[], Any] | None = None
) -> bool:
    """Ask; True when the operator chose `action`. Escape, the backdrop and Cancel all say no."""
    with (
        ui.dialog().classes("dialog") as dialog,
        tag("div", "dialog-card", role="alertdialog", aria_label=title),
    ):
        tag("h2", "dialog-title", title)
        tag("p", "dialog-text", text)
        if details is not None:
            details()
        with tag("div", "dialog-actions"):
            button("Cancel", lambda: dialog.submit(False), testid="confirm-cancel", autofocus=True)
            button(action, lambda: dialog.submit(True), kind=kind, testid="confirm-action")
    try:
        return bool(await dialog)
    finally:
        put_away(dialog)


def card_dialog(title: str) -> tuple[ui.dialog, Tag]:
    """An empty dialog with a title; the caller fills the card and opens the dialog."""
    with ui.dialog().classes("dialog") as dialog:
        card = tag("div", "dialog-card", role="dialog", aria_label=title)
        with card:
            tag("h2", "dialog-title", title)
    return dialog, card


def put_away(dialog: ui.dialog) -> None:
    """Take an answered dialog off the page; with its browser gone it is gone already."""
    if not dialog.is_deleted:
        dialog.delete()


def toast(text: str, *, good: bool = True) -> None:
    """One line at the bottom that goes by itself."""
    ui.notify(
        text,
        position="bottom",
        classes="toast toast-good" if good else "toast toast-bad",
        timeout=4_000 if good else 8_000,
        close_button=False if good else "Dismiss",
    )
