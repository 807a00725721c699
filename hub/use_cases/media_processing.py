"""The hub looks at each file that was uploaded: what it is, whether it can be shown; keeps it in the store.

Rule 1: PostgreSQL says what there is to do. A hub that was killed at it, or another one, does it again.
Rule 2: what is wrong with a file fails its version, with a sentence. What is wrong with the hub (a full
        disk, a store that does not answer) does not: the version waits, and says why.
Rule 3: a version is ready only when its file is in the store, whole, under its hash.
Rule 4: a file that ends the hub again and again is not taken a fourth time.
"""

from __future__ import annotations

import contextlib
import math
import shutil
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

import structlog
import trio

from hub.media.files import MediaFiles
from hub.media.hashing import Hashes, hashes_of
from hub.media.inspecting.asking import NoRoomToLook, look_into
from hub.media.inspecting.findings import (
    KINDS,
    PACKAGE,
    THUMBNAIL,
    FileType,
    Finding,
    Limits,
    Question,
    Unusable,
)
from hub.media.inspecting.sniff import HEAD_BYTES, mislabelled, sniff
from hub.media.store import StoreFailed, StoreFull
from hub.use_cases.content_ports import TakenMedia
from hub.use_cases.ports import Database, Transaction
from persistence.errors import DatabaseUnavailable
from protocol.vocabulary import MediaKind

AT_ONCE: Final = 2
LOOK_EVERY_S: Final = 5.0
LEASE: Final = timedelta(seconds=60)
HOLD_EVERY_S: Final = 20.0
AGAIN_AFTER: Final = timedelta(seconds=30)
"""When something was wrong with the hub."""
ATTEMPTS_AT_MOST: Final = 3
_LEAVE_S: Final = 1.0
_LEFT_AFTER_S: Final = 3600.0
_THUMBNAIL_TYPE: Final = "image/webp"
_PAGE_TYPE: Final = "text/html"
_NOT_THERE: Final = "The uploaded file is not there any more. Upload it again."
_BROKE_OFF: Final = "The hub broke off three times when it looked at this file. Upload another one."
_DISK_FULL: Final = "The disk of the hub is full. It looks at the file as soon as there is room."
_STORE_AWAY: Final = "The files cannot be kept at this moment. The hub tries again by itself."
Result = TypeVar("Result")
_log = structlog.get_logger("hub.media")


class MediaProcessing:
    """`run` does the work, as a service of the hub. `looked_at` counts by what came of it."""

    def __init__(
        self,
        database: Database,
        files: MediaFiles,
        now: Callable[[], datetime],
        limits: Limits = Limits(),  # noqa: B008 -- frozen
    ) -> None:
        self._database = database
        self._files = files
        self._scratch = files.scratch
        self._now = now
        self._limits = limits
        self._arrived = trio.Event()
        self._threads = trio.CapacityLimiter(AT_ONCE)
        self.looked_at = {"ready": 0, "failed": 0, "put_off": 0}

    def wake(self) -> None:
        """A file waits."""
        self._arrived.set()

    async def run(self) -> None:
        """Look at what waits, for ever."""
        await self._in_thread(self._clear_away)
        while True:
            self._arrived = trio.Event()
            await self.work()
            with trio.move_on_after(LOOK_EVERY_S):
                await self._arrived.wait()

    async def work(self) -> None:
        """Look at all that waits now, as long as PostgreSQL answers."""
        async with trio.open_nursery() as nursery:
            for _ in range(AT_ONCE):
                nursery.start_soon(self._work_on)

    async def _work_on(self) -> None:
        try:
            while await self._one_of_each_tenant():
                pass
        except DatabaseUnavailable as error:
            _log.warning("files cannot be looked at now", reason=str(error))

    async def _one_of_each_tenant(self) -> bool:
        """Whether there was any: nobody waits until another one's thousand are done."""
        any_taken = False
        for tenant_id in await self._database.ask(
            lambda questions: questions.tenants_with_media_to_process()
        ):
            taken = await self._database.transact(tenant_id, partial(_take, now=self._now()))
            if taken is not None:
                any_taken = True
                await self._look_at(tenant_id, taken)
        return any_taken

    async def _look_at(self, tenant_id: str, taken: TakenMedia) -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._hold, tenant_id, taken)
            try:
                await self._process(tenant_id, taken)
            except DatabaseUnavailable as error:
                _log.warning("a file is looked at again later", media_id=taken.id, reason=str(error))
            finally:
                if trio.current_effective_deadline() == -math.inf:
                    # The hub stops: whoever comes next need not wait until the lease is over.
                    await self._leave(tenant_id, taken)
            nursery.cancel_scope.cancel()

    async def _hold(self, tenant_id: str, taken: TakenMedia) -> None:
        while True:
            await trio.sleep(HOLD_EVERY_S)
            until = self._now() + LEASE
            with contextlib.suppress(DatabaseUnavailable):
                await self._database.transact(tenant_id, partial(_hold, taken=taken, until=until))

    async def _leave(self, tenant_id: str, taken: TakenMedia) -> None:
        with trio.move_on_after(_LEAVE_S, shield=True), contextlib.suppress(DatabaseUnavailable):
            await self._give_back(tenant_id, taken, None, None)

    async def _process(self, tenant_id: str, taken: TakenMedia) -> None:
        folder = self._scratch / f"{taken.id}-{taken.attempts}"
        try:
            if taken.attempts > ATTEMPTS_AT_MOST:
                raise Unusable(_BROKE_OFF)
            await self._in_thread(lambda: folder.mkdir(mode=0o700, parents=True, exist_ok=True))
            found = await self._found(tenant_id, taken, folder)
        except Unusable as error:
            why = error.reason
            await self._end(tenant_id, taken, lambda tx: tx.media_queue.fail(taken, why))
            self.looked_at["failed"] += 1
        except (StoreFailed, NoRoomToLook, OSError) as error:
            _log.warning("a file cannot be kept now", media_id=taken.id, reason=str(error))
            why = _DISK_FULL if isinstance(error, StoreFull | NoRoomToLook) else _STORE_AWAY
            await self._give_back(tenant_id, taken, why, self._now() + AGAIN_AFTER)
            self.looked_at["put_off"] += 1
        else:
            await self._end(tenant_id, taken, lambda tx: tx.media_queue.finish(taken, found))
            self.looked_at["ready"] += 1
        finally:
            with trio.CancelScope(shield=True):
                await self._in_thread(lambda: shutil.rmtree(folder, ignore_errors=True))

    async def _found(self, tenant_id: str, taken: TakenMedia, folder: Path) -> dict[str, Any]:
        """What the version is, its file in the store. Raises Unusable, StoreFailed, OSError."""
        path = self._files.uploads.path(tenant_id, taken.upload_id)
        try:
            head = await self._in_thread(lambda: _head(path))
            kind = sniff(head)
            hashes = await self._in_thread(lambda: hashes_of(path))
        except FileNotFoundError as error:
            raise Unusable(_NOT_THERE) from error
        if hashes.size_bytes > self._files.limits.file_bytes:
            raise Unusable(
                f"The file is larger than {self._files.limits.file_bytes} bytes, and is not taken."
            )
        if kind is FileType.PACKAGE:
            await self._in_thread(lambda: self._files.uploads.require_room(self._limits.unpacked_bytes))
        finding = await look_into(Question(str(path), kind, str(folder), self._limits))
        thumbnail: str | None = await self._keep(tenant_id, path, kind, hashes, finding, folder)
        details = (mislabelled(taken.file_name, kind), finding.detail)
        return {
            "kind": KINDS[kind],
            "sha256": hashes.sha256,
            "mime_type": _type_of(kind),
            "size_bytes": hashes.size_bytes,
            "width": finding.width,
            "height": finding.height,
            "duration_s": finding.duration_s,
            "codec": finding.codec,
            "thumbnail_sha256": thumbnail,
            "detail": " ".join(detail for detail in details if detail) or None,
        }

    async def _keep(
        self, tenant_id: str, path: Path, kind: FileType, hashes: Hashes, finding: Finding, folder: Path
    ) -> str | None:
        """Brings the file and its small picture into the store; the hash of the latter."""
        store, now = self._files.store, self._now()
        small = folder / THUMBNAIL
        of_small = await self._in_thread(lambda: hashes_of(small)) if finding.thumbnail else None
        is_package = KINDS[kind] is MediaKind.HTML
        size = finding.unpacked_bytes if finding.unpacked_bytes is not None else hashes.size_bytes

        def announce(tx: Transaction) -> None:
            # Before the files are there: what has a row that is new is not cleared away.
            tx.blobs.add(hashes.sha256, hashes.md5, size, _type_of(kind), is_package, now)
            if of_small is not None:
                tx.blobs.add(of_small.sha256, of_small.md5, of_small.size_bytes, _THUMBNAIL_TYPE, False, now)

        await self._database.transact(tenant_id, announce)
        if is_package:
            await self._in_thread(lambda: store.put_package(tenant_id, hashes.sha256, folder / PACKAGE))
        else:
            await self._in_thread(lambda: store.put(tenant_id, hashes.sha256, path))
        if of_small is None:
            return None
        await self._in_thread(lambda: store.put(tenant_id, of_small.sha256, small))
        return of_small.sha256

    async def _end(self, tenant_id: str, taken: TakenMedia, say: Callable[[Transaction], bool]) -> None:
        """Says what became of it. The upload is needed no more."""

        def write(tx: Transaction) -> bool:
            said = say(tx)
            if said:
                tx.uploads.remove(taken.upload_id)
            return said

        with trio.CancelScope(shield=True):
            if await self._database.transact(tenant_id, write):
                await self._in_thread(lambda: self._files.uploads.remove(tenant_id, taken.upload_id))

    async def _give_back(
        self, tenant_id: str, taken: TakenMedia, why: str | None, not_before: datetime | None
    ) -> None:
        await self._database.transact(tenant_id, lambda tx: tx.media_queue.give_back(taken, why, not_before))

    def _clear_away(self) -> None:
        """What a hub left that was killed; another one may be at its own."""
        before = time.time() - _LEFT_AFTER_S
        for folder in self._scratch.glob("*"):
            if folder.stat().st_mtime < before:
                shutil.rmtree(folder, ignore_errors=True)

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        return await trio.to_thread.run_sync(work, limiter=self._threads)


def _take(tx: Transaction, now: datetime) -> TakenMedia | None:
    return tx.media_queue.take(now, now + LEASE)


def _hold(tx: Transaction, taken: TakenMedia, until: datetime) -> bool:
    return tx.media_queue.hold(taken, until)


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEAD_BYTES)


def _type_of(kind: FileType) -> str:
    return _PAGE_TYPE if kind is FileType.PACKAGE else kind.value
