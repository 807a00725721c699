"""Keys of integrations."""

from __future__ import annotations

from typing import Final

from hub.api.route import route
from hub.operator import Operator
from hub.use_cases.wiring import UseCases
from protocol.access import ApiKey, ApiKeyCreated, ApiKeyRequest
from protocol.api import Page


async def list_api_keys(use_cases: UseCases, operator: Operator) -> Page[ApiKey]:
    return await use_cases.api_keys.all(operator)


async def add_api_key(use_cases: UseCases, operator: Operator, body: ApiKeyRequest) -> ApiKeyCreated:
    return await use_cases.api_keys.add(operator, body)


async def revoke_api_key(use_cases: UseCases, operator: Operator, key_id: str) -> ApiKey:
    return await use_cases.api_keys.revoke(operator, key_id)


ROUTES: Final = (
    route(
        "GET",
        "/api/v1/api-keys",
        list_api_keys,
        tag="keys",
        summary="All keys of integrations, also those that are revoked",
        answers={200: (Page[ApiKey], "All of them, on one page.")},
    ),
    route(
        "POST",
        "/api/v1/api-keys",
        add_api_key,
        tag="keys",
        summary="A new key, which may do no more than its maker",
        answers={201: (ApiKeyCreated, "The key, and its secret: shown this once.")},
        problems={409: "The name is taken."},
    ),
    route(
        "DELETE",
        "/api/v1/api-keys/{key_id}",
        revoke_api_key,
        tag="keys",
        summary="Revoke a key, at once and for good",
        answers={200: (ApiKey, "The key, revoked.")},
        problems={404: "There is no such key."},
    ),
)
