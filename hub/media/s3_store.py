"""The store in a bucket that speaks S3: `<tenant>/<hash>` is a file, `<tenant>/<hash>/…` those of a package.

Rule 1: what comes in is there whole or not at all: that is what S3 promises of one object. A package is there
        when its list is, which is put last.
Rule 2: whoever waits for the bucket waits in a thread, for a bounded time.

boto3 is installed with the extra `s3`, and imported where a bucket is configured only.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self
from urllib.parse import parse_qs, unquote, urlsplit

from hub.errors import SettingsError, StartError
from hub.media.packages import LISTING, files_of, listing
from hub.media.store import PIECE_BYTES, NotStored, StoreFailed, inside

if TYPE_CHECKING:
    from botocore.exceptions import BotoCoreError, ClientError

CONNECT_S: Final = 5
READ_S: Final = 30
ATTEMPTS: Final = 3
_MISSING: Final = {"404", "NoSuchKey", "NotFound"}
_DELETED_AT_ONCE: Final = 1000
_HOW: Final = "CLARION_MEDIA_S3_URL: write s3://key:secret@host:port/bucket, with ?tls=no if it has none"


class Bucket(NamedTuple):
    """Where it is, and what opens it."""

    endpoint: str
    name: str
    key: str
    secret: str
    region: str

    @classmethod
    def from_url(cls, url: str) -> Self:
        """From `s3://key:secret@host:port/bucket?tls=no&region=…`. Raises SettingsError."""
        try:
            parts, port = urlsplit(url), urlsplit(url).port
        except ValueError:
            raise SettingsError(f"{_HOW}.") from None
        asked = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        name = parts.path.strip("/")
        if not (parts.hostname and parts.username and parts.password and name) or "/" in name:
            raise SettingsError(f"{_HOW}.")
        if asked.keys() - {"tls", "region"} or asked.get("tls", "yes") not in ("yes", "no"):
            raise SettingsError(f"{_HOW}, and &region= if it asks for one.")
        scheme = "https" if asked.get("tls", "yes") == "yes" else "http"
        endpoint = f"{scheme}://{parts.hostname}" + (f":{port}" if port else "")
        region = asked.get("region", "us-east-1")
        return cls(endpoint, name, unquote(parts.username), unquote(parts.password), region)


class S3File:
    """Fits `hub.media.store.StoredFile`."""

    def __init__(self, store: S3Store, key: str, size_bytes: int) -> None:
        self._store = store
        self._key = key
        self.size_bytes = size_bytes

    def pieces(self, begins: int, ends: int) -> Iterator[bytes]:
        """The bytes from `begins` to before `ends`. Raises StoreFailed."""
        if begins == ends:
            return
        with self._store.spoken("read"):
            answer = self._store.client.get_object(
                Bucket=self._store.bucket, Key=self._key, Range=f"bytes={begins}-{ends - 1}"
            )
            yield from answer["Body"].iter_chunks(PIECE_BYTES)

    def close(self) -> None:
        """There is nothing to close: what was not read goes with its connection."""


class S3Store:
    """Fits `hub.media.store.MediaStore`. Raises StartError where boto3 is not installed."""

    def __init__(self, bucket: Bucket) -> None:
        try:
            import boto3
            from botocore.config import Config
            from botocore.exceptions import BotoCoreError, ClientError
        except ImportError as error:
            raise StartError(
                "CLARION_MEDIA_S3_URL is set, and boto3 is not installed: install clarion[s3]."
            ) from error
        self._client_error: type[ClientError] = ClientError
        self._failures: tuple[type[ClientError | BotoCoreError], ...] = (ClientError, BotoCoreError)
        self.bucket = bucket.name
        self.client: Any = boto3.client(
            "s3",
            endpoint_url=bucket.endpoint,
            aws_access_key_id=bucket.key,
            aws_secret_access_key=bucket.secret,
            region_name=bucket.region,
            config=Config(
                connect_timeout=CONNECT_S,
                read_timeout=READ_S,
                retries={"total_max_attempts": ATTEMPTS},
                # `bucket` as a part of the path: a name of one's own network has no subdomains.
                s3={"addressing_style": "path"},
            ),
        )

    def put(self, tenant_id: str, sha256: str, source: Path) -> None:
        """Keep the file. Raises StoreFailed."""
        key = self.location(tenant_id, sha256)
        with self.spoken("written"):
            if self._size(key) is None:
                self.client.upload_file(str(source), self.bucket, key)

    def put_package(self, tenant_id: str, sha256: str, folder: Path) -> None:
        """Keep every file, and then their list. Raises StoreFailed."""
        last = self.location(tenant_id, sha256, LISTING)
        with self.spoken("written"):
            if self._size(last) is not None:
                return
            for name, path in files_of(folder):
                self.client.upload_file(str(path), self.bucket, self.location(tenant_id, sha256, name))
            self.client.put_object(Bucket=self.bucket, Key=last, Body=listing(folder))

    def open(self, tenant_id: str, sha256: str, name: str | None = None) -> S3File:
        """Raises NotStored, StoreFailed."""
        key = self.location(tenant_id, sha256, name)
        with self.spoken("read"):
            size = self._size(key)
        if size is None:
            raise NotStored
        return S3File(self, key, size)

    def location(self, tenant_id: str, sha256: str, name: str | None = None) -> str:
        """The key in the bucket. Raises NotStored for a name that leads elsewhere."""
        place = f"{tenant_id}/{sha256}"
        return f"{place}/{inside(name)}" if name else place

    def delete(self, tenant_id: str, sha256: str) -> None:
        """The list first: without it there is no package. Raises StoreFailed."""
        place = self.location(tenant_id, sha256)
        with self.spoken("deleted"):
            for key in (f"{place}/{LISTING}", place):
                self.client.delete_object(Bucket=self.bucket, Key=key)
            pages = self.client.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self.bucket, Prefix=f"{place}/", PaginationConfig={}):
                keys = [{"Key": each["Key"]} for each in page.get("Contents", [])]
                for begins in range(0, len(keys), _DELETED_AT_ONCE):
                    some = {"Objects": keys[begins : begins + _DELETED_AT_ONCE], "Quiet": True}
                    self.client.delete_objects(Bucket=self.bucket, Delete=some)

    def clear_unfinished(self, before: datetime) -> None:
        """Parts of large files whose upload was broken off: they are no objects, and take room even so."""
        with self.spoken("cleared away"):
            pages = self.client.get_paginator("list_multipart_uploads")
            for page in pages.paginate(Bucket=self.bucket):
                for each in page.get("Uploads", []):
                    if each["Initiated"] < before:
                        which = {"Key": each["Key"], "UploadId": each["UploadId"]}
                        self.client.abort_multipart_upload(Bucket=self.bucket, **which)

    def _size(self, key: str) -> int | None:
        try:
            size: int = self.client.head_object(Bucket=self.bucket, Key=key)["ContentLength"]
        except self._client_error as error:
            if error.response.get("Error", {}).get("Code") in _MISSING:
                return None
            raise
        return size

    @contextmanager
    def spoken(self, what: str) -> Iterator[None]:
        """What boto3 says, as the store's own error. Raises StoreFailed."""
        from boto3.exceptions import Boto3Error

        try:
            yield
        except (*self._failures, Boto3Error, OSError) as error:
            raise StoreFailed(f"a file of the bucket cannot be {what}: {error}") from error
