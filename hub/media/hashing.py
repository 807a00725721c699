"""The hashes of a file, read once. Blocks: call it in a thread."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final, NamedTuple

_PIECE_BYTES: Final = 1024 * 1024


class Hashes(NamedTuple):
    """In hexadecimal. MD5 is for those who expect it, and guards nothing."""

    sha256: str
    md5: str
    size_bytes: int


def hashes_of(path: Path) -> Hashes:
    """Raises OSError."""
    sha256, md5, size = hashlib.sha256(), hashlib.md5(usedforsecurity=False), 0
    with path.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            sha256.update(piece)
            md5.update(piece)
            size += len(piece)
    return Hashes(sha256.hexdigest(), md5.hexdigest(), size)
