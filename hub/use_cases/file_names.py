"""What a file may be called: what its sender says, without what could mean anything but a name."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

AT_MOST: Final = 200
NAMELESS: Final = "file"


def file_name_of(given: str) -> str:
    """The last part of what was given, without control characters; `file` if nothing is left. The end of a
    long one stays: it says the type, to people."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", given))[-1]
    name = "".join(char for char in last if char.isprintable()).strip().lstrip(".").strip()
    if len(name) > AT_MOST:
        stem, dot, suffix = name.rpartition(".")
        kept = f"{dot}{suffix}" if stem and len(suffix) <= 20 else ""
        name = name[: AT_MOST - len(kept)] + kept
    return name or NAMELESS
