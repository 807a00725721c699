"""What the hub shows once: a key, a token, a link. It keeps only what it can be compared with."""

from __future__ import annotations

from dashboard.components.buttons import button
from dashboard.components.dialogs import card_dialog, put_away
from dashboard.components.markup import tag


async def show_once(title: str, words: str, secret: str | None, *, testid: str) -> None:
    """Until it is put away. `secret` is None where there is nothing but words."""
    dialog, card = card_dialog(title)
    with card:
        tag("p", "dialog-text", words, testid=f"{testid}-words")
        if secret is not None:
            tag("code", "token", secret, testid=testid, tabindex="0")
        with tag("div", "dialog-actions"):
            if secret is not None:
                copy_button(kind="primary", testid=f"{testid}-copy")
            button("Done", lambda: dialog.submit(None), testid=f"{testid}-done")
    try:
        await dialog
    finally:
        put_away(dialog)


def copy_button(*, testid: str, kind: str = "") -> None:
    """Copies the `.token` of the dialog that it is in; all in the browser."""
    copied = button("Copy", kind=kind, testid=testid)
    copied.on(
        "click",
        js_handler="() => navigator.clipboard?.writeText("
        f"getHtmlElement({copied.id}).closest('.dialog-card').querySelector('.token').textContent)",
    )
