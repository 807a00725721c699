"""What choosing a password needs of PostgreSQL; fulfilled by `persistence.repositories.password_hashes`."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class PasswordHash(Protocol):
    """`value` is '' of who has not chosen a password."""

    @property
    def value(self) -> str: ...
    @property
    def chosen_at(self) -> datetime | None: ...


class PasswordHashes(Protocol):
    """The hashes of passwords that people chose."""

    def of(self, user_id: str) -> PasswordHash | None: ...

    def is_still(self, user_id: str, chosen_at: datetime | None) -> bool: ...

    def choose(
        self, user_id: str, password_hash: str, at: datetime, instead_of: str | None = None
    ) -> bool: ...
