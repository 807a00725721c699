"""The hashes of passwords that people chose."""

from __future__ import annotations

from datetime import datetime

from persistence.repositories.base import Repository


class PasswordHashes(Repository):
    """Fits `hub.use_cases.password_ports.PasswordHashes`."""

    def of(self, user_id: str) -> str | None:
        """This person's, '' if they have not chosen one; None: there is no such person."""
        row = self._row(
            "SELECT password_hash FROM users WHERE tenant_id = %(tenant)s AND id = %(user)s", user=user_id
        )
        return str(row["password_hash"]) if row else None

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
