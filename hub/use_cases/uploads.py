"""Files come in: begun, continued wherever they were broken off, given up, swept when nobody goes on.

Rule 1: an upload belongs to whoever began it. To others it is not there, also to those of the same tenant.
Rule 2: how far it is, is how long its file is. What came before a connection broke is kept.
Rule 3: one request at a time adds to an upload. Another one that adds is refused; whoever asks where to go on
        has lost the connection before, which is then ended.
Rule 4: the bytes go to the disk in threads of their own, piece by piece: nothing else waits for a slow disk.
Rule 5: nobody has all of the places: whoever sends a byte now and then holds up their own files.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final, NamedTuple, TypeVar, TypeVarTuple
from uuid import uuid4

import trio

from hub.media.files import MediaFiles
from hub.media.store import StoreFull
from hub.operator import Operator
from hub.permissions import require
from hub.use_cases.audit import record
from hub.use_cases.errors import (
    Garbled,
    Gone,
    InConflict,
    Locked,
    NoRoom,
    NotFound,
    Overloaded,
    TooLarge,
    TooMany,
)
from hub.use_cases.file_names import file_name_of
from hub.use_cases.ports import Database, Transaction
from hub.use_cases.upload_ports import Body, Upload
from protocol.vocabulary import Permission

Given = TypeVarTuple("Given")
Result = TypeVar("Result")

KEPT: Final = timedelta(days=2)
"""After that what was begun is swept, complete or not, unless something is made of it."""
OPEN_OF_ONE_PERSON: Final = 100
AT_ONCE: Final = 30
"""Requests that add to uploads, so that places are left for everything else; see `served_files.py`."""
AT_ONCE_OF_PERSON: Final = 10
THREADS: Final = 4
CHECKSUMS: Final = ("sha1", "md5", "sha256")
_AGAIN_AFTER_S: Final = 5


class Checksum(NamedTuple):
    """What the bytes of one request must be. `algorithm`: one of CHECKSUMS."""

    algorithm: str
    digest: bytes


class Progress(NamedTuple):
    """An upload, and how many of its bytes are here."""

    id: str
    file_name: str
    size_bytes: int
    offset: int
    expires_at: datetime


class _Adding(NamedTuple):
    user_id: str
    scope: trio.CancelScope
    ended: trio.Event


class Uploads:
    """Each method is one operator action. Each raises NotAllowed beside what it says."""

    def __init__(self, database: Database, files: MediaFiles, now: Callable[[], datetime]) -> None:
        self._database = database
        self._files = files
        self._folder = files.uploads
        self._now = now
        self._adding: dict[str, _Adding] = {}
        self._threads = trio.CapacityLimiter(THREADS)

    @property
    def max_bytes(self) -> int:
        """Of one file."""
        return self._files.limits.file_bytes

    async def begin(self, operator: Operator, file_name: str, size_bytes: int) -> Progress:
        """A new one, without a byte yet. Raises TooLarge, NoRoom, TooMany (that are not complete)."""
        require(operator, Permission.CONTENT_EDIT)
        if size_bytes > self.max_bytes:
            raise TooLarge(f"The file is larger than {self.max_bytes:,} bytes, the most that is taken.")
        upload_id, name, now = str(uuid4()), file_name_of(file_name), self._now()
        with _full_is_no_room():
            await self._in_thread(self._folder.require_room, size_bytes)

        def write(tx: Transaction) -> None:
            if tx.uploads.under_way(operator.user_id)[0] >= OPEN_OF_ONE_PERSON:
                raise TooMany(
                    f"{OPEN_OF_ONE_PERSON} of your uploads are not complete. Go on with one, or delete it.",
                    _AGAIN_AFTER_S,
                )
            self._require_quota(tx, size_bytes)
            tx.uploads.add(upload_id, name, size_bytes, operator.user_id, operator.email, now, now + KEPT)
            record(tx, operator, now, "upload.created", "upload", upload_id, name=name, size_bytes=size_bytes)

        with trio.CancelScope(shield=True):
            await self._database.transact(operator.tenant_id, write)
            await self._in_thread(self._folder.create, operator.tenant_id, upload_id)
        return Progress(upload_id, name, size_bytes, 0, now + KEPT)

    async def find(self, operator: Operator, upload_id: str) -> Progress:
        """Where to go on. A request that still adds to it is ended. Raises NotFound, Gone."""
        upload = await self._own(operator, upload_id)
        await self._end_other(upload_id)
        offset = await self._offset(operator, upload)
        # Somebody may have begun to add meanwhile: what is not checked yet is not complete.
        is_whole = offset == upload.size_bytes and upload_id not in self._adding
        if is_whole and upload.completed_at is None:
            await self._complete(operator, upload)
        return _progress(upload, offset)

    async def add(
        self, operator: Operator, upload_id: str, offset: int, body: Body, checksum: Checksum | None = None
    ) -> Progress:
        """Add what the body brings, behind `offset`. With a checksum: all of it, or nothing.

        Raises NotFound, Gone, InConflict (it is not so far, or farther), Locked (another request adds to it),
        TooLarge (more comes than was said), NoRoom, Garbled (not what the checksum says), Overloaded.
        """
        upload = await self._own(operator, upload_id)
        if upload_id in self._adding:
            raise Locked(
                "Another request adds to this upload. Ask where it is (HEAD), then go on from there."
            )
        own = sum(each.user_id == operator.user_id for each in self._adding.values())
        if len(self._adding) >= AT_ONCE or own >= AT_ONCE_OF_PERSON:
            raise Overloaded("Too many files come in at once. Go on in a moment.", _AGAIN_AFTER_S)
        adding = self._adding[upload_id] = _Adding(operator.user_id, trio.CancelScope(), trio.Event())
        try:
            with adding.scope:
                here = await self._offset(operator, upload)
                if here != offset:
                    raise InConflict(f"The upload is at {here} bytes, not at {offset}. Go on from there.")
                came = await self._receive(operator, upload, here, body, checksum)
                return _progress(upload, came)
        finally:
            del self._adding[upload_id]
            adding.ended.set()
        raise InConflict("The upload goes on by another connection.")

    async def drop(self, operator: Operator, upload_id: str) -> None:
        """Give it up. Raises NotFound, Gone, InConflict (a version is being made of it)."""
        upload = await self._own(operator, upload_id)
        await self._end_other(upload_id)
        now = self._now()

        def write(tx: Transaction) -> None:
            if tx.uploads.is_used(upload_id):
                raise InConflict("A version is made of this file now. Delete the version instead.")
            tx.uploads.remove(upload_id)
            record(tx, operator, now, "upload.deleted", "upload", upload_id, name=upload.file_name)

        await self._database.transact(operator.tenant_id, write)
        await self._in_thread(self._folder.remove, operator.tenant_id, upload_id)

    async def _end_other(self, upload_id: str) -> None:
        if upload_id in self._adding:
            adding = self._adding[upload_id]
            adding.scope.cancel()
            await adding.ended.wait()

    async def _own(self, operator: Operator, upload_id: str) -> Upload:
        require(operator, Permission.CONTENT_EDIT)
        upload = await self._database.transact(operator.tenant_id, lambda tx: tx.uploads.get(upload_id))
        if upload is None or upload.created_by != operator.user_id:
            raise NotFound("There is no such upload of yours. Begin a new one.")
        if upload.expires_at <= self._now():
            raise Gone("The time of this upload is over. Begin a new one.")
        return upload

    async def _offset(self, operator: Operator, upload: Upload) -> int:
        offset = await self._in_thread(self._folder.offset, operator.tenant_id, upload.id)
        if offset is None:
            if upload.completed_at is not None:
                raise Gone("The file was taken over already.")
            raise Gone("What came of this upload is not here any more. Begin a new one.")
        return offset

    async def _receive(
        self, operator: Operator, upload: Upload, begins: int, body: Body, checksum: Checksum | None
    ) -> int:
        """Where the upload is afterwards."""
        where, offset = (operator.tenant_id, upload.id), begins
        digest = hashlib.new(checksum.algorithm, usedforsecurity=False) if checksum else None
        is_right = checksum is None
        try:
            with _full_is_no_room():
                while piece := await body.piece():
                    if offset + len(piece) > upload.size_bytes:
                        raise TooLarge(f"The file was to be {upload.size_bytes:,} bytes, and more came.")
                    await self._in_thread(self._folder.append, *where, piece)
                    if digest is not None:
                        await self._in_thread(digest.update, piece)
                    offset += len(piece)
            if checksum and digest is not None and not body.is_broken:
                is_right = digest.digest() == checksum.digest
                if not is_right:
                    raise Garbled("What came is not what its checksum says. Send it again.")
        finally:
            with trio.CancelScope(shield=True):
                if not is_right:
                    await self._in_thread(self._folder.cut, *where, begins)
                    offset = begins
                await self._in_thread(self._folder.sync, *where)
        if offset == upload.size_bytes and upload.completed_at is None:
            await self._complete(operator, upload)
        return offset

    async def _complete(self, operator: Operator, upload: Upload) -> None:
        now = self._now()

        def write(tx: Transaction) -> None:
            if tx.uploads.complete(upload.id, now):
                size, name = upload.size_bytes, upload.file_name
                record(tx, operator, now, "upload.completed", "upload", upload.id, name=name, size_bytes=size)

        with trio.CancelScope(shield=True):
            await self._database.transact(operator.tenant_id, write)

    def _require_quota(self, tx: Transaction, size_bytes: int) -> None:
        most = self._files.limits.tenant_bytes
        if most and tx.blobs.used_bytes() + tx.uploads.under_way()[1] + size_bytes > most:
            raise NoRoom(
                f"The files of your tenant may be {most:,} bytes together, and this one is too much. "
                "Delete what is not used any more, or ask whoever runs Clarion for more."
            )

    async def _in_thread(self, work: Callable[[*Given], Result], *given: *Given) -> Result:
        return await trio.to_thread.run_sync(work, *given, limiter=self._threads)


def _progress(upload: Upload, offset: int) -> Progress:
    return Progress(upload.id, upload.file_name, upload.size_bytes, offset, upload.expires_at)


@contextmanager
def _full_is_no_room() -> Iterator[None]:
    try:
        yield
    except StoreFull as error:
        raise NoRoom(
            "The hub has no room for more files. What came is kept; go on when there is room again. "
            "Delete what is not used any more, or tell whoever runs Clarion."
        ) from error
