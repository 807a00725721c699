"""What comes with a command: of those that take something the hub knows what, and refuses the rest. Pure.

Rule: what is refused here is never accepted and then rejected by a thousand screens. Commands that take
      nothing may carry anything: a player of somebody else's may know what to do with it.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
from msgspec import Struct

from hub.use_cases.errors import Invalid
from protocol.player import IdentifyArgs, SetVolumeArgs
from protocol.vocabulary import OPERATOR_COMMANDS, CommandName

# A command travels in one frame of at most 64 KiB.
_ARGS_AT_MOST_BYTES: Final = 16_384
_TAKEN: Final[dict[CommandName, tuple[type[Struct], str]]] = {
    CommandName.SET_VOLUME: (SetVolumeArgs, 'must be {"volume": …}, a whole number from 0 to 100'),
    CommandName.IDENTIFY: (IdentifyArgs, 'may be {"for_s": …}, a whole number of seconds from 1 to 600'),
}


def checked_args(command: CommandName, args: dict[str, Any], for_alerts: str) -> str:
    """The arguments as JSON. Raises Invalid: not a command of operators, not what it takes, or more than a
    frame holds."""
    if command not in OPERATOR_COMMANDS:
        raise Invalid({"command": f"{command} is not sent as a command: {for_alerts}"})
    if command in _TAKEN:
        kind, words = _TAKEN[command]
        try:
            msgspec.convert(args, kind)
        except msgspec.ValidationError:
            raise Invalid({"args": f"of {command} {words}"}) from None
    encoded = msgspec.json.encode(args)
    if len(encoded) > _ARGS_AT_MOST_BYTES:
        raise Invalid({"args": f"more than {_ARGS_AT_MOST_BYTES} bytes of JSON"})
    return encoded.decode()
