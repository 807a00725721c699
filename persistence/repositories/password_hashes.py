"""The hashes of passwords that people chose."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from persistence.repositories.base import Repository


class PasswordHash(NamedTuple):
    """`value` is '' of who has not chosen a password; `chosen_at` None of one from before that was kept."""

    value: str
    chosen_at: datetime | None


class PasswordHashes(Repository):
    """Fits `hub.use_cases.password_ports.PasswordHashes`."""

    def of(self, user_id: str) -> PasswordHash | None:
        """This person's; None: there is no such person."""
        row = self._row(
            "SELECT password_hash AS value, password_changed_at AS chosen_at FROM users"
            " WHERE tenant_id = %(tenant)s AND id = %(user)s",
            user=user_id,
        )
        return PasswordHash(**row) if row else None

    def is_still(self, user_id: str, chosen_at: datetime | None) -> bool:
        """Whether it is the one chosen then. Whoever changes it now waits until this transaction ends."""
        return bool(
            self._rows(
                "SELECT FROM users WHERE tenant_id = %(tenant)s AND id = %(user)s"
                " AND password_changed_at IS NOT DISTINCT FROM %(at)s FOR UPDATE",
                user=user_id,
                at=chosen_at,
            )
        )

    def choose(self, user_id: str, password_hash: str, at: datetime, instead_of: str | None = None) -> bool:
        """A new one; where it is said, only in the place of that old one."""
        return bool(
            self._run(
                "UPDATE users SET password_hash = %(hash)s, password_changed_at = %(at)s, updated_at = %(at)s"
                " WHERE tenant_id = %(tenant)s AND id = %(user)s"
                " AND (%(before)s::text IS NULL OR password_hash = %(before)s)",
                user=user_id,
                hash=password_hash,
                at=at,
                before=instead_of,
            )
        )
