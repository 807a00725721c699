"""The bytes of uploads until a media version takes them: `<folder>/<tenant>/<upload id>`.

Rule 1: how far an upload is, is how long its file is; nothing else knows.
Rule 2: what came stays. A piece that did not fit on the disk is there as far as it did.

Every method blocks: call it in a thread.
"""

from __future__ import annotations

import errno
import os
import shutil
from datetime import datetime
from pathlib import Path
from typing import Final

from hub.media.store import StoreFull

_FULL: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class UploadFolder:
    """`keep_free_bytes`: so much of the disk is left to others."""

    def __init__(self, folder: Path, keep_free_bytes: int) -> None:
        self._folder = folder
        self._keep_free_bytes = keep_free_bytes

    def path(self, tenant_id: str, upload_id: str) -> Path:
        """Where the bytes are."""
        return self._folder / tenant_id / upload_id

    def create(self, tenant_id: str, upload_id: str) -> None:
        """An empty file. Raises OSError."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.path(tenant_id, upload_id)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))

    def offset(self, tenant_id: str, upload_id: str) -> int | None:
        """How many bytes have come; None if there is no such file."""
        try:
            return self.path(tenant_id, upload_id).stat().st_size
        except FileNotFoundError:
            return None

    def append(self, tenant_id: str, upload_id: str, piece: bytes) -> None:
        """Add a piece. Raises StoreFull: as much of it as had room is there; FileNotFoundError, OSError."""
        self.require_room(len(piece))
        # Not created here: an upload that was deleted meanwhile does not come back.
        descriptor = os.open(self.path(tenant_id, upload_id), os.O_WRONLY | os.O_APPEND)
        try:
            rest = memoryview(piece)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
        except OSError as error:
            if error.errno in _FULL:
                raise StoreFull("the disk is full") from error
            raise
        finally:
            os.close(descriptor)

    def cut(self, tenant_id: str, upload_id: str, offset: int) -> None:
        """Forget what came after `offset`. Raises OSError."""
        os.truncate(self.path(tenant_id, upload_id), offset)

    def sync(self, tenant_id: str, upload_id: str) -> None:
        """Bring what came to the disk. Raises OSError."""
        descriptor = os.open(self.path(tenant_id, upload_id), os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def remove(self, tenant_id: str, upload_id: str) -> None:
        """The bytes are no more; nor were they, perhaps. Raises OSError."""
        self.path(tenant_id, upload_id).unlink(missing_ok=True)

    def require_room(self, size_bytes: int) -> None:
        """Raises StoreFull where this much more would leave too little."""
        there = next(path for path in (self._folder, *self._folder.parents) if path.exists())
        if shutil.disk_usage(there).free - size_bytes < self._keep_free_bytes:
            raise StoreFull("the disk is nearly full")

    def untouched_since(self, before: datetime) -> list[tuple[str, str]]:
        """Tenant and upload of every file that nobody wrote to since. Raises OSError."""
        if not self._folder.is_dir():
            return []
        return [
            (path.parent.name, path.name)
            for path in sorted(self._folder.glob("*/*"))
            if path.stat().st_mtime < before.timestamp()
        ]
