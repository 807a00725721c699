"""Conformance vectors: what the reference makes of what it is given, as JSON that any platform can test by.

alerts      texts, hashes, what is signed, and which signatures are refused
playing     what plays when, in which order, and when a screen is lit
session     when to come back, and when a link is dead

Written to protocol/vectors/ by `clarion vectors`; a test holds that they are what this code says.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import protocol
from player.vectors import alerts, playing, session

FOLDER: Final = Path(protocol.__file__).parent / "vectors"
VECTORS: Final[dict[str, Callable[[], dict[str, Any]]]] = {
    "content-hash": alerts.content_hashes,
    "signed-alerts": alerts.signed_alerts,
    "signing-keys": alerts.signing_keys,
    "shuffle": playing.shuffles,
    "programme": playing.programmes,
    "hours": playing.hours,
    "backoff": session.backoffs,
    "silence": session.silences,
}


def text_of(name: str) -> str:
    """The file of these vectors, as it must be."""
    return json.dumps(VECTORS[name](), ensure_ascii=False, indent=1) + "\n"


def write(folder: Path = FOLDER) -> list[Path]:
    """Write all of them; the files that changed. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    changed = []
    for name in VECTORS:
        path, text = folder / f"{name}.json", text_of(name)
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            changed.append(path)
    return changed
