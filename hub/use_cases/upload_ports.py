"""What the use cases about files need of PostgreSQL, and of the body of a request; see `ports`."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Upload(Protocol):
    """A file on its way in. `completed_at`: when the last byte had come; None before."""

    @property
    def id(self) -> str: ...
    @property
    def file_name(self) -> str: ...
    @property
    def size_bytes(self) -> int: ...
    @property
    def created_by(self) -> str | None: ...
    @property
    def created_by_name(self) -> str: ...
    @property
    def expires_at(self) -> datetime: ...
    @property
    def completed_at(self) -> datetime | None: ...


class Uploads(Protocol):
    """Files on their way in."""

    def get(self, upload_id: str) -> Upload | None: ...

    def add(
        self,
        upload_id: str,
        file_name: str,
        size_bytes: int,
        created_by: str,
        created_by_name: str,
        at: datetime,
        expires_at: datetime,
    ) -> None: ...

    def complete(self, upload_id: str, at: datetime) -> bool: ...

    def is_used(self, upload_id: str) -> bool: ...

    def remove(self, upload_id: str) -> None: ...

    def under_way(self, user_id: str | None = None) -> tuple[int, int]: ...

    def remove_expired(self, now: datetime, limit: int) -> list[str]: ...


class Blob(Protocol):
    """A file in the store, or an HTML package. Hashes are in hexadecimal."""

    @property
    def sha256(self) -> str: ...
    @property
    def md5(self) -> str: ...
    @property
    def size_bytes(self) -> int: ...
    @property
    def mime_type(self) -> str: ...
    @property
    def is_package(self) -> bool: ...


class Blobs(Protocol):
    """What is known of each file in the store."""

    def get(self, sha256: str) -> Blob | None: ...

    def add(
        self, sha256: str, md5: str, size_bytes: int, mime_type: str, is_package: bool, at: datetime
    ) -> None: ...

    def used_bytes(self) -> int: ...

    def remove_unused(self, before: datetime, limit: int) -> list[str]: ...


class Body(Protocol):
    """The body of a request, as it comes. `is_broken`: its client left, or was silent for too long, before
    the end of it."""

    @property
    def is_broken(self) -> bool: ...

    async def piece(self) -> bytes:
        """The next piece; nothing at the end."""
        ...
