"""What the second factor needs of PostgreSQL; fulfilled by `persistence.repositories.second_factors`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol


class Factor(Protocol):
    """`since`: when it was proven; None: offered, not in force."""

    @property
    def sealed_secret(self) -> bytes: ...
    @property
    def since(self) -> datetime | None: ...
    @property
    def last_step(self) -> int: ...


class SecondFactors(Protocol):
    """The second factor of people. Secrets are passed sealed, codes hashed."""

    def of(self, user_id: str) -> Factor | None: ...

    def offer(self, user_id: str, sealed_secret: bytes) -> bool: ...

    def confirm(self, user_id: str, sealed_secret: bytes, step: int, at: datetime) -> bool: ...

    def use_step(self, user_id: str, step: int) -> bool: ...

    def remove(self, user_id: str, at: datetime) -> bool: ...

    def replace_codes(self, user_id: str, hashes: Sequence[bytes]) -> None: ...

    def use_code(self, user_id: str, code_hash: bytes) -> bool: ...

    def codes_left(self, user_id: str) -> int: ...
