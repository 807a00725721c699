"""Whether an alert would reach a screen, proved without showing one."""

from __future__ import annotations

from typing import Final

from hub.api.route import route
from hub.operator import Operator
from hub.use_cases.wiring import UseCases
from protocol.player import DrillResult


async def drill(use_cases: UseCases, operator: Operator, device_id: str) -> DrillResult:
    return await use_cases.drills.drill(operator, device_id)


ROUTES: Final = (
    route(
        "POST",
        "/api/v1/devices/{device_id}/drill",
        drill,
        tag="emergencies",
        summary="Prove the way of an alert to one screen, which answers and shows nothing",
        answers={200: (DrillResult, "Proven or not, and why not; within about two seconds.")},
        problems={
            404: "Your tenant has no such device.",
            409: "The device was not let in.",
            423: "The same screen is drilled at this moment.",
        },
    ),
)
