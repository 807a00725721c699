"""Who may do what in one tenant, as the hub keeps it in memory: its people, their live sessions, its keys."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, NamedTuple

from persistence.repositories.base import Repository


class TenantAccess(NamedTuple):
    """The tenant itself. `limits`: as its column says. `version`: not newer than what is read beside it."""

    id: str
    name: str
    is_active: bool
    limits: dict[str, Any]
    version: int


class PersonAccess(NamedTuple):
    """A person who may sign in. `permissions`: those of the tenant's own roles; what the built-in ones give
    is in the code. `features_off`: keys of the features that are not for them."""

    id: str
    email: str
    all_sites: bool
    sites: list[str]
    roles: list[str]
    permissions: list[str]
    features_off: list[str]


class SessionAccess(NamedTuple):
    """A session that has not ended. `until`: when it does, unless it is used before."""

    id: str
    user_id: str
    acts_in: str | None
    until: datetime


class KeyAccess(NamedTuple):
    """A key of an integration that is good. `until`: None: for ever."""

    id: str
    name: str
    key_hash: bytes
    permissions: list[str]
    all_sites: bool
    sites: list[str]
    made_by: str
    until: datetime | None
    features_off: list[str]


class AccessPicture(NamedTuple):
    """All of it. A suspended tenant has nobody; people without a session are not in it."""

    tenant: TenantAccess
    people: list[PersonAccess]
    sessions: list[SessionAccess]
    keys: list[KeyAccess]


_TENANT: Final = """
    SELECT t.id, t.name, t.status = 'ACTIVE' AS is_active, t.limits, coalesce(v.version, 0) AS version
      FROM tenants t LEFT JOIN access_versions v ON v.tenant_id = t.id
     WHERE t.id = %(tenant)s
"""

_LIVE: Final = "s.revoked_at IS NULL AND s.expires_at > %(now)s AND t.status = 'ACTIVE' AND u.is_active"

_SESSIONS: Final = f"""
    SELECT s.id, s.user_id, s.acts_in, s.expires_at AS until
      FROM sessions s
           JOIN users u ON u.tenant_id = s.tenant_id AND u.id = s.user_id
           JOIN tenants t ON t.id = s.tenant_id
     WHERE s.tenant_id = %(tenant)s AND {_LIVE} AND (%(session)s::uuid IS NULL OR s.id = %(session)s::uuid)
"""  # noqa: S608 -- of constants

_PEOPLE: Final = f"""
    SELECT u.id, u.email, u.all_sites,
           ARRAY(SELECT x.site_id FROM user_sites x
                  WHERE x.tenant_id = u.tenant_id AND x.user_id = u.id) AS sites,
           ARRAY(SELECT r.name FROM user_roles x
                        JOIN roles r ON r.tenant_id = x.tenant_id AND r.id = x.role_id
                  WHERE x.tenant_id = u.tenant_id AND x.user_id = u.id ORDER BY r.name) AS roles,
           ARRAY(SELECT DISTINCT p FROM user_roles x
                        JOIN roles r ON r.tenant_id = x.tenant_id AND r.id = x.role_id AND r.is_custom,
                        unnest(r.permissions) p
                  WHERE x.tenant_id = u.tenant_id AND x.user_id = u.id) AS permissions,
           ARRAY(SELECT f.key FROM features f
                  WHERE f.tenant_id = u.tenant_id AND NOT f.for_everybody
                    AND NOT EXISTS (SELECT FROM user_group_features g
                                           JOIN user_group_members m
                                             ON m.tenant_id = g.tenant_id AND m.group_id = g.group_id
                                     WHERE g.tenant_id = u.tenant_id AND g.feature_id = f.id
                                       AND m.user_id = u.id)) AS features_off
      FROM users u JOIN tenants t ON t.id = u.tenant_id
     WHERE u.tenant_id = %(tenant)s
       AND EXISTS (SELECT FROM sessions s WHERE s.tenant_id = u.tenant_id AND s.user_id = u.id AND {_LIVE}
                      AND (%(session)s::uuid IS NULL OR s.id = %(session)s::uuid))
"""  # noqa: S608 -- of constants

_KEYS: Final = """
    SELECT k.id, k.name, k.key_hash, k.permissions, k.all_sites,
           ARRAY(SELECT x.site_id FROM api_key_sites x
                  WHERE x.tenant_id = k.tenant_id AND x.key_id = k.id) AS sites,
           k.created_by_name AS made_by, k.expires_at AS until,
           ARRAY(SELECT f.key FROM features f
                  WHERE f.tenant_id = k.tenant_id AND NOT f.for_everybody) AS features_off
      FROM api_keys k JOIN tenants t ON t.id = k.tenant_id
     WHERE k.tenant_id = %(tenant)s AND k.revoked_at IS NULL AND t.status = 'ACTIVE'
       AND (k.expires_at IS NULL OR k.expires_at > %(now)s)
"""


class Access(Repository):
    """Fits `hub.use_cases.access_ports.AccessRecords`."""

    def picture(self, now: datetime) -> AccessPicture | None:
        """All of it; None if there is no such tenant. The version is read first, so that a change which
        comes in between is seen as a newer version the next time."""
        tenant = self._row(_TENANT)
        if tenant is None:
            return None
        keys = self._rows(_KEYS, now=now)
        return AccessPicture(
            TenantAccess(**tenant),
            *self._people(now, None),
            [KeyAccess(**{**row, "key_hash": bytes(row["key_hash"])}) for row in keys],
        )

    def session(self, session_id: str, now: datetime) -> AccessPicture | None:
        """The same with this session and its person only, and no keys; None when it has ended."""
        tenant = self._row(_TENANT)
        people, sessions = self._people(now, session_id)
        return AccessPicture(TenantAccess(**tenant), people, sessions, []) if tenant and sessions else None

    def _people(
        self, now: datetime, session_id: str | None
    ) -> tuple[list[PersonAccess], list[SessionAccess]]:
        # People second: whoever signs in between the two has no session in this picture, and none is without
        # its person.
        sessions = self._rows(_SESSIONS, now=now, session=session_id)
        people = self._rows(_PEOPLE, now=now, session=session_id)
        known = {row["id"] for row in people}
        live = [SessionAccess(**row) for row in sessions if row["user_id"] in known]
        return [PersonAccess(**row) for row in people], live
