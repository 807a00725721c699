"""Where files are kept: by tenant and SHA-256, written whole and never changed.

Rule 1: what is in the store is complete: it comes there under its name at once, or not at all.
Rule 2: to put what is there already does nothing. So whoever was interrupted does it again.
Rule 3: an HTML package is a folder below its hash; `clarion-files.json` in it lists every file with its hash,
        and is written last.

Every method blocks: call it in a thread. Two adapters fulfil this: `local_store.py` (a folder) and
`s3_store.py`; tests/hub/media/test_store.py asks both the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

PIECE_BYTES: Final = 262_144
"""Files are read and sent in pieces of this size."""


class NotStored(Exception):
    """There is no such file in the store."""


class StoreFailed(Exception):
    """The store did not do it; the text says why. Nothing half-written is left."""


class StoreFull(StoreFailed):
    """There is no room for it."""


def inside(name: str) -> str:
    """The path of a package's file. Raises NotStored for one that is not below the package."""
    if any(part in ("", ".", "..") or "\\" in part or "\0" in part for part in name.split("/")):
        raise NotStored
    return name


class StoredFile(Protocol):
    """One file, open for reading."""

    @property
    def size_bytes(self) -> int: ...

    def pieces(self, begins: int, ends: int) -> Iterator[bytes]:
        """The bytes from `begins` to before `ends`, in pieces. Raises StoreFailed."""
        ...

    def close(self) -> None: ...


class MediaStore(Protocol):
    """`sha256`: in hexadecimal. `name`: the path of a package's file, with `/` between its parts; None or ""
    for a file that is no package."""

    def put(self, tenant_id: str, sha256: str, source: Path) -> None:
        """Keep the file. `source` stays where it is, and must not be changed any more. Raises StoreFailed."""
        ...

    def put_package(self, tenant_id: str, sha256: str, folder: Path) -> None:
        """Keep every file below this folder, and the list of them. Raises StoreFailed."""
        ...

    def open(self, tenant_id: str, sha256: str, name: str | None = None) -> StoredFile:
        """Raises NotStored, StoreFailed."""
        ...

    def location(self, tenant_id: str, sha256: str, name: str | None = None) -> str:
        """Where it is, below the store's folder, for a web server that shares it."""
        ...

    def delete(self, tenant_id: str, sha256: str) -> None:
        """The file or package is no more; nor was it, perhaps. Raises StoreFailed."""
        ...

    def clear_unfinished(self, before: datetime) -> None:
        """What a hub left that ended while it put or deleted something, before then. Raises StoreFailed."""
        ...
