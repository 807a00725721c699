"""Emergencies: trigger, watch, clear."""

from __future__ import annotations

from typing import Final

from hub.api.queries import EmergenciesQuery, LedgerQuery
from hub.api.route import Answer, route
from hub.operator import Operator
from hub.use_cases.wiring import UseCases
from protocol.api import (
    Emergency,
    EmergencyCreated,
    EmergencyRequest,
    LedgerRow,
    Page,
    ScopePreview,
    ScopePreviewRequest,
)


async def create_emergency(
    use_cases: UseCases, operator: Operator, body: EmergencyRequest, idempotency_key: str | None
) -> Answer:
    created = await use_cases.emergencies.create(operator, body, idempotency_key)
    return Answer(created, 201, {"Location": f"/api/v1/emergencies/{created.id}"})


async def preview_emergency(
    use_cases: UseCases, operator: Operator, body: ScopePreviewRequest
) -> ScopePreview:
    return await use_cases.emergencies.preview(operator, body.scope)


async def list_emergencies(
    use_cases: UseCases, operator: Operator, query: EmergenciesQuery
) -> Page[Emergency]:
    return await use_cases.emergencies.newest(
        operator, only_open=query.open, cursor=query.cursor, limit=query.limit
    )


async def get_emergency(use_cases: UseCases, operator: Operator, emergency_id: str) -> Emergency:
    return await use_cases.emergencies.get(operator, emergency_id)


async def clear_emergency(use_cases: UseCases, operator: Operator, emergency_id: str) -> Emergency:
    return await use_cases.emergencies.clear(operator, emergency_id)


async def sign_off_emergency(use_cases: UseCases, operator: Operator, emergency_id: str) -> Emergency:
    return await use_cases.emergencies.sign_off(operator, emergency_id)


async def read_ledger(
    use_cases: UseCases, operator: Operator, emergency_id: str, query: LedgerQuery
) -> Page[LedgerRow]:
    return await use_cases.emergencies.ledger(
        operator,
        emergency_id,
        missing=query.missing,
        state=query.state,
        cursor=query.cursor,
        limit=query.limit,
    )


_NONE: Final = {404: "Your tenant has no such emergency."}

ROUTES: Final = (
    route(
        "POST",
        "/api/v1/emergencies",
        create_emergency,
        tag="emergencies",
        summary="Take over every screen in scope, now",
        answers={201: (EmergencyCreated, "The alert is on its way.")},
        problems={409: "The Idempotency-Key belongs to another emergency."},
        urgent=True,
    ),
    route(
        "GET",
        "/api/v1/emergencies",
        list_emergencies,
        tag="emergencies",
        summary="Emergencies, the newest first",
        answers={200: (Page[Emergency], "One page.")},
    ),
    route(
        "POST",
        "/api/v1/emergencies/preview",
        preview_emergency,
        tag="emergencies",
        summary="How many screens a scope reaches now",
        answers={200: (ScopePreview, "The numbers of this moment.")},
    ),
    route(
        "GET",
        "/api/v1/emergencies/{emergency_id}",
        get_emergency,
        tag="emergencies",
        summary="One emergency and how far it has come",
        answers={200: (Emergency, "The emergency.")},
        problems=_NONE,
    ),
    route(
        "GET",
        "/api/v1/emergencies/{emergency_id}/ledger",
        read_ledger,
        tag="emergencies",
        summary="Screen by screen: who shows it, and who does not and why",
        answers={200: (Page[LedgerRow], "One page, in the order of the names.")},
        problems=_NONE,
    ),
    route(
        "POST",
        "/api/v1/emergencies/{emergency_id}/clear",
        clear_emergency,
        tag="emergencies",
        summary="The all-clear; said again it changes nothing",
        answers={200: (Emergency, "The emergency as it is now.")},
        problems=_NONE,
        urgent=True,
    ),
    route(
        "POST",
        "/api/v1/emergencies/{emergency_id}/sign-off",
        sign_off_emergency,
        tag="emergencies",
        summary="Close a case although some screens may still show the alert",
        answers={200: (Emergency, "The emergency as it is now.")},
        problems={**_NONE, 409: "The emergency is live: give the all-clear first."},
        urgent=True,
    ),
)
