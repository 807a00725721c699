"""Enrolment keys: what a tenant's screens show to be let in. Made, listed, revoked.

Rule: a key that is revoked keeps nobody out who is in: it is asked for only when a screen registers.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime

from hub.operator import Operator
from hub.permissions import require_everywhere
from hub.use_cases.audit import record
from hub.use_cases.device_secrets import hash_token
from hub.use_cases.errors import NotFound
from hub.use_cases.ports import Database, Transaction
from protocol.access import EnrolmentKey, EnrolmentKeyCreated
from protocol.api import Page
from protocol.vocabulary import Permission


class EnrolmentKeys:
    """Each method is one operator action; what changes a key is audited."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    async def all(self, operator: Operator) -> Page[EnrolmentKey]:
        """All of them, the newest first, the revoked ones last. Raises NotAllowed."""
        require_everywhere(operator, Permission.SCREENS_ENROL)
        return Page(await self._database.transact(operator.tenant_id, lambda tx: tx.enrolment_keys.all()))

    async def add(self, operator: Operator) -> EnrolmentKeyCreated:
        """A new key, beside those that there are, with its secret. Raises NotAllowed."""
        require_everywhere(operator, Permission.SCREENS_ENROL)
        now = self._now()
        secret = new_enrolment_key()

        def create(tx: Transaction) -> EnrolmentKey:
            key = tx.enrolment_keys.add(hash_token(secret), now)
            record(tx, operator, now, "enrolment_key.created", "enrolment_key", key.id)
            return key

        return EnrolmentKeyCreated(await self._database.transact(operator.tenant_id, create), secret)

    async def revoke(self, operator: Operator, key_id: str) -> EnrolmentKey:
        """No screen registers with the key any more. Raises NotAllowed, NotFound."""
        require_everywhere(operator, Permission.SCREENS_ENROL)
        now = self._now()

        def shut(tx: Transaction) -> EnrolmentKey:
            key = _existing(tx, key_id)
            if key.revoked_at is None:
                tx.enrolment_keys.revoke(key_id, now)
                record(tx, operator, now, "enrolment_key.revoked", "enrolment_key", key_id)
            return _existing(tx, key_id)

        return await self._database.transact(operator.tenant_id, shut)


def new_enrolment_key() -> str:
    """144 random bits: people carry it to screens, so it is no longer than it must be."""
    return secrets.token_urlsafe(18)


def _existing(tx: Transaction, key_id: str) -> EnrolmentKey:
    key = tx.enrolment_keys.get(key_id)
    if key is None:
        raise NotFound("There is no such enrolment key. The id may be mistyped.")
    return key
