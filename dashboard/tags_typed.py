"""Tags as people type them: one a line, `floor=2`. Pure."""

from __future__ import annotations

import re
from typing import Final

_MARK: Final = re.compile(r"[=:]")


def parse_tags(text: str) -> dict[str, str]:
    """`floor=2` lines, or `floor: 2, wing: north`, as a dictionary. A word alone is a tag without a value."""
    tags: dict[str, str] = {}
    for piece in text.replace("\n", ",").split(","):
        key, *value = (part.strip() for part in _MARK.split(piece, maxsplit=1))
        if key:
            tags[key] = value[0] if value else ""
    return tags


def tags_text(tags: dict[str, str]) -> str:
    """The inverse of `parse_tags`: one tag a line."""
    return "\n".join(tag_text(key, value) for key, value in sorted(tags.items()))


def tag_text(key: str, value: str) -> str:
    """`floor=2`, or `lobby` where there is no value."""
    return f"{key}={value}" if value else key
