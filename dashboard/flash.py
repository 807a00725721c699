"""What a page shall say next, kept on this side: a link must not be able to put words on it."""

from __future__ import annotations

from typing import Final

from nicegui import app

_KEY: Final = "sign_in_says"


def say_next(**words: str) -> None:
    """Remember it for the browser that asks."""
    app.storage.user[_KEY] = words


def said() -> dict[str, str]:
    """What was remembered for the browser that asks; once."""
    words = app.storage.user.pop(_KEY, {})
    return words if isinstance(words, dict) else {}
