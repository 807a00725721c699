"""The hub's public keys."""

from __future__ import annotations

from typing import Final

from hub.api.route import route
from hub.use_cases.wiring import UseCases
from protocol.access import SigningKeySet


async def list_signing_keys(use_cases: UseCases) -> SigningKeySet:
    return SigningKeySet(use_cases.signing_keys.published())


ROUTES: Final = (
    route(
        "GET",
        "/api/v1/signing-keys",
        list_signing_keys,
        tag="signature",
        summary="The public keys by which what the hub signs can be checked, as a JWK Set",
        answers={200: (SigningKeySet, "The newest first. It needs no access token.")},
    ),
)
