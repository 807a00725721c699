"""Names as people type them: trimmed, of one line, not empty."""

from __future__ import annotations

import unicodedata

from hub.use_cases.errors import Invalid


def one_line(field: str, text: str) -> str:
    """The text without the space around it. Raises Invalid when nothing is left, or more than one line."""
    trimmed = text.strip()
    if not trimmed:
        raise Invalid({field: "must not be empty"})
    if any(unicodedata.category(character) in ("Cc", "Zl", "Zp") for character in trimmed):
        raise Invalid({field: "must be one line without control characters"})
    return trimmed


def optional_line(field: str, text: str | None) -> str | None:
    """The same, where empty means that nothing was given."""
    return one_line(field, text) if text and text.strip() else None
