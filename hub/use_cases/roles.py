"""Roles: the built-in ones, and those that a tenant composes of permissions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from hub.operator import Operator
from hub.permissions import FOR_ROOT_ALONE, require_everywhere
from hub.use_cases.access_changes import AccessChanges
from hub.use_cases.access_port import Access
from hub.use_cases.audit import changes, record
from hub.use_cases.errors import InConflict, Invalid, NotFound
from hub.use_cases.people_ports import Role
from hub.use_cases.people_rules import exists_in, permissions_of, require_to_give
from hub.use_cases.ports import Database, Transaction
from hub.use_cases.texts import one_line
from protocol.access import RoleRequest, RoleRow
from protocol.api import Page
from protocol.vocabulary import Permission, RoleName

NO_SUCH_ROLE: Final = "There is no such role. It may have been deleted, or the id is mistyped."
_BUILT_IN: Final = {str(name) for name in RoleName}


class Roles:
    """A built-in role is as it is; the tenant's own ones are made, changed and deleted here."""

    def __init__(self, database: Database, access: Access, now: Callable[[], datetime]) -> None:
        self._database = database
        self._change_access = AccessChanges(database, access)
        self._now = now

    async def all(self, operator: Operator) -> Page[RoleRow]:
        """The built-in ones first. Raises NotAllowed."""
        require_everywhere(operator, Permission.PEOPLE_MANAGE)

        def read(tx: Transaction) -> list[RoleRow]:
            return [_row(role) for role in tx.roles.all() if exists_in(operator.tenant_id, role.name)]

        return Page(await self._database.transact(operator.tenant_id, read))

    async def create(self, operator: Operator, request: RoleRequest) -> RoleRow:
        """A role of the tenant's own. Raises NotAllowed, Invalid, InConflict (the name is taken)."""
        require_everywhere(operator, Permission.PEOPLE_MANAGE)
        name, permissions = _checked(operator, request)
        now = self._now()

        def add(tx: Transaction) -> RoleRow:
            tx.users.lock()
            role_id = tx.roles.add(name, request.description, permissions)
            if role_id is None:
                raise _taken(name)
            record(tx, operator, now, "role.created", "role", role_id, name=name, permissions=permissions)
            return _row(_there_is(tx, role_id))

        return await self._change_access(operator.tenant_id, add)

    async def change(self, operator: Operator, role_id: str, request: RoleRequest) -> RoleRow:
        """All of it anew, for everybody who has the role. Raises NotAllowed, NotFound, Invalid, InConflict
        (built-in, or the name is taken)."""
        require_everywhere(operator, Permission.PEOPLE_MANAGE)
        now = self._now()

        def write(tx: Transaction) -> RoleRow:
            tx.users.lock()
            before = _row(_to_change(tx, operator, role_id))
            name, permissions = _checked(operator, request)
            if not tx.roles.change(role_id, name, request.description, permissions):
                raise _taken(name)
            role = _row(_there_is(tx, role_id))
            done = changes(_content(before), _content(role))
            if done["after"]:
                record(tx, operator, now, "role.changed", "role", role_id, name=name, **done)
            return role

        return await self._change_access(operator.tenant_id, write)

    async def delete(self, operator: Operator, role_id: str) -> None:
        """Nobody has it any more. Raises NotAllowed, NotFound, InConflict (built-in)."""
        require_everywhere(operator, Permission.PEOPLE_MANAGE)
        now = self._now()

        def write(tx: Transaction) -> None:
            tx.users.lock()
            role = _row(_to_change(tx, operator, role_id))
            tx.roles.remove(role_id)
            record(tx, operator, now, "role.deleted", "role", role_id, **_content(role), people=role.people)

        await self._change_access(operator.tenant_id, write)


def _checked(operator: Operator, request: RoleRequest) -> tuple[str, list[Permission]]:
    """Name and permissions, each once. Raises Invalid, NotAllowed, InConflict (a built-in role's name)."""
    name = one_line("name", request.name)
    if name.upper() in _BUILT_IN:
        raise InConflict(f"{name} is the name of a built-in role. Choose another one.")
    permissions = frozenset(request.permissions)
    for_root = sorted(permissions & FOR_ROOT_ALONE)
    if for_root:
        raise Invalid({"permissions": f"{for_root[0]} is for ROOT alone"})
    require_to_give(operator, permissions)
    return name, sorted(permissions)


def _to_change(tx: Transaction, operator: Operator, role_id: str) -> Role:
    role = _there_is(tx, role_id)
    if not exists_in(operator.tenant_id, role.name):
        raise NotFound(NO_SUCH_ROLE)
    if not role.is_custom:
        raise InConflict(f"{role.name} is built in and stays as it is. Make a role of your own instead.")
    require_to_give(operator, permissions_of([role]))
    return role


def _there_is(tx: Transaction, role_id: str) -> Role:
    role = tx.roles.get(role_id)
    if role is None:
        raise NotFound(NO_SUCH_ROLE)
    return role


def _row(role: Role) -> RoleRow:
    permissions = sorted(permissions_of([role]))
    return RoleRow(role.id, role.name, role.description, role.is_custom, permissions, role.people)


def _content(role: RoleRow) -> dict[str, object]:
    return {"name": role.name, "permissions": role.permissions, "description": role.description}


def _taken(name: str) -> InConflict:
    return InConflict(f"There is a role called {name!r} already. Choose another name.")
