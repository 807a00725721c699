"""Looks into an HTML package, a ZIP archive with an index.html, and unpacks it.

Rule 1: what the archive says of itself is judged before a byte is unpacked; what comes out of it is counted
        while it does. So a bomb is refused by its label or stopped on its way.
Rule 2: nothing is written but files and folders below the folder that was given.
Rule 3: an archive in an archive stays one: nothing is unpacked twice.
"""

from __future__ import annotations

import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from hub.media.inspecting.findings import PACKAGE, Finding, Limits, Question, Unusable
from hub.media.packages import FIRST_PAGE

_PIECE_BYTES: Final = 256 * 1024
_NAME_BYTES: Final = 1000
_PART_BYTES: Final = 200
_PARTS: Final = 20
_ENCRYPTED: Final = 0x1
# What a Macintosh adds to every archive, and nobody asked for.
_LITTER: Final = ("__MACOSX/", ".DS_Store")
_DAMAGED: Final = "The package is damaged: it cannot be unpacked to its end. Pack it again."


def look(question: Question) -> Finding:
    """Unpacks into the folder of the question. Raises Unusable."""
    archive_bytes = Path(question.path).stat().st_size
    try:
        with ZipFile(question.path) as archive:
            files = wanted(archive.infolist(), archive_bytes, question.limits)
            unpacked = _unpack(
                archive, files, Path(question.folder) / PACKAGE, archive_bytes, question.limits
            )
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise Unusable(_DAMAGED) from error
    return Finding(unpacked_bytes=unpacked)


def wanted(entries: Sequence[ZipInfo], archive_bytes: int, limits: Limits) -> dict[str, ZipInfo]:
    """The files to unpack, by where they go. Pure. Raises Unusable."""
    if len(entries) > limits.entries:
        raise Unusable(f"The package has {len(entries)} entries; more than {limits.entries} are not taken.")
    said = sum(entry.file_size for entry in entries)
    _check_bytes(said, archive_bytes, limits)
    files: dict[str, ZipInfo] = {}
    seen: set[str] = set()
    for entry in entries:
        _check_entry(entry)
        name = entry.filename.rstrip("/")
        if name in seen:
            raise Unusable(f"The package has two entries called {_shown(name)}.")
        seen.add(name)
        if not entry.is_dir() and not _is_litter(name):
            files[name] = entry
    for name in files:
        if any(str(parent) in files for parent in PurePosixPath(name).parents):
            raise Unusable(f"In the package {_shown(name)} lies below a file.")
    return _from_the_first_page(files)


def _check_entry(entry: ZipInfo) -> None:
    name = entry.orig_filename
    parts = name.rstrip("/").split("/")
    if (
        name.startswith("/")
        or "\\" in name
        or ":" in parts[0]
        or any(part in ("", ".", "..") for part in parts)
    ):
        raise Unusable(f"The package has an entry that leads out of it: {_shown(name)}.")
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in name):
        raise Unusable(f"The package has an entry whose name has control characters: {_shown(name)}.")
    sizes = [len(part.encode()) for part in parts]
    if sum(sizes) > _NAME_BYTES or max(sizes) > _PART_BYTES or len(parts) > _PARTS:
        raise Unusable(f"The package has an entry whose name is too long, or too deep: {_shown(name)}.")
    mode = entry.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise Unusable(f"The package has an entry that is a link or a device: {_shown(name)}.")
    if entry.flag_bits & _ENCRYPTED:
        raise Unusable("The package is encrypted. Pack it without a password.")
    if entry.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        raise Unusable("The package is packed by an unusual method. Pack it as an ordinary ZIP (deflate).")


def _check_bytes(unpacked: int, archive_bytes: int, limits: Limits) -> None:
    if unpacked > limits.unpacked_bytes:
        most = limits.unpacked_bytes // 1_000_000
        raise Unusable(f"Unpacked, the package is larger than {most} MB. Make it smaller.")
    if unpacked > archive_bytes * limits.unpacked_ratio:
        raise Unusable(
            f"Unpacked, the package would be more than {limits.unpacked_ratio} times as large as it is: that "
            "is what bombs are like. Pack it again, without files that say nothing."
        )


def _from_the_first_page(files: dict[str, ZipInfo]) -> dict[str, ZipInfo]:
    """The files as seen from where the first page is: at the top, or in the one folder that there is."""
    if FIRST_PAGE in files:
        return files
    tops = {name.partition("/")[0] for name in files}
    top = next(iter(tops)) if len(tops) == 1 else ""
    if top and f"{top}/{FIRST_PAGE}" in files:
        return {name.removeprefix(f"{top}/"): entry for name, entry in files.items()}
    raise Unusable("The package has no index.html at its top, so no screen knows where to begin.")


def _unpack(
    archive: ZipFile, files: dict[str, ZipInfo], folder: Path, archive_bytes: int, limits: Limits
) -> int:
    """How many bytes were written. Raises Unusable as soon as they are too many."""
    written = 0
    for name, entry in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(entry) as source, path.open("xb") as target:
            while piece := source.read(_PIECE_BYTES):
                written += len(piece)
                _check_bytes(written, archive_bytes, limits)
                target.write(piece)
    return written


def _is_litter(name: str) -> bool:
    return name.startswith(_LITTER[0]) or PurePosixPath(name).name == _LITTER[1]


def _shown(name: str) -> str:
    """As people may see it: no control characters, not endless."""
    return "".join(character if character.isprintable() else "?" for character in name[:100])
