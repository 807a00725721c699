"""A device asks to be let in."""

from __future__ import annotations

from typing import Final

from hub.api.route import Answer, route
from hub.use_cases.wiring import UseCases
from protocol.api import Claim, Claimed, Register, Registered


async def register(use_cases: UseCases, body: Register, ip: str | None) -> Registered:
    return await use_cases.pairings.register(body, ip)


async def claim(use_cases: UseCases, body: Claim, websocket_url: str) -> Answer:
    claimed = await use_cases.pairings.claim(body, websocket_url)
    if claimed.status == "approved":
        return Answer(claimed, 200)
    return Answer(claimed, 202, {"Retry-After": str(claimed.retry_after_s)})


ROUTES: Final = (
    route(
        "POST",
        "/api/v1/devices/register",
        register,
        tag="pairing",
        summary="Ask to be let in; the answer has the pairing code to show on the screen",
        answers={202: (Registered, "Waiting for an operator.")},
        problems={403: "The enrolment key is not known.", 429: "Too many screens wait already."},
    ),
    route(
        "POST",
        "/api/v1/devices/claim",
        claim,
        tag="pairing",
        summary="Collect the device token, once, when an operator has approved",
        answers={200: (Claimed, "Approved: the token."), 202: (Claimed, "Still waiting.")},
        problems={403: "An operator refused the device.", 410: "Expired or used: register again."},
    ),
)
