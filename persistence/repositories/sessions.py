"""Sessions of people, and the families of refresh tokens by which they go on.

`sessions.expires_at` is when the session ends unless it is used before; each use moves it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from persistence.repositories.base import Repository


class Session(NamedTuple):
    """One that has not ended, as its person sees it."""

    id: str
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    ip_address: str | None
    user_agent: str
    acts_in: str | None


class Family(NamedTuple):
    """The session of a refresh token that was shown. `is_spent`: that token was good once already."""

    session_id: str
    user_id: str
    email: str
    created_at: datetime
    is_over: bool
    is_spent: bool


class Sessions(Repository):
    """Fits `hub.use_cases.session_ports.Sessions`."""

    def begin(
        self,
        session_id: str,
        user_id: str,
        acts_in: str | None,
        token_hash: bytes,
        at: datetime,
        until: datetime,
        ip: str | None,
        user_agent: str,
    ) -> None:
        """A new session with its first token. Until the end of the transaction its person stays as they are,
        and their tenant too: whoever switches one off waits, and then ends this session as well."""
        self._run("SELECT FROM users WHERE tenant_id = %(tenant)s AND id = %(user)s FOR UPDATE", user=user_id)
        self._run("SELECT FROM tenants WHERE id = %(tenant)s FOR SHARE")
        self._run(
            "INSERT INTO sessions (id, tenant_id, user_id, acts_in, created_at, last_used_at, expires_at,"
            " ip_address, user_agent) VALUES (%(id)s, %(tenant)s, %(user)s, %(acts_in)s, %(at)s, %(at)s,"
            " %(until)s, %(ip)s, %(user_agent)s)",
            id=session_id,
            user=user_id,
            acts_in=acts_in,
            at=at,
            until=until,
            ip=ip,
            user_agent=user_agent,
        )
        self._add_token(session_id, token_hash, at, until)

    def family(self, token_hash: bytes, at: datetime) -> Family | None:
        """Whose token it is. Whoever shows another one of the same session waits until this is decided."""
        row = self._row(
            """
            SELECT s.id AS session_id, s.user_id, u.email, s.created_at,
                   s.revoked_at IS NOT NULL OR s.expires_at <= %(at)s OR r.expires_at <= %(at)s AS is_over,
                   r.used_at IS NOT NULL AS is_spent
              FROM sessions s
                   JOIN users u ON u.tenant_id = s.tenant_id AND u.id = s.user_id
                   JOIN refresh_tokens r ON r.tenant_id = s.tenant_id AND r.session_id = s.id
             WHERE s.tenant_id = %(tenant)s AND r.token_hash = %(hash)s
               FOR UPDATE OF s, r
            """,
            hash=token_hash,
            at=at,
        )
        return Family(**row) if row else None

    def go_on(
        self,
        session_id: str,
        spent_hash: bytes,
        token_hash: bytes,
        at: datetime,
        until: datetime,
        ip: str | None,
        user_agent: str,
    ) -> None:
        """One token is spent, the next one is good. Those nobody could use any more are forgotten."""
        self._run(
            "UPDATE refresh_tokens SET used_at = %(at)s"
            " WHERE tenant_id = %(tenant)s AND token_hash = %(hash)s",
            hash=spent_hash,
            at=at,
        )
        self._run(
            "DELETE FROM refresh_tokens"
            " WHERE tenant_id = %(tenant)s AND session_id = %(id)s AND expires_at <= %(at)s",
            id=session_id,
            at=at,
        )
        self._run(
            "UPDATE sessions SET last_used_at = %(at)s, expires_at = %(until)s, ip_address = %(ip)s,"
            " user_agent = %(user_agent)s WHERE tenant_id = %(tenant)s AND id = %(id)s",
            id=session_id,
            at=at,
            until=until,
            ip=ip,
            user_agent=user_agent,
        )
        self._add_token(session_id, token_hash, at, until)

    def of_user(self, user_id: str, at: datetime) -> list[Session]:
        """Those that have not ended, the one used last first."""
        rows = self._rows(
            "SELECT id, created_at, last_used_at, expires_at, host(ip_address) AS ip_address, user_agent,"
            " acts_in FROM sessions WHERE tenant_id = %(tenant)s AND user_id = %(user)s"
            " AND revoked_at IS NULL AND expires_at > %(at)s ORDER BY last_used_at DESC, id",
            user=user_id,
            at=at,
        )
        return [Session(**row) for row in rows]

    def end(
        self,
        because: str,
        at: datetime,
        *,
        user_id: str | None = None,
        only: Sequence[str] | None = None,
        but: str | None = None,
    ) -> list[str]:
        """Ends those of this user (None: of everybody), of these ids (None: any), but not this one. The ids
        of those that ended by it."""
        rows = self._rows(
            "UPDATE sessions SET revoked_at = %(at)s, revoked_because = %(because)s"
            " WHERE tenant_id = %(tenant)s AND revoked_at IS NULL AND expires_at > %(at)s"
            " AND (%(user)s::uuid IS NULL OR user_id = %(user)s::uuid)"
            " AND (%(only)s::uuid[] IS NULL OR id = ANY (%(only)s::uuid[]))"
            " AND (%(but)s::uuid IS NULL OR id <> %(but)s::uuid) RETURNING id",
            because=because,
            at=at,
            user=user_id,
            only=None if only is None else list(only),
            but=but,
        )
        return [row["id"] for row in rows]

    def forget_ended(self, user_id: str, before: datetime) -> None:
        """Of those that ended before that moment nothing is kept here; the audit log has them."""
        self._run(
            "DELETE FROM sessions WHERE tenant_id = %(tenant)s AND user_id = %(user)s"
            " AND (expires_at < %(before)s OR revoked_at < %(before)s)",
            user=user_id,
            before=before,
        )

    def _add_token(self, session_id: str, token_hash: bytes, at: datetime, until: datetime) -> None:
        self._run(
            "INSERT INTO refresh_tokens (tenant_id, session_id, token_hash, issued_at, expires_at)"
            " VALUES (%(tenant)s, %(session)s, %(hash)s, %(at)s, %(until)s)",
            session=session_id,
            hash=token_hash,
            at=at,
            until=until,
        )
