"""What choosing a password needs of PostgreSQL; fulfilled by `persistence.repositories.password_hashes`."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class PasswordHashes(Protocol):
    """The hashes of passwords that people chose; '' is of who has not chosen one."""

    def of(self, user_id: str) -> str | None: ...

    def choose(
        self, user_id: str, password_hash: str, at: datetime, instead_of: str | None = None
    ) -> bool: ...
