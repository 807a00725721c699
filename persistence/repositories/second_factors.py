"""The second factor of people: its sealed secret, the last step used, the hashes of the recovery codes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from persistence.repositories.base import Repository


class Factor(NamedTuple):
    """`since`: when it was proven; None: offered, not in force."""

    sealed_secret: bytes
    since: datetime | None
    last_step: int


class SecondFactors(Repository):
    """Fits `hub.use_cases.second_factor_ports.SecondFactors`."""

    def of(self, user_id: str) -> Factor | None:
        """The factor of this person, in force or offered."""
        row = self._row(
            "SELECT totp_secret AS sealed_secret, totp_since AS since, totp_last_step AS last_step FROM users"
            " WHERE tenant_id = %(tenant)s AND id = %(user)s AND totp_secret IS NOT NULL",
            user=user_id,
        )
        return Factor(**row) if row else None

    def offer(self, user_id: str, sealed_secret: bytes) -> bool:
        """Keeps a secret that is not in force yet; not where one is in force already."""
        return bool(
            self._run(
                "UPDATE users SET totp_secret = %(secret)s, totp_last_step = 0"
                " WHERE tenant_id = %(tenant)s AND id = %(user)s AND totp_since IS NULL",
                user=user_id,
                secret=sealed_secret,
            )
        )

    def confirm(self, user_id: str, sealed_secret: bytes, step: int, at: datetime) -> bool:
        """Puts this very secret in force; its first code is used."""
        return bool(
            self._run(
                "UPDATE users SET totp_since = %(at)s, totp_last_step = %(step)s, updated_at = %(at)s"
                " WHERE tenant_id = %(tenant)s AND id = %(user)s AND totp_since IS NULL"
                " AND totp_secret = %(secret)s",
                user=user_id,
                secret=sealed_secret,
                step=step,
                at=at,
            )
        )

    def use_step(self, user_id: str, step: int) -> bool:
        """False if this step, or a later one, was used; of two that come at once, one is."""
        return bool(
            self._run(
                "UPDATE users SET totp_last_step = %(step)s"
                " WHERE tenant_id = %(tenant)s AND id = %(user)s AND totp_last_step < %(step)s",
                user=user_id,
                step=step,
            )
        )

    def remove(self, user_id: str, at: datetime) -> bool:
        """Takes the factor and its recovery codes away; whether one was in force."""
        self._run(
            "DELETE FROM recovery_codes WHERE tenant_id = %(tenant)s AND user_id = %(user)s", user=user_id
        )
        before = self._row(
            "WITH gone AS (SELECT id, totp_since FROM users"
            "               WHERE tenant_id = %(tenant)s AND id = %(user)s FOR UPDATE)"
            " UPDATE users u SET totp_secret = NULL, totp_since = NULL, totp_last_step = 0,"
            "                    updated_at = %(at)s"
            "   FROM gone WHERE u.tenant_id = %(tenant)s AND u.id = gone.id"
            " RETURNING gone.totp_since IS NOT NULL AS was_on",
            user=user_id,
            at=at,
        )
        return before is not None and bool(before["was_on"])

    def replace_codes(self, user_id: str, hashes: Sequence[bytes]) -> None:
        """These recovery codes, and no older ones."""
        # Two who make new ones at once are one after the other: the later one's are good.
        self._run(
            "SELECT FROM users WHERE tenant_id = %(tenant)s AND id = %(user)s FOR UPDATE",
            user=user_id,
        )
        self._run(
            "DELETE FROM recovery_codes WHERE tenant_id = %(tenant)s AND user_id = %(user)s", user=user_id
        )
        self._run(
            "INSERT INTO recovery_codes (tenant_id, user_id, code_hash)"
            " SELECT %(tenant)s, %(user)s, unnest(%(hashes)s::bytea[])",
            user=user_id,
            hashes=list(hashes),
        )

    def use_code(self, user_id: str, code_hash: bytes) -> bool:
        """Whether there was this recovery code; there is no more."""
        return bool(
            self._run(
                "DELETE FROM recovery_codes"
                " WHERE tenant_id = %(tenant)s AND user_id = %(user)s AND code_hash = %(hash)s",
                user=user_id,
                hash=code_hash,
            )
        )

    def codes_left(self, user_id: str) -> int:
        """How many recovery codes were not used."""
        row = self._row(
            "SELECT count(*) AS n FROM recovery_codes WHERE tenant_id = %(tenant)s AND user_id = %(user)s",
            user=user_id,
        )
        assert row is not None  # an aggregate
        return int(row["n"])
