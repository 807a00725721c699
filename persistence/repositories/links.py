"""One-time links: invitations, and new passwords for who lost theirs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from persistence.repositories.base import Repository


class Link(NamedTuple):
    """One that is good, and whose it is."""

    user_id: str
    email: str
    purpose: str


class Links(Repository):
    """Fits `hub.use_cases.link_ports.Links`."""

    def add(self, user_id: str, purpose: str, token_hash: bytes, at: datetime, expires_at: datetime) -> None:
        """A new one."""
        self._run(
            "INSERT INTO one_time_links (tenant_id, user_id, purpose, token_hash, created_at, expires_at)"
            " VALUES (%(tenant)s, %(user)s, %(purpose)s, %(hash)s, %(at)s, %(until)s)",
            user=user_id,
            purpose=purpose,
            hash=token_hash,
            at=at,
            until=expires_at,
        )

    def end(self, user_id: str, purposes: Sequence[str]) -> None:
        """This person's links of these kinds open nothing any more, and nothing is kept of them."""
        # Of two who make one at once the later one's is good.
        self._run(
            "SELECT FROM users WHERE tenant_id = %(tenant)s AND id = %(user)s FOR UPDATE",
            user=user_id,
        )
        self._run(
            "DELETE FROM one_time_links"
            " WHERE tenant_id = %(tenant)s AND user_id = %(user)s AND purpose = ANY (%(purposes)s)",
            user=user_id,
            purposes=list(purposes),
        )

    def good(self, token_hash: bytes, at: datetime) -> Link | None:
        """The link of this token, while somebody who may sign in can use it."""
        return _link(
            self._row(
                """
                SELECT l.user_id, u.email, l.purpose
                  FROM one_time_links l
                       JOIN users u ON u.tenant_id = l.tenant_id AND u.id = l.user_id AND u.is_active
                       JOIN tenants t ON t.id = l.tenant_id AND t.status = 'ACTIVE'
                 WHERE l.tenant_id = %(tenant)s AND l.token_hash = %(hash)s
                   AND l.used_at IS NULL AND l.expires_at > %(at)s
                """,
                hash=token_hash,
                at=at,
            )
        )

    def use(self, token_hash: bytes, at: datetime) -> Link | None:
        """The same, and it is used by that. Of two who come at once, one gets it."""
        return _link(
            self._row(
                """
                UPDATE one_time_links l SET used_at = %(at)s
                  FROM users u, tenants t
                 WHERE l.tenant_id = %(tenant)s AND l.token_hash = %(hash)s
                   AND l.used_at IS NULL AND l.expires_at > %(at)s
                   AND u.tenant_id = l.tenant_id AND u.id = l.user_id AND u.is_active
                   AND t.id = l.tenant_id AND t.status = 'ACTIVE'
                RETURNING l.user_id, u.email, l.purpose
                """,
                hash=token_hash,
                at=at,
            )
        )

    def newest(self, user_id: str, purpose: str) -> datetime | None:
        """When this person's newest link of this kind was made."""
        row = self._row(
            "SELECT max(created_at) AS at FROM one_time_links"
            " WHERE tenant_id = %(tenant)s AND user_id = %(user)s AND purpose = %(purpose)s",
            user=user_id,
            purpose=purpose,
        )
        assert row is not None  # an aggregate
        at: datetime | None = row["at"]
        return at


def _link(row: dict[str, Any] | None) -> Link | None:
    return Link(**row) if row else None
