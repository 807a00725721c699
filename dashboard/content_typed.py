"""What people type, or files are called, and what becomes of it in a content. Pure."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

_NUMBERED: Final = re.compile(r"(.*) \((\d{1,6})\)")
_LONGEST_NAME: Final = 200
_NO_NAME: Final = "Without a name"


def name_of_file(file_name: str) -> str:
    """`Summer_offer-2.final.png` → `Summer offer-2.final`: what a content of this file is called at first."""
    last = file_name.replace("\\", "/").rpartition("/")[2]
    stem, dot, ending = last.rpartition(".")
    name = stem if dot and stem.strip() and 0 < len(ending) <= 5 else last
    name = "".join(letter if letter.isprintable() else " " for letter in name.replace("_", " "))
    return " ".join(name.split())[:_LONGEST_NAME].strip() or _NO_NAME


def name_of_address(url: str) -> str:
    """`https://www.example.org/menu` → `example.org/menu`: what a content of it is called at first."""
    try:
        parts = urlsplit(url.strip())
        name = f"{(parts.hostname or '').removeprefix('www.')}{parts.path.rstrip('/')}"
    except ValueError:
        name = ""
    return (name or url.strip())[:_LONGEST_NAME] or _NO_NAME


def next_name(name: str) -> str:
    """`Offer` → `Offer (2)` → `Offer (3)`."""
    numbered = _NUMBERED.fullmatch(name)
    stem, number = (numbered[1], int(numbered[2]) + 1) if numbered else (name, 2)
    ending = f" ({number})"
    return stem[: _LONGEST_NAME - len(ending)] + ending


def tags_typed(text: str) -> list[str]:
    """`Summer, offers ,summer` → `["Summer", "offers"]`: what is typed between commas, each once."""
    tags: dict[str, str] = {}
    for part in text.replace("\n", ",").split(","):
        word = " ".join(part.split())
        if word:
            tags.setdefault(word.casefold(), word)
    return list(tags.values())
