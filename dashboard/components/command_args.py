"""What goes with a command: how loud, how long. Asked for where somebody has to say it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

from dashboard.components.form_dialog import form_dialog
from dashboard.components.markup import tag
from dashboard.components.volume_field import VolumeField
from dashboard.session import Session
from protocol.vocabulary import CommandName

IDENTIFY_S: Final = 30
"""So long a screen shows its name: time enough to walk along a row of them."""
FIRST_VOLUME: Final = 50


async def asked_args(session: Session, command: CommandName, whom: str) -> dict[str, Any] | None:
    """The arguments of a command to `whom`; None where the operator let it be."""
    if command is not CommandName.SET_VOLUME:
        return args_of(command)

    def draw() -> Callable[[], Awaitable[int]]:
        tag("p", "dialog-text", "Until it is set again: by a command, or in the settings of the screen.")
        field = VolumeField(FIRST_VOLUME, "volume")

        async def send() -> int:
            return field.value

        return send

    volume = await form_dialog(session, f"How loud: {whom}", "Set volume", draw)
    return None if volume is None else args_of(command, volume)


def args_of(command: CommandName, volume: int = FIRST_VOLUME) -> dict[str, Any]:
    """The arguments of a command. `volume` is of set_volume."""
    match command:
        case CommandName.SET_VOLUME:
            return {"volume": volume}
        case CommandName.IDENTIFY:
            return {"for_s": IDENTIFY_S}
        case _:
            return {}
