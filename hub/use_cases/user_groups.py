"""Groups of users: who is offered which features.

Rule: whoever puts people into a group that has features gives them those; that takes the permission to.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from hub.operator import Operator
from hub.permissions import require_everywhere
from hub.use_cases.access_changes import AccessChanges
from hub.use_cases.access_port import Access
from hub.use_cases.audit import changes, record
from hub.use_cases.errors import InConflict, Invalid, NotFound
from hub.use_cases.ports import Database, Transaction
from hub.use_cases.texts import one_line
from protocol.access import UserGroup
from protocol.api import Page
from protocol.vocabulary import Permission

NO_SUCH_GROUP: Final = "There is no such group of users. It may have been deleted, or the id is mistyped."


class UserGroups:
    """Not to be taken for groups of screens (`Groups`)."""

    def __init__(self, database: Database, access: Access, now: Callable[[], datetime]) -> None:
        self._database = database
        self._change_access = AccessChanges(database, access)
        self._now = now

    async def all(self, operator: Operator) -> Page[UserGroup]:
        """By name; for who manages people or features. Raises NotAllowed."""
        decides = Permission.FEATURES_MANAGE in operator.permissions
        require_everywhere(operator, Permission.FEATURES_MANAGE if decides else Permission.PEOPLE_MANAGE)
        return Page(await self._database.transact(operator.tenant_id, lambda tx: tx.user_groups.all()))

    async def create(self, operator: Operator, name: str) -> UserGroup:
        """A new group, empty. Raises NotAllowed, Invalid, InConflict (the name is taken)."""
        require_everywhere(operator, Permission.PEOPLE_MANAGE)
        name = one_line("name", name)
        now = self._now()

        def add(tx: Transaction) -> UserGroup:
            group_id = tx.user_groups.add(name)
            if group_id is None:
                raise _taken(name)
            record(tx, operator, now, "user_group.created", "user_group", group_id, name=name)
            return _there_is(tx, group_id)

        return await self._database.transact(operator.tenant_id, add)

    async def rename(self, operator: Operator, group_id: str, name: str) -> UserGroup:
        """Another name. Raises NotAllowed, NotFound, Invalid, InConflict (the name is taken)."""
        require_everywhere(operator, Permission.PEOPLE_MANAGE)
        name = one_line("name", name)
        now = self._now()

        def write(tx: Transaction) -> UserGroup:
            before = _there_is(tx, group_id)
            if not tx.user_groups.rename(group_id, name):
                raise _taken(name)
            if before.name != name:
                done = changes({"name": before.name}, {"name": name})
                record(tx, operator, now, "user_group.renamed", "user_group", group_id, **done)
            return _there_is(tx, group_id)

        return await self._database.transact(operator.tenant_id, write)

    async def delete(self, operator: Operator, group_id: str) -> None:
        """Its people lose the features they had by it. Raises NotAllowed, NotFound."""
        require_everywhere(operator, Permission.PEOPLE_MANAGE)
        now = self._now()

        def write(tx: Transaction) -> None:
            group = _to_fill(tx, operator, group_id)
            tx.user_groups.remove(group_id)
            what = {"name": group.name, "user_ids": group.user_ids, "features": group.features}
            record(tx, operator, now, "user_group.deleted", "user_group", group_id, **what)

        await self._change_access(operator.tenant_id, write)

    async def put_members(self, operator: Operator, group_id: str, user_ids: Sequence[str]) -> UserGroup:
        """These people, and no others. Raises NotAllowed, NotFound, Invalid (there is no such person)."""
        require_everywhere(operator, Permission.PEOPLE_MANAGE)
        wanted = [user_id.lower() for user_id in user_ids]
        now = self._now()

        def write(tx: Transaction) -> UserGroup:
            before = _to_fill(tx, operator, group_id)
            unknown = set(wanted) - tx.users.of_ids(wanted).keys()
            if unknown:
                raise Invalid({"user_ids": f"there is no person {min(unknown)}"})
            tx.user_groups.put_members(group_id, wanted)
            group = _there_is(tx, group_id)
            self._record(tx, operator, now, "user_group.members_changed", before, group)
            return group

        return await self._change_access(operator.tenant_id, write)

    async def put_features(self, operator: Operator, group_id: str, keys: Sequence[str]) -> UserGroup:
        """These features, and no others. Raises NotAllowed, NotFound, Invalid (not named yet)."""
        require_everywhere(operator, Permission.FEATURES_MANAGE)
        now = self._now()

        def write(tx: Transaction) -> UserGroup:
            before = _there_is(tx, group_id)
            ids = tx.features.ids(keys)
            unknown = set(keys) - ids.keys()
            if unknown:
                raise Invalid({"features": f"there is no feature {min(unknown)}: make it first"})
            tx.user_groups.put_features(group_id, list(ids.values()))
            group = _there_is(tx, group_id)
            self._record(tx, operator, now, "user_group.features_changed", before, group)
            return group

        return await self._change_access(operator.tenant_id, write)

    def _record(
        self,
        tx: Transaction,
        operator: Operator,
        now: datetime,
        action: str,
        before: UserGroup,
        after: UserGroup,
    ) -> None:
        done = changes(_content(before), _content(after))
        if done["after"]:
            record(tx, operator, now, action, "user_group", after.id, name=after.name, **done)


def _to_fill(tx: Transaction, operator: Operator, group_id: str) -> UserGroup:
    group = _there_is(tx, group_id)
    if group.features:
        require_everywhere(operator, Permission.FEATURES_MANAGE)
    return group


def _there_is(tx: Transaction, group_id: str) -> UserGroup:
    group = tx.user_groups.get(group_id)
    if group is None:
        raise NotFound(NO_SUCH_GROUP)
    return group


def _content(group: UserGroup) -> dict[str, list[str]]:
    return {"user_ids": group.user_ids, "features": group.features}


def _taken(name: str) -> InConflict:
    return InConflict(f"There is a group of users called {name!r} already. Choose another name.")
