"""A tenant decides which features are offered to everybody, and which to some groups of users only."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from msgspec.structs import replace

from hub.features import KNOWN_FEATURES, is_emergency
from hub.operator import Operator
from hub.permissions import require_everywhere
from hub.use_cases.access_changes import AccessChanges
from hub.use_cases.access_port import Access
from hub.use_cases.audit import changes, record
from hub.use_cases.errors import InConflict, Invalid, NotFound
from hub.use_cases.ports import Database, Transaction
from protocol.access import Feature, FeatureRequest
from protocol.api import Page
from protocol.vocabulary import Permission

NO_SUCH_FEATURE: Final = "There is no such feature. It may have been deleted, or the id is mistyped."


class Features:
    """Which group has which of them is said with the groups (`UserGroups.put_features`)."""

    def __init__(self, database: Database, access: Access, now: Callable[[], datetime]) -> None:
        self._database = database
        self._change_access = AccessChanges(database, access)
        self._now = now

    async def all(self, operator: Operator) -> Page[Feature]:
        """Those that the tenant has named, by key. Raises NotAllowed."""
        require_everywhere(operator, Permission.FEATURES_MANAGE)
        features = await self._database.transact(operator.tenant_id, lambda tx: tx.features.all())
        return Page([_known(feature) for feature in features])

    async def create(self, operator: Operator, request: FeatureRequest) -> Feature:
        """From now on the tenant decides about it. Raises NotAllowed, Invalid, InConflict (the key is
        taken)."""
        require_everywhere(operator, Permission.FEATURES_MANAGE)
        _check(request)
        now = self._now()

        def add(tx: Transaction) -> Feature:
            feature_id = tx.features.add(request.key, request.description, request.for_everybody)
            if feature_id is None:
                raise _taken(request.key)
            feature = _there_is(tx, feature_id)
            record(tx, operator, now, "feature.created", "feature", feature_id, **_content(feature))
            return feature

        return await self._change_access(operator.tenant_id, add)

    async def change(self, operator: Operator, feature_id: str, request: FeatureRequest) -> Feature:
        """All of it anew. Raises NotAllowed, NotFound, Invalid, InConflict (the key is taken)."""
        require_everywhere(operator, Permission.FEATURES_MANAGE)
        _check(request)
        now = self._now()

        def write(tx: Transaction) -> Feature:
            before = _there_is(tx, feature_id)
            if not tx.features.change(feature_id, request.key, request.description, request.for_everybody):
                raise _taken(request.key)
            feature = _there_is(tx, feature_id)
            done = changes(_content(before), _content(feature))
            if done["after"]:
                record(tx, operator, now, "feature.changed", "feature", feature_id, key=feature.key, **done)
            return feature

        return await self._change_access(operator.tenant_id, write)

    async def delete(self, operator: Operator, feature_id: str) -> None:
        """The tenant decides about it no more: it is on for everybody. Raises NotAllowed, NotFound."""
        require_everywhere(operator, Permission.FEATURES_MANAGE)
        now = self._now()

        def write(tx: Transaction) -> None:
            feature = _there_is(tx, feature_id)
            tx.features.remove(feature_id)
            record(tx, operator, now, "feature.deleted", "feature", feature_id, **_content(feature))

        await self._change_access(operator.tenant_id, write)


def _check(request: FeatureRequest) -> None:
    if is_emergency(request.key):
        raise Invalid({"key": "emergencies can never be switched off: choose a key of another subject"})


def _there_is(tx: Transaction, feature_id: str) -> Feature:
    feature = tx.features.get(feature_id)
    if feature is None:
        raise NotFound(NO_SUCH_FEATURE)
    return _known(feature)


def _known(feature: Feature) -> Feature:
    return replace(feature, known=KNOWN_FEATURES.get(feature.key))


def _content(feature: Feature) -> dict[str, Any]:
    return {
        "key": feature.key,
        "description": feature.description,
        "for_everybody": feature.for_everybody,
        "group_ids": feature.group_ids,
    }


def _taken(key: str) -> InConflict:
    return InConflict(f"There is a feature {key} already. Change that one.")
