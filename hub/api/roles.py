"""Roles: the built-in ones, and the tenant's own."""

from __future__ import annotations

from typing import Final

from hub.api.route import route
from hub.operator import Operator
from hub.use_cases.wiring import UseCases
from protocol.access import RoleRequest, RoleRow
from protocol.api import Page


async def list_roles(use_cases: UseCases, operator: Operator) -> Page[RoleRow]:
    return await use_cases.roles.all(operator)


async def add_role(use_cases: UseCases, operator: Operator, body: RoleRequest) -> RoleRow:
    return await use_cases.roles.create(operator, body)


async def change_role(use_cases: UseCases, operator: Operator, role_id: str, body: RoleRequest) -> RoleRow:
    return await use_cases.roles.change(operator, role_id, body)


async def delete_role(use_cases: UseCases, operator: Operator, role_id: str) -> None:
    await use_cases.roles.delete(operator, role_id)


_NONE: Final = {404: "Your tenant has no such role."}

ROUTES: Final = (
    route(
        "GET",
        "/api/v1/roles",
        list_roles,
        tag="people",
        summary="All roles with their permissions, the built-in ones first",
        answers={200: (Page[RoleRow], "All of them, on one page.")},
    ),
    route(
        "POST",
        "/api/v1/roles",
        add_role,
        tag="people",
        summary="A role of the tenant's own, composed of permissions that you have",
        answers={201: (RoleRow, "The role.")},
        problems={409: "The name is taken."},
    ),
    route(
        "PUT",
        "/api/v1/roles/{role_id}",
        change_role,
        tag="people",
        summary="Change one of the tenant's own roles, for everybody who has it",
        answers={200: (RoleRow, "The role as it is now.")},
        problems={**_NONE, 409: "The role is built in, or the name is taken."},
    ),
    route(
        "DELETE",
        "/api/v1/roles/{role_id}",
        delete_role,
        tag="people",
        summary="Delete one of the tenant's own roles; nobody has it any more",
        answers={204: (None, "Deleted.")},
        problems={**_NONE, 409: "The role is built in."},
    ),
)
