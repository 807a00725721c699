"""Files go out, to whoever has an address of one: screens, and operators' pages.

Rule 1: an address is all that is asked for (`hub/media/signed_urls.py`), and the file is its tenant's. Of a
        suspended tenant nothing is served.
Rule 2: what a file is stands in PostgreSQL and never changes, so it is asked once and then remembered.
Rule 3: so many at once that everybody else has a place still, and pieces are read in threads of their own: a
        fleet that loads a film holds back no emergency. No tenant has all of the places: clients that read
        slowly hold up their own.
Rule 4: a place is taken before the file is opened, and given back with the file, also where nobody reads it.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import AsyncGenerator, Callable, Iterator
from datetime import datetime
from functools import partial
from typing import Final, NamedTuple

import trio

from hub.media.files import MediaFiles
from hub.media.packages import mime_type_of
from hub.media.signed_urls import BadAddress
from hub.media.store import NotStored, StoredFile, StoreFailed
from hub.use_cases.errors import NotAllowed, NotFound, Overloaded
from hub.use_cases.ports import Database
from hub.use_cases.upload_ports import Blob

AT_ONCE: Final = 60
"""With the uploads fewer than the places of one address (`hub/http_server.py`): an operator who sits behind
the same one as all the screens still reaches the hub. Whoever finds no place comes again in some seconds."""
AT_ONCE_OF_TENANT: Final = 40
AGAIN_AFTER_S: Final = 5
THREADS: Final = 4
_REMEMBERED: Final = 10_000
_NO_SUCH_FILE: Final = "There is no such file any more. Ask for the address again where this one is from."


class Served(NamedTuple):
    """A file to be sent. `sha256`: of the file, or of the package that it is of. `location`: where a web
    server that sends the files itself has it; None if this hub sends it."""

    sha256: str
    mime_type: str
    size_bytes: int
    is_package: bool
    good_for_s: int
    file: StoredFile | None
    location: str | None


class _Going:
    """A file on its way out: fits `hub.media.store.StoredFile`. `left`: told once, when it is closed."""

    def __init__(self, file: StoredFile, left: Callable[[], None]) -> None:
        self._file = file
        self._left = left
        self._is_closed = False

    @property
    def size_bytes(self) -> int:
        return self._file.size_bytes

    def pieces(self, begins: int, ends: int) -> Iterator[bytes]:
        """See the port."""
        return self._file.pieces(begins, ends)

    def close(self) -> None:
        """May be done twice."""
        if not self._is_closed:
            self._is_closed = True
            self._left()
            self._file.close()

    def __del__(self) -> None:
        # A client that leaves before the first byte: then nobody begins to read, and nobody closes.
        self.close()


class ServedFiles:
    """Finds what an address leads to, and reads it. `is_suspended`: whether nothing of a tenant's is served;
    `at_once`: so many files go out at the same time; `of_tenant`: so many of one tenant's."""

    def __init__(
        self,
        database: Database,
        files: MediaFiles,
        is_suspended: Callable[[str], bool],
        now: Callable[[], datetime],
        at_once: int = AT_ONCE,
        of_tenant: int = AT_ONCE_OF_TENANT,
    ) -> None:
        self._database = database
        self._files = files
        self._is_suspended = is_suspended
        self._now = now
        self._known: OrderedDict[tuple[str, str], Blob] = OrderedDict()
        self._at_once = at_once
        self._of_tenant = of_tenant
        self._sending: Counter[str] = Counter()
        self._threads = trio.CapacityLimiter(THREADS)

    async def find(self, grant: str, tenant_id: str, sha256: str, name: str, *, opened: bool) -> Served:
        """What this address leads to. `opened`: with the file open, to be sent.

        Raises NotAllowed, NotFound, Overloaded.
        """
        try:
            granted = self._files.urls.check(grant, tenant_id, sha256, self._now())
        except BadAddress as error:
            raise NotAllowed(str(error)) from error
        if self._is_suspended(tenant_id):
            raise NotFound(_NO_SUCH_FILE)
        blob = await self._blob(tenant_id, sha256)
        inside = name if blob.is_package else None
        mime_type = mime_type_of(name) if blob.is_package else blob.mime_type
        file: StoredFile | None = None
        location, store = None, self._files.store
        try:
            if self._files.x_accel is not None:
                location = self._files.x_accel + store.location(tenant_id, sha256, inside)
            elif opened or blob.is_package:
                file = await self._opened(tenant_id, sha256, inside)
        except NotStored as error:
            raise NotFound(_NO_SUCH_FILE) from error
        except StoreFailed as error:
            raise Overloaded("The store of files does not answer. Come again.", AGAIN_AFTER_S) from error
        size_bytes = blob.size_bytes if file is None else file.size_bytes
        return Served(sha256, mime_type, size_bytes, blob.is_package, granted.good_for_s, file, location)

    async def _opened(self, tenant_id: str, sha256: str, inside: str | None) -> StoredFile:
        if self._sending.total() >= self._at_once or self._sending[tenant_id] >= self._of_tenant:
            raise Overloaded("Too many files go out at once. Come again.", AGAIN_AFTER_S)
        self._sending[tenant_id] += 1
        try:
            open_it = partial(self._files.store.open, tenant_id, sha256, inside)
            file = await trio.to_thread.run_sync(open_it, limiter=self._threads)
        except BaseException:
            self._left(tenant_id)
            raise
        return _Going(file, partial(self._left, tenant_id))

    def _left(self, tenant_id: str) -> None:
        self._sending[tenant_id] -= 1
        if not self._sending[tenant_id]:
            del self._sending[tenant_id]

    async def pieces(self, file: StoredFile, begins: int, ends: int) -> AsyncGenerator[bytes]:
        """These bytes of it, read as they are taken; then it is closed. Raises StoreFailed."""
        try:
            pieces = file.pieces(begins, ends)
            while piece := await trio.to_thread.run_sync(next, pieces, b"", limiter=self._threads):
                yield piece
        finally:
            file.close()

    async def _blob(self, tenant_id: str, sha256: str) -> Blob:
        key = tenant_id, sha256
        blob = self._known.get(key)
        if blob is None:
            blob = await self._database.transact(tenant_id, lambda tx: tx.blobs.get(sha256))
            if blob is None:
                raise NotFound(_NO_SUCH_FILE)
            self._known[key] = blob
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return blob
