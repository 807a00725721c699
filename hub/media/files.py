"""Everything about files that use cases are handed as one: where they are kept, how they are addressed."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple, Self

from hub.errors import SettingsError
from hub.kept_secrets import kept_secret
from hub.media.local_store import LocalStore
from hub.media.s3_store import Bucket, S3Store
from hub.media.signed_urls import MediaUrls
from hub.media.store import MediaStore
from hub.media.upload_folder import UploadFolder
from hub.settings import Settings


class FileLimits(NamedTuple):
    """`file_bytes`: of one file; `tenant_bytes`: of all of a tenant, 0: as many as there is room for."""

    file_bytes: int
    tenant_bytes: int


class MediaFiles(NamedTuple):
    """`x_accel`: the address below which a web server in front of the hub has the store's folder, if it sends
    the files itself. `scratch`: where files are looked into."""

    store: MediaStore
    urls: MediaUrls
    uploads: UploadFolder
    limits: FileLimits
    scratch: Path
    x_accel: str | None = None

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """As the settings say. Raises StartError."""
        return cls(
            _store(settings),
            MediaUrls(kept_secret(settings.data_dir, "media-urls.key")),
            UploadFolder(settings.data_dir / "uploads", settings.media_keep_free_bytes),
            FileLimits(settings.media_max_bytes, settings.media_tenant_bytes),
            settings.data_dir / "looked-into",
            settings.media_x_accel,
        )


def _store(settings: Settings) -> MediaStore:
    x_accel = settings.media_x_accel
    if settings.media_s3_url is None:
        return LocalStore(settings.media_dir or settings.data_dir / "media", shared=x_accel is not None)
    if x_accel is not None:
        raise SettingsError(
            "CLARION_MEDIA_X_ACCEL and CLARION_MEDIA_S3_URL are both set: a web server sends files from a "
            "folder that it shares with the hub. Unset one of them."
        )
    return S3Store(Bucket.from_url(settings.media_s3_url))
