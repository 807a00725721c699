"""What one-time links need of PostgreSQL; fulfilled by `persistence.repositories.links`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol


class Link(Protocol):
    """One that is good, and whose it is."""

    @property
    def user_id(self) -> str: ...
    @property
    def email(self) -> str: ...
    @property
    def purpose(self) -> str: ...


class Links(Protocol):
    """One-time links; their tokens are passed hashed."""

    def add(
        self, user_id: str, purpose: str, token_hash: bytes, at: datetime, expires_at: datetime
    ) -> None: ...

    def end(self, user_id: str, purposes: Sequence[str]) -> None: ...

    def good(self, token_hash: bytes, at: datetime) -> Link | None: ...

    def use(self, token_hash: bytes, at: datetime) -> Link | None: ...

    def newest(self, user_id: str, purpose: str) -> datetime | None: ...
