"""Signing in."""

from __future__ import annotations

from typing import Final

from hub.api.route import route
from hub.operator import Origin
from hub.use_cases.wiring import UseCases
from protocol.access import TokenPair, UserLogin


async def login(use_cases: UseCases, body: UserLogin, origin: Origin) -> TokenPair:
    return await use_cases.sign_in(body, origin)


ROUTES: Final = (
    route(
        "POST",
        "/api/v1/auth/login",
        login,
        tag="sign-in",
        summary="Sign in with e-mail address and password",
        answers={200: (TokenPair, "An access token, and a refresh token that brings the next pair.")},
        problems={
            401: "They do not belong together, or have no access; or `fields` names the code that is wanted.",
            429: "Too many sign-ins at this moment, or too many refused in a row; Retry-After says how long.",
        },
    ),
)
