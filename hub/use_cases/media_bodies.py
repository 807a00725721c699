"""A version as the API answers it: its row, with signed paths to its files.

Rule: a path carries the hash of the bytes, never a token of whoever asks; see `hub/media/signed_urls.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final, Protocol

import msgspec

from hub.media.packages import served_name
from hub.use_cases.content_ports import MediaRow
from protocol.contents import Media

THUMBNAIL_NAME: Final = "thumbnail.webp"


class FileUrls(Protocol):
    """Signs the paths of files; `hub.media.signed_urls.MediaUrls` fulfils it."""

    def path(self, tenant_id: str, sha256_hex: str, name: str, now: datetime) -> str: ...

    def good_until(self, now: datetime) -> datetime: ...


def media_body(tenant_id: str, row: MediaRow, urls: FileUrls, now: datetime) -> Media:
    """The version, with the paths that are good now."""
    media = row.media
    path = thumbnail = None
    if media.sha256 is not None:
        name = served_name(media.file_name, is_package=row.is_package)
        path = urls.path(tenant_id, media.sha256, name, now)
    if row.thumbnail_sha256 is not None:
        thumbnail = urls.path(tenant_id, row.thumbnail_sha256, THUMBNAIL_NAME, now)
    return msgspec.structs.replace(
        media,
        url=path or media.url,
        thumbnail_url=thumbnail,
        url_expires_at=urls.good_until(now) if path or thumbnail else None,
    )


def media_bodies(tenant_id: str, rows: Iterable[MediaRow], urls: FileUrls, now: datetime) -> list[Media]:
    """Each of them."""
    return [media_body(tenant_id, row, urls, now) for row in rows]
