"""How a screen is set up: read and put by operators; told to the screen by its session."""

from __future__ import annotations

from typing import Final

from hub.api.route import route
from hub.operator import Operator
from hub.use_cases.wiring import UseCases
from protocol.player import ScreenSettings


async def get_player_settings(use_cases: UseCases, operator: Operator, device_id: str) -> ScreenSettings:
    return await use_cases.screen_setups.get(operator, device_id)


async def put_player_settings(
    use_cases: UseCases, operator: Operator, device_id: str, body: ScreenSettings
) -> ScreenSettings:
    return await use_cases.screen_setups.put(operator, device_id, body)


_NONE: Final = {404: "Your tenant has no such device."}

ROUTES: Final = (
    route(
        "GET",
        "/api/v1/devices/{device_id}/player-settings",
        get_player_settings,
        tag="player settings",
        summary="How a screen is set up: which way up it hangs, how loud it is, when it is lit",
        answers={200: (ScreenSettings, "As it was set, or as a screen is that nobody set up.")},
        problems=_NONE,
    ),
    route(
        "PUT",
        "/api/v1/devices/{device_id}/player-settings",
        put_player_settings,
        tag="player settings",
        summary="Set a screen up; what is left out is as with a screen that nobody set up",
        answers={200: (ScreenSettings, "As it is set from now on. The screen is told at once.")},
        problems=_NONE,
    ),
)
