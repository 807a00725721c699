"""Features that a tenant decides about, and the groups of users they are given to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, LiteralString

import msgspec
from psycopg.errors import UniqueViolation

from persistence.repositories.base import Repository
from protocol.access import Feature, UserGroup

_FEATURES: Final[LiteralString] = """
SELECT f.id, f.key, f.description, f.for_everybody,
       ARRAY(SELECT x.group_id FROM user_group_features x
              WHERE x.tenant_id = f.tenant_id AND x.feature_id = f.id ORDER BY x.group_id) AS group_ids,
       NULL AS known
  FROM features f
 WHERE f.tenant_id = %(tenant)s
"""
_GROUPS: Final[LiteralString] = """
SELECT g.id, g.name,
       ARRAY(SELECT m.user_id FROM user_group_members m
              WHERE m.tenant_id = g.tenant_id AND m.group_id = g.id ORDER BY m.user_id) AS user_ids,
       ARRAY(SELECT f.key
               FROM user_group_features x JOIN features f ON f.tenant_id = x.tenant_id AND f.id = x.feature_id
              WHERE x.tenant_id = g.tenant_id AND x.group_id = g.id ORDER BY f.key) AS features
  FROM user_groups g
 WHERE g.tenant_id = %(tenant)s
"""


class Features(Repository):
    """Fits `hub.use_cases.people_ports.Features`. `known` is left to who knows."""

    def all(self) -> list[Feature]:
        """By key."""
        return msgspec.convert(self._rows(_FEATURES + " ORDER BY f.key"), list[Feature])

    def get(self, feature_id: str) -> Feature | None:
        """One of them."""
        row = self._row(_FEATURES + " AND f.id = %(id)s", id=feature_id)
        return msgspec.convert(row, Feature) if row else None

    def ids(self, keys: Sequence[str]) -> dict[str, str]:
        """Ids by key; a key that this tenant has not named is left out."""
        rows = self._rows(
            "SELECT key, id FROM features WHERE tenant_id = %(tenant)s AND key = ANY (%(keys)s::text[])",
            keys=list(keys),
        )
        return {row["key"]: row["id"] for row in rows}

    def add(self, key: str, description: str, for_everybody: bool) -> str | None:
        """A new one, given to no group; the id. None if there is one of this key."""
        row = self._row(
            "INSERT INTO features (tenant_id, key, description, for_everybody)"
            " VALUES (%(tenant)s, %(key)s, %(description)s, %(everybody)s)"
            " ON CONFLICT (tenant_id, key) DO NOTHING RETURNING id",
            key=key,
            description=description,
            everybody=for_everybody,
        )
        return str(row["id"]) if row else None

    def change(self, feature_id: str, key: str, description: str, for_everybody: bool) -> bool:
        """Sets all of it. False: there is another one of this key."""
        try:
            with self._connection.transaction():
                self._run(
                    "UPDATE features SET key = %(key)s, description = %(description)s,"
                    " for_everybody = %(everybody)s WHERE tenant_id = %(tenant)s AND id = %(id)s",
                    id=feature_id,
                    key=key,
                    description=description,
                    everybody=for_everybody,
                )
        except UniqueViolation:
            return False
        return True

    def remove(self, feature_id: str) -> None:
        """The tenant decides about it no more."""
        self._run("DELETE FROM features WHERE tenant_id = %(tenant)s AND id = %(id)s", id=feature_id)


class UserGroups(Repository):
    """Fits `hub.use_cases.people_ports.UserGroups`."""

    def all(self) -> list[UserGroup]:
        """By name."""
        return msgspec.convert(self._rows(_GROUPS + " ORDER BY g.name"), list[UserGroup])

    def get(self, group_id: str) -> UserGroup | None:
        """One of them."""
        row = self._row(_GROUPS + " AND g.id = %(id)s", id=group_id)
        return msgspec.convert(row, UserGroup) if row else None

    def add(self, name: str) -> str | None:
        """A new one, empty; the id. None if the name is taken."""
        row = self._row(
            "INSERT INTO user_groups (tenant_id, name) VALUES (%(tenant)s, %(name)s)"
            " ON CONFLICT (tenant_id, name) DO NOTHING RETURNING id",
            name=name,
        )
        return str(row["id"]) if row else None

    def rename(self, group_id: str, name: str) -> bool:
        """Another name. False: it is taken."""
        try:
            with self._connection.transaction():
                self._run(
                    "UPDATE user_groups SET name = %(name)s WHERE tenant_id = %(tenant)s AND id = %(id)s",
                    id=group_id,
                    name=name,
                )
        except UniqueViolation:
            return False
        return True

    def remove(self, group_id: str) -> None:
        """Gone; its people stay."""
        self._run("DELETE FROM user_groups WHERE tenant_id = %(tenant)s AND id = %(id)s", id=group_id)

    def put_members(self, group_id: str, user_ids: Sequence[str]) -> None:
        """These people and no others."""
        self._run(
            "DELETE FROM user_group_members WHERE tenant_id = %(tenant)s AND group_id = %(group)s"
            " AND user_id <> ALL (%(ids)s::uuid[])",
            group=group_id,
            ids=list(user_ids),
        )
        self._run(
            "INSERT INTO user_group_members (tenant_id, group_id, user_id)"
            " SELECT %(tenant)s, %(group)s, id FROM users"
            "  WHERE tenant_id = %(tenant)s AND id = ANY (%(ids)s::uuid[]) ON CONFLICT DO NOTHING",
            group=group_id,
            ids=list(user_ids),
        )

    def put_features(self, group_id: str, feature_ids: Sequence[str]) -> None:
        """These features and no others."""
        self._run(
            "DELETE FROM user_group_features WHERE tenant_id = %(tenant)s AND group_id = %(group)s"
            " AND feature_id <> ALL (%(ids)s::uuid[])",
            group=group_id,
            ids=list(feature_ids),
        )
        self._run(
            "INSERT INTO user_group_features (tenant_id, group_id, feature_id)"
            " SELECT %(tenant)s, %(group)s, id FROM features"
            "  WHERE tenant_id = %(tenant)s AND id = ANY (%(ids)s::uuid[]) ON CONFLICT DO NOTHING",
            group=group_id,
            ids=list(feature_ids),
        )
