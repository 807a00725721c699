"""Tenants, for ROOT."""

from __future__ import annotations

from typing import Final

from hub.api.route import route
from hub.operator import Operator
from hub.use_cases.wiring import UseCases
from protocol.access import (
    ActInTenant,
    TenantCreate,
    TenantCreated,
    TenantPatch,
    TenantRow,
    TokenPair,
)
from protocol.api import Page

_NONE: Final = {404: "There is no such tenant, or you are not ROOT in SYSTEM."}


async def list_tenants(use_cases: UseCases, operator: Operator) -> Page[TenantRow]:
    return await use_cases.tenants.all(operator)


async def add_tenant(use_cases: UseCases, operator: Operator, body: TenantCreate) -> TenantCreated:
    return await use_cases.tenants.found(operator, body)


async def get_tenant(use_cases: UseCases, operator: Operator, tenant_id: str) -> TenantRow:
    return await use_cases.tenants.get(operator, tenant_id)


async def change_tenant(
    use_cases: UseCases, operator: Operator, tenant_id: str, body: TenantPatch
) -> TenantRow:
    return await use_cases.tenants.change(operator, tenant_id, body)


async def suspend_tenant(use_cases: UseCases, operator: Operator, tenant_id: str) -> TenantRow:
    return await use_cases.tenants.suspend(operator, tenant_id)


async def resume_tenant(use_cases: UseCases, operator: Operator, tenant_id: str) -> TenantRow:
    return await use_cases.tenants.resume(operator, tenant_id)


async def act_in_tenant(
    use_cases: UseCases, operator: Operator, tenant_id: str, body: ActInTenant
) -> TokenPair:
    return await use_cases.tenants.act(operator, tenant_id, body.reason)


ROUTES: Final = (
    route(
        "GET",
        "/api/v1/tenants",
        list_tenants,
        tag="tenants",
        summary="All tenants, with the number of people and approved devices in each",
        answers={200: (Page[TenantRow], "All of them, on one page.")},
    ),
    route(
        "POST",
        "/api/v1/tenants",
        add_tenant,
        tag="tenants",
        summary="A new tenant, with its roles, an enrolment key and an invited administrator",
        answers={201: (TenantCreated, "The tenant, and what is shown this once.")},
        problems={409: "The name is taken."},
    ),
    route(
        "GET",
        "/api/v1/tenants/{tenant_id}",
        get_tenant,
        tag="tenants",
        summary="One tenant",
        answers={200: (TenantRow, "The tenant.")},
        problems=_NONE,
    ),
    route(
        "PATCH",
        "/api/v1/tenants/{tenant_id}",
        change_tenant,
        tag="tenants",
        summary="Rename or limit a tenant",
        answers={200: (TenantRow, "The tenant.")},
        problems={**_NONE, 409: "The name is taken, or it is SYSTEM, which keeps its own."},
    ),
    route(
        "POST",
        "/api/v1/tenants/{tenant_id}/suspend",
        suspend_tenant,
        tag="tenants",
        summary="Sign its people out, cut its screens, refuse its keys, until it is resumed",
        answers={200: (TenantRow, "The tenant, suspended.")},
        problems={**_NONE, 409: "It is SYSTEM."},
    ),
    route(
        "POST",
        "/api/v1/tenants/{tenant_id}/resume",
        resume_tenant,
        tag="tenants",
        summary="Let its people sign in and its screens connect again",
        answers={200: (TenantRow, "The tenant, active.")},
        problems=_NONE,
    ),
    route(
        "POST",
        "/api/v1/tenants/{tenant_id}/act",
        act_in_tenant,
        tag="tenants",
        summary="Begin a session by which ROOT acts in the tenant, whose audit log shows it",
        answers={200: (TokenPair, "The tokens of that session.")},
        problems={**_NONE, 409: "It is suspended, or SYSTEM."},
    ),
)
