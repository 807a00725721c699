"""The keys of integrations: what each may do, and when it was used last. Of its secret there is the hash."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, Protocol

import msgspec

from persistence.repositories.base import Repository
from protocol.access import ApiKey

_KEYS: Final = """
    SELECT k.id, k.name, k.prefix, k.permissions,
           CASE WHEN NOT k.all_sites
                THEN ARRAY(SELECT s.site_id FROM api_key_sites s
                            WHERE s.tenant_id = k.tenant_id AND s.key_id = k.id ORDER BY s.site_id)
           END AS sites,
           k.created_by_name AS created_by, k.created_at, k.expires_at, k.last_used_at,
           host(k.last_used_ip) AS last_used_ip, k.revoked_at
      FROM api_keys k
     WHERE k.tenant_id = %(tenant)s AND (%(id)s::uuid IS NULL OR k.id = %(id)s)
     ORDER BY k.revoked_at IS NOT NULL, k.name, k.created_at, k.id
"""


class KeyUse(Protocol):
    """When and from where a key was used last."""

    @property
    def at(self) -> datetime: ...
    @property
    def ip(self) -> str | None: ...


class ApiKeys(Repository):
    """Fits `hub.use_cases.key_ports.ApiKeys`."""

    def all(self) -> list[ApiKey]:
        """Every key; those that are revoked come last."""
        return msgspec.convert(self._rows(_KEYS, id=None), list[ApiKey])

    def get(self, key_id: str) -> ApiKey | None:
        """The key, or None if the tenant has none of this id."""
        row = self._row(_KEYS, id=key_id)
        return msgspec.convert(row, ApiKey) if row else None

    def made_by(self, key_id: str) -> str | None:
        """The id of whoever made the key; None: it is none."""
        row = self._row(
            "SELECT created_by FROM api_keys WHERE tenant_id = %(tenant)s AND id = %(id)s", id=key_id
        )
        return row["created_by"] if row else None

    def add(
        self,
        *,
        name: str,
        prefix: str,
        key_hash: bytes,
        permissions: Sequence[str],
        sites: Sequence[str] | None,
        created_by: str | None,
        created_by_name: str,
        created_at: datetime,
        expires_at: datetime | None,
    ) -> str | None:
        """A new key; the id. None if one that is not revoked has this name. `sites`: None means all."""
        row = self._row(
            """
            INSERT INTO api_keys (tenant_id, name, prefix, key_hash, permissions, all_sites, created_by,
                                  created_by_name, created_at, expires_at)
            VALUES (%(tenant)s, %(name)s, %(prefix)s, %(hash)s, %(permissions)s, %(all_sites)s, %(by)s,
                    %(by_name)s, %(at)s, %(expires_at)s)
            ON CONFLICT (tenant_id, name) WHERE revoked_at IS NULL DO NOTHING RETURNING id
            """,
            name=name,
            prefix=prefix,
            hash=key_hash,
            permissions=list(permissions),
            all_sites=sites is None,
            by=created_by,
            by_name=created_by_name,
            at=created_at,
            expires_at=expires_at,
        )
        if row is None:
            return None
        self._run(
            "INSERT INTO api_key_sites (tenant_id, key_id, site_id)"
            " SELECT %(tenant)s, %(key)s, unnest(%(sites)s::uuid[])",
            key=row["id"],
            sites=list(sites or ()),
        )
        return str(row["id"])

    def revoke(self, key_id: str, at: datetime) -> None:
        """The key opens nothing any more."""
        self._run(
            "UPDATE api_keys SET revoked_at = %(at)s"
            " WHERE tenant_id = %(tenant)s AND id = %(id)s AND revoked_at IS NULL",
            id=key_id,
            at=at,
        )

    def used(self, uses: Mapping[str, KeyUse]) -> None:
        """Remembers when and from where each of these keys (by id) was used last; an older use is nothing."""
        self._run(
            """
            UPDATE api_keys k SET last_used_at = u.at, last_used_ip = u.ip
              FROM unnest(%(ids)s::uuid[], %(at)s::timestamptz[], %(ips)s::inet[]) AS u (id, at, ip)
             WHERE k.tenant_id = %(tenant)s AND k.id = u.id AND coalesce(k.last_used_at < u.at, true)
            """,
            ids=list(uses),
            at=[use.at for use in uses.values()],
            ips=[use.ip for use in uses.values()],
        )
