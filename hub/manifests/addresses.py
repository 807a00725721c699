"""Signed addresses into a manifest: for as long as they stay the same, so does every byte of it."""

from __future__ import annotations

from datetime import datetime

import msgspec

from hub.media.packages import LISTING
from hub.use_cases.media_bodies import FileUrls
from protocol.manifest import Manifest, ManifestItem, ManifestPlaylist
from protocol.vocabulary import MediaKind


def addressed(manifest: Manifest, tenant_id: str, urls: FileUrls, now: datetime) -> Manifest:
    """The manifest as screens are told it: every file with an address that is good now."""

    def item(item: ManifestItem) -> ManifestItem:
        if item.sha256 is None:
            return item
        files = urls.path(tenant_id, item.sha256, LISTING, now) if item.kind is MediaKind.HTML else None
        url = urls.path(tenant_id, item.sha256, item.url, now)
        return msgspec.structs.replace(item, url=url, files_url=files)

    def playlist(playlist: ManifestPlaylist) -> ManifestPlaylist:
        return msgspec.structs.replace(playlist, items=[item(each) for each in playlist.items])

    return msgspec.structs.replace(
        manifest,
        playlists=[playlist(each) for each in manifest.playlists],
        urls_good_until_ms=round(urls.good_until(now).timestamp() * 1000),
    )
