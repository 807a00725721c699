"""The files of an HTML package: what they are called, what type they are, and the list that screens load by.

Rule: a type is said of a package's file by its name, from a table that is the same on every machine.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

import msgspec

FIRST_PAGE: Final = "index.html"
LISTING: Final = "clarion-files.json"
"""In each package, beside what it came with. A file or folder of this name in it gives way."""
_BY_SUFFIX: Final = {
    ".html": "text/html; charset=utf-8",
    ".htm": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".txt": "text/plain; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".xml": "application/xml",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".avif": "image/avif",
    ".ico": "image/vnd.microsoft.icon",
    ".mp4": "video/mp4",
    ".webm": "video/webm",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".wav": "audio/wav",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
    ".ttf": "font/ttf",
    ".otf": "font/otf",
    ".wasm": "application/wasm",
    ".pdf": "application/pdf",
}


def served_name(file_name: str | None, *, is_package: bool) -> str:
    """With which name its address ends: of a package that of the page to begin with, else the file's own."""
    return FIRST_PAGE if is_package else file_name or "file"


class PackageFile(msgspec.Struct, frozen=True):
    """One entry of the list. `path`: below the package; `sha256`: in hexadecimal."""

    path: str
    sha256: str
    size_bytes: int
    mime_type: str


def mime_type_of(name: str) -> str:
    """The type of a package's file of this name."""
    return _BY_SUFFIX.get(PurePosixPath(name).suffix.lower(), "application/octet-stream")


def files_of(folder: Path) -> Iterator[tuple[str, Path]]:
    """Every ordinary file below the folder, by its path in the package, in order; no links."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            name = path.relative_to(folder).as_posix()
            if name.partition("/")[0] != LISTING:
                yield name, path


def listing(folder: Path) -> bytes:
    """The list of the package that this folder is, as JSON. Reads every file."""
    files = []
    for name, path in files_of(folder):
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        files.append(PackageFile(name, digest, path.stat().st_size, mime_type_of(name)))
    return msgspec.json.encode(files)
