"""Files that nobody needs are cleared away: uploads that nobody went on with, files that no version is of.

Rule 1: a row goes with its file, in one transaction: whoever stores the same bytes at this moment waits, and
        then stores them anew. So they add the row first, then put the file.
Rule 2: what was stored within the last day stays: a version may be about to refer to it.
Rule 3: a few at a time, each in a transaction of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import structlog
import trio

from hub.media.files import MediaFiles
from hub.media.store import StoreFailed
from hub.use_cases.ports import Database, Transaction
from hub.use_cases.uploads import KEPT
from persistence.errors import DatabaseUnavailable

EVERY_S: Final = 600.0
UNUSED_FOR: Final = timedelta(days=1)
UPLOADS_AT_ONCE: Final = 50
FILES_AT_ONCE: Final = 10
_log = structlog.get_logger("hub.files")


class FileClearing:
    """`tenants`: the ids of all. `cleared` counts since the start, by kind."""

    def __init__(
        self,
        database: Database,
        files: MediaFiles,
        tenants: Callable[[], Iterable[str]],
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._files = files
        self._tenants = tenants
        self._now = now
        self.cleared = {"uploads": 0, "files": 0}

    async def run(self) -> None:
        """Clear away what is not needed, for ever."""
        while True:
            await trio.sleep(EVERY_S)
            try:
                for tenant_id in tuple(self._tenants()):
                    await self.clear(tenant_id)
                await self.clear_forgotten()
            except (DatabaseUnavailable, StoreFailed, OSError) as error:
                _log.warning("files cannot be cleared away now", reason=str(error))

    async def clear(self, tenant_id: str) -> None:
        """What is not needed of this tenant's. Raises DatabaseUnavailable, StoreFailed, OSError."""
        now, uploads, store = self._now(), self._files.uploads, self._files.store
        expired = await self._database.transact(
            tenant_id, lambda tx: tx.uploads.remove_expired(now, UPLOADS_AT_ONCE)
        )
        for upload_id in expired:
            await trio.to_thread.run_sync(uploads.remove, tenant_id, upload_id)
        self.cleared["uploads"] += len(expired)

        def clear_some(tx: Transaction) -> int:
            unused = tx.blobs.remove_unused(now - UNUSED_FOR, FILES_AT_ONCE)
            for sha256 in unused:
                store.delete(tenant_id, sha256)
            return len(unused)

        cleared = FILES_AT_ONCE
        while cleared == FILES_AT_ONCE:
            cleared = await self._database.transact(tenant_id, clear_some)
            self.cleared["files"] += cleared

    async def clear_forgotten(self) -> None:
        """What a hub left that ended in the middle: in the store, and bytes of uploads that have no row any
        more. Raises DatabaseUnavailable, StoreFailed, OSError."""
        uploads, before = self._files.uploads, self._now() - KEPT
        await trio.to_thread.run_sync(self._files.store.clear_unfinished, before)
        for tenant_id, upload_id in await trio.to_thread.run_sync(uploads.untouched_since, before):
            if await self._database.transact(tenant_id, partial(_has_none, upload_id)):
                await trio.to_thread.run_sync(uploads.remove, tenant_id, upload_id)
                self.cleared["uploads"] += 1


def _has_none(upload_id: str, tx: Transaction) -> bool:
    return tx.uploads.get(upload_id) is None
