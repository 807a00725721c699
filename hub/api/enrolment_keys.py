"""What screens show to be let in."""

from __future__ import annotations

from typing import Final

from hub.api.route import route
from hub.operator import Operator
from hub.use_cases.wiring import UseCases
from protocol.access import EnrolmentKey, EnrolmentKeyCreated
from protocol.api import Page


async def list_enrolment_keys(use_cases: UseCases, operator: Operator) -> Page[EnrolmentKey]:
    return await use_cases.enrolment_keys.all(operator)


async def add_enrolment_key(use_cases: UseCases, operator: Operator) -> EnrolmentKeyCreated:
    return await use_cases.enrolment_keys.add(operator)


async def revoke_enrolment_key(use_cases: UseCases, operator: Operator, key_id: str) -> EnrolmentKey:
    return await use_cases.enrolment_keys.revoke(operator, key_id)


ROUTES: Final = (
    route(
        "GET",
        "/api/v1/enrolment-keys",
        list_enrolment_keys,
        tag="keys",
        summary="All enrolment keys, also those that are revoked",
        answers={200: (Page[EnrolmentKey], "All of them, on one page.")},
    ),
    route(
        "POST",
        "/api/v1/enrolment-keys",
        add_enrolment_key,
        tag="keys",
        summary="A new enrolment key, beside those that there are",
        answers={201: (EnrolmentKeyCreated, "The key, and what screens show: shown this once.")},
    ),
    route(
        "DELETE",
        "/api/v1/enrolment-keys/{key_id}",
        revoke_enrolment_key,
        tag="keys",
        summary="Let no further screen in by this key; those that are in stay in",
        answers={200: (EnrolmentKey, "The key, revoked.")},
        problems={404: "There is no such enrolment key."},
    ),
)
