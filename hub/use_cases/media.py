"""The versions of a content: added from a finished upload or an address, changed and deleted while they are
drafts.

Rule 1: only the newest version is changed or deleted, and only while it is a draft or rejected: what somebody
        decided about stays what it was.
Rule 2: an upload becomes one version, made by whoever uploaded it. The hub looks at the file by itself
        (`media_processing.py`).
Rule 3: whoever says where an address leads made the version: nobody else's draft is turned into one that
        they may then approve themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from hub.content_cache import ContentCache
from hub.operator import Operator
from hub.permissions import require
from hub.use_cases.audit import changes, record
from hub.use_cases.content_ports import MediaRow
from hub.use_cases.contents import there_is
from hub.use_cases.errors import InConflict, Invalid, NotFound
from hub.use_cases.media_addresses import NOT_LOOKED_INTO, kind_of_address
from hub.use_cases.media_bodies import FileUrls, media_bodies, media_body
from hub.use_cases.patches import fields_of
from hub.use_cases.ports import Database, Transaction
from protocol.api import Page
from protocol.contents import Media, MediaPatch, MediaRequest
from protocol.vocabulary import MediaKind, MediaStatus, Permission, Processing

NO_SUCH_VERSION: Final = (
    "There is no such version of a content. It may have been deleted, or the id is mistyped."
)
_EDITABLE: Final = (MediaStatus.DRAFT, MediaStatus.REJECTED)


class MediaVersions:
    """`arrived`: told after the commit that a file waits to be looked at."""

    def __init__(
        self,
        database: Database,
        cache: ContentCache,
        urls: FileUrls,
        now: Callable[[], datetime],
        arrived: Callable[[], None] = lambda: None,
    ) -> None:
        self._database = database
        self._cache = cache
        self._urls = urls
        self._now = now
        self._arrived = arrived

    async def get(self, operator: Operator, media_id: str) -> Media:
        """One version. Raises NotAllowed, NotFound."""
        require(operator, Permission.CONTENT_VIEW)
        return await self._database.transact(
            operator.tenant_id, lambda tx: self._body(operator, version(tx.media.get(media_id)))
        )

    async def of_content(self, operator: Operator, content_id: str) -> Page[Media]:
        """All versions of a content, the newest first. Raises NotAllowed, NotFound."""
        require(operator, Permission.CONTENT_VIEW)
        now = self._now()

        def versions(tx: Transaction) -> Page[Media]:
            there_is(tx.contents.get(content_id))
            return Page(media_bodies(operator.tenant_id, tx.media.of_content(content_id), self._urls, now))

        async def read() -> Page[Media]:
            return await self._database.transact(operator.tenant_id, versions)

        version = await self._database.transact(operator.tenant_id, lambda tx: tx.content_versions.now())
        kept = f"{version} {self._urls.good_until(now):%Y%m%d}"
        return await self._cache.read(operator.tenant_id, f"media {content_id}", kept, Page[Media], read)

    async def add(self, operator: Operator, content_id: str, request: MediaRequest) -> Media:
        """A new version, a draft. Raises NotAllowed, NotFound, Invalid."""
        require(operator, Permission.CONTENT_EDIT)
        if (request.upload_id is None) == (request.url is None):
            raise Invalid({"upload_id": "name a finished upload here, or an address in url: one of the two"})
        kind = kind_of_address(request.url) if request.url is not None else None
        upload_id = request.upload_id.lower() if request.upload_id is not None else None
        now = self._now()

        def create(tx: Transaction) -> Media:
            there_is(tx.contents.get_locked(content_id))
            file_name = _file_name(tx, upload_id, operator.user_id) if upload_id is not None else None
            facts: dict[str, Any] = {
                "upload_id": upload_id,
                "url": request.url,
                "kind": kind,
                "file_name": file_name,
                "duration_s": request.duration_s,
                "note": request.note.strip(),
                "processing": Processing.WAITING if kind is None else Processing.READY,
                "processing_detail": None if kind is None else NOT_LOOKED_INTO,
            }
            by = {"created_by": operator.user_id, "created_by_name": operator.email, "created_at": now}
            row = version(tx.media.get(tx.media.add(content_id, facts | by)))
            told = {name: facts[name] for name in ("file_name", "url", "note") if facts[name]}
            record_version(tx, operator, now, "media.added", row, **told)
            return self._body(operator, row)

        media = await self._database.transact(operator.tenant_id, create)
        if media.processing is Processing.WAITING:
            self._arrived()
        return media

    async def change(self, operator: Operator, content_id: str, patch: MediaPatch) -> Media:
        """What the patch names, of the newest version. Raises NotAllowed, NotFound, Invalid, InConflict (it
        is submitted or decided, or it is a file and has no address)."""
        require(operator, Permission.CONTENT_EDIT)
        wanted = fields_of(patch)
        kind = kind_of_address(wanted["url"]) if "url" in wanted else None
        now = self._now()

        def write(tx: Transaction) -> Media:
            row = _editable(tx, content_id)
            if kind is not None and row.media.url is None:
                raise InConflict("This version is a file. Add a new version to show an address instead.")
            if "duration_s" in wanted and row.media.kind is MediaKind.VIDEO:
                raise Invalid(
                    {"duration_s": "a video is as long as it is; its item in a playlist can be shorter"}
                )
            before = {name: getattr(row.media, name) for name in wanted}
            done = changes(before, wanted)
            if done["after"]:
                facts = dict(done["after"])
                if "url" in facts:
                    facts |= {"kind": kind, "created_by_id": operator.user_id, "created_by": operator.email}
                tx.media.change(row.media.id, facts)
                record_version(tx, operator, now, "media.changed", row, **done)
            return self._body(operator, version(tx.media.get(row.media.id)))

        return await self._database.transact(operator.tenant_id, write)

    async def delete(self, operator: Operator, content_id: str) -> None:
        """The newest version. Raises NotAllowed, NotFound, InConflict (it is submitted or decided)."""
        require(operator, Permission.CONTENT_EDIT)
        now = self._now()

        def write(tx: Transaction) -> None:
            row = _editable(tx, content_id)
            tx.media.remove(row.media.id)
            record_version(tx, operator, now, "media.deleted", row)

        await self._database.transact(operator.tenant_id, write)

    def _body(self, operator: Operator, row: MediaRow) -> Media:
        return media_body(operator.tenant_id, row, self._urls, self._now())


def version(row: MediaRow | None) -> MediaRow:
    """The version. Raises NotFound."""
    if row is None:
        raise NotFound(NO_SUCH_VERSION)
    return row


def record_version(
    tx: Transaction, operator: Operator, now: datetime, action: str, row: MediaRow, **details: Any
) -> None:
    """One entry of the audit log about a version, by the name of its content and its number."""
    media = row.media
    record(
        tx, operator, now, action, "media", media.id, name=media.content_name, number=media.number, **details
    )


def _editable(tx: Transaction, content_id: str) -> MediaRow:
    there_is(tx.contents.get_locked(content_id))
    row = tx.media.newest_locked(content_id)
    if row is None:
        raise NotFound("This content has no version yet. Add one first.")
    if row.media.status not in _EDITABLE:
        raise InConflict(
            f"Version {row.media.number} is {row.media.status}. "
            + (
                "Take it back first (withdraw)."
                if row.media.status is MediaStatus.SUBMITTED
                else "Add a new version instead."
            )
        )
    return row


def _file_name(tx: Transaction, upload_id: str, user_id: str) -> str:
    name = tx.media.file_name_of_upload(upload_id, user_id)
    if name is None:
        raise Invalid({"upload_id": "is no upload of yours that is complete and was not used yet"})
    return name
