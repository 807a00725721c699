"""What the use cases of keys need of PostgreSQL: the keys of integrations, and those that screens show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from protocol.access import ApiKey, EnrolmentKey


class KeyUse(NamedTuple):
    """When and from where a key was used last."""

    at: datetime
    ip: str | None


class ApiKeys(Protocol):
    """The keys of integrations. Their secrets are passed hashed."""

    def all(self) -> list[ApiKey]: ...

    def get(self, key_id: str) -> ApiKey | None: ...

    def made_by(self, key_id: str) -> str | None: ...

    def add(
        self,
        *,
        name: str,
        prefix: str,
        key_hash: bytes,
        permissions: Sequence[str],
        sites: Sequence[str] | None,
        created_by: str | None,
        created_by_name: str,
        created_at: datetime,
        expires_at: datetime | None,
    ) -> str | None: ...

    def revoke(self, key_id: str, at: datetime) -> None: ...

    def used(self, uses: Mapping[str, KeyUse]) -> None: ...


class EnrolmentKeys(Protocol):
    """What screens show to be let in, hashed."""

    def all(self) -> list[EnrolmentKey]: ...

    def get(self, key_id: str) -> EnrolmentKey | None: ...

    def add(self, key_hash: bytes, at: datetime) -> EnrolmentKey: ...

    def revoke(self, key_id: str, at: datetime) -> None: ...
