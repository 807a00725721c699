"""The secrets that a tenant's screens show to be let in, as their hashes."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from persistence.repositories.base import Repository
from protocol.access import EnrolmentKey

_KEYS: Final = """
    SELECT id, created_at, revoked_at FROM enrolment_keys
     WHERE tenant_id = %(tenant)s AND (%(id)s::uuid IS NULL OR id = %(id)s)
     ORDER BY revoked_at IS NOT NULL, created_at DESC, id
"""


class EnrolmentKeys(Repository):
    """Fits `hub.use_cases.key_ports.EnrolmentKeys`."""

    def all(self) -> list[EnrolmentKey]:
        """Every key, the newest first; those that are revoked come last."""
        return msgspec.convert(self._rows(_KEYS, id=None), list[EnrolmentKey])

    def get(self, key_id: str) -> EnrolmentKey | None:
        """The key, or None if the tenant has none of this id."""
        row = self._row(_KEYS, id=key_id)
        return msgspec.convert(row, EnrolmentKey) if row else None

    def any(self) -> bool:
        """Whether the tenant has, or had, a key."""
        return self._row("SELECT 1 FROM enrolment_keys WHERE tenant_id = %(tenant)s LIMIT 1") is not None

    def add(self, key_hash: bytes, at: datetime) -> EnrolmentKey:
        """One more key."""
        row = self._row(
            "INSERT INTO enrolment_keys (tenant_id, key_hash, created_at)"
            " VALUES (%(tenant)s, %(hash)s, %(at)s) RETURNING id, created_at, revoked_at",
            hash=key_hash,
            at=at,
        )
        return msgspec.convert(row, EnrolmentKey)

    def revoke(self, key_id: str, at: datetime) -> None:
        """Nobody is let in by the key any more."""
        self._run(
            "UPDATE enrolment_keys SET revoked_at = %(at)s"
            " WHERE tenant_id = %(tenant)s AND id = %(id)s AND revoked_at IS NULL",
            id=key_id,
            at=at,
        )
