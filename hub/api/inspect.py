"""What the hub is busy with, now."""

from __future__ import annotations

from typing import Final

from hub.api.route import route
from hub.operator import Operator
from hub.use_cases.wiring import UseCases
from protocol.inspection import Inspection


async def inspect_hub(use_cases: UseCases, operator: Operator) -> Inspection:
    return await use_cases.inspection.inspect(operator)


ROUTES: Final = (
    route(
        "GET",
        "/api/v1/inspect",
        inspect_hub,
        tag="hub",
        summary="Screens that keep the hub waiting, that it failed to serve, or that come and go",
        answers={200: (Inspection, "Of your tenant; of the whole hub for `clarion inspect`.")},
    ),
)
