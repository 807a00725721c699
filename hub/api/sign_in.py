"""Signing in."""

from __future__ import annotations

from typing import Final

from hub.api.route import route
from hub.use_cases.wiring import UseCases
from protocol.access import TokenPair, UserLogin


async def login(use_cases: UseCases, body: UserLogin, ip: str | None) -> TokenPair:
    return await use_cases.sign_in(body, ip)


ROUTES: Final = (
    route(
        "POST",
        "/api/v1/auth/login",
        login,
        tag="sign-in",
        summary="Sign in with tenant, e-mail address and password",
        answers={200: (TokenPair, "An access token.")},
        problems={
            401: "They do not belong together, or have no access.",
            429: "Too many sign-ins at this moment, or too many refused in a row; Retry-After says how long.",
        },
    ),
)
