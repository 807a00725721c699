"""Keys of integrations: made, listed, revoked.

Rule 1: nobody makes a key that may do, or see, more than they.
Rule 2: the secret is in one answer and nowhere else: not in PostgreSQL, not in the audit log.
Rule 3: who is limited to sites knows of those keys only that see no other ones.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from hub.operator import Operator
from hub.permissions import FOR_ROOT_ALONE, require
from hub.use_cases.access_port import Access
from hub.use_cases.audit import record
from hub.use_cases.device_secrets import hash_token, new_token
from hub.use_cases.errors import InConflict, Invalid, NotAllowed, NotFound
from hub.use_cases.ports import Database, Transaction
from hub.use_cases.texts import one_line
from protocol.access import ApiKey, ApiKeyCreated, ApiKeyRequest
from protocol.api import Page
from protocol.vocabulary import PERMISSION_WORDS, ActorKind, Permission

SECRET_PREFIX: Final = "clk_"  # noqa: S105 -- how they begin, not one of them
"""So that people, and programs that search for secrets which got out, see what it is."""

_SHOWN: Final = len(SECRET_PREFIX) + 6
_LONGEST: Final = timedelta(days=3660)


class ApiKeys:
    """Each method is one operator action; what changes a key is audited."""

    def __init__(self, database: Database, access: Access, now: Callable[[], datetime]) -> None:
        self._database = database
        self._access = access
        self._now = now

    async def all(self, operator: Operator) -> Page[ApiKey]:
        """All that the operator may know of, the revoked ones last. Raises NotAllowed."""
        require(operator, Permission.KEYS_MANAGE)
        keys = await self._database.transact(operator.tenant_id, lambda tx: tx.api_keys.all())
        return Page([key for key in keys if _is_known(operator, key)])

    async def add(self, operator: Operator, request: ApiKeyRequest) -> ApiKeyCreated:
        """A new key, with its secret. Raises NotAllowed, Invalid, InConflict (the name is taken)."""
        require(operator, Permission.KEYS_MANAGE)
        if operator.kind is ActorKind.KEY:
            # It would outlive its maker: whoever stole a key would keep the tenant when it is revoked.
            raise NotAllowed("A key makes no keys. A person must.")
        name = one_line("name", request.name)
        permissions = _permissions(operator, request)
        now = self._now()
        _check_expiry(request.expires_at, now)
        secret = SECRET_PREFIX + new_token()

        def create(tx: Transaction) -> ApiKey:
            sites = _sites(tx, operator, request.sites)
            key_id = tx.api_keys.add(
                name=name,
                prefix=secret[:_SHOWN],
                key_hash=hash_token(secret),
                permissions=permissions,
                sites=sites,
                created_by=operator.user_id,
                created_by_name=operator.email,
                created_at=now,
                expires_at=request.expires_at,
            )
            if key_id is None:
                raise InConflict(
                    f"There is a key called {name!r} already. Revoke it, or choose another name."
                )
            details = {"name": name, "permissions": permissions, "sites": sites}
            record(
                tx,
                operator,
                now,
                "api_key.created",
                "api_key",
                key_id,
                **details,
                expires_at=request.expires_at,
            )
            return _existing(tx, key_id)

        key = await self._database.transact(operator.tenant_id, create)
        await self._access.refresh(operator.tenant_id)
        return ApiKeyCreated(key, secret)

    async def revoke(self, operator: Operator, key_id: str) -> ApiKey:
        """The key opens nothing any more, from now on. Raises NotAllowed, NotFound."""
        require(operator, Permission.KEYS_MANAGE)
        now = self._now()

        def shut(tx: Transaction) -> ApiKey:
            key = _existing(tx, key_id)
            if not _is_known(operator, key):
                raise _no_such_key()
            if key.revoked_at is None:
                tx.api_keys.revoke(key_id, now)
                record(tx, operator, now, "api_key.revoked", "api_key", key_id, name=key.name)
            return _existing(tx, key_id)

        key = await self._database.transact(operator.tenant_id, shut)
        await self._access.refresh(operator.tenant_id)
        return key


def _permissions(operator: Operator, request: ApiKeyRequest) -> list[Permission]:
    asked = frozenset(request.permissions)
    if asked & FOR_ROOT_ALONE:
        raise Invalid({"permissions": "a key may never " + _words(asked & FOR_ROOT_ALONE)})
    if asked - operator.permissions:
        raise NotAllowed(
            f"You may not {_words(asked - operator.permissions)} yourself, so no key of yours may. "
            "Ask somebody who may."
        )
    return sorted(asked)


def _words(permissions: frozenset[Permission]) -> str:
    return ", or ".join(PERMISSION_WORDS[permission] for permission in sorted(permissions))


def _check_expiry(expires_at: datetime | None, now: datetime) -> None:
    if expires_at is not None and not now < expires_at < now + _LONGEST:
        raise Invalid({"expires_at": "must be in the future, and within ten years"})


def _sites(tx: Transaction, operator: Operator, asked: list[str] | None) -> list[str] | None:
    """The ids of those that the key is limited to."""
    if asked is None:
        return None if operator.sites is None else sorted(operator.sites)
    wanted = sorted({site_id.lower() for site_id in asked})
    known = tx.names.of("sites", wanted)
    if any(site_id not in known or not _sees(operator, site_id) for site_id in wanted):
        raise Invalid({"sites": "names a site that does not exist"})
    if not wanted:
        raise Invalid({"sites": "must name a site; leave it out for all of them"})
    return wanted


def _sees(operator: Operator, site_id: str) -> bool:
    return operator.sites is None or site_id in operator.sites


def _is_known(operator: Operator, key: ApiKey) -> bool:
    return operator.sites is None or (key.sites is not None and operator.sites.issuperset(key.sites))


def _existing(tx: Transaction, key_id: str) -> ApiKey:
    key = tx.api_keys.get(key_id)
    if key is None:
        raise _no_such_key()
    return key


def _no_such_key() -> NotFound:
    return NotFound("There is no such key. The id may be mistyped.")
