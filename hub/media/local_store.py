"""The store in a folder: `<folder>/<tenant>/<first two of the hash>/<hash>`, a file or a package's folder.

Rule 1: what comes in is written beside its place under another name, brought to the disk, then renamed.
Rule 2: nothing is read but below the place of the hash that was asked for, and no link is followed.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import uuid4

from hub.media.packages import LISTING, files_of, listing
from hub.media.store import PIECE_BYTES, NotStored, StoreFailed, StoreFull, inside

_FULL: Final = {errno.ENOSPC, errno.EDQUOT}
_UNFINISHED: Final = ".unfinished-"


class LocalFile:
    """Fits `hub.media.store.StoredFile`."""

    def __init__(self, descriptor: int, size_bytes: int) -> None:
        self._descriptor = descriptor
        self.size_bytes = size_bytes

    def pieces(self, begins: int, ends: int) -> Iterator[bytes]:
        """The bytes from `begins` to before `ends`. Raises StoreFailed when the file ends before."""
        with _spoken("read"):
            while begins < ends:
                piece = os.pread(self._descriptor, min(PIECE_BYTES, ends - begins), begins)
                if not piece:
                    raise StoreFailed("a file of the store is shorter than it was")
                begins += len(piece)
                yield piece

    def close(self) -> None:
        os.close(self._descriptor)


class LocalStore:
    """Fits `hub.media.store.MediaStore`. `shared`: another user's web server reads the folder as well."""

    def __init__(self, folder: Path, *, shared: bool = False) -> None:
        self._folder = folder
        self._file_mode, self._folder_mode = (0o644, 0o755) if shared else (0o600, 0o700)

    def put(self, tenant_id: str, sha256: str, source: Path) -> None:
        """Keep the file: as another name of the same bytes where that goes, else as a copy."""
        place = self._place(tenant_id, sha256)
        with _spoken("written"):
            if place.exists():
                return
            unfinished = self._unfinished(place)
            try:
                try:
                    unfinished.hardlink_to(source)
                except OSError:
                    shutil.copyfile(source, unfinished)
                self._finish(unfinished)
                unfinished.replace(place)
                _sync(place.parent)
            finally:
                unfinished.unlink(missing_ok=True)

    def put_package(self, tenant_id: str, sha256: str, folder: Path) -> None:
        """Keep a copy of the folder, with its list."""
        place = self._place(tenant_id, sha256)
        with _spoken("written"):
            if place.exists():
                return
            unfinished = self._unfinished(place)
            unfinished.mkdir()
            try:
                for name, path in files_of(folder):
                    copy = unfinished / name
                    copy.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(path, copy)
                    self._finish(copy)
                (unfinished / LISTING).write_bytes(listing(folder))
                self._finish(unfinished / LISTING)
                for each in (unfinished, *unfinished.rglob("*/")):
                    each.chmod(self._folder_mode)
                    _sync(each)
                try:
                    unfinished.rename(place)
                except OSError:
                    if not place.exists():  # else somebody was faster
                        raise
                _sync(place.parent)
            finally:
                shutil.rmtree(unfinished, ignore_errors=True)

    def open(self, tenant_id: str, sha256: str, name: str | None = None) -> LocalFile:
        """Raises NotStored, StoreFailed."""
        path = self._folder.resolve() / self.location(tenant_id, sha256, name)
        with _spoken("read"):
            try:
                if path.resolve() != path:  # a link
                    raise NotStored
                descriptor = os.open(path, os.O_RDONLY)
            except (FileNotFoundError, NotADirectoryError) as error:
                raise NotStored from error
            except OSError as error:
                if error.errno == errno.ENAMETOOLONG:
                    raise NotStored from error
                raise
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):
                os.close(descriptor)
                raise NotStored
            return LocalFile(descriptor, found.st_size)

    def location(self, tenant_id: str, sha256: str, name: str | None = None) -> str:
        """Below the folder. Raises NotStored for a name that leads elsewhere."""
        place = f"{tenant_id}/{sha256[:2]}/{sha256}"
        return f"{place}/{inside(name)}" if name else place

    def delete(self, tenant_id: str, sha256: str) -> None:
        """Taken out of the way at once, then removed."""
        place = self._place(tenant_id, sha256)
        with _spoken("deleted"):
            unfinished = self._unfinished(place)
            try:
                place.rename(unfinished)
            except FileNotFoundError:
                return
            _remove(unfinished)

    def clear_unfinished(self, before: datetime) -> None:
        """What has an unfinished name since then."""
        with _spoken("cleared away"):
            for path in self._folder.glob(f"*/*/{_UNFINISHED}*"):
                if path.stat().st_ctime < before.timestamp():
                    _remove(path)

    def _place(self, tenant_id: str, sha256: str) -> Path:
        return self._folder / self.location(tenant_id, sha256)

    def _unfinished(self, place: Path) -> Path:
        self._make(place.parent)
        return place.with_name(f"{_UNFINISHED}{uuid4().hex}")

    def _make(self, folder: Path) -> None:
        if folder != self._folder:
            self._make(folder.parent)
        elif not folder.exists():
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(self._folder_mode)
        if not folder.exists():
            folder.mkdir(exist_ok=True)
            folder.chmod(self._folder_mode)

    def _finish(self, path: Path) -> None:
        path.chmod(self._file_mode)
        _sync(path)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


def _sync(path: Path) -> None:
    """Bring a file or a folder to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _spoken(what: str) -> Iterator[None]:
    """What the system says, as the store's own errors."""
    try:
        yield
    except OSError as error:
        kind = StoreFull if error.errno in _FULL else StoreFailed
        raise kind(f"a file of the store cannot be {what}: {error.strerror}") from error
